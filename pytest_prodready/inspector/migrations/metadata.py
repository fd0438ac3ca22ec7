"""Which tables share one ``MetaData``: an environment of Alembic looks after all of them, or none."""

from __future__ import annotations

import sys
from typing import Any

from ..mapping import tables
from ..project import Project


def groups(project: Project) -> list[dict[str, object]]:
    """A ``MetaDataTables`` for each ``MetaData`` of a registry, or of a table that a module holds."""
    module = sys.modules.get("sqlalchemy.orm.mapper")
    listed = getattr(module, "_all_registries", None)
    found: dict[int, Any] = {}
    for registry in listed() if listed is not None else ():
        found[id(registry.metadata)] = registry.metadata
    for _, table in tables.held_tables(project).values():
        found[id(table.metadata)] = table.metadata
    return [
        {"tables": sorted([str(table.schema or ""), str(table.name)] for table in one.tables.values())}
        for one in found.values()
        if one.tables
    ]
