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
from collections.abc import Callable

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
    try:
        hint: typing.Any = cls
        return typing.cast(T, _decoder(hint)(data))
    except _MismatchError as error:
        raise WireError(f"{cls.__name__}{''.join(reversed(error.path))}: {error}") from None


class _MismatchError(Exception):
    """A value that does not fit; the path to it is put together on the way up, where nothing else pays."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.path: list[str] = []


_Decoder = Callable[[object], object]


@functools.cache
def _decoder(hint: typing.Any) -> _Decoder:
    """The function that makes a value of one type: types are looked at once, values are many."""
    if hint is object:
        return lambda data: data
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _of_dataclass(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (_decoder(argument) for argument in arguments if argument is not type(None))
        optional = type(None) in arguments
        return lambda data: None if data is None and optional else inner(data)
    if origin is tuple:
        return _of_tuple(arguments)
    if origin is dict:
        return _of_dict(_decoder(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _of_enum(hint)
    return _of_scalar(hint)


def _of_tuple(arguments: tuple[typing.Any, ...]) -> _Decoder:
    endless = len(arguments) == 2 and arguments[1] is ...
    inner = [_decoder(argument) for argument in arguments[: 1 if endless else None]]
    plain = {arguments[0]} if endless and arguments[0] in (str, int) else set()

    def decode_tuple(data: object) -> object:
        if not isinstance(data, (list, tuple)):
            raise _MismatchError(f"a list was expected, not {type(data).__name__}")
        if plain and plain.issuperset(map(type, data)):
            return tuple(data)
        if not endless and len(inner) != len(data):
            raise _MismatchError(f"{len(inner)} values were expected, not {len(data)}")
        found = []
        try:
            for item, make in zip(data, inner * len(data) if endless else inner, strict=True):
                found.append(make(item))
        except _MismatchError as error:
            error.path.append(f"[{len(found)}]")
            raise
        return tuple(found)

    return decode_tuple


def _of_dict(inner: _Decoder) -> _Decoder:
    def decode_dict(data: object) -> object:
        if not isinstance(data, dict):
            raise _MismatchError(f"an object was expected, not {type(data).__name__}")
        return {str(key): _below(f".{key}", inner, item) for key, item in data.items()}

    return decode_dict


def _of_enum(hint: type[enum.Enum]) -> _Decoder:
    def decode_enum(data: object) -> object:
        try:
            return hint(data)
        except ValueError:
            raise _MismatchError(f"{data!r} is no {hint.__name__}") from None

    return decode_enum


def _of_scalar(hint: type) -> _Decoder:
    def decode_scalar(data: object) -> object:
        if type(data) is hint:
            return data
        if hint is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if not isinstance(data, hint) or isinstance(data, bool):
            raise _MismatchError(f"{hint.__name__} was expected, not {type(data).__name__}")
        return data

    return decode_scalar


def _of_dataclass(cls: type) -> _Decoder:
    # made when the first value comes: a dataclass may hold others of its own kind
    fields: dict[str, tuple[_Decoder, bool]] = {}

    def decode_dataclass(data: object) -> object:
        if not isinstance(data, dict):
            raise _MismatchError(f"an object was expected, not {type(data).__name__}")
        if not fields:
            fields.update(_fields(cls))
        if not data.keys() <= fields.keys():
            raise _MismatchError(f"unknown field {min(set(data) - set(fields))}")
        for name, (_, required) in fields.items():
            if required and name not in data:
                raise _MismatchError(f"field {name} is missing")
        values = {}
        name = ""
        try:
            for name, item in data.items():
                values[name] = fields[name][0](item)
        except _MismatchError as error:
            error.path.append(f".{name}")
            raise
        return cls(**values)

    return decode_dataclass


def _fields(cls: typing.Any) -> dict[str, tuple[_Decoder, bool]]:
    """Field name → (what decodes it, whether it must be given)."""
    hints = typing.get_type_hints(cls)
    return {
        field.name: (
            _decoder(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    }


def _below(step: str, inner: _Decoder, data: object) -> object:
    try:
        return inner(data)
    except _MismatchError as error:
        error.path.append(step)
        raise
