"""A database that is read: where it is, and how a session on it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import sqlite
from .connecting import SUPPORTED, Address, unsupported
from .session import Session

Work = Callable[[Session], dict[str, Any]]
Use = Callable[[Work], dict[str, Any]]
"""Opens a connection of its own, hands the work a session on it, and throws the connection away."""

IN_MEMORY = "The database is SQLite in memory, which holds nothing when the application starts."


@dataclass(frozen=True)
class Chosen:
    """One database, or why there is none."""

    source: str
    name: str = ""
    """The ``Database.name``."""
    address: Address | None = None
    use: Use | None = None
    problem: str = ""
    detail: str = ""
    beside: tuple[str, ...] = ()
    """Places of other engines of the application, which lead elsewhere."""


def file_chosen(source: str, name: str, driver: str, database: object, limit: float) -> Chosen:
    """SQLite's database as settings write it: a path, a ``file:`` URI, ``:memory:``, or nothing.

    Args:
        source: as a ``Database`` has it.
        name: as a ``Database`` has it.
        driver: the application's.
        database: what the settings say.
        limit: seconds for all that is read.
    """
    path = sqlite.file_of(database)
    address = Address("sqlite", driver, path or ":memory:")
    if driver not in sqlite.DRIVERS:
        detail = f"The database is SQLite through the driver {driver}, which is not supported yet."
        return Chosen(source, name, address, problem="unsupported", detail=detail)
    if not path:
        return Chosen(source, name, address, problem="unset", detail=IN_MEMORY)

    def use(work: Work) -> dict[str, Any]:
        with sqlite.opened(path, limit) as session:
            return work(session)

    return Chosen(source, name, address, use)


def refused(source: str, name: str, address: Address) -> Chosen | None:
    """The answer for a vendor that is not supported; ``None`` for one that is."""
    if address.vendor in SUPPORTED:
        return None
    return Chosen(source, name, address, problem="unsupported", detail=unsupported(address.vendor))
