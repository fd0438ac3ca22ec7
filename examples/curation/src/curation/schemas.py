"""What the places API takes and gives."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from src.enums import ImportSource, PlaceStatus


class StatusChange(BaseModel):
    """A curator's decision."""

    status: PlaceStatus
    curator: str


class PlaceOut(BaseModel):
    """One place, as the portal shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    website_url: str | None
    status: PlaceStatus
    source: ImportSource
