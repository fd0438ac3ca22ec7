"""What is looked up in a catalogue: names only, as the mapping writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """The tables whose columns and checks are read."""

    tables: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    """That the mapping names."""
    tenants: Mapping[str, str] | None = None
    """The ``TenantRegister`` in its plain form, for the database that it is in."""


def wanted(mapping: Mapping[str, Any], name: str, beside: Iterable[str] = ()) -> Wanted:
    """The tables of ``mapping`` (a ``Mapping`` in its plain form) that belong to the database ``name``.

    ``beside`` are tables that are looked up, too, wherever they are.
    """
    tables = set(beside)
    schemas: set[str] = set()
    for table, schema in _named(mapping, name):
        tables.add(table)
        if schema:
            schemas.add(schema)
    tenants = mapping.get("tenants")
    register = tenants if tenants and tenants["bind"] == name else None
    return Wanted(frozenset(tables), frozenset(schemas), register)


def _named(mapping: Mapping[str, Any], name: str) -> Iterable[tuple[str, str | None]]:
    for column in mapping.get("columns", ()):
        if column.get("bind", "") == name:
            yield column["table"], column.get("schema")
    for table in mapping.get("tables", ()):
        if table.get("bind", "") == name:
            yield table["name"], table.get("schema")
