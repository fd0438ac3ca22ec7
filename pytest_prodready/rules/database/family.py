"""What the rules about the database share: their family, and the words of proof."""

from __future__ import annotations

from pytest_prodready.facts import Database
from pytest_prodready.registry import Family
from pytest_prodready.rules.database.sql import VENDORS

family = Family("database")


def proof(database: Database, what: str = "the labels were") -> str:
    """How ``what`` is known: ``the labels were``, ``the catalogue was``."""
    driver = f"{database.dialect}+{database.driver}" if database.driver else database.dialect
    version = (
        f", {VENDORS.get(database.dialect, database.dialect)} {database.version}" if database.version else ""
    )
    how = " in a read-only transaction" if database.read_only else ""
    return f"{what} read through {database.source} ({driver}{version}){how}"
