"""Looking a class's members up without asking it for them."""

from __future__ import annotations

import functools
import types
from typing import Any, NamedTuple

from ...objects import attributes
from ..value import MISSING, Class, Instance, Known, Live, Value
from . import class_objects

PLAIN = (bool, int, float, str, bytes, list, dict, set, frozenset, tuple)


class Member(NamedTuple):
    """What a class holds by a name, and the class in its line that has it."""

    definer: type
    raw: Any


def member(cls: type, name: str) -> Member | None:
    """What the first class of the line that has the name holds by it."""
    for one in class_objects.mro(cls):
        held = class_objects.members(one)
        if name in held:
            return Member(one, held[name])
    return None


def is_class(value: object) -> bool:
    """Whether it is a class, which a proxy may only claim."""
    return type in type(value).__mro__


def value_of(held: Any) -> Value | None:
    """What is known of an object that a module or a class holds."""
    if held is MISSING or held is None:
        return None
    if is_class(held):
        return Class(held)
    if type(held) in PLAIN:
        return Instance(type(held), Known("kept"), exact=True)
    return Live(held)


def getter(raw: Any) -> types.FunctionType | None:
    """The function behind a property or a cached property."""
    if type(raw) is property:
        found: Any = raw.fget
    elif type(raw) is functools.cached_property:
        found = raw.func
    elif type(raw).__name__ == "cached_property":
        found = attributes(raw).get("func")
    else:
        return None
    return found if type(found) is types.FunctionType else None


def is_descriptor(raw: Any) -> bool:
    """Whether what an instance gives for it is something else; a slot holds what was put there."""
    if type(raw) is types.MemberDescriptorType:
        return False
    return any("__get__" in vars(one) for one in type(raw).__mro__)
