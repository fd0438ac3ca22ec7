"""PostgreSQL's catalogue: the enum types, and the types of the columns that the application maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ENUMS = """
SELECT CAST(n.nspname AS text), CAST(t.typname AS text), pg_catalog.pg_type_is_visible(t.oid),
       CAST(e.enumlabel AS text)
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
WHERE t.typtype = 'e'
ORDER BY n.nspname, t.typname, e.enumsortorder
"""

COLUMNS = """
WITH RECURSIVE mapped AS (
  SELECT n.nspname, c.relname, a.attname, pg_catalog.pg_table_is_visible(c.oid) AS visible,
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS oid
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
    AND CAST(c.relname AS text) IN :tables
), chain (oid, at) AS (
  SELECT oid, oid FROM mapped
  UNION
  SELECT chain.oid, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END
  FROM chain JOIN pg_catalog.pg_type AS t ON t.oid = chain.at
  WHERE t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0)
)
SELECT CAST(m.nspname AS text), CAST(m.relname AS text), CAST(m.attname AS text), m.visible,
       CAST(m.type AS text), CAST(coalesce(e.nspname, '') AS text), CAST(coalesce(e.typname, '') AS text)
FROM mapped AS m
LEFT JOIN (
  SELECT chain.oid, n.nspname, t.typname
  FROM chain
  JOIN pg_catalog.pg_type AS t ON t.oid = chain.at AND t.typtype = 'e'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
) AS e ON e.oid = m.oid
ORDER BY 1, 2, 3
"""
"""Follows each column's type through domains (``typbasetype``) and arrays (``typelem``) to an enum."""


def enums(connection: Any) -> list[dict[str, object]]:
    """Every enum type of the database, a ``DatabaseEnum`` each."""
    from sqlalchemy import text

    found: dict[tuple[str, str], dict[str, Any]] = {}
    for schema, name, visible, label in connection.execute(text(ENUMS)):
        entry = found.setdefault(
            (schema, name), {"schema": schema, "name": name, "labels": [], "visible": bool(visible)}
        )
        if label is not None:
            entry["labels"].append(label)
    return list(found.values())


def columns(connection: Any, tables: Iterable[str]) -> list[dict[str, object]]:
    """The columns of the relations called ``tables``, in whatever schema, a ``DatabaseColumn`` each."""
    from sqlalchemy import bindparam, text

    names = sorted(set(tables))
    if not names:
        return []
    query = text(COLUMNS).bindparams(bindparam("tables", expanding=True))
    fields = ("schema", "table", "column", "visible", "type", "enum_schema", "enum_name")
    return [dict(zip(fields, row, strict=True)) for row in connection.execute(query, {"tables": names})]
