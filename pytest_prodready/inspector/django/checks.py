"""Django's system checks, those for deployment among them, each run by itself under the loaded settings.

Checks with the tag ``database`` need a connection and are left out. What a check of a library's or of the
application's own wants to reach or to change is stopped, and then nothing that it says counts.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from .. import failure
from ..mapping import class_source
from ..project import Project, source_file
from .outward import ReachedOutError, nothing_outward
from .settings_source import SettingsSource

Facts = dict[str, Any]
KEPT = 400
"""Characters of a message that are kept."""
MOST_OF_AN_ID = 200
"""Messages of one id that are kept, of the project's own objects and of libraries' each."""
SETTING = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)\b")
OF_SECURITY = {
    "security.W001": "MIDDLEWARE",
    "security.W002": "MIDDLEWARE",
    "security.W003": "MIDDLEWARE",
    "security.W004": "SECURE_HSTS_SECONDS",
    "security.W005": "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "security.W006": "SECURE_CONTENT_TYPE_NOSNIFF",
    "security.W008": "SECURE_SSL_REDIRECT",
    "security.W009": "SECRET_KEY",
    "security.W010": "SESSION_COOKIE_SECURE",
    "security.W011": "SESSION_COOKIE_SECURE",
    "security.W012": "SESSION_COOKIE_SECURE",
    "security.W013": "SESSION_COOKIE_HTTPONLY",
    "security.W014": "SESSION_COOKIE_HTTPONLY",
    "security.W015": "SESSION_COOKIE_HTTPONLY",
    "security.W016": "CSRF_COOKIE_SECURE",
    "security.W018": "DEBUG",
    "security.W019": "X_FRAME_OPTIONS",
    "security.W020": "ALLOWED_HOSTS",
    "security.W021": "SECURE_HSTS_PRELOAD",
    "security.W022": "SECURE_REFERRER_POLICY",
    "security.E023": "SECURE_REFERRER_POLICY",
    "security.E024": "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "security.W025": "SECRET_KEY_FALLBACKS",
}
"""Id → the setting that it is about."""


def run(
    project: Project, source: SettingsSource, begin: Callable[[str], None]
) -> tuple[list[Facts], list[Facts]]:
    """Run every registered check; the ``SystemCheck`` and the ``CheckMessage`` facts.

    Args:
        project: the application.
        source: where its settings are written.
        begin: is told the name of each check before it runs.
    """
    from django.core.checks import registry  # type: ignore[import-untyped,unused-ignore]

    checks, messages = [], []
    every = registry.registry
    for deploy, known in ((False, every.registered_checks), (True, every.deployment_checks)):
        for check in sorted(known, key=_name):
            if "database" not in getattr(check, "tags", ()):
                begin(_name(check))
                fact, said = _one(check, project)
                checks.append(fact)
                loud = [one for one in said if not one.is_silenced()]
                by = {"deploy": deploy, "own_check": project.owns_module(_name(check))}
                messages += [{**_message(one, _name(check), project, source), **by} for one in loud]
    return checks, list(_kept(messages))


def _one(check: Callable[..., Any], project: Project) -> tuple[Facts, list[Any]]:
    fact: Facts = {"name": _name(check)}
    said: list[Any] = []
    with nothing_outward() as stopped:
        try:
            said = list(check(app_configs=None, databases=None))
        except ReachedOutError:
            raise
        except BaseException as error:  # a check is a library's or the application's own code
            fact["failure"] = failure.describe(error, project)
    if stopped.what:
        return {"name": fact["name"], "reached_out": stopped.what}, []
    if not all(hasattr(one, "is_silenced") for one in said):
        return fact, []
    return fact, said


def _name(check: object) -> str:
    """The qualified name of a check, which may be a partial or an object with ``__call__``."""
    inner = getattr(check, "func", check)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{named.__module__}.{named.__qualname__}"


def _kept(messages: list[Facts]) -> Iterator[Facts]:
    """The messages, of one id not more than can be read."""
    counts: dict[tuple[str, bool], int] = {}
    for one in messages:
        key = one["id"], one["own"]
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= MOST_OF_AN_ID:
            yield one


def _message(said: Any, check: str, project: Project, source: SettingsSource) -> Facts:
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    code = str(said.id or check)
    about, own, place = _about(said.obj, project)
    setting = OF_SECURITY.get(code, "")
    written = bool(setting) and source.is_written_out(setting, getattr(settings, setting, None))
    if setting:
        place, own = source.place(setting), True
    elif said.obj is None:
        place, own = _of_named_setting(str(said.msg), source)
    return {
        "id": code,
        "level": int(said.level),
        "message": _cut(str(said.msg)),
        "detail": _cut(str(said.hint or "")),
        "about": about,
        "own": own,
        "location": place,
        "written": written,
    }


def _of_named_setting(message: str, source: SettingsSource) -> tuple[Facts | None, bool]:
    """The line of the setting that a message names first, else the settings module; whether it names one."""
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    names = [name for name in SETTING.findall(message) if len(name) > 2 and hasattr(settings, name)]
    return source.place(names[0] if names else ""), bool(names)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= KEPT else line[:KEPT].rpartition(" ")[0] + " …"


def _about(value: Any, project: Project) -> tuple[str, bool, Facts | None]:
    """What a message is about: its name, whether it is the application's, and where it is written."""
    if value is None:
        return "", False, None
    if isinstance(value, str):
        return value, True, None
    model = getattr(value, "model", None)
    if not isinstance(value, type) and isinstance(model, type):  # a field, a manager, an admin class
        attribute = str(getattr(value, "name", "") or "")
        if hasattr(value, "attname") or attribute:
            return (
                f"{_label(model)}.{attribute}",
                project.owns_module(model.__module__),
                class_source.attribute_place(model, attribute, project),
            )
    cls = value if isinstance(value, type) else type(value)
    if callable(value) and not isinstance(value, type) and hasattr(value, "__code__"):
        value = inspect.unwrap(value)
        file = value.__code__.co_filename
        place = project.location(file, value.__code__.co_firstlineno) if project.owns_file(file) else None
        return f"{value.__module__}.{value.__qualname__}", place is not None, place
    own = project.owns_module(cls.__module__)
    place = class_source.attribute_place(cls, "", project) if own else None
    if place is None and own and (file := source_file(sys.modules.get(cls.__module__))):
        place = project.location(file)
    if not own and not isinstance(value, type):  # such as a URL pattern of the application's
        return _shown(value), not _of_installed_app(cls), None
    return _label(cls), own, place


def _of_installed_app(cls: type) -> bool:
    """Whether a class belongs to an application that is installed, and that is a library's then."""
    return not cls.__module__.startswith("django.urls")


def _label(cls: type) -> str:
    meta = getattr(cls, "_meta", None)
    return str(getattr(meta, "label", "") or f"{cls.__module__}.{cls.__qualname__}")


def _shown(value: object) -> str:
    try:
        return _cut(str(value))
    except Exception:  # an object of the application's may not want to be shown
        return type(value).__name__
