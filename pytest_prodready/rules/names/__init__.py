"""PRD331 and PRD332: attributes and fields that the code asks for, and the real classes lack."""

from __future__ import annotations

from pytest_prodready.rules.names import attributes, lookups
from pytest_prodready.rules.names.family import family

__all__ = ["attributes", "family", "lookups"]
