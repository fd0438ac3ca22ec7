"""What a result and a ``Query`` give when they are fetched from."""

from __future__ import annotations

import types
from typing import Any

from ..value import Call, Instance, Known, Value
from . import mapped
from .attributes import listed
from .statements import row, row_of
from .states import Page, Rows, Selected, Statement

LISTS = frozenset(("all", "fetchall", "fetchmany"))
ONE = frozenset(("one", "one_or_404", "first_or_404"))
PERHAPS = frozenset(("first", "fetchone", "one_or_none"))
SAME = frozenset(("unique", "yield_per", "tuples"))
PREFIXES = {True: "Async", False: ""}


def result(
    columns: tuple[Selected, ...], line: int, asynchronous: bool = False, opened: bool = False
) -> Instance | None:
    """A result with a row of these columns each time."""
    return _result("Result", Rows(columns, row_of(columns, line, not opened), asynchronous), line, opened)


def scalars(
    columns: tuple[Selected, ...],
    line: int,
    asynchronous: bool = False,
    opened: bool = False,
    index: int | None = 0,
) -> Instance | None:
    """A result with one of these columns each time; ``index`` is ``None`` when it is not known which."""
    item = columns[index].value if index is not None and -len(columns) <= index < len(columns) else None
    return _result("ScalarResult", Rows(None, item, asynchronous), line, opened)


def fetched(owner: Instance, rows: Rows, call: Call) -> Value | None:
    """What a method of a result gives."""
    name, line = call.name, call.node.lineno
    if name in SAME:
        return owner
    if name == "scalars" and rows.columns is not None:
        index = call.constant(call.node.args[0]) if call.node.args else 0
        plain = type(index) is int and not call.spread and not call.keywords
        return scalars(rows.columns, line, rows.asynchronous, owner.opened, index if plain else None)
    if name == "mappings":
        return _result("MappingResult", Rows(None, None, rows.asynchronous), line, owner.opened)
    if name == "partitions":
        item = listed(rows.item, Known("queried", line))
        kind = types.AsyncGeneratorType if rows.asynchronous else types.GeneratorType
        return Instance(kind, Known("queried", line), exact=True, items=item)
    found = _one(rows, name, line)
    if found is None or not rows.asynchronous:
        return found
    return awaitable(found, line)


def queried(state: Statement, call: Call) -> Value | None:
    """What a method of a ``Query`` gives that is no query."""
    name, line = call.name, call.node.lineno
    first = state.columns[0] if state.columns else None
    whole = first is not None and first.entity and len(state.columns or ()) == 1
    if name == "get" and whole and first is not None:
        return _optional(first.value)
    if name == "get_or_404" and whole and first is not None:
        return first.value
    if name == "count":
        return Instance(int, Known("queried", line), exact=True)
    if name == "paginate":
        return page(row(state, line), line)
    if name == "scalar":
        return _optional(first.value) if first is not None else None
    if name == "values":
        return None
    return _one(Rows(state.columns, row(state, line)), name, line)


def page(item: Value | None, line: int) -> Instance | None:
    """A page of Flask-SQLAlchemy's."""
    for module in ("flask_sqlalchemy.pagination", "flask_sqlalchemy"):
        kind = mapped.loaded(module, "Pagination")
        if isinstance(kind, type):
            return Instance(kind, Known("queried", line), items=item, state=Page(item))
    return None


def awaitable(value: Value | None, line: int) -> Instance:
    """A coroutine that gives ``value``."""
    return Instance(types.CoroutineType, Known("returned", line), exact=True, awaited=value)


def _one(rows: Rows, name: str, line: int) -> Value | None:
    first = rows.columns[0].value if rows.columns else None
    if name in LISTS:
        return listed(rows.item, Known("queried", line))
    if name in ONE:
        return rows.item
    if name in PERHAPS:
        return _optional(rows.item)
    if name == "scalar_one":
        return first
    if name in ("scalar", "scalar_one_or_none"):
        return _optional(first)
    return None


def _optional(value: Value | None) -> Value | None:
    return value._replace(optional=True) if isinstance(value, Instance) else None


def _result(name: str, rows: Rows, line: int, opened: bool) -> Instance | None:
    package = "sqlalchemy.ext.asyncio" if rows.asynchronous else "sqlalchemy.engine"
    kind: Any = mapped.loaded(package, PREFIXES[rows.asynchronous] + name)
    if not isinstance(kind, type):
        return None
    return Instance(kind, Known("queried", line), items=rows.item, opened=opened, state=rows)
