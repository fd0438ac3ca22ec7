"""What functions of libraries give that have no annotation."""

from __future__ import annotations

import datetime as dt
import logging
import re
import subprocess
import sys
import types
import urllib.parse
import uuid
from typing import Any

from ..value import Instance, Known, Value
from .joins import optional

_TEXTS = "gettext ngettext pgettext npgettext"
GIVES: dict[str, dict[str, Any]] = {
    "django.utils.timezone": {
        "now": dt.datetime,
        "localtime": dt.datetime,
        "localdate": dt.date,
    },
    "django.utils.translation": dict.fromkeys(_TEXTS.split(), str),
    "json": {"dumps": str},
    "logging": {"getLogger": logging.Logger},
    "posixpath": dict.fromkeys(("abspath", "basename", "dirname", "join", "normpath", "realpath"), str),
    "re": {
        "compile": re.Pattern,
        "match": [re.Match],
        "search": [re.Match],
        "fullmatch": [re.Match],
        "sub": str,
    },
    "subprocess": {"run": subprocess.CompletedProcess, "Popen": subprocess.Popen},
    "urllib.parse": {
        "urlparse": urllib.parse.ParseResult,
        "urlsplit": urllib.parse.SplitResult,
        **dict.fromkeys(("quote", "quote_plus", "unquote", "unquote_plus", "urlencode", "urljoin"), str),
    },
    "uuid": dict.fromkeys(("uuid1", "uuid3", "uuid4", "uuid5"), uuid.UUID),
}
"""Module → function → the class that it gives, in a list where that may be ``None``."""
BYTES_TOO = {"posixpath", "urllib.parse", "re"}
"""Modules whose functions give bytes for bytes."""


def of(function: types.FunctionType, args: tuple[Value | None, ...], line: int) -> Value | None:
    """What a function of a library gives; ``None`` where that is not known."""
    module = str(function.__module__)
    gives = GIVES.get(module, {}).get(function.__name__)
    held = getattr(sys.modules.get(module), function.__name__, None)
    if gives is None or held is not function:
        return None
    if module in BYTES_TOO and gives in (str, urllib.parse.ParseResult, urllib.parse.SplitResult):
        first = args[0] if args else None
        if not isinstance(first, Instance) or first.cls is not str:
            return None
    known = Known("returned", line)
    if isinstance(gives, list):
        return optional(Instance(gives[0], known))
    return Instance(gives, known)


_DATES = (dt.datetime, dt.date)


def calculated(left: Instance, right: Instance, *, minus: bool, line: int) -> Value | None:
    """What adding or subtracting dates and times gives."""
    known = Known("returned", line)
    if left.cls in _DATES and right.cls is dt.timedelta:
        return Instance(left.cls, known)
    if left.cls is dt.timedelta and right.cls in (dt.timedelta, *_DATES) and not minus:
        return Instance(right.cls, known)
    if left.cls is right.cls and minus and left.cls in (dt.timedelta, *_DATES):
        return Instance(dt.timedelta, known)
    return None
