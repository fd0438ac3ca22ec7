"""PostgreSQL: a read-only transaction, and its catalogue, with one query for each thing.

These are joined here: a server that looks each name up again for every column takes three times as long.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Any

from .session import Session
from .tenants import tenants
from .wanted import Wanted

LONGEST = 63
"""Bytes of a name."""
PLAIN = re.compile("[a-z_][a-z0-9_]*")
"""A name that needs no quotes."""
ByOid = dict[int, dict[str, Any]]
"""What the catalogue has under a number, which other rows refer to."""

SERVER = """
WITH schemas AS (
  SELECT CAST(n.nspname AS text) AS name, pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable
  FROM pg_catalog.pg_namespace AS n
  WHERE left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
)
SELECT CAST(pg_catalog.current_setting('server_version') AS text),
       CAST(pg_catalog.current_schemas(false) AS text[]),
       ARRAY(SELECT name FROM schemas ORDER BY name),
       ARRAY(SELECT name FROM schemas WHERE NOT usable ORDER BY name)
"""

ENUMS = """
SELECT CAST(t.oid AS bigint), CAST(n.nspname AS text), CAST(t.typname AS text),
       CASE WHEN n.nspname = (SELECT (pg_catalog.current_schemas(false))[1]) AND t.typname NOT IN (
         SELECT own.typname FROM pg_catalog.pg_type AS own
         WHERE own.typnamespace = CAST('pg_catalog' AS regnamespace)
       ) THEN true ELSE pg_catalog.pg_type_is_visible(t.oid) END,
       ARRAY(SELECT CAST(e.enumlabel AS text) FROM pg_catalog.pg_enum AS e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'e'
"""
"""In the first schema of the search path, nothing but PostgreSQL's own types hides any.

The server is asked about the others alone: it looks each name up in every schema of the path.
"""

TABLES = """
SELECT CAST(c.oid AS bigint), CAST(n.nspname AS text), CAST(c.relname AS text), CAST(c.relkind AS text),
       CASE WHEN n.nspname = (SELECT (pg_catalog.current_schemas(false))[1]) AND left(c.relname, 3) <> 'pg_'
         THEN true ELSE pg_catalog.pg_table_is_visible(c.oid) END,
       c.oid IN (SELECT d.objid FROM pg_catalog.pg_depend AS d
                 WHERE d.refclassid = CAST('pg_catalog.pg_extension' AS regclass)
                 AND d.classid = CAST('pg_catalog.pg_class' AS regclass) AND d.deptype = 'e')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
"""

KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}

COLUMNS = """
SELECT CAST(a.attrelid AS bigint), CAST(a.attname AS text), CAST(a.atttypid AS bigint), a.atttypmod,
       NOT a.attnotnull, a.atthasdef OR a.attidentity <> ''
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = ANY (CAST(string_to_array(:relations, ',') AS oid[]))
  AND a.attnum > 0 AND NOT a.attisdropped
"""

TYPES = """
WITH RECURSIVE asked (oid, typmod) AS (
  SELECT CAST(split_part(pair, ' ', 1) AS oid), CAST(split_part(pair, ' ', 2) AS int)
  FROM unnest(string_to_array(:types, ',')) AS pairs (pair)
), chain (oid, at, typmod, several, domains) AS (
  SELECT DISTINCT oid, oid, -1, false, CAST('' AS text) COLLATE "C" FROM asked
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
SELECT CAST(m.oid AS bigint), m.typmod, CAST(pg_catalog.format_type(m.oid, m.typmod) AS text),
       CASE t.typtype WHEN 'e' THEN CAST(n.nspname AS text) ELSE '' END,
       CASE t.typtype WHEN 'e' THEN CAST(t.typname AS text) ELSE '' END,
       CASE t.typtype WHEN 'e' THEN 'enum' ELSE CAST(pg_catalog.format_type(t.oid, NULL) AS text) END,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND greatest(m.typmod, chain.typmod) > 4
         THEN greatest(m.typmod, chain.typmod) - 4 END,
       chain.several, CAST(chain.domains AS text)
FROM asked AS m
JOIN chain ON chain.oid = m.oid
JOIN pg_catalog.pg_type AS t ON t.oid = chain.at
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE NOT (t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0))
"""
"""Follows types through domains (``typbasetype``) and arrays (``typelem``) to the last one.

Columns that are of an enum type themselves need none of that: there are most of these, each of another type.
"""

OF_TYPE = ("type", "enum_schema", "enum_name", "base", "length", "array", "domains")
"""Of a ``DatabaseColumn``, in the order of the query."""

CHECKS = """
SELECT CAST(c.conrelid AS bigint), CAST(c.conname AS text), pg_catalog.pg_get_expr(c.conbin, c.conrelid),
       CASE WHEN array_length(c.conkey, 1) = 1
         THEN (SELECT CAST(a.attname AS text) FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1]) ELSE '' END,
       coalesce(to_jsonb(c) ->> 'conenforced', 'true'), CAST(n.nspname AS text), CAST(t.typname AS text)
FROM pg_catalog.pg_constraint AS c
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = c.contypid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE c.contype = 'c' AND (c.conrelid = ANY (CAST(string_to_array(:relations, ',') AS oid[]))
  OR n.nspname || '.' || t.typname = ANY (string_to_array(:domains, chr(1))))
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
    ((version, path, schemas, unreadable),) = session.rows(SERVER)
    listed = tenants(session, wanted.tenants)
    types, relations = enums(session), tables(session)
    of = _of(relations, wanted, [tenant["schema"] for tenant in listed if not tenant["whole"]])
    found, domains = columns(session, of, types) if of else ([], set[str]())
    return {
        "dialect": "postgresql",
        "version": version.partition(" ")[0],
        "search_path": path,
        "schemas": schemas,
        "unreadable": unreadable,
        "enums": sorted(types.values(), key=itemgetter("schema", "name")),
        "tables": sorted(relations.values(), key=itemgetter("schema", "name")),
        "columns": found,
        "checks": checks(session, of, domains) if of else [],
        "typed": session.typed,
        "tenants": listed,
    }


def enums(session: Session) -> ByOid:
    """Every enum type of the database, a ``DatabaseEnum`` each."""
    return {
        oid: {"schema": schema, "name": name, "labels": labels, "visible": visible}
        for oid, schema, name, visible, labels in session.rows(ENUMS)
    }


def tables(session: Session) -> ByOid:
    """Every table and view but the server's own, a ``DatabaseTable`` each."""
    return {
        oid: {
            "schema": schema,
            "name": name,
            "kind": KINDS[kind],
            "visible": visible,
            "extension": extension,
        }
        for oid, schema, name, kind, visible, extension in session.rows(TABLES)
    }


def _of(relations: ByOid, wanted: Wanted, beside: Collection[str]) -> ByOid:
    """The wanted ones of all relations, in whatever schema but ``beside``."""
    # as the server keeps the names: it cuts what is too long, with a notice that nobody reads
    names = {name.encode()[:LONGEST].decode(errors="ignore") for name in wanted.tables}
    return {
        oid: one for oid, one in relations.items() if one["name"] in names and one["schema"] not in beside
    }


def columns(session: Session, relations: ByOid, types: ByOid) -> tuple[list[dict[str, Any]], set[str]]:
    """The columns of relations, a ``DatabaseColumn`` each, and the domains that some of them are of.

    ``types`` are the enum types of the database.
    """
    rows = session.rows(COLUMNS, relations=_joined(relations, ","))
    others = {f"{type_} {modifier}" for _, _, type_, modifier, _, _ in rows if type_ not in types}
    known = _types(session, others)
    found = []
    for relation, name, type_, modifier, nullable, filled in rows:
        of, enum = relations[relation], types.get(type_)
        found.append(
            {
                "schema": of["schema"],
                "table": of["name"],
                "column": name,
                "visible": of["visible"],
                "nullable": nullable,
                "default": filled,
                **(known[f"{type_} {modifier}"] if enum is None else _of_enum(enum)),
            }
        )
    domains = {name for one in known.values() for name in one["domains"]}
    return found, domains


def _of_enum(type_: dict[str, Any]) -> dict[str, Any]:
    """What a ``DatabaseColumn`` has of an enum type."""
    schema, name = type_["schema"], type_["name"]
    written = _written(name) if type_["visible"] else f"{_written(schema)}.{_written(name)}"
    return {"type": written, "enum_schema": schema, "enum_name": name, "base": "enum"}


def _types(session: Session, asked: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What a ``DatabaseColumn`` has of its type, by the number of the type and its modifier."""
    found = {}
    for type_, modifier, *row in session.rows(TYPES, types=_joined(asked, ",")):
        known = found[f"{type_} {modifier}"] = dict(zip(OF_TYPE, row, strict=True))
        known["domains"] = [name for name in known["domains"].split("\x01") if name]
    return found


def checks(session: Session, relations: ByOid, domains: Iterable[str]) -> list[dict[str, Any]]:
    """The checks of relations and of domains, a ``DatabaseCheck`` each."""
    found = []
    for relation, name, text, column, enforced, schema, domain in session.rows(
        CHECKS, relations=_joined(relations, ","), domains=_joined(domains, "\x01")
    ):
        of = relations.get(relation)
        check = {"schema": of["schema"] if of is not None else schema, "table": of["name"] if of else ""}
        check |= {"name": name, "text": text, "domain": domain or "", "column": column or ""}
        found.append({**check, "enforced": enforced == "true"})
    return sorted(found, key=itemgetter("schema", "table", "domain", "name"))


def _joined(items: Iterable[object], separator: str) -> str:
    """Many items as one parameter: a thousand take longer to write into a statement than to look up."""
    return separator.join(map(str, items))


def _written(name: str) -> str:
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
