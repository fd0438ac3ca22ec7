"""Look at places and decide about them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from src.api.dependencies import Session
from src.curation.schemas import PlaceOut, StatusChange
from src.curation.service import change_status
from src.db.models import Place
from src.enums import PlaceStatus

router = APIRouter(prefix="/api/places", tags=["places"])


@router.get("", response_model=list[PlaceOut])
async def listed(session: Session, status: PlaceStatus = PlaceStatus.New) -> list[Place]:
    """The first hundred places of one status."""
    query = select(Place).where(Place.status == status).order_by(Place.id).limit(100)
    return list((await session.scalars(query)).all())


@router.put("/{place_id}/status", response_model=PlaceOut)
async def decide(place_id: int, change: StatusChange, session: Session) -> Place:
    """Give a place another status."""
    place = await change_status(session, place_id, change.status, change.curator)
    if place is None:
        raise HTTPException(404, "There is no such place.")
    await session.commit()
    return place
