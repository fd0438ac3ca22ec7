"""All names that a row, a table's columns or a mapped attribute has, which their classes do not list."""

from __future__ import annotations

import types
from typing import Any

from ..value import Call, Instance, Known, Live, Value
from . import mapped
from .states import Column, Columns, Row, Selected, Statement

EXTENSION = ("sqlalchemy", "sqlalchemy.orm")
"""Where Flask-SQLAlchemy's extension looks for the names that it has not itself."""

SUBQUERIES = {"subquery": "Subquery", "cte": "CTE"}
"""Method of a statement → the class of what it gives."""
MEMOIZED = "_memoized_attr_"
"""Begins the name of a method of SQLAlchemy's that gives an attribute when it is first asked for."""
OF_COMPARATORS = ("entity", "expr", "info", "mapper", "prop", "property", "type")
"""What comparators keep in their instances."""


def names(owner: Value) -> frozenset[str] | None:
    """All the names that a value has; ``None`` where that is for its class to say, or cannot be told."""
    if isinstance(owner, Live):
        return _of_live(owner.value)
    if not isinstance(owner, Instance):
        return None
    if owner.cls is types.CoroutineType and owner.exact:
        return frozenset(_members(owner.cls))  # its await was forgotten
    state = owner.state
    if isinstance(state, Row):
        keys = keys_of(state.columns) if state.certain else None
        return _with(owner.cls, keys)
    if isinstance(state, Columns) and state.itself:
        return _with(owner.cls, state.names)
    if isinstance(state, Column):
        return _of_attribute(owner.cls, state)
    return None


def keys_of(columns: tuple[Selected, ...]) -> frozenset[str] | None:
    """What a row calls its columns; ``None`` where two share a name, or one has none that is known."""
    found = [one.name for one in columns]
    if not all(found) or len(set(found)) < len(found):
        return None
    more = {key for one in columns if one.cls is not None and not one.entity for key in _column_names(one)}
    return frozenset({*found, *more})


def columns_of(columns: tuple[Selected, ...] | None) -> frozenset[str] | None:
    """The names in ``.c`` of a subquery that selects these; ``None`` where they are not all known."""
    found: list[str] = []
    more: set[str] = set()
    for one in columns or ():
        mapper = mapped.mapper_of(one.cls) if one.entity and one.cls is not None else None
        if mapper is not None and one.cls is not None:
            if not mapped.only_itself(mapper):
                return None
            found += [key for key in vars(mapper)["_props"] if _is_column(one.cls, key)]
            more |= mapped.columns(one.cls)
        elif not one.name:
            return None
        else:
            found.append(one.name)
            more |= _column_names(one) if one.cls is not None else set()
    return frozenset({*found, *more}) if found and len(set(found)) == len(found) else None


def subquery(state: Statement, call: Call) -> Instance | None:
    """What ``subquery()`` and the like give: what has the columns of a statement in ``.c``."""
    kind = mapped.loaded("sqlalchemy.sql.expression", SUBQUERIES[call.name])
    if not isinstance(kind, type):
        return None
    labelled = state.kind == "query" and (len(call.node.args) > 1 or set(call.keywords) - {"name"})
    named = None if labelled or call.spread else columns_of(state.columns)
    return Instance(kind, Known("queried", call.node.lineno), opened=True, state=Columns(named))


def collection(state: Columns, name: str, line: int) -> Instance | None:
    """``subquery.c``."""
    kind = mapped.loaded("sqlalchemy.sql.base", "ColumnCollection")
    if name not in ("c", "columns") or state.itself or not isinstance(kind, type):
        return None
    return Instance(kind, Known("kept", line), opened=True, state=state._replace(itself=True))


def _with(cls: type, more: frozenset[str] | None) -> frozenset[str] | None:
    return frozenset({*_members(cls), *more}) if more is not None else None


def _members(cls: type) -> set[str]:
    found = {name for base in mapped.bases(cls) for name in mapped.namespace(base)}
    return found | {name[len(MEMOIZED) :] for name in found if name.startswith(MEMOIZED)}


def _column_names(one: Selected) -> set[str]:
    """The names of the column behind an attribute, which may be others than the attribute's."""
    prop = mapped.property_of(one.cls, one.name) if one.cls is not None else None
    columns: Any = getattr(prop, "columns", None) or ()
    return {str(name) for column in columns for name in (column.key, column.name) if name is not None}


def _is_column(cls: type, name: str) -> bool:
    return mapped.is_a(mapped.property_of(cls, name), "sqlalchemy.orm", "ColumnProperty")


def _of_live(value: Any) -> frozenset[str] | None:
    if mapped.is_a(value, "flask_sqlalchemy", "SQLAlchemy"):
        return _of_extension(value)
    collection = mapped.loaded("sqlalchemy.sql.base", "ColumnCollection")
    if isinstance(collection, type) and collection in mapped.bases(type(value)):
        return frozenset({*_members(type(value)), *(str(key) for key, _ in value.items())})
    return None


def _of_extension(value: Any) -> frozenset[str] | None:
    """``db``: what is not its own is looked up in SQLAlchemy's modules."""
    owner, _ = mapped.static(type(value), "__getattr__")
    if owner is not None and not mapped.of_library(type(value), "__getattr__"):
        return None
    found = {*_members(type(value)), *vars(value)}
    for module in EXTENSION if owner is not None else ():
        held = mapped.module(module)
        if held is None or "__getattr__" in held:
            return None
        found |= held.keys()
    return frozenset(found)


def _of_attribute(kind: type, column: Column) -> frozenset[str] | None:
    """An attribute asked of its class hands on to its comparator, that to the column, that to its type."""
    prop = mapped.property_of(column.cls, column.name)
    _, held = mapped.static(column.cls, column.name)
    found = {*OF_COMPARATORS, *getattr(held, "__dict__", ())}
    behind: list[Any] = [kind, getattr(prop, "comparator_factory", None)]
    if mapped.is_a(prop, "sqlalchemy.orm", "ColumnProperty"):
        columns: Any = getattr(prop, "columns", None) or ()
        plain = mapped.loaded("sqlalchemy", "Column")
        if len(columns) != 1 or plain is None or type(columns[0]) is not plain:
            return None
        type_ = columns[0].type
        _, factory = mapped.static(type(type_), "comparator_factory")
        behind += [plain, vars(type_).get("comparator_factory", factory)]
        found |= vars(columns[0]).keys()
    elif not mapped.is_a(prop, "sqlalchemy.orm", "RelationshipProperty"):
        return None
    for one in behind:
        if not isinstance(one, type) or not _plain(one):
            return None
        found |= _members(one)
    return frozenset(found)


def _plain(cls: type) -> bool:
    """Whether only SQLAlchemy decides what an instance has besides what it lists."""
    for hook in ("__getattr__", "__getattribute__", "_fallback_getattr"):
        owner, found = mapped.static(cls, hook)
        if (
            owner not in (None, object)
            and type(found) is types.FunctionType
            and not mapped.of_library(cls, hook)
        ):
            return False
    return True
