"""The tenants that a database lists, each with a schema of its own: django-tenants on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .session import Session

MOST = 10_000
"""Tenants that are looked at."""
WHOLE = 20
"""So many have the columns of their tables read, spread over all; of the others the tables are known."""

READABLE = """
SELECT count(*) FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :table
  AND CAST(a.attname AS text) IN :columns AND NOT a.attisdropped
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
"""


def tenants(session: Session, register: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """A ``Tenant`` for each row of the register; none where it cannot be read.

    Args:
        session: a read-only one.
        register: a ``TenantRegister`` in its plain form.
    """
    if register is None:
        return []
    columns = [name for name in (register["column"], register["kind_column"]) if name]
    public, table = register["public"], register["table"]
    if session.value(READABLE, schema=public, table=table, columns=columns) != str(len(columns)):
        return []
    selected = ", ".join(_quoted(name) for name in columns)
    rows = session.rows(
        f"SELECT DISTINCT {selected} FROM {_quoted(public)}.{_quoted(table)} "  # noqa: S608 - names are quoted
        f"WHERE {_quoted(columns[0])} <> :public ORDER BY 1 LIMIT {MOST}",
        public=public,
    )
    step = max(1, -(-len(rows) // WHOLE))
    return [
        {"schema": str(row[0]), "kind": str(row[1]) if len(row) > 1 else "tenant", "whole": at % step == 0}
        for at, row in enumerate(rows)
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
