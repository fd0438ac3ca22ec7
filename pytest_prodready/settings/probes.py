"""Reads one entry of ``[[tool.prodready.health]]``: what is asked, and what must be answered."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from pytest_prodready.facts import Expectation
from pytest_prodready.settings.table import (
    ENVIRONMENT_NAME,
    Table,
    control_characters,
    did_you_mean,
    kind,
    shown,
)
from pytest_prodready.wording import nearest

PROBE_KEYS = (
    *("path", "status", "method", "json", "text", "answer_headers"),
    *("headers", "refuse_without", "within", "role"),
)
METHODS = ("GET", "HEAD", "OPTIONS")
"""The gate changes nothing, so it asks with nothing else."""
ROLES = ("live", "ready", "startup")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, token
_DEEPEST = 50


def expectation(table: Table) -> Expectation:
    """What one entry asks for; its mistakes are noted in the table."""
    table.require("path")
    headers = _headers(table)
    return Expectation(
        path=table.text("path", 'path = "/ready"', request_path),
        status=_status(table),
        method=table.text("method", 'method = "GET"', _method).upper() or "GET",
        json=_json(table),
        headers=headers,
        refuse_without=_refuse_without(table, headers),
        source=table.title,
        location=table.location("path"),
        role=table.text("role", 'role = "ready"', one_of(ROLES)),
        text=table.text("text", 'text = "pong"'),
        answer_headers=_answer_headers(table),
        within=table.seconds("within", 0.0) if "within" in table.values else 0.0,
    )


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """A check that the value is one of ``words``."""

    def check(value: str) -> str:
        known = " or ".join(f'"{word}"' for word in words)
        return "" if value in words else f"must be {known}{did_you_mean(nearest(value, words))}"

    return check


def request_path(value: str) -> str:
    """A check that the value is the path of an endpoint, with its query if it has one."""
    if "://" in value or value.startswith("//"):
        return 'must be a path of the application, not a whole URL: path = "/ready"'
    if not value.startswith("/"):
        return f'must start with "/"{did_you_mean("/" + value if shown(value) else "")}'
    return "must not hold a blank: write %20" if " " in value else ""


def _method(value: str) -> str:
    if value.upper() in METHODS:
        return ""
    return f"must be one of {', '.join(METHODS)}{did_you_mean(nearest(value.upper(), METHODS))}"


def _status(table: Table) -> tuple[int, ...]:
    if "status" not in table.values:
        return ()
    value = table.values["status"]
    values = value if isinstance(value, list) else [value]
    right = [
        item for item in values if isinstance(item, int) and not isinstance(item, bool) and 100 <= item <= 599
    ]
    if len(right) != len(values) or not values:
        table.wrong('"status" must be a number from 100 to 599, or an array of such: status = 200', "status")
    return tuple(right)


def _json(table: Table) -> dict[str, object] | None:
    if "json" not in table.values:
        return None
    value = table.values["json"]
    if not isinstance(value, dict):
        example = 'json = { status = "ready" }'
        table.wrong(f'"json" must be a table, not {kind(value)}: {example}', "json")
        return None
    if problem := _no_json(value, 0):
        table.wrong(f'"json" {problem}', "json")
        return None
    return value


def _no_json(value: object, depth: int) -> str:
    """Why ``value`` can never be met by a JSON body; empty when it can."""
    if depth > _DEEPEST:
        return "is nested too deeply"
    if isinstance(value, dict):
        return next(filter(None, (_no_json(item, depth + 1) for item in value.values())), "")
    if isinstance(value, list):
        return next(filter(None, (_no_json(item, depth + 1) for item in value)), "")
    if isinstance(value, float) and not math.isfinite(value):
        return "holds inf or nan, which JSON does not have"
    if isinstance(value, (str, bool, int, float)):
        return ""
    return f"holds {kind(value)}, which JSON does not have: write it as a string"


def _headers(table: Table) -> dict[str, str]:
    """The headers to send; a value may be a credential, and no message repeats it."""
    example = 'headers = { X-Admin-Token = "env:ADMIN_TOKEN" }'

    def check(value: str) -> str:
        if value.startswith("env:") and not ENVIRONMENT_NAME.fullmatch(value[4:]):
            return f': after "env:" the name of an environment variable must follow: {example}'
        return "" if value.isascii() else " must hold ASCII characters only"

    return _by_header(table, "headers", example, check)


def _answer_headers(table: Table) -> dict[str, str]:
    """The headers of the answer, each with a text that it must hold; an empty one asks that it is there."""
    return _by_header(table, "answer_headers", 'answer_headers = { Content-Type = "application/json" }')


def _by_header(
    table: Table, key: str, example: str, check: Callable[[str], str] | None = None
) -> dict[str, str]:
    """Header → value of the table at ``key``.

    Args:
        table: the entry.
        key: the key.
        example: what a right line looks like.
        check: says what is wrong with a value, as words that follow the header's name; or nothing.
    """
    headers = {}
    for name, value in table.table(key, example).items():
        if not _HEADER.fullmatch(name):
            problem = f"is no name of a header{shown(name)}"
        elif not isinstance(value, str):
            problem = f"{name} must be a string, not {kind(value)}: {example}"
        elif control_characters(value):
            problem = f"{name} {control_characters(value)}"
        elif check is not None and (said := check(value)):
            problem = name + said
        else:
            headers[name] = value
            continue
        table.wrong(f'"{key}" {problem}', key, name)
    return headers


def _refuse_without(table: Table, headers: dict[str, str]) -> tuple[str, ...]:
    written = table.values.get("headers")
    names = {name.lower(): name for name in (written if isinstance(written, dict) else headers)}

    def check(value: str) -> str:
        if value.lower() in names:
            return ""
        meant = did_you_mean(nearest(value, names.values()))
        return f"names the header{shown(value)}, which this entry does not send{meant}"

    found = table.texts("refuse_without", 'refuse_without = ["X-Admin-Token"]', check)
    return tuple(dict.fromkeys(names[name.lower()] for name in found))
