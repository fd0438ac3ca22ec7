"""The closed vocabularies of the portal."""

from __future__ import annotations

import enum


class PlaceStatus(enum.Enum):
    """Where a place stands in the curation; the database stores the values."""

    New = "New"
    Selected = "Selected"
    Maybe = "Maybe"
    Not_a_Fit = "Not a Fit"
    Archived = "Archived"


class ImportSource(enum.Enum):
    """Where a place came from; the database stores the names, the API shows the values."""

    GOOGLE_MAPS = "google-maps"
    SITEMAP = "sitemap"
    MANUAL = "manual"
