"""The tables and columns that the application maps with SQLAlchemy, with a class or for Core alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ..objects import is_a
from ..project import Project, source_file
from . import class_source, column_types
from .failures import qualified

Held = Mapping[int, "tuple[tuple[str, str], Any]"]
"""Identity of a table → file and variable of the module that holds it, and the table."""


def tables(mappers: Iterable[Any], held: Held, project: Project) -> list[dict[str, Any]]:
    """A ``MappedTable`` for each table of a mapper, and for those that share its metadata.

    Args:
        mappers: configured ones.
        held: the tables that the application's modules hold.
        project: the application.
    """
    from sqlalchemy import Table

    found: dict[int, dict[str, Any]] = {}
    metadata: dict[int, Any] = {}
    for mapper in mappers:
        for table in list(mapper.tables):
            if not isinstance(table, Table) or _temporary(table):
                continue
            metadata[id(table.metadata)] = table.metadata
            described = found.get(id(table)) or _described(table, qualified(mapper.class_))
            found[id(table)] = described
            described["own"] = described["own"] or project.owns_module(mapper.class_.__module__)
            described["location"] = described["location"] or class_source.attribute_place(
                mapper.class_, "", project
            )
            _name_attributes(described, mapper, table, project)
    secondary = set(_secondary(mappers))
    for _, table in held.values():
        metadata[id(table.metadata)] = table.metadata
    for shared in metadata.values():
        for table in list(shared.tables.values()):
            if id(table) not in found and not _temporary(table):
                found[id(table)] = {**_core(table, held, project), "secondary": id(table) in secondary}
    return sorted(found.values(), key=lambda one: (one["bind"], one["schema"] or "", one["name"]))


def _secondary(mappers: Iterable[Any]) -> Iterator[int]:
    """The identities of the tables between many-to-many relationships."""
    for mapper in mappers:
        with suppress(Exception):  # relationships are refused while another mapper does not configure
            for relationship in list(mapper.relationships):
                if relationship.secondary is not None:
                    yield id(relationship.secondary)


def bind(table: Any) -> str:
    """Flask-SQLAlchemy's key of the database that a table belongs to; empty for the default one."""
    key = table.info.get("bind_key") or table.metadata.info.get("bind_key")
    return key if isinstance(key, str) else ""


def _described(table: Any, model: str) -> dict[str, Any]:
    return {
        "name": str(table.name),
        "schema": None if table.schema is None else str(table.schema),
        "model": model,
        "bind": bind(table),
        "framework": "sqlalchemy",
        "kind": "table" if model else "core",
        "location": None,
        "columns": [_column(column) for column in table.columns if not column.system],
        "own": False,
    }


def _core(table: Any, held: Held, project: Project) -> dict[str, Any]:
    described = _described(table, "")
    if id(table) not in held:
        return described
    (file, variable), _ = held[id(table)]
    # a library's table that the application only uses has been imported
    described["own"] = project.owns_file(file) and not class_source.imported(file, variable)
    described["location"] = class_source.column_place(file, variable, "", project)
    for column in described["columns"]:
        column["location"] = class_source.column_place(file, variable, column["name"], project)
    return described


def _name_attributes(described: dict[str, Any], mapper: Any, table: Any, project: Project) -> None:
    """Add which attributes of a class the columns are, with their places."""
    keys = {
        column.name: key
        for key, column in list(mapper.columns.items())
        if getattr(column, "table", None) is table
    }
    for column in described["columns"]:
        key = keys.get(column["name"])
        if key is not None and not column["attribute"]:
            column["attribute"] = key
            column["location"] = class_source.attribute_place(mapper.class_, key, project)


def _temporary(table: Any) -> bool:
    """Whether ``CREATE TEMPORARY TABLE`` makes it: no other session ever sees it."""
    prefixes = getattr(table, "_prefixes", ())
    return any("TEMP" in str(prefix).upper() for prefix in prefixes)


def _column(column: Any) -> dict[str, Any]:
    family, array, length = _family(column.type)
    try:
        written = str(column.type)
    except Exception:  # a type of one vendor alone has no general form
        written = type(column.type).__name__
    return {
        "name": str(column.name),
        "type": written,
        "family": family,
        "length": length if isinstance(length, int) else None,
        "array": array,
        "enum_type": _enum_type(column.type) if family == "enum" else "",
        "attribute": "",
        "location": None,
    }


def _family(kind: Any) -> tuple[str, bool, object]:
    """The ``family`` of what a type sends, whether in an array, and its length; see :data:`FAMILIES`."""
    from sqlalchemy import types

    for layer, array in column_types.layers(kind):
        if getattr(layer, "_variant_mapping", None) or type(layer).__name__ == "Variant":
            return "", array, None  # another type on another vendor
        if any("bind_expression" in vars(cls) for cls in type(layer).__mro__ if _foreign(cls)):
            return "", array, None  # a function of the database's makes another type of what is sent
        if getattr(layer, "native_uuid", True) is False:
            return "", array, None  # 32 letters, whatever the column is
        if isinstance(layer, types.Interval):  # a decorator that is a date and time on most vendors
            if not layer.native:
                return "", array, None
            break
        if isinstance(layer, types.TypeDecorator) and any(
            "load_dialect_impl" in vars(cls) for cls in type(layer).__mro__ if _foreign(cls)
        ):
            return "", array, None
    # now it is the innermost layer, which is what is sent
    families = (
        (types.Enum, "enum"),
        (types.Boolean, "boolean"),
        (types.JSON, "json"),
        (getattr(types, "Uuid", ()), "uuid"),
        (types.String, "text"),
        (types.Integer, "integer"),
        ((types.Numeric, types.Float), "number"),
        (types.DateTime, "datetime"),
        (types.Date, "date"),
        (types.Time, "time"),
        (types.Interval, "interval"),
        (types.LargeBinary, "binary"),
    )
    family = next((name for cls, name in families if isinstance(layer, cls)), "")
    if not family and type(layer).__name__ == "INTERVAL":  # of one vendor alone
        family = "interval"
    if family == "text" and type(layer).__name__ in ("SET", "CITEXT", "BIT"):
        family = ""
    return family, array, getattr(layer, "length", None)


def _enum_type(kind: Any) -> str:
    """The enum type of PostgreSQL that an ``Enum`` in ``kind`` is; empty for one that is a text there."""
    *_, (innermost, _) = column_types.layers(kind)
    if not innermost.native_enum or not innermost.name:
        return ""
    return f"{innermost.schema}.{innermost.name}" if innermost.schema else str(innermost.name)


def _foreign(cls: type) -> bool:
    return not cls.__module__.startswith(("sqlalchemy.", "sqlmodel."))


def is_revision(module: Any) -> bool:
    """Whether a module is one of Alembic's migrations: the tables in it are those of its day."""
    return {"revision", "down_revision", "upgrade"}.issubset(vars(module))


def held_tables(project: Project) -> dict[int, tuple[tuple[str, str], Any]]:
    """Tables that the application's modules hold, with file and variable: of several, those that make it."""
    found: dict[int, tuple[tuple[str, str], Any]] = {}
    for _, module in project.modules():
        for name, value in list(vars(module).items()) if not is_revision(module) else ():
            if is_a(value, "sqlalchemy.sql.schema.Table"):
                known = found.get(id(value))
                if known is None or class_source.imported(*known[0]):
                    found[id(value)] = ((source_file(module), name), value)
    return found
