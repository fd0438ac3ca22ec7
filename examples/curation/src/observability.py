"""Logging, and error reporting where it is installed."""

from __future__ import annotations

import logging

from src.settings import settings

try:
    import sentry_sdk
except ImportError:
    sentry_sdk = None


def configure() -> None:
    """Set the log format and connect Sentry, when there is a DSN and the package is installed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if settings.sentry_dsn and sentry_sdk is not None:
        sentry_sdk.init(dsn=settings.sentry_dsn)
