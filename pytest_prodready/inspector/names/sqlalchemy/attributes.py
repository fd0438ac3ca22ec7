"""What an attribute of a mapped class or of one of its instances is."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Iterator
from typing import Any

from ..value import Class, Instance, Known, Live, Value
from . import mapped
from .states import Column, Page, Row, Selected, Statement

PLAIN = (
    str,
    int,
    float,
    bool,
    bytes,
    decimal.Decimal,
    dt.datetime,
    dt.date,
    dt.time,
    dt.timedelta,
    uuid.UUID,
)
QUERY_PROPERTIES = ("flask_sqlalchemy", "sqlalchemy.orm.scoping")
"""Where the descriptors behind ``Model.query`` come from."""


def attribute(owner: Value, name: str, line: int) -> Value | None:
    """What ``owner.name`` is; ``None`` when that is not known."""
    if isinstance(owner, Class):
        return _of_class(owner.cls, name, line)
    if isinstance(owner, Live):
        table = mapped.is_a(owner.value, "sqlalchemy", "Table") and name in ("c", "columns")
        return Live(owner.value.c) if table else None
    if isinstance(owner.state, Row):
        return _of_row(owner, owner.state, name)
    if isinstance(owner.state, Page):
        made = Known("queried", line)
        return listed(owner.state.item, made) if name == "items" else None
    return instance_attribute(owner.cls, name, line)


def instance_attribute(cls: type, name: str, line: int) -> Instance | None:
    """What an instance of the mapped ``cls`` has as ``name``."""
    prop = mapped.property_of(cls, name)
    if prop is None:
        return query_property(cls, name, line)
    if mapped.is_a(prop, "sqlalchemy.orm", "RelationshipProperty"):
        return _related(cls, prop, name, line)
    if mapped.is_a(prop, "sqlalchemy.orm", "ColumnProperty"):
        return _column(prop, line)
    return None


def entity(cls: type, line: int, optional: bool = False) -> Instance | None:
    """An instance of a mapped class as a query gives it; ``None`` when ``cls`` is not mapped."""
    mapper = mapped.mapper_of(cls)
    if mapper is None:
        return None
    return Instance(cls, Known("queried", line), exact=mapped.only_itself(mapper), optional=optional)


def selected(cls: type, line: int) -> Selected | None:
    """A mapped class as a whole, as a statement selects it."""
    value = entity(cls, line)
    return Selected(mapped.name_of(cls), value, True, cls) if value is not None else None


def listed(item: Value | None, known: Known, kind: type = list) -> Instance:
    """A list of ``item``."""
    return Instance(kind, known, exact=True, items=item, values=item)


def query_property(cls: type, name: str, line: int) -> Instance | None:
    """``Model.query`` of Flask-SQLAlchemy, or of a scoped session's ``query_property()``."""
    if name != "query" or mapped.mapper_of(cls) is None:
        return None
    _, found = mapped.static(cls, name)
    if not mapped.module_of(type(found)).startswith(QUERY_PROPERTIES):
        return None
    _, made = mapped.static(cls, "query_class")
    plain = mapped.loaded("sqlalchemy.orm", "Query")
    query: Any = made if type in mapped.bases(type(made)) else plain
    return query_of(query, cls, line, opened=query is plain) if isinstance(query, type) else None


def query_of(query: type, cls: type, line: int, opened: bool = False) -> Instance | None:
    """A ``Query`` of a mapped class."""
    whole = selected(cls, line)
    if whole is None:
        return None
    state = Statement((whole,), (cls,), cls, "query")
    return Instance(query, Known("queried", line), items=whole.value, opened=opened, state=state)


def _of_class(cls: type, name: str, line: int) -> Value | None:
    mapper = mapped.mapper_of(cls)
    if mapper is None:
        return None
    if name == "__table__" and mapped.is_a(mapper.local_table, "sqlalchemy", "Table"):
        return Live(mapper.local_table)
    if mapped.property_of(cls, name) is not None:
        _, found = mapped.static(cls, name)
        return Instance(type(found), Known("kept", line), opened=True, state=Column(cls, name))
    return query_property(cls, name, line)


def _of_row(owner: Instance, row: Row, name: str) -> Value | None:
    if mapped.static(owner.cls, name)[0] is not None:
        return None  # count, index: they are methods of the row itself
    found = [one.value for one in row.columns if one.name == name]
    return found[0] if len(found) == 1 else None


def _related(cls: type, prop: Any, name: str, line: int) -> Instance | None:
    target = mapped.related(prop)
    if target is None or mapped.mapper_of(target) is None:
        return None
    known = Known("kept", line)
    item = entity(target, line)
    if item is None:
        return None
    item = item._replace(known=known)
    lazy = getattr(prop, "lazy", None)
    if lazy == "dynamic":
        query = mapped.loaded("sqlalchemy.orm", "Query")
        return query_of(query, target, line, opened=True) if query is not None else None
    if lazy == "write_only":
        return None
    uselist = getattr(prop, "uselist", None)
    if uselist is False:
        nullable = _nullable(prop)
        state = ("relation", f"{mapped.name_of(cls)}.{name}") if nullable else None
        return item._replace(optional=nullable is not False, state=state)
    collection = getattr(prop, "collection_class", None)
    if uselist is not True or not (collection is None or collection is list or collection is set):
        return None
    made = "InstrumentedSet" if collection is set else "InstrumentedList"
    kind = mapped.loaded("sqlalchemy.orm.collections", made)
    return listed(item, known, kind)._replace(values=None if collection is set else item) if kind else None


def references(cls: type, name: str) -> Iterator[str]:
    """The relationships of a mapped class to one other row that go through the column ``cls.name``."""
    mapper, column = mapped.mapper_of(cls), mapped.property_of(cls, name)
    if mapper is None or not mapped.is_a(column, "sqlalchemy.orm", "ColumnProperty"):
        return
    for key, prop in list(mapper.relationships.items()):
        if prop.direction.name == "MANYTOONE" and not prop.local_columns.isdisjoint(column.columns):
            yield str(key)


def _nullable(prop: Any) -> bool | None:
    """Whether all the columns of a reference to one other row may be null; ``None`` when it is not one."""
    try:
        if prop.direction.name != "MANYTOONE":
            return None
        pairs = list(prop.local_columns)
        return bool(pairs) and all(column.nullable for column in pairs)
    except Exception:  # columns of something that is no table
        return None


def _column(prop: Any, line: int) -> Instance | None:
    """An instance of the Python type of a column, where SQLAlchemy's own type says which."""
    columns: Any = getattr(prop, "columns", ())
    column = columns[0] if columns else None
    table = mapped.loaded("sqlalchemy", "Column")
    if column is None or table is None or table not in mapped.bases(type(column)):
        return None
    kind = column.type
    decorator = mapped.loaded("sqlalchemy.types", "TypeDecorator")
    if (
        not mapped.module_of(type(kind)).startswith("sqlalchemy.")
        or decorator is None
        or decorator in mapped.bases(type(kind))
    ):
        return None
    try:
        python = kind.python_type
        optional = bool(column.nullable)
    except Exception:  # a type that has none
        return None
    if python in PLAIN or (isinstance(python, type) and enum.Enum in mapped.bases(python)):
        return Instance(python, Known("kept", line), optional=optional)
    return None
