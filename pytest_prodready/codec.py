"""Dataclasses of plain data to JSON values and back, checked on the way in.

Facts come from an interpreter that we do not control, so a value of a wrong type is refused rather than
passed on: nothing above this floor has to doubt what it reads.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing

T = typing.TypeVar("T")


class WireError(ValueError):
    """A JSON value does not have the form of the dataclass that was asked for."""


def encode(value: object) -> object:
    """Return ``value`` (a dataclass, a tuple, a dict, an enum member or a scalar) as a JSON value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return encode(value.value)
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def decode(cls: type[T], data: object) -> T:
    """Build a ``cls`` from the JSON value ``data``.

    Raises:
        WireError: a field is unknown, missing, or of another type; the message names its path.
    """
    return typing.cast(T, _decode(cls, data, cls.__name__))


@functools.cache
def _fields(cls: type) -> dict[str, tuple[object, bool]]:
    """Field name → (type, whether it must be given)."""
    hints = typing.get_type_hints(cls)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    }


def _decode(hint: typing.Any, data: object, path: str) -> object:
    if hint is object:
        return data
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _decode_dataclass(hint, data, path)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if data is None and type(None) in arguments:
            return None
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _decode(inner, data, path)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise WireError(f"{path}: a list was expected, not {type(data).__name__}")
        if len(arguments) == 2 and arguments[1] is ...:
            return tuple(_decode(arguments[0], item, f"{path}[{at}]") for at, item in enumerate(data))
        if len(arguments) != len(data):
            raise WireError(f"{path}: {len(arguments)} values were expected, not {len(data)}")
        return tuple(
            _decode(argument, item, f"{path}[{at}]")
            for at, (argument, item) in enumerate(zip(arguments, data, strict=True))
        )
    if origin is dict:
        if not isinstance(data, dict):
            raise WireError(f"{path}: an object was expected, not {type(data).__name__}")
        return {str(key): _decode(arguments[1], item, f"{path}.{key}") for key, item in data.items()}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(data)
        except ValueError:
            raise WireError(f"{path}: {data!r} is no {hint.__name__}") from None
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
        raise WireError(f"{path}: {hint.__name__} was expected, not {type(data).__name__}")
    return data


def _decode_dataclass(cls: type, data: object, path: str) -> object:
    if not isinstance(data, dict):
        raise WireError(f"{path}: an object was expected, not {type(data).__name__}")
    known = _fields(cls)
    if unknown := sorted(set(data) - set(known)):
        raise WireError(f"{path}: unknown field {unknown[0]}")
    if lacking := [name for name, (_, required) in known.items() if required and name not in data]:
        raise WireError(f"{path}: field {lacking[0]} is missing")
    values = {name: _decode(known[name][0], item, f"{path}.{name}") for name, item in data.items()}
    return cls(**values)
