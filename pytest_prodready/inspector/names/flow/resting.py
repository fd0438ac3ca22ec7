"""What is known of a value because the annotation of a parameter says so."""

from __future__ import annotations

from collections.abc import Callable

from ..value import Class, Instance, Known, Parameter, Value
from .joins import is_empty, is_nothing

PROOFLESS = "returned"
"""How a class is known from another annotation."""
NONE: frozenset[Parameter] = frozenset()


def known_of(value: Value) -> Known:
    """How the class of what is asked is known."""
    return value.known if isinstance(value, Instance) else Known("kept", parameters=parameters_of(value))


def parameters_of(value: Value | None) -> frozenset[Parameter]:
    """The parameters whose annotations a value rests on."""
    if isinstance(value, Instance):
        return value.known.parameters
    return value.parameters if isinstance(value, Class) else NONE


def sure(value: Value | None) -> Value | None:
    """A value, and what it holds, that more than an annotation says."""
    if not isinstance(value, Instance) or is_nothing(value):
        return value
    return _with(value, value.known._replace(sure=True), sure)


def resting(value: Value | None, parameters: frozenset[Parameter]) -> Value | None:
    """A value, and what it holds, that rests on the annotations of these parameters as well."""
    if isinstance(value, Class):
        return value._replace(parameters=value.parameters | parameters)
    if not isinstance(value, Instance) or is_nothing(value):
        return value
    known = value.known._replace(parameters=value.known.parameters | parameters)
    return _with(value, known, lambda held: resting(held, parameters))


def _with(value: Instance, known: Known, changed: Callable[[Value | None], Value | None]) -> Instance:
    """A value that is known in this way, with all that it holds changed."""
    return value._replace(
        known=known,
        items=changed(value.items),
        values=changed(value.values),
        parts=tuple(map(changed, value.parts)),
        awaited=changed(value.awaited),
    )


def agreeing(said: Value | None, given: Value | None) -> frozenset[Parameter] | None:
    """Whether a value that is given is what an annotation says.

    Args:
        said: by the annotation.
        given: by a call, or by a framework.

    Returns:
        The parameters that this rests on; ``None`` where it is not seen to be so.
    """
    if isinstance(said, Class):
        return given.parameters if isinstance(given, Class) and _descends(given.cls, said.cls) else None
    if not isinstance(said, Instance) or not isinstance(given, Instance):
        return None
    if is_nothing(given):
        return NONE  # to ask it for anything fails all the same
    if not (said.opened or _descends(given.cls, said.cls)) or _is_unproven(given.known):
        return None
    found = given.known.parameters
    for one, other in _held(said, given) if not is_empty(given) else ():
        inner = agreeing(one, other) if one is not None else NONE
        if inner is None:
            return None
        found |= inner
    return found


def _held(said: Instance, given: Instance) -> list[tuple[Value | None, Value | None]]:
    """What both hold, by pairs."""
    if said.parts:
        parts = given.parts if len(given.parts) == len(said.parts) else (None,) * len(said.parts)
        return [*zip(said.parts, parts, strict=True)]
    return [(said.items, given.items), (said.values, given.values), (said.awaited, given.awaited)]


def _is_unproven(known: Known) -> bool:
    return not known.sure and (known.how == PROOFLESS or not known.parameters)


def _descends(cls: type, base: type) -> bool:
    return any(one is base for one in type.mro(cls))
