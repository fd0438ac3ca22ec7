"""Who did what: every access to personal data and every change by a curator."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from src.db.models import AuditEvent

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

log = logging.getLogger(__name__)


def log_access_event(actor: str, resource: str) -> None:
    """Note that somebody looked at a protected resource."""
    log.info("%s read %s", actor, resource)


def log_audit_event(session: AsyncSession, actor: str, action: str, subject: str) -> None:
    """Add a change to the audit trail, in the transaction that makes the change."""
    session.add(AuditEvent(actor=actor, action=action, subject=subject))
