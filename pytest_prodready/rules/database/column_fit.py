"""Can a column of the database hold what the mapping sends for it?

``REFUSED`` are pairs that PostgreSQL has no assignment cast for: each such write was seen to fail in the
tests, whatever the value. ``UNLIKE`` are pairs that it stores as something else, or takes for some values
only: the write may work, and a comparison or the reading of it does not.
"""

from __future__ import annotations

from pytest_prodready.facts import Database, DatabaseColumn, MappedColumn

REFUSED, UNLIKE, FITS = "refused", "unlike", ""

POSTGRESQL = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
    "boolean": "boolean",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "date": "date",
    "time without time zone": "time",
    "time with time zone": "time",
    "timestamp without time zone": "datetime",
    "timestamp with time zone": "datetime",
    "interval": "interval",
    "bytea": "binary",
    "json": "json",
    "jsonb": "json",
    "uuid": "uuid",
    "enum": "enum",
}
"""Its types without length, domain and array → the family of what they hold; of others nothing is said."""
MYSQL = {
    **dict.fromkeys(("smallint", "mediumint", "int", "bigint"), "integer"),
    **dict.fromkeys(("decimal", "float", "double"), "number"),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), "text"),
    **dict.fromkeys(("datetime", "timestamp"), "datetime"),
    "date": "date",
    "time": "time",
}
"""``tinyint`` holds booleans as well; binary columns, JSON and UUID hold what is sent as text."""

ASSIGNED = {
    "integer": {"number"},
    "date": {"datetime"},
    "time": {"interval"},
}
"""What PostgreSQL turns into the column's type by itself, with nothing lost."""
NARROWED = {
    "number": {"integer"},
    "datetime": {"date", "time"},
    "interval": {"time"},
}
"""What it turns into the column's type with a part of it lost."""
PARSED = {"integer", "number", "boolean", "date", "time", "datetime", "interval"}
"""What it reads out of a text that is sent without its type: only texts of the right form are taken."""

LOOSE = {
    "text": {"integer", "number", "date", "time", "datetime"},
    "integer": {"date", "time", "datetime", "text"},
    "number": {"integer", "date", "time", "datetime", "text"},
    "boolean": {"date", "time", "datetime"},
    "date": {"integer", "number", "time", "text"},
    "time": {"integer", "number", "date", "text"},
    "datetime": {"integer", "number", "date", "time", "text"},
    "binary": {"integer", "number", "date", "time", "datetime"},
    "json": {"integer", "number", "date", "time", "datetime"},
    "uuid": {"integer", "number", "date", "time", "datetime"},
}
"""What MySQL and MariaDB refuse in strict mode, or give back as something else."""


def fit(mapped: MappedColumn, real: DatabaseColumn, database: Database) -> str:
    """``REFUSED``, ``UNLIKE`` or ``FITS``."""
    if database.dialect == "postgresql" and mapped.family == "enum":
        return _label(mapped, real, database)
    if database.dialect == "postgresql":
        return _postgresql(mapped, real, database.typed)
    if database.dialect in ("mysql", "mariadb"):
        holds = MYSQL.get(real.base, "")
        return UNLIKE if not mapped.array and holds in LOOSE.get(mapped.family, ()) else FITS
    return FITS  # SQLite stores anything anywhere


def _label(mapped: MappedColumn, real: DatabaseColumn, database: Database) -> str:
    """Of a label: asyncpg says with each value which enum type it is of; other drivers send a text."""
    if not mapped.enum_type or POSTGRESQL.get(real.base) != "text" or mapped.array or real.array:
        return FITS
    if database.driver != "asyncpg" or not database.typed:
        return FITS
    there = any(
        mapped.enum_type == f"{one.schema}.{one.name}" or (one.visible and mapped.enum_type == one.name)
        for one in database.enums
    )
    return UNLIKE if there else REFUSED


def _postgresql(mapped: MappedColumn, real: DatabaseColumn, typed: bool) -> str:
    sent, holds = mapped.family, POSTGRESQL.get(real.base, "")
    if not sent or not holds:
        return FITS
    if mapped.array and not real.array:
        return UNLIKE if holds == "text" else REFUSED
    if real.array and not mapped.array:  # a text without a type may be that of an array
        return UNLIKE if sent == "text" and not typed else REFUSED
    if sent == holds or holds in ASSIGNED.get(sent, ()):
        return FITS
    if sent == "text":
        return REFUSED if typed else UNLIKE if holds in PARSED else FITS
    if holds == "text" or holds in NARROWED.get(sent, ()):
        return UNLIKE
    return REFUSED
