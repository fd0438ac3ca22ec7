"""What health endpoints say of the things that the application depends on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_prodready.facts import Answer, Control, Expectation

_OF_KIND = {
    "database": frozenset({"database", "db", "postgres", "postgresql", "pg", "mysql", "mariadb", "sql"}),
    "redis": frozenset({"redis", "valkey"}),
    "broker": frozenset({"amqp", "rabbitmq", "broker"}),
    "cache": frozenset({"memcached", "memcache"}),
}
"""Kind of a dependency → the words by which a body means it, whichever variable holds its address."""
_BY_NAME = {"CELERY": ("celery",), "BROKER": ("broker", "celery")}
"""Word in a variable's name → more such words. A cache may well be another one than Redis."""
_BESIDE = frozenset(
    {
        *("backend", "check", "health", "healthy", "heart", "beat", "heartbeat", "status", "state", "is"),
        *(
            "connection",
            "connections",
            "connected",
            "connectivity",
            "reachable",
            "alive",
            "ready",
            "ok",
            "up",
        ),
        *("available", "ping", "primary", "default", "main", "service", "server", "response", "time"),
    }
)
"""Words that may stand beside: ``db_ok`` is a claim, and ``redis_enabled`` is none."""
_FINE = frozenset(
    {
        *("ok", "okay", "up", "healthy", "ready", "pass", "passed", "success", "successful", "working"),
        *("alive", "available", "connected", "reachable", "online", "good", "green", "true", "serving"),
    }
)
_VERDICTS = ("status", "state", "health", "healthy", "ok", "up", "connected", "ready", "alive", "available")
_DEEPEST = 3
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def asked_without(expectations: Iterable[Expectation]) -> list[int]:
    """The places of those endpoints that are asked while a dependency is dead: what production probes."""
    return [
        at
        for at, one in enumerate(expectations)
        if one.method == "GET" and (one.role or one.found) and not one.refuse_without
    ]


def succeeds(answer: Answer) -> bool:
    """Whether a probe that looks at the status alone is content."""
    return not answer.error and answer.status is not None and 200 <= answer.status < 300


def claim(answer: Answer, control: Control) -> str:
    """How a success says of a dependency that it is fine (``"database": "ok"``); empty where it does not."""
    if not succeeds(answer):
        return ""
    words = set(_OF_KIND.get(control.kind, ()))
    for word, more in _BY_NAME.items():
        if control.kind in ("redis", "broker") and any(word in name.upper() for name in control.variables):
            words |= set(more)
    for name, value in _named(answer.json, 0):
        named = {word.lower() for word in _WORD.findall(name)}
        if named & words and named <= words | _BESIDE and (said := _fine(value)):
            return f'"{name}": {said}'
    return ""


def _named(body: object, depth: int) -> Iterator[tuple[str, object]]:
    """Every key of a body with its value, and every item of a list that has a name."""
    if depth > _DEEPEST:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            yield str(name), value
            yield from _named(value, depth + 1)
    elif isinstance(body, list):
        for item in body:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield item["name"], item
            yield from _named(item, depth + 1)


def _fine(value: object) -> str:
    """``value`` as JSON would show it, where it says that something is well; else empty."""
    if value is True:
        return "true"
    if isinstance(value, str):
        return f'"{value}"' if value.strip().lower() in _FINE else ""
    if isinstance(value, list) and value:
        return _fine(value[0]) if all(map(_fine, value)) else ""
    if isinstance(value, dict):
        said = [value[key] for key in _VERDICTS if key in value]
        return _fine(said[0]) if said and all(map(_fine, said)) else ""
    return ""
