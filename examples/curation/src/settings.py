"""What the environment decides, read once at start."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The environment's answers."""

    database_url: str
    broker_url: str
    result_backend: str
    admin_token: str
    stripe_api_key: str
    sentry_dsn: str

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the variables that the README lists."""
        get = os.environ.get
        return cls(
            database_url=get("DATABASE_URL", "postgresql+asyncpg://localhost/curation"),
            broker_url=get("CELERY_BROKER_URL", "memory://"),
            result_backend=get("CELERY_RESULT_BACKEND", "cache+memory://"),
            admin_token=get("ADMIN_TOKEN", ""),
            stripe_api_key=get("STRIPE_API_KEY", ""),
            sentry_dsn=get("SENTRY_DSN", ""),
        )


settings = Settings.from_environment()
