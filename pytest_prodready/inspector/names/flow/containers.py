"""Lists, tuples, sets and dicts, and what they hold."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..value import Call, Instance, Known, Value
from .joins import EMPTY, is_empty, is_nothing, join, join_all, present

BUILTIN = (list, tuple, set, frozenset, dict, str, bytes, int, float, bool, enumerate, zip, reversed)
GROWING = (list, set, dict)
CHANGING = ("clear", "pop", "popitem", "setdefault", "update")
SEQUENCES = (list, tuple, str, bytes)


class Keyed(NamedTuple):
    """What a dict holds by its constant keys."""

    kind: str
    """``keyed``."""
    held: tuple[tuple[str, Value | None], ...]
    rest: bool = False
    """It may hold others, by other keys."""

    def get(self, key: str) -> Value | None:
        """What it holds by one key."""
        return next((value for name, value in self.held if name == key), None)

    def after(self, key: Any, value: Value | None) -> Keyed:
        """After one more value was stored; under which key is not known where that is no text."""
        if type(key) is not str:
            return self._replace(held=tuple((name, join(one, value)) for name, one in self.held), rest=True)
        kept = tuple((name, one) for name, one in self.held if name != key)
        return self._replace(held=(*kept, (key, value)))

    def joined(self, other: Keyed) -> Keyed:
        """What is known of one of two dicts."""
        names = {name: join(one, other.get(name)) for name, one in self.held if other.has(name)}
        alone = [one for one in (*self.held, *other.held) if one[0] not in names]
        return Keyed("keyed", (*names.items(), *alone), self.rest or other.rest)

    def has(self, key: str) -> bool:
        """Whether it holds something by a key."""
        return any(name == key for name, _ in self.held)


def keyed(keys: Iterable[Any], values: Iterable[Value | None]) -> Keyed | None:
    """What a display of a dict holds; ``None`` unless its keys are texts."""
    names = list(keys)
    if not all(type(one) is str for one in names):
        return None
    held = dict(zip(names, values, strict=True))
    return Keyed("keyed", tuple(held.items()))


def items_of(value: Value | None, line: int) -> Value | None:
    """What iterating over a value gives."""
    if not isinstance(value, Instance):
        return None
    if value.cls is str:
        return Instance(str, Known("returned", line), exact=True)
    if value.items is None and value.parts:
        return join_all(value.parts)
    return value.items


def built(cls: type, call: Call, line: int) -> Value | None:
    """What calling a built-in class gives."""
    known = Known("made", line)
    first = call.args[0] if call.args and not call.spread else None
    made = Instance(cls, known, exact=True)
    if cls in (str, bytes, int, float, bool):
        return made
    if cls is enumerate:
        pair = Instance(
            tuple, known, exact=True, parts=(Instance(int, known, exact=True), items_of(first, line))
        )
        return made._replace(items=pair)
    if cls is zip:
        parts = tuple(items_of(one, line) for one in call.args) if not call.spread else ()
        return made._replace(items=Instance(tuple, known, exact=True, parts=parts))
    if not call.node.args and not call.node.keywords:
        return made._replace(state=EMPTY)
    if cls is dict:
        if isinstance(first, Instance) and first.cls is dict and not call.node.keywords:
            return made._replace(items=first.items, values=first.values)
        return made
    items = items_of(first, line)
    return made._replace(items=items, values=items if cls in (list, tuple) else None)


def of_function(name: str, call: Call) -> Value | None:
    """What a built-in function gives that takes an iterable."""
    line = call.node.lineno
    if not call.args or call.spread:
        return None
    items = items_of(call.args[0], line)
    if name == "sorted":
        return Instance(list, Known("made", line), exact=True, items=items, values=items)
    if name in ("iter", "aiter"):
        return Instance(type(iter([])), Known("made", line), opened=True, items=items)
    if name in ("next", "anext", "max", "min"):
        if name in ("max", "min") and len(call.args) > 1:
            return join_all(call.args)
        if name in ("next", "anext") and len(call.args) > 1:
            given = join(items, call.args[1])
        else:
            given = join(items, call.keywords["default"]) if "default" in call.keywords else items
        return Instance(object, Known("made", line), opened=True, awaited=given) if name == "anext" else given
    return None


def grown(value: Instance, call: Call) -> Value | None:
    """A list, a set or a dict after a method was called that may add to it."""
    first = call.args[0] if call.args else None
    if value.cls is dict:
        return updated(value, first, call) if call.name in CHANGING else value
    if call.name in ("discard", "remove") and is_nothing(first):
        return value._replace(items=present(value.items), values=present(value.values))
    if call.name in ("append", "add"):
        return added(value, first)
    if call.name == "insert":
        return added(value, call.args[1] if len(call.args) > 1 else None)
    if call.name in ("extend", "update"):
        return added(value, items_of(first, call.node.lineno))
    return value


def updated(value: Instance, other: Value | None, call: Call) -> Instance:
    """A dict after ``update``, or another method that changes what it holds."""
    if call.name != "update" or call.spread:
        return value._replace(items=None, values=None, state=None)
    more = other.state if isinstance(other, Instance) else None
    state = value.state if type(value.state) is Keyed else None
    if call.args and type(more) is not Keyed:
        state = None
    for name, one in (*(more.held if type(more) is Keyed else ()), *call.keywords.items()):
        state = state.after(name, one) if state is not None else None
    return value._replace(items=None, values=None, state=state)


def added(value: Instance, item: Value | None) -> Instance:
    """With one more item."""
    items = item if is_empty(value) else join(value.items, item)
    values = items if value.cls is list else value.values
    return value._replace(items=items, values=values, parts=(), state=None)


def stored(value: Instance, key: Value | None, item: Value | None, written: Any = None) -> Instance:
    """After ``value[key] = item``; ``written`` is the key where that is a constant."""
    if value.cls is list:
        return added(value, item)._replace(items=join(value.items, item), values=join(value.values, item))
    if value.cls is not dict:
        return value
    if is_empty(value):
        return value._replace(items=key, values=item, state=Keyed("keyed", ()).after(written, item))
    state = value.state.after(written, item) if type(value.state) is Keyed else value.state
    return value._replace(items=join(value.items, key), values=join(value.values, item), state=state)


def part(value: Value | None, index: ast.expr) -> Value | None:
    """What ``value[index]`` gives."""
    held = _part(value, index)
    if isinstance(held, Instance) and held.cls in GROWING and held.known.how == "made":
        # more may have been put in where it is held
        return held._replace(items=None, values=None, state=None)
    return held


def _part(value: Value | None, index: ast.expr) -> Value | None:
    if not isinstance(value, Instance):
        return None
    if isinstance(index, ast.Slice):
        if value.cls in SEQUENCES:
            return value._replace(parts=(), items=items_of(value, 0), optional=False)
        return None
    if value.parts and (at := _number(index)) is not None:
        return value.parts[at] if -len(value.parts) <= at < len(value.parts) else None
    if value.cls is str:
        return Instance(str, value.known, exact=True)
    if type(value.state) is Keyed and isinstance(index, ast.Constant) and value.state.has(str(index.value)):
        return value.state.get(str(index.value))
    return value.values if value.values is not None or value.cls is not tuple else value.items


def _number(index: ast.expr) -> int | None:
    negative = isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub)
    inner = index.operand if isinstance(index, ast.UnaryOp) else index
    if isinstance(inner, ast.Constant) and type(inner.value) is int:
        return -inner.value if negative else inner.value
    return None
