"""What the JSON body of a health endpoint says: ready or not, and which dependency is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

NEGATIVE = frozenset(
    {
        *("not_ready", "notready", "unready", "unhealthy", "down", "unavailable", "out_of_service"),
        *("fail", "failed", "failing", "failure", "error", "critical", "offline"),
    }
)
HALF = frozenset({"degraded", "warn", "warning"})
POSITIVE = frozenset(
    {
        *("ok", "okay", "up", "ready", "healthy", "alive", "live", "pass", "passed", "passing", "available"),
        *("success", "successful", "running", "online", "operational", "working", "green", "good"),
    }
)
_VERDICTS = ("status", "state", "health")
_FLAGS = ("ready", "healthy", "ok", "up", "alive", "success", "passed")
_WORDS = ("detail", "error", "message", "msg", "reason", "title", "description")
_WRAPPERS = ("detail", "data", "health")
_ABOUT_THE_ANSWER = frozenset({*_WORDS, "code", "type", "status_code", "extra", "output", "notes"})
"""Keys of an error's body that tell of the error, and name no dependency."""
_ABOUT_THE_SERVICE = frozenset(
    {
        *("service", "name", "app", "application", "version", "commit", "environment", "env", "hostname"),
        *("host", "instance", "path", "url", "debug", "testing", "maintenance", "read_only", "cached"),
    }
)
_CONTAINERS = (
    *("checks", "components", "dependencies", "services", "details", "results"),
    *("entries", "entities"),
)
_NAMES = ("name", "checker", "alias", "component", "service", "check", "id")
_WHY = ("error", "message", "output", "detail", "reason", "description")
_TROUBLE = re.compile(
    r"(?i)error|fail|\bdown\b|unavailable|refused|time[d_ ]*out|unhealthy|unready|not[_ -]ready|unreachable"
    r"|disconnected|not[_ -]connected|critical|exception|offline|unexpected result|out[_ ]of[_ ]service"
)
_WELL = re.compile(rf"(?i)\s*(?:{'|'.join(sorted(POSITIVE))}|connected|reachable|none)\b")
_NOTHING_OF_IT = re.compile(r"(?i)\b(?:no|0|zero|without)[ _]+\w*(?:error|fail|time[d_ ]*out|exception)\w*")
_HALF_SO = re.compile(rf"(?i)\s*(?:{'|'.join(sorted(HALF))})\b")
_SHOWN = 200


def verdict(body: object) -> str:
    """The word by which a body says at its top that it is not ready or only half so; else empty."""
    body = _unwrapped(body)
    if not isinstance(body, dict):
        return ""
    for key in _VERDICTS:
        value = body.get(key)
        if isinstance(value, str) and _normal(value) in NEGATIVE | HALF:
            return value
    flags = (*_VERDICTS, "ready", "healthy", "ok", "alive", "up")
    return next((f"{key}: false" for key in flags if body.get(key) is False), "")


def is_half(word: str) -> bool:
    """Whether a :func:`verdict` means degraded rather than down."""
    return _normal(word) in HALF


def failing(body: object, cautious: bool = False) -> tuple[tuple[str, str], ...]:
    """The dependencies that a body reports as not well, each with what is said of it.

    Understood are ``{"checks": {name: "ok" | true | {"status": …} | [{"status": …}]}}``, the same under
    ``components``, ``dependencies``, ``services``, ``details`` and the like, a list of
    ``{"name", "status"}``, and words at the top level (``{"status": "error", "database": "down"}``);
    FastAPI's ``detail`` may hold each. Those that are only half well count where no other is worse.

    Args:
        body: the decoded body.
        cautious: leave out what may mean something else in a body that does not say no as a whole: words
            at the top level, a mere ``false``, and what is only half so.
    """
    body = _unwrapped(body)
    found = tuple(_failing_in(body, cautious))
    worse = tuple((name, said) for name, said in found if not _HALF_SO.match(said))
    return worse if worse or cautious else found


def words(body: object) -> str:
    """What an error's body says in a sentence of its own (``{"detail": "Database unavailable"}``)."""
    if not isinstance(body, dict):
        return ""
    said = next((body[key] for key in _WORDS if isinstance(body.get(key), str) and body[key].strip()), "")
    return _line(said)


def _failing_in(body: object, cautious: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(body, dict):
        yield from _trouble_in(body, cautious)
        return
    for key in _CONTAINERS:
        if found := tuple(_trouble_in(body.get(key), cautious)):
            yield from found
            return
    telling = {
        name: value
        for name, value in body.items()
        if name not in (*_VERDICTS, *_FLAGS, *_CONTAINERS)
        and name not in _ABOUT_THE_SERVICE
        and (isinstance(value, dict) or (not cautious and isinstance(value, (str, bool))))
    }
    yield from _trouble_in(telling, cautious)


def _unwrapped(body: object) -> object:
    """What a body says under ``detail`` or ``data``, where it says nothing itself."""
    if not isinstance(body, dict) or any(isinstance(body.get(key), (str, bool)) for key in _VERDICTS):
        return body
    return next((body[key] for key in _WRAPPERS if isinstance(body.get(key), dict)), body)


def _trouble_in(container: object, cautious: bool) -> Iterator[tuple[str, str]]:
    if isinstance(container, list):
        named = [(_name(item), item) for item in container if isinstance(item, dict)]
        container = {name: item for name, item in named if name}
    if isinstance(container, dict):
        for name, value in container.items():
            if name not in _ABOUT_THE_ANSWER and (said := _trouble(value, cautious)):
                yield _line(str(name)), said


def _name(item: dict[str, object]) -> str:
    return next((name for key in _NAMES if isinstance(name := item.get(key), str)), "")


def _trouble(value: object, cautious: bool) -> str:
    """What ``value`` says when it says that something is not well; else empty."""
    if value is False:
        return "" if cautious else "false"
    if isinstance(value, str):
        return _line(value) if _says_trouble(value) else ""
    if isinstance(value, list):
        return next(filter(None, (_trouble(item, cautious) for item in value)), "")
    if not isinstance(value, dict):
        return ""
    told = [word for key in _VERDICTS if isinstance(word := value.get(key), str)]
    said = next(filter(_says_trouble, told), "")
    flag = next((f"{key}: false" for key in (*_VERDICTS, *_FLAGS) if value.get(key) is False), "")
    if not said and not flag:
        return ""
    why = _why(value) or _why(value.get("details")) or _why(value.get("data"))
    return _line(f"{said}: {why}" if said and why else said or why or flag)


def _says_trouble(word: str) -> bool:
    if _normal(word) in NEGATIVE or _HALF_SO.match(word):
        return True
    return not _WELL.match(word) and _TROUBLE.search(_NOTHING_OF_IT.sub("", word)) is not None


def _why(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    return next((text for key in _WHY if isinstance(text := value.get(key), str) and text.strip()), "")


def _line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]


def _normal(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")
