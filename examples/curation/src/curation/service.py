"""What curators and the scheduler do with places."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select

from src.audit_trail import log_audit_event
from src.curation.websites import host_of
from src.db.models import Place
from src.enums import PlaceStatus

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def change_status(
    session: AsyncSession, place_id: int, status: PlaceStatus, curator: str
) -> Place | None:
    """Give a place another status and note who did; None when there is no such place."""
    place = await session.get(Place, place_id)
    if place is None:
        return None
    place.status = status
    log_audit_event(session, curator, f"status: {status.value}", f"place {place_id}")
    return place


async def archive_rejected(session: AsyncSession, days: int) -> int:
    """Archive the places that were no fit and are older than a number of days."""
    before = datetime.now(timezone.utc) - timedelta(days=days)
    query = select(Place).where(Place.status == PlaceStatus.Not_a_Fit, Place.created_at < before)
    places = (await session.scalars(query)).all()
    for place in places:
        place.status = PlaceStatus.Archived
        log_audit_event(session, "scheduler", "archived", f"place {place.id}")
    return len(places)


async def hosts_of_selected(session: AsyncSession) -> list[str]:
    """The hosts that the sitemap lists, each once."""
    query = select(Place.website_url).where(
        Place.status == PlaceStatus.Selected, Place.website_url.is_not(None)
    )
    return sorted({host_of(website) for website in (await session.scalars(query)).all()})
