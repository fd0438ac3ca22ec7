"""Personal data: for administrators only."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from src.api.dependencies import require_admin
from src.audit_trail import log_access_event

router = APIRouter(prefix="/api/gdpr", tags=["gdpr"])


@router.get("/status", dependencies=[Depends(require_admin)])
async def status() -> dict[str, object]:
    """What is kept, and for how long."""
    log_access_event("administrator", "gdpr status")
    return {"status": "ok", "retention_days": 365, "open_requests": 0}
