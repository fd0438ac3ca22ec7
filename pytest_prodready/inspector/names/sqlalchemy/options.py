"""Loader options whose paths are texts, as SQLAlchemy 1.4 takes them: ``joinedload("owner")``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from ..presence.near import nearest
from ..value import Asked, Call, Class, Instance, Known, Value
from . import mapped
from .states import Column, Loading, Statement, Step, words

MOVING = words("""
    joinedload subqueryload selectinload lazyload immediateload noload raiseload defaultload
    contains_eager
    """)
"""Options after which the next one begins at the related class."""
STAYING = frozenset(("load_only", "defer", "undefer", "undefer_group", "with_expression"))
TEXTS = frozenset(("load_only", "defer", "undefer"))
NO_TEXTS = (2, 0)
"""Since this version an option takes attributes alone."""


def loading(call: Call, function: Any) -> Instance | None:
    """What one of SQLAlchemy's loader options gives, or a method of one; ``None`` for another call."""
    if mapped.version() >= NO_TEXTS:
        return None
    state = _before(call, function)
    if state is None:
        return None
    name = call.name if isinstance(call.owner, Instance) else _name(function)
    kind = mapped.loaded("sqlalchemy.orm", "Load")
    if not isinstance(kind, type):
        return None
    after = _after(call, name, state)
    return Instance(kind, Known("made", call.node.lineno), opened=True, state=after)


def asked(call: Call) -> Iterator[Asked]:
    """The texts that an option names of a class that is known, and those that ``options()`` ends."""
    owner = call.owner
    if isinstance(owner, Instance) and isinstance(owner.state, Statement) and call.name == "options":
        start = _entity(owner.state)
        for value in _given(call):
            if start is not None and isinstance(value, Instance) and isinstance(value.state, Loading):
                yield from _walk(start, value.state.pending)[1]
        return
    if isinstance(owner, Instance) and isinstance(owner.state, Loading) and owner.state.at is not None:
        steps = _steps(call, call.name)
        if steps is not None and not owner.state.lost:
            yield from _walk(owner.state.at, steps)[1]


def _given(call: Call) -> Iterator[Value | None]:
    """The arguments of a call, those of ``*options`` among them as far as they are known."""
    for node, value in zip(call.node.args, call.args, strict=False):
        if not isinstance(node, ast.Starred):
            yield value
        elif call.value is not None:
            several = call.value(node.value)
            if isinstance(several, Instance):
                yield from several.parts or (several.items,)


def missing(cls: type, written: str, part: str, how: str, line: int, among: Iterable[type]) -> Asked:
    """What is told of a name that none of the classes has."""
    names = {name for one in among for name in mapped.names(one)}
    return Asked(cls, written, how, line, part, cls, nearest(part, names))


def _name(function: Any) -> str:
    """The option that a function is; empty for none."""
    for name in (*MOVING, *STAYING, "Load"):
        if function is not None and mapped.loaded("sqlalchemy.orm", name) is function:
            return name
    return ""


def _before(call: Call, function: Any) -> Loading | None:
    """The path that an option is added to."""
    owner = call.owner
    if isinstance(owner, Instance) and isinstance(owner.state, Loading):
        return owner.state if call.name in MOVING | STAYING else None
    return Loading(None) if _name(function) else None


def _after(call: Call, name: str, state: Loading) -> Loading:
    if name in STAYING - TEXTS or state.lost:
        return state
    first = call.args[0] if call.args else None
    if name == "Load":
        return Loading(first.cls) if isinstance(first, Class) else Loading(None, lost=True)
    if isinstance(first, Instance) and isinstance(first.state, Column):
        if name not in MOVING:
            return state
        to = mapped.related(mapped.property_of(first.state.cls, first.state.name))
        return state._replace(at=to, lost=to is None or len(call.args) != 1)
    steps = _steps(call, name)
    if steps is None:
        return state if name not in MOVING else state._replace(lost=True)
    if state.at is None:
        return state._replace(pending=state.pending + steps)
    to = _walk(state.at, steps)[0]
    return state._replace(at=to, lost=to is None)


def _steps(call: Call, name: str) -> tuple[Step, ...] | None:
    """The texts of one option; ``None`` when something else is among them."""
    if call.spread or not call.node.args or name not in MOVING | TEXTS:
        return None
    found = []
    for node in call.node.args:
        text = call.constant(node)
        if not isinstance(text, str) or not all(part.isidentifier() for part in text.split(".")):
            return None
        *before, last = text.split(".")
        found += [Step(name, part, node.lineno, True) for part in before]
        # further arguments of load_only stand beside the first, those of the others below it
        found.append(
            Step(name, last, node.lineno, name in MOVING or (name != "load_only" and len(call.node.args) > 1))
        )
    return tuple(found)


def _walk(start: type, steps: tuple[Step, ...]) -> tuple[type | None, list[Asked]]:
    """Look each step up; the class at the end, ``None`` where it is not known, and what was asked."""
    at: type | None = start
    found: list[Asked] = []
    for step in steps:
        if at is None:
            break
        has = mapped.class_has(at, step.text)
        if has is False:
            found.append(missing(at, step.text, step.text, step.function, step.line, (at,)))
            return None, found
        if has:
            found.append(Asked(at, step.text, step.function, step.line))
        if step.moves:
            at = mapped.related(mapped.property_of(at, step.text))
    return at, found


def _entity(state: Statement) -> type | None:
    """The entity that a path of texts begins at: the first one that is selected."""
    for column in state.columns or ():
        if column.entity:
            return column.cls
        if column.cls is None:
            return None
    return None
