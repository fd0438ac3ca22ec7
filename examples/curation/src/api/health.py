"""Is the process alive, and can it do its work?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import text

from src.db import SessionLocal

router = APIRouter(tags=["health"])
log = logging.getLogger(__name__)


async def database() -> None:
    """Ask the database something."""
    async with SessionLocal() as session:
        await session.execute(text("SELECT 1"))


CHECKS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": database,
}


async def outcome(name: str) -> str:
    """The word for one dependency: ok, timeout or unavailable."""
    try:
        await asyncio.wait_for(CHECKS[name](), timeout=3)
    except asyncio.TimeoutError:
        return "timeout"
    except Exception:
        log.exception("%s is not ready", name)
        return "unavailable"
    return "ok"


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "timestamp": datetime.now(timezone.utc).isoformat()}


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers, for Kubernetes."""
    return {"status": "alive"}


@router.get("/ready")
async def ready(response: Response) -> dict[str, Any]:
    """All that the portal depends on answers too."""
    checks = {name: await outcome(name) for name in CHECKS}
    if all(word == "ok" for word in checks.values()):
        return {"status": "ready", "checks": checks}
    response.status_code = 503
    return {"status": "not_ready", "checks": checks}
