"""Reads ``[tool.prodready] health``: what endpoints must answer, or a table that says more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from pytest_prodready.facts import Expectation
from pytest_prodready.settings_table import (
    ENVIRONMENT_NAME,
    Table,
    control_characters,
    did_you_mean,
    kind,
    shown,
)
from pytest_prodready.settings_values import environment_name
from pytest_prodready.wording import nearest

TITLE = "[tool.prodready.health]"
KEYS = ("probes", "mode", "probe_as", "dependencies", "slow")
PROBE_KEYS = ("path", "status", "method", "json", "headers", "refuse_without")
MODES = ("server", "inprocess")
KUBELET = "kubelet"
METHODS = ("GET", "HEAD", "OPTIONS")
"""The gate changes nothing, so it asks with nothing else."""
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, token
_DEEPEST = 50


@dataclass(frozen=True)
class HealthSettings:
    """What the user wrote about health; empty where nothing is written."""

    probes: tuple[Expectation, ...] = ()
    """What the endpoints must answer."""
    mode: str = ""
    """``server`` or ``inprocess``: who serves the application while it is probed; empty for a server."""
    probe_as: str = ""
    """``kubelet``: production's probes are those of Kubernetes; empty when nothing is said of them."""
    dependencies: tuple[str, ...] = ()
    """Variables whose dependency readiness must not do without."""
    slow: str = ""
    """The path of a request that takes a while, in flight while the server is stopped."""


def read(parent: Table) -> HealthSettings:
    """What ``[tool.prodready]`` says under ``health``; its mistakes are noted in the table.

    Args:
        parent: the table ``[tool.prodready]``.
    """
    written = parent.values.get("health")
    if not isinstance(written, dict):  # the short form: the probes alone
        return HealthSettings(tuple(map(expectation, parent.tables("health", PROBE_KEYS))))
    table = Table(written, (*parent.path, "health"), TITLE, KEYS, parent.mistakes)
    return HealthSettings(
        probes=tuple(map(expectation, table.tables("probes", PROBE_KEYS))),
        mode=table.text("mode", 'mode = "inprocess"', _one_of(MODES)),
        probe_as=table.text("probe_as", 'probe_as = "kubelet"', _one_of((KUBELET,))),
        dependencies=table.texts("dependencies", 'dependencies = ["DATABASE_URL"]', environment_name),
        slow=table.text("slow", 'slow = "/reports/slow"', _path),
    )


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """A check that the value is one of ``words``."""

    def check(value: str) -> str:
        known = " or ".join(f'"{word}"' for word in words)
        return "" if value in words else f"must be {known}{did_you_mean(nearest(value, words))}"

    return check


def expectation(table: Table) -> Expectation:
    """What one entry asks for; its mistakes are noted in the table."""
    table.require("path")
    headers = _headers(table)
    return Expectation(
        path=table.text("path", 'path = "/ready"', _path),
        status=_status(table),
        method=table.text("method", 'method = "GET"', _method).upper() or "GET",
        json=_json(table),
        headers=headers,
        refuse_without=_refuse_without(table, headers),
        source=table.title,
        location=table.location("path"),
    )


def _path(value: str) -> str:
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
    """The headers; no message repeats a value, as one may be a credential."""
    example = 'headers = { X-Admin-Token = "env:ADMIN_TOKEN" }'
    headers = {}
    for name, value in table.table("headers", example).items():
        if not _HEADER.fullmatch(name):
            problem = f"is no name of a header{shown(name)}"
        elif not isinstance(value, str):
            problem = f"{name} must be a string, not {kind(value)}: {example}"
        elif control_characters(value):
            problem = f"{name} {control_characters(value)}"
        elif value.startswith("env:") and not ENVIRONMENT_NAME.fullmatch(value[4:]):
            problem = f'{name}: after "env:" the name of an environment variable must follow: {example}'
        elif not value.isascii():
            problem = f"{name} must hold ASCII characters only"
        else:
            headers[name] = value
            continue
        table.wrong(f'"headers" {problem}', "headers", name)
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
