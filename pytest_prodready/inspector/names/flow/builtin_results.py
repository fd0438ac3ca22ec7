"""What functions and methods of the standard library give that say nothing themselves."""

from __future__ import annotations

import datetime as dt
import pathlib
from typing import Any

from ..value import Instance, Known, Value
from .joins import join, optional

SAME = "same"
"""An instance of the class that is asked."""
ITEM = "item"
LISTED = "listed"
"""A list of the class that is asked."""


def _each(names: str, gives: Any) -> dict[str, Any]:
    return dict.fromkeys(names.split(), gives)


_TEXT = (
    "capitalize casefold center expandtabs join ljust lower lstrip removeprefix removesuffix replace rjust"
    " rstrip strip swapcase title translate upper zfill"
)
_ANSWERS = (
    "endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace"
    " istitle isupper startswith"
)
_PLACES = "count find index rfind rindex"
_MOMENT = "now utcnow today fromtimestamp utcfromtimestamp strptime combine fromisoformat replace astimezone"
METHODS: dict[type, dict[str, Any]] = {
    str: {
        **_each(f"{_TEXT} format format_map", str),
        **_each(_ANSWERS, bool),
        **_each(_PLACES, int),
        **_each("split rsplit splitlines", [str]),
        **_each("partition rpartition", (str, str, str)),
        "encode": bytes,
    },
    bytes: {
        **_each(_TEXT.replace("casefold ", ""), bytes),
        **_each(_PLACES, int),
        **_each("split rsplit splitlines", [bytes]),
        **_each("decode hex", str),
    },
    list: {**_each("copy", SAME), **_each("pop", ITEM), **_each("count index", int)},
    set: {**_each("copy union intersection difference", SAME), "pop": ITEM},
    dt.datetime: {
        **_each(_MOMENT, SAME),
        **_each("isoformat strftime ctime", str),
        "date": dt.date,
        **_each("time timetz", dt.time),
        "timestamp": float,
    },
    dt.date: {
        **_each("today fromtimestamp fromisoformat fromordinal replace", SAME),
        **_each("isoformat strftime ctime", str),
        **_each("weekday isoweekday toordinal", int),
    },
    dt.time: {**_each("isoformat strftime", str), **_each("replace fromisoformat", SAME)},
    dt.timedelta: {"total_seconds": float},
    pathlib.PurePath: {
        **_each("joinpath relative_to with_name with_stem with_suffix", SAME),
        **_each("as_posix as_uri", str),
        **_each("match is_absolute is_relative_to", bool),
    },
    pathlib.Path: {
        **_each("absolute cwd expanduser home readlink resolve", SAME),
        **_each("exists is_dir is_file is_symlink", bool),
        **_each("glob iterdir rglob", LISTED),
        "read_text": str,
        "read_bytes": bytes,
    },
}
"""Class that has the method → method → what it gives."""
PROPERTIES: dict[type, dict[str, Any]] = {
    dt.datetime: _each("hour minute second microsecond", int),
    dt.date: _each("year month day", int),
    dt.timedelta: _each("days seconds microseconds", int),
    pathlib.PurePath: {**_each("name stem suffix", str), "parent": SAME, "parts": (str,), "suffixes": [str]},
    pathlib.Path: {},
}
FUNCTIONS: dict[str, Any] = {
    **_each("len hash id ord", int),
    **_each("ascii bin chr format hex input oct repr", str),
    **_each("all any callable hasattr isinstance issubclass", bool),
}
"""Built-in function → what it gives."""


def made(gives: Any, line: int, owner: Instance | None = None) -> Value | None:
    """The value that an entry of these tables stands for."""
    known = Known("returned", line)
    if gives == SAME:
        return _same(owner)
    if gives == ITEM:
        return owner.items if owner is not None else None
    if gives == LISTED:
        return Instance(list, known, opened=True, items=_same(owner))
    if isinstance(gives, list):
        inner = made(gives[0], line, owner)
        return Instance(list, known, exact=True, items=inner, values=inner)
    if isinstance(gives, tuple):
        parts = tuple(made(one, line, owner) for one in gives)
        return Instance(tuple, known, exact=True, parts=parts if len(parts) > 1 else (), items=parts[0])
    return Instance(gives, known, exact=True)


def _same(owner: Instance | None) -> Value | None:
    return owner._replace(optional=False, state=None) if owner is not None else None


def of_mapping(owner: Instance, name: str, default: Value | None, line: int, *, given: bool) -> Value | None:
    """What a method of a ``dict`` gives."""
    known = Known("returned", line)
    key, value = owner.items, owner.values
    if name == "get":
        return join(value, default) if given else optional(value)
    if name in ("pop", "setdefault"):
        return join(value, default) if given else value
    if name == "copy":
        return owner._replace(state=None)
    if name == "keys":
        return Instance(type({}.keys()), known, exact=True, items=key)
    if name == "values":
        return Instance(type({}.values()), known, exact=True, items=value)
    if name == "items":
        pair = Instance(tuple, known, exact=True, parts=(key, value))
        return Instance(type({}.items()), known, exact=True, items=pair)
    return None
