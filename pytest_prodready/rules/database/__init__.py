"""PRD3xx: do the application's models and its database agree?

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.database.enums import enum_column
from pytest_prodready.rules.database.family import family, proof
from pytest_prodready.rules.database.mapping import mapped_class
from pytest_prodready.rules.database.migrations import revision
from pytest_prodready.rules.database.stored import stored_unknown
from pytest_prodready.rules.database.tables import mapped_table

__all__ = ["enum_column", "family", "mapped_class", "mapped_table", "proof", "revision", "stored_unknown"]
