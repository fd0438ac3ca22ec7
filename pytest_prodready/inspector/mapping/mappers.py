"""What SQLAlchemy's mappers of the loaded application say: classes, enum columns, and failures."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from ..project import Project, source_file
from . import class_source, enum_columns
from .failures import configuration_failure, configure, mapping_failure, qualified, reserved

__all__ = ["inspect", "mapping_failure"]


def inspect(project: Project) -> dict[str, object]:
    """The ``Mapping`` of the application that is loaded in this interpreter.

    Every mapper is configured as the first query would do it, and every failure is kept, not only the
    first. Nothing connects. Models that a library brings are listed too: they live in the same database.
    """
    if "sqlalchemy" not in sys.modules:
        return {"classes": [], "columns": [], "failures": []}
    every = _mappers(project)
    # a migration that was run from its file alone maps the tables of its day, and nobody queries through it
    mappers = [mapper for mapper in every if mapper.class_.__module__ in sys.modules]
    failures = [
        configuration_failure(mapper, error, project)
        for mapper, error in configure(every)
        if mapper is None or mapper in mappers
    ]
    failures += [failure for mapper in mappers for failure in reserved(mapper, project)]
    return {
        "classes": sorted(qualified(mapper.class_) for mapper in mappers),
        "columns": sorted(
            _columns(mappers, project),
            key=lambda found: (found["schema"] or "", found["table"], found["column"]),
        ),
        "failures": sorted(failures, key=lambda found: (found["model"], found["attribute"])),
    }


def _mappers(project: Project) -> list[Any]:
    """Every mapper of the interpreter, in a stable order."""
    module = sys.modules.get("sqlalchemy.orm.mapper")
    listed = getattr(module, "_all_registries", None)
    found: dict[int, Any] = {}
    for registry in listed() if listed is not None else ():
        # a class that was given up half-way raises here; what can be said of it was raised at its import
        with suppress(Exception):
            found.update((id(mapper), mapper) for mapper in registry.mappers)
    if listed is None:
        for mapper in _declared(project):
            found[id(mapper)] = mapper
    return sorted(found.values(), key=lambda mapper: (len(mapper.class_.__mro__), qualified(mapper.class_)))


def _declared(project: Project) -> list[Any]:
    """The mappers of the classes in the application's modules, for a SQLAlchemy that lists no registries."""
    return [
        vars(value)["__mapper__"]
        for _, module in project.modules()
        for value in list(vars(module).values())
        if type in type(value).__mro__ and "__mapper__" in vars(value)
    ]


def _columns(mappers: list[Any], project: Project) -> list[dict[str, Any]]:
    from sqlalchemy import Table

    found: dict[tuple[object, ...], dict[str, Any]] = {}
    tables: dict[int, Any] = {}
    bound = _tables(project)
    for mapper in mappers:
        for key, column in list(mapper.columns.items()):
            table = getattr(column, "table", None)
            if not isinstance(table, Table):
                continue
            tables[id(table)] = table
            place = (table.schema, table.name, column.name)
            seen = enum_columns.describe(column) if place not in found else None
            if seen is not None:
                where = class_source.attribute_place(mapper.class_, key, project)
                if not class_source.declares(mapper.class_, key):
                    where = _column_place(column, bound, project) or where
                found[place] = {**seen, "model": qualified(mapper.class_), "location": where}
    for _, table in bound.values():
        tables[id(table)] = table
    for metadata in {id(table.metadata): table.metadata for table in tables.values()}.values():
        for table in metadata.tables.values():
            for column in table.columns:
                place = (table.schema, table.name, column.name)
                seen = enum_columns.describe(column) if place not in found else None
                if seen is not None:
                    found[place] = {**seen, "model": "", "location": _column_place(column, bound, project)}
    return list(found.values())


def _tables(project: Project) -> dict[int, tuple[tuple[str, str], Any]]:
    """Tables that the application's modules hold, each with its file and variable."""
    found: dict[int, tuple[tuple[str, str], Any]] = {}
    for _, module in project.modules():
        for name, value in list(vars(module).items()):
            if any(
                cls.__name__ == "Table" and cls.__module__ == "sqlalchemy.sql.schema"
                for cls in type(value).__mro__
            ):
                found.setdefault(id(value), ((source_file(module), name), value))
    return found


def _column_place(
    column: Any, bound: dict[int, tuple[tuple[str, str], Any]], project: Project
) -> dict[str, object] | None:
    if id(column.table) not in bound:
        return None
    (file, variable), _ = bound[id(column.table)]
    return class_source.column_place(file, variable, str(column.name), project)
