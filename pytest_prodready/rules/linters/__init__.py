"""What other people's linters say of the production closure, under their own codes: only ever warnings."""

from __future__ import annotations

from pytest_prodready.rules.linters import ruff
from pytest_prodready.rules.linters.family import family

__all__ = ["family", "ruff"]
