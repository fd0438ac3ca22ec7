"""What the mappings of the loaded application say: classes, tables, enum columns, and failures."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..database import engines
from ..project import Project
from . import class_source, django_choices, django_models, django_tenants, enum_columns, tables
from .failures import configuration_failure, configure, qualified, reserved


def inspect(project: Project) -> dict[str, object]:
    """The ``Mapping`` of the application that is loaded in this interpreter.

    Every mapper is configured as the first query would do it, and every failure is kept, not only the
    first. Nothing connects. Models that a library brings are listed too: they live in the same database.
    """
    of_django = django_models.tables(project)
    choices = django_choices.columns(project)
    if "sqlalchemy" not in sys.modules:
        return {"classes": [], "columns": choices, "failures": [], "tables": of_django, "tenants": _tenants()}
    every = _mappers(project)
    mappers = [mapper for mapper in every if not _of_a_migration(mapper.class_.__module__)]
    failures = [
        configuration_failure(mapper, error, project)
        for mapper, error in configure(every)
        if mapper is None or mapper in mappers
    ]
    failures += [failure for mapper in mappers for failure in reserved(mapper, project)]
    held = tables.held_tables(project)
    found: dict[str, Any] = {
        "classes": sorted(qualified(mapper.class_) for mapper in mappers),
        "columns": [
            *sorted(
                _columns(mappers, held, project),
                key=lambda found: (found["schema"] or "", found["table"], found["column"], found["vendors"]),
            ),
            *choices,
        ],
        "failures": sorted(failures, key=lambda found: (found["model"], found["attribute"])),
        "tables": [*tables.tables(mappers, held, project), *of_django],
        "tenants": _tenants(),
    }
    _translate(found, engines.translations(project))
    return found


def _of_a_migration(module: str) -> bool:
    """Whether a module maps the tables of its day, and nobody queries through it.

    One that Alembic has run from its file alone is none of the loaded modules.
    """
    loaded = sys.modules.get(module)
    return loaded is None or tables.is_revision(loaded)


def _tenants() -> dict[str, str] | None:
    found = django_tenants.tenants() if django_models.models() else None
    return found.register() if found is not None else None


def _translate(found: dict[str, Any], schemas: Mapping[str | None, str | None]) -> None:
    """Name the schemas that the engine would put in the place of the mapped ones."""
    for one in (*found["tables"], *found["columns"]) if schemas else ():
        if one.get("framework", "sqlalchemy") == "sqlalchemy":
            for key in ("schema", "type_schema"):
                if key in one:
                    one[key] = schemas.get(one[key], one[key])


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


def _columns(mappers: list[Any], bound: tables.Held, project: Project) -> list[dict[str, Any]]:
    from sqlalchemy import Table

    found: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    used: dict[int, Any] = {}
    for mapper in mappers:
        for key, column in list(mapper.columns.items()):
            table = getattr(column, "table", None)
            if not isinstance(table, Table):
                continue
            used[id(table)] = table
            place = (tables.bind(table), table.schema, table.name, column.name)
            seen = enum_columns.describe(column) if place not in found else []
            if seen:
                where = class_source.attribute_place(mapper.class_, key, project)
                if not class_source.declares(mapper.class_, key):
                    where = _column_place(column, bound, project) or where
                model = qualified(mapper.class_)
                found[place] = [{**one, "model": model, "location": where} for one in seen]
    for _, table in bound.values():
        used[id(table)] = table
    for metadata in {id(table.metadata): table.metadata for table in used.values()}.values():
        for table in metadata.tables.values():
            for column in table.columns:
                place = (tables.bind(table), table.schema, table.name, column.name)
                seen = enum_columns.describe(column) if place not in found else []
                if seen:
                    where = _column_place(column, bound, project)
                    found[place] = [{**one, "model": "", "location": where} for one in seen]
    return [one for several in found.values() for one in several]


def _column_place(column: Any, bound: tables.Held, project: Project) -> dict[str, object] | None:
    if id(column.table) not in bound:
        return None
    (file, variable), _ = bound[id(column.table)]
    return class_source.column_place(file, variable, str(column.name), project)
