"""What the JSON body of a health endpoint says: ready or not, and which dependency is not."""

from __future__ import annotations

from collections.abc import Iterator

NEGATIVE = frozenset(
    {
        *("not_ready", "notready", "unready", "unhealthy", "down", "unavailable"),
        *("fail", "failed", "failing", "error", "critical"),
    }
)
HALF = frozenset({"degraded", "warn", "warning"})
_VERDICTS = ("status", "state", "health")
_FLAGS = ("ready", "healthy", "ok", "up", "alive", "success")
_WORDS = ("detail", "error", "message", "msg", "reason", "title", "description")
_ABOUT_THE_ANSWER = frozenset({*_WORDS, "code", "type", "status_code", "extra"})
"""Keys of an error's body that tell of the error, and name no dependency."""
_CONTAINERS = ("checks", "components", "dependencies", "services", "details", "results")
_TROUBLE = (
    *("error", "fail", "down", "unavailable", "refused", "timeout", "timed out", "unhealthy", "unready"),
    *("not ready", "not_ready", "unreachable", "disconnected", "not connected", "critical", "exception"),
)
_SHOWN = 200


def verdict(body: object) -> str:
    """The word by which a body says at its top that it is not ready or only half so; else empty."""
    if not isinstance(body, dict):
        return ""
    for key in _VERDICTS:
        value = body.get(key)
        if isinstance(value, str) and _normal(value) in NEGATIVE | HALF:
            return value
    return next((f"{key}: false" for key in ("ready", "healthy", "ok") if body.get(key) is False), "")


def is_half(word: str) -> bool:
    """Whether a :func:`verdict` means degraded rather than down."""
    return _normal(word) in HALF


def failing(body: object) -> tuple[tuple[str, str], ...]:
    """The dependencies that a body reports as not well, each with what is said of it.

    Understood are ``{"checks": {name: "ok" | true | {"status": …} | [{"status": …}]}}``, the same under
    ``components``, ``dependencies``, ``services`` and ``details``, a list of ``{"name", "status"}``, and
    words at the top level (``{"status": "error", "database": "down"}``); FastAPI's ``detail`` may hold each.
    """
    if not isinstance(body, dict):
        return ()
    if isinstance(body.get("detail"), dict):
        return failing(body["detail"])
    for key in _CONTAINERS:
        if found := tuple(_trouble_in(body.get(key))):
            return found
    others = {name: value for name, value in body.items() if name not in (*_VERDICTS, *_FLAGS)}
    return tuple(
        _trouble_in({name: value for name, value in others.items() if isinstance(value, (str, bool))})
    )


def words(body: object) -> str:
    """What an error's body says in a sentence of its own (``{"detail": "Database unavailable"}``)."""
    if not isinstance(body, dict):
        return ""
    said = next((body[key] for key in _WORDS if isinstance(body.get(key), str) and body[key].strip()), "")
    return " ".join(said.split())[:_SHOWN]


def _trouble_in(container: object) -> Iterator[tuple[str, str]]:
    if isinstance(container, list):
        container = {
            item["name"]: item
            for item in container
            if isinstance(item, dict) and isinstance(item.get("name"), str)
        }
    if isinstance(container, dict):
        for name, value in container.items():
            if name not in _ABOUT_THE_ANSWER and (said := _trouble(value)):
                yield str(name), said[:_SHOWN]


def _trouble(value: object) -> str:
    """What ``value`` says when it says that something is not well; else empty."""
    if value is False:
        return "false"
    if isinstance(value, str):
        return value if any(word in value.lower() for word in _TROUBLE) else ""
    if isinstance(value, list):
        return next(filter(None, map(_trouble, value)), "")
    if not isinstance(value, dict):
        return ""
    verdicts = [value.get(key) for key in _VERDICTS if isinstance(value.get(key), str)]
    said = next((str(word) for word in verdicts if _trouble(word) or _normal(str(word)) in NEGATIVE), "")
    if not said:
        said = next((f"{key}: false" for key in _FLAGS if value.get(key) is False), "")
    if not said:
        return ""
    why = next(
        (value[key] for key in ("error", "message", "output", "detail") if isinstance(value.get(key), str)),
        "",
    )
    return f"{said} ({why})" if why else said


def _normal(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")
