"""What the tables of migration tools hold: Alembic's revisions, and Django's applied migrations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .session import Session
from .wanted import Wanted

APPLIED = "django_migrations"
COLUMN = "version_num"
"""Of every version table of Alembic, whatever the table is called."""
CANDIDATE = re.compile(r"(?i)alembic|version|revision|migrat")
"""What the name of a version table holds; all the others need not be looked at."""
MOST = 50
"""Version tables that are read: with a schema for each tenant there may be thousands."""

COLUMNS = {
    "postgresql": """
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(a.attname AS text)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE CAST(c.relname AS text) IN :tables AND CAST(a.attname AS text) IN :columns
  AND c.relkind IN ('r', 'p', 'v', 'f') AND NOT a.attisdropped
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
""",
    "mysql": """
SELECT table_schema, table_name, column_name
FROM information_schema.columns
WHERE table_name IN :tables AND column_name IN :columns
""",
    "sqlite": """
SELECT 'main', m.name, p.name
FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p
WHERE m.name IN :tables AND p.name IN :columns
""",
}


def read(session: Session, dialect: str, wanted: Wanted, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields ``versions`` and ``applied`` of a ``Database``; a table that may not be read is left out."""
    tables = [
        table for table in answer["tables"] if table["kind"] == "table" and CANDIDATE.search(table["name"])
    ]
    if not tables:
        return {}
    statement = COLUMNS["mysql" if dialect == "mariadb" else dialect]
    names = {table["name"] for table in tables}
    found = {
        tuple(map(str, row)) for row in session.rows(statement, tables=names, columns=[COLUMN, "app", "name"])
    }
    readable = [
        table
        for table in tables
        if (table["schema"], table["name"], COLUMN) in found
        and not set(":%") & {*table["schema"], *table["name"]}
    ]
    readable.sort(key=lambda table: not table["visible"])
    known: dict[str, Any] = {"versions": _versions(session, dialect, readable[:MOST])}
    for table in tables:
        place = (table["schema"], table["name"])
        if table["name"] == APPLIED and table["visible"] and {(*place, "app"), (*place, "name")} <= found:
            rows = session.rows(f"SELECT app, name FROM {_quoted(dialect, *place)} ORDER BY id")  # noqa: S608 - quoted
            known["applied"] = [[str(app), str(name)] for app, name in rows]
    return known


def _versions(session: Session, dialect: str, tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A ``VersionTable`` each, all of them read by one statement."""
    if not tables:
        return []
    parts = [
        f"SELECT {at} AS place, {COLUMN} AS revision FROM {_quoted(dialect, table['schema'], table['name'])}"  # noqa: S608 - quoted
        for at, table in enumerate(tables)
    ]
    revisions: dict[int, list[str]] = {}
    for at, revision in session.rows(" UNION ALL ".join(parts)):
        revisions.setdefault(int(at), []).append(str(revision))
    return [
        {
            "schema": table["schema"],
            "name": table["name"],
            "visible": table["visible"],
            "revisions": sorted(revisions.get(at, [])),
        }
        for at, table in enumerate(tables)
    ]


def _quoted(dialect: str, *names: str) -> str:
    mark = "`" if dialect in ("mysql", "mariadb") else '"'
    return ".".join(mark + name.replace(mark, mark * 2) + mark for name in names)
