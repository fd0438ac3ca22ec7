"""The constant names that calls ask mapped classes for: ``filter_by``, constructors, ``values`` and more."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator

from ..value import Asked, Call, Instance
from . import mapped, options
from .options import missing
from .states import Column, Statement

SEARCHES_ALL = (2, 1)
"""Since this version the ``filter_by`` of a ``select`` asks everything that it reads from."""


def asked(call: Call) -> Iterator[Asked]:
    """The names that a call asks mapped classes for, each with what came of it."""
    if isinstance(call.function, type):
        yield from _constructor(call, call.function)
        return
    yield from options.asked(call)
    owner = call.owner
    if not isinstance(owner, Instance):
        return
    if isinstance(owner.state, Column) and call.name in ("any", "has"):
        yield from _related(call, owner.state)
    elif isinstance(owner.state, Statement) and mapped.of_library(owner.cls, call.name):
        yield from _of_statement(call, owner.state)


def _constructor(call: Call, cls: type) -> Iterator[Asked]:
    """The keywords of a class with the constructor that SQLAlchemy gives to declarative classes."""
    if mapped.mapper_of(cls) is None or mapped.static(type(cls), "__call__")[0] is not type:
        return
    _, constructor = mapped.static(cls, "__init__")
    given = mapped.loaded("sqlalchemy.orm.decl_base", "_declarative_constructor")
    while type(constructor) is types.FunctionType and "_sa_original_init" in vars(constructor):
        constructor = vars(constructor)["_sa_original_init"]  # each mapped class has one around its base's
    if given is None or constructor is not given:
        return
    for keyword in call.node.keywords:
        if keyword.arg is not None:
            yield from _on(cls, keyword.arg, mapped.name_of(cls), keyword.lineno)


def _related(call: Call, column: Column) -> Iterator[Asked]:
    prop = mapped.property_of(column.cls, column.name)
    target = mapped.related(prop)
    factory = getattr(prop, "comparator_factory", None) if target is not None else None
    if target is None or not isinstance(factory, type) or not mapped.of_library(factory, call.name):
        return
    for keyword in call.node.keywords:
        if keyword.arg not in (None, "criterion"):
            yield from _on(target, str(keyword.arg), call.name, keyword.lineno)


def _of_statement(call: Call, state: Statement) -> Iterator[Asked]:
    if call.name == "filter_by":
        yield from _filter_by(call, state)
    elif call.name == "values" and state.kind == "change":
        yield from _values(call, state.froms[0])
    elif call.name == "update" and state.kind == "query" and state.columns:
        yield from _values(call, state.columns[0].cls)


def _filter_by(call: Call, state: Statement) -> Iterator[Asked]:
    among: tuple[type | None, ...] = (state.target,)
    if state.kind != "query" and mapped.version() >= SEARCHES_ALL:
        among = state.froms if state.kind == "select" else ()
    classes = [cls for cls in among if cls is not None]
    if not classes or len(classes) != len(among):
        return
    for keyword in call.node.keywords:
        name = keyword.arg
        if name is None:
            continue
        has = [mapped.class_has(cls, name) for cls in classes]
        if True in has:
            yield Asked(classes[has.index(True)], name, call.name, keyword.lineno)
        elif None not in has:
            yield missing(classes[0], name, name, call.name, keyword.lineno, classes)


def _values(call: Call, cls: type | None) -> Iterator[Asked]:
    """The names that an update or an insert gives values to: attributes, or columns by their names."""
    if cls is None:
        return
    written = [
        (keyword.arg, keyword.lineno)
        for keyword in call.node.keywords
        if keyword.arg is not None and call.name == "values"
    ]
    first = call.node.args[0] if call.node.args else None
    if isinstance(first, ast.Dict):
        texts = [(call.constant(key), key.lineno) for key in first.keys if key is not None]
        written += [(text, line) for text, line in texts if isinstance(text, str)]
    for name, line in written:
        if name in mapped.columns(cls):
            yield Asked(cls, name, call.name, line)
        else:
            yield from _on(cls, name, call.name, line)


def _on(cls: type, name: str, how: str, line: int) -> Iterator[Asked]:
    has = mapped.class_has(cls, name)
    if has:
        yield Asked(cls, name, how, line)
    elif has is False:
        yield missing(cls, name, name, how, line, (cls,))
