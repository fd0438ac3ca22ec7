"""PostgreSQL: a read-only transaction, and its catalogue, with one query for each thing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from .session import Session
from .tenants import tenants
from .wanted import Wanted

LONGEST = 63
"""Bytes of a name."""

SCHEMAS = """
SELECT CAST(n.nspname AS text), pg_catalog.has_schema_privilege(n.oid, 'USAGE')
FROM pg_catalog.pg_namespace AS n
WHERE left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""

PATH = """
SELECT CAST(s AS text) FROM unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p (s, at) ORDER BY at
"""

ENUMS = """
SELECT CAST(n.nspname AS text), CAST(t.typname AS text), pg_catalog.pg_type_is_visible(t.oid),
       ARRAY(SELECT CAST(e.enumlabel AS text) FROM pg_catalog.pg_enum AS e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'e'
ORDER BY 1, 2
"""

TABLES = """
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(c.relkind AS text),
       pg_catalog.pg_table_is_visible(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e'
               AND d.classid = CAST('pg_catalog.pg_class' AS regclass))
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""

KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}

COLUMNS = """
WITH RECURSIVE mapped AS (
  SELECT n.nspname, c.relname, a.attname, pg_catalog.pg_table_is_visible(c.oid) AS visible,
         a.atttypid AS oid, a.atttypmod AS typmod,
         NOT a.attnotnull AS nullable, a.atthasdef OR a.attidentity <> '' AS filled
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
    AND CAST(c.relname AS text) = ANY (string_to_array(:tables, chr(1)))
    AND CAST(n.nspname AS text) <> ALL (string_to_array(:beside, chr(1)))
), chain (oid, at, typmod, several, domains) AS (
  SELECT DISTINCT oid, oid, -1, false, CAST('' AS text) COLLATE "C" FROM mapped
  UNION ALL
  SELECT chain.oid, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END,
         CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE chain.typmod END,
         chain.several OR t.typtype <> 'd',
         CASE t.typtype WHEN 'd' THEN chain.domains || n.nspname || '.' || t.typname || chr(1)
           ELSE chain.domains END COLLATE "C"
  FROM chain
  JOIN pg_catalog.pg_type AS t ON t.oid = chain.at
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0)
)
SELECT CAST(m.nspname AS text), CAST(m.relname AS text), CAST(m.attname AS text), m.visible,
       CASE WHEN t.typtype = 'e' AND t.oid = m.oid THEN ''
         ELSE CAST(pg_catalog.format_type(m.oid, m.typmod) AS text) END,
       CASE t.typtype WHEN 'e' THEN CAST(n.nspname AS text) ELSE '' END,
       CASE t.typtype WHEN 'e' THEN CAST(t.typname AS text) ELSE '' END,
       CASE t.typtype WHEN 'e' THEN 'enum' ELSE CAST(pg_catalog.format_type(t.oid, NULL) AS text) END,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND greatest(m.typmod, chain.typmod) > 4
         THEN greatest(m.typmod, chain.typmod) - 4 END,
       chain.several, CAST(chain.domains AS text), m.nullable, m.filled
FROM mapped AS m
JOIN chain ON chain.oid = m.oid
JOIN pg_catalog.pg_type AS t ON t.oid = chain.at
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE NOT (t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0))
ORDER BY 1, 2, 3
"""
"""Follows each column's type through domains (``typbasetype``) and arrays (``typelem``) to the last one.

The name of an enum type is not asked of ``format_type()``, which looks up each type by itself.
"""

FIELDS = (
    *("schema", "table", "column", "visible", "type", "enum_schema", "enum_name", "base"),
    *("length", "array", "domains", "nullable", "default"),
)
"""Of a ``DatabaseColumn``, in the order of the query."""

CHECKS = """
SELECT CAST(n.nspname AS text), CAST(r.relname AS text), CAST(c.conname AS text),
       pg_catalog.pg_get_expr(c.conbin, c.conrelid), '',
       CASE WHEN array_length(c.conkey, 1) = 1 THEN CAST(a.attname AS text) ELSE '' END,
       coalesce(to_jsonb(c) ->> 'conenforced', 'true')
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'c' AND CAST(r.relname AS text) = ANY (string_to_array(:tables, chr(1)))
  AND CAST(n.nspname AS text) <> ALL (string_to_array(:beside, chr(1)))
UNION ALL
SELECT CAST(n.nspname AS text), '', CAST(c.conname AS text), pg_catalog.pg_get_expr(c.conbin, 0),
       CAST(t.typname AS text), '', coalesce(to_jsonb(c) ->> 'conenforced', 'true')
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_type AS t ON t.oid = c.contypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE c.contype = 'c' AND n.nspname || '.' || t.typname = ANY (string_to_array(:domains, chr(1)))
ORDER BY 1, 2, 5, 3
"""


def begin(session: Session, limit: float) -> bool:
    """Begin a transaction with time limits; whether the server itself confirms it to be read-only."""
    if _begin(session, limit):
        return True
    session.rollback()
    session.leave_autocommit()
    return _begin(session, limit)


def _begin(session: Session, limit: float) -> bool:
    milliseconds = max(1, int(limit * 1000))
    session.begin()
    session.run("SET TRANSACTION READ ONLY")
    session.run(f"SET LOCAL statement_timeout = {milliseconds}")
    session.run(f"SET LOCAL lock_timeout = {milliseconds}")
    return session.value("SHOW transaction_read_only") == "on"


def catalogue(session: Session, wanted: Wanted) -> dict[str, Any]:
    """The fields of a ``Database`` that the catalogue answers."""
    schemas = session.rows(SCHEMAS)
    listed = tenants(session, wanted.tenants)
    beside = [tenant["schema"] for tenant in listed if not tenant["whole"]]
    types = enums(session)
    found = columns(
        session, wanted, beside, {(one["schema"], one["name"]) for one in types if one["visible"]}
    )
    return {
        "dialect": "postgresql",
        "version": session.value("SHOW server_version").partition(" ")[0],
        "search_path": [name for (name,) in session.rows(PATH)],
        "schemas": [name for name, _ in schemas],
        "unreadable": [name for name, usable in schemas if not usable],
        "enums": types,
        "tables": [
            {
                "schema": schema,
                "name": name,
                "kind": KINDS[kind],
                "visible": bool(visible),
                "extension": bool(extension),
            }
            for schema, name, kind, visible, extension in session.rows(TABLES)
        ],
        "columns": found,
        "checks": checks(session, wanted, {name for column in found for name in column["domains"]}, beside),
        "typed": session.typed,
        "tenants": listed,
    }


def enums(session: Session) -> list[dict[str, Any]]:
    """Every enum type of the database, a ``DatabaseEnum`` each."""
    return [
        {"schema": schema, "name": name, "labels": list(labels), "visible": bool(visible)}
        for schema, name, visible, labels in session.rows(ENUMS)
    ]


def columns(
    session: Session,
    wanted: Wanted,
    beside: Iterable[str] = (),
    visible: Collection[tuple[str, str]] = (),
) -> list[dict[str, Any]]:
    """The columns of the wanted relations, in whatever schema but ``beside``, a ``DatabaseColumn`` each.

    ``visible`` are the enum types that are written without their schema.
    """
    if not wanted.tables:
        return []
    found = []
    for row in session.rows(COLUMNS, tables=_joined(_kept(wanted)), beside=_joined(beside)):
        column = dict(zip(FIELDS, row, strict=True))
        column["domains"] = [name for name in column["domains"].split("\x01") if name]
        if not column["type"]:
            type_ = (column["enum_schema"], column["enum_name"])
            column["type"] = ".".join(map(_written, type_[type_ in visible :]))
        found.append(column)
    return found


def checks(
    session: Session, wanted: Wanted, domains: set[str], beside: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """The checks of the wanted tables and of ``domains``, a ``DatabaseCheck`` each."""
    if not wanted.tables:
        return []
    fields = ("schema", "table", "name", "text", "domain", "column")
    return [
        {**dict(zip(fields, row, strict=False)), "enforced": row[-1] == "true"}
        for row in session.rows(
            CHECKS, tables=_joined(_kept(wanted)), domains=_joined(domains), beside=_joined(beside)
        )
    ]


def _kept(wanted: Wanted) -> set[str]:
    """The names as the server keeps them: it cuts what is too long, with a notice that nobody reads."""
    return {name.encode()[:LONGEST].decode(errors="ignore") for name in wanted.tables}


def _joined(names: Iterable[str]) -> str:
    """Names as one parameter: a thousand of them take longer to write into a statement than to look up."""
    return "\x01".join(sorted(names))


def _written(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
