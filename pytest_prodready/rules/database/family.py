"""What the rules about the database share: their family, and the words of proof."""

from __future__ import annotations

from pytest_prodready.facts import Database
from pytest_prodready.registry import Family

family = Family("database")


def proof(database: Database) -> str:
    """How the labels were read."""
    driver = f"{database.dialect}+{database.driver}" if database.driver else database.dialect
    version = f", PostgreSQL {database.version}" if database.version else ""
    how = " in a read-only transaction" if database.read_only else ""
    return f"the labels were read through {database.source} ({driver}{version}){how}"
