"""Lists, tuples, sets and dicts, and what they hold."""

from __future__ import annotations

import ast

from .joins import EMPTY, is_empty, join, join_all
from .value import Call, Instance, Known, Value

BUILTIN = (list, tuple, set, frozenset, dict, str, bytes, int, float, bool, enumerate, zip, reversed)
GROWING = (list, set)
SEQUENCES = (list, tuple, str, bytes)


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
        pair = Instance(tuple, known, exact=True, parts=(Instance(int, known, exact=True), items_of(first, line)))
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
    """A list or a set after a method was called that may add to it."""
    first = call.args[0] if call.args else None
    if call.name in ("append", "add"):
        return added(value, first)
    if call.name == "insert":
        return added(value, call.args[1] if len(call.args) > 1 else None)
    if call.name in ("extend", "update"):
        return added(value, items_of(first, call.node.lineno))
    return value


def added(value: Instance, item: Value | None) -> Instance:
    """With one more item."""
    items = item if is_empty(value) else join(value.items, item)
    values = items if value.cls is list else value.values
    return value._replace(items=items, values=values, parts=(), state=None)


def stored(value: Instance, key: Value | None, item: Value | None) -> Instance:
    """After ``value[key] = item``."""
    if value.cls is list:
        return added(value, item)._replace(items=join(value.items, item), values=join(value.values, item))
    if value.cls is not dict:
        return value
    if is_empty(value):
        return value._replace(items=key, values=item, state=None)
    return value._replace(items=join(value.items, key), values=join(value.values, item))


def part(value: Value | None, index: ast.expr) -> Value | None:
    """What ``value[index]`` gives."""
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
    return value.values if value.values is not None or value.cls is not tuple else value.items


def _number(index: ast.expr) -> int | None:
    negative = isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub)
    inner = index.operand if isinstance(index, ast.UnaryOp) else index
    if isinstance(inner, ast.Constant) and type(inner.value) is int:
        return -inner.value if negative else inner.value
    return None


