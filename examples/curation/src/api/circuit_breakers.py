"""Which services are being left alone just now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from src.circuit_breakers import report

router = APIRouter(prefix="/api/circuit-breakers", tags=["operations"])


@router.get("/status")
async def status() -> dict[str, Any]:
    """All breakers of this process."""
    return report()
