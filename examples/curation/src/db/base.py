"""What all models share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The declarative base: text without a length, time with a zone."""

    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}


class CreatedAt:
    """A row that knows when it was made."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
