"""Places, the jobs that import them, and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from src.db.base import Base, CreatedAt
from src.enums import ImportSource, PlaceStatus


class Place(CreatedAt, Base):
    """One business listing."""

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    website_url: Mapped[str | None]
    status: Mapped[PlaceStatus] = mapped_column(
        Enum(
            PlaceStatus,
            name="sitemap_import_curation_status",
            create_type=False,
            values_callable=lambda members: [member.value for member in members],
        ),
        default=PlaceStatus.New,
    )
    source: Mapped[ImportSource] = mapped_column(
        Enum(ImportSource, name="import_source", create_type=False),
        default=ImportSource.MANUAL,
    )
    payload: Mapped[dict[str, Any]] = mapped_column("payload", JSONB, default=dict)


class ImportJob(CreatedAt, Base):
    """One run of an importer."""

    __tablename__ = "import_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[ImportSource] = mapped_column(Enum(ImportSource, name="import_source", create_type=False))
    finished_at: Mapped[datetime | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, default=dict)


class AuditEvent(CreatedAt, Base):
    """One change, who made it and to what."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
