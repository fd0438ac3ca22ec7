"""Reads ``[tool.prodready] database``: where its address stands, or a table that says more."""

from __future__ import annotations

from dataclasses import dataclass, fields

from pytest_prodready.settings import checks
from pytest_prodready.settings.table import Table, did_you_mean, kind, shown
from pytest_prodready.wording import listed, nearest

TITLE = "[tool.prodready.database]"
EXAMPLE = 'database = "env:DATABASE_URL"'


@dataclass(frozen=True)
class DatabaseSettings:
    """What the user wrote about the database; empty where nothing is written."""

    url: str = ""
    """``env:NAME`` or ``app``."""
    vendor: str = ""
    """Of production's database: one of :data:`VENDORS`."""
    scan: bool = False
    """Look at stored rows, too, not only at the catalogue."""
    scan_rows: int = 100_000
    """The rows of one table that are looked at."""
    scan_seconds: float = 10.0
    """The time that a scan of one database takes at most."""


VENDORS = ("postgresql", "mysql", "mariadb", "sqlite")
MOST_ROWS = 1_000_000_000
KEYS = tuple(one.name for one in fields(DatabaseSettings))


def read(parent: Table) -> DatabaseSettings:
    """What ``[tool.prodready]`` says under ``database``; its mistakes are noted in the table.

    Args:
        parent: the table ``[tool.prodready]``.
    """
    written = parent.values.get("database")
    if isinstance(written, str):  # the short form
        return DatabaseSettings(url=parent.text("database", EXAMPLE, checks.database))
    if not isinstance(written, (dict, type(None))):
        parent.wrong(f'"database" must be a string or a table, not {kind(written)}: {EXAMPLE}', "database")
    if not isinstance(written, dict):
        return DatabaseSettings()
    table = Table(written, (*parent.path, "database"), TITLE, KEYS, parent.mistakes)
    example = EXAMPLE.replace("database =", "url =")
    defaults = DatabaseSettings()
    scan = written.get("scan", False)
    if not isinstance(scan, bool):
        table.wrong(f'"scan" must be true or false, not {kind(scan)}: scan = true', "scan")
    rows = written.get("scan_rows", defaults.scan_rows)
    if not isinstance(rows, int) or isinstance(rows, bool) or not 0 < rows <= MOST_ROWS:
        table.wrong(f'"scan_rows" must be a whole number, above 0 and at most {MOST_ROWS}', "scan_rows")
        rows = defaults.scan_rows
    return DatabaseSettings(
        url=table.text("url", example, checks.database),
        vendor=table.text("vendor", 'vendor = "postgresql"', _vendor),
        scan=scan is True,
        scan_rows=rows,
        scan_seconds=table.seconds("scan_seconds", defaults.scan_seconds),
    )


def _vendor(value: str) -> str:
    """Check the name of a vendor."""
    if value in VENDORS:
        return ""
    meant = {"postgres": "postgresql", "psql": "postgresql", "sqlite3": "sqlite"}.get(value.lower())
    suggestion = did_you_mean(meant or nearest(value, VENDORS))
    return f"must be one of {listed(VENDORS)}, not{shown(value)}{suggestion}"
