"""What is known of a value that came by one of several ways."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from ..value import Class, Instance, Known, Live, Value

EMPTY = "empty display"
"""The state of a display without items."""
NOTHING = Instance(type(None), Known("made"), exact=True)
"""``None``, where it is known to be no other value."""


def is_nothing(value: Value | None) -> bool:
    """Whether the value is known to be ``None``."""
    return isinstance(value, Instance) and value.cls is type(None)


def optional(value: Value | None) -> Value | None:
    """The value, or ``None`` instead."""
    return value._replace(optional=True) if isinstance(value, Instance) else None


def present(value: Value | None) -> Value | None:
    """The value where it was found not to be ``None``."""
    if is_nothing(value):
        return None
    return value._replace(optional=False) if isinstance(value, Instance) and value.optional else value


def join(one: Value | None, other: Value | None) -> Value | None:
    """What is known of a value that is one of the two."""
    if one is other or one is None or other is None:
        return one if one is other else None
    if is_nothing(one):
        return other if is_nothing(other) else optional(other)
    if is_nothing(other):
        return optional(one)
    if isinstance(one, Instance) and isinstance(other, Instance):
        return _joined(one, other) if one.cls is other.cls else None
    if isinstance(one, Live) and isinstance(other, Live):
        return one if one.value is other.value else None
    if isinstance(one, Class) and isinstance(other, Class) and one.cls is other.cls:
        return Class(one.cls, one.exact and other.exact, one.parameters | other.parameters)
    return None


def join_all(values: Iterable[Value | None]) -> Value | None:
    """What is known of a value that is one of these; ``None`` for none of them."""
    found: Value | None = None
    for number, value in enumerate(values):
        found = value if not number else join(found, value)
        if found is None:
            return None
    return found


def _joined(one: Instance, other: Instance) -> Instance:
    parts = tuple(map(join, one.parts, other.parts)) if len(one.parts) == len(other.parts) else ()
    return Instance(
        one.cls,
        _known(one.known, other.known),
        exact=one.exact and other.exact,
        optional=one.optional or other.optional,
        items=_inner(one, other, one.items, other.items),
        values=_inner(one, other, one.values, other.values),
        parts=parts,
        awaited=join(one.awaited, other.awaited),
        extra=one.extra | other.extra,
        opened=one.opened or other.opened,
        state=_state(one, other),
    )


def _known(one: Known, other: Known) -> Known:
    known = one if other.sure else other
    return known._replace(parameters=one.parameters | other.parameters)


def _inner(one: Instance, other: Instance, first: Value | None, second: Value | None) -> Value | None:
    """What both hold; of an empty display nothing has to be said."""
    if first is second:
        return first
    if is_empty(one):
        return second
    if is_empty(other):
        return first
    return join(first, second)


def _state(one: Instance, other: Instance) -> Hashable:
    if one.state == other.state:
        return one.state
    both: Any = getattr(type(one.state), "joined", None)
    if both is not None and type(one.state) is type(other.state):
        met: Hashable = both(one.state, other.state)
        return met
    if is_empty(one) or is_empty(other):
        return other.state if is_empty(one) else one.state
    # one of two relations, or a relation and a new instance: both are rows of the class
    return None


def is_empty(value: Instance) -> bool:
    """Whether the value is a display without items, which may get some of any class later."""
    return value.state == EMPTY
