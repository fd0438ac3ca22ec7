"""The dotted paths in Django's settings, each imported as Django imports it when it first needs it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from .. import failure
from ..project import Project
from .settings_source import SettingsSource

Facts = dict[str, Any]
MODULES = ("ROOT_URLCONF", "PUBLIC_SCHEMA_URLCONF", "SESSION_ENGINE")
"""Settings that name a module; one is of django-tenants."""
PATHS = (
    "AUTHENTICATION_BACKENDS",
    "DATABASE_ROUTERS",
    "MIDDLEWARE",
    "EMAIL_BACKEND",
    "WSGI_APPLICATION",
    "ASGI_APPLICATION",
    "PASSWORD_HASHERS",
    "FORM_RENDERER",
    "SESSION_SERIALIZER",
    "CSRF_FAILURE_VIEW",
    "DEFAULT_EXCEPTION_REPORTER",
    "DEFAULT_EXCEPTION_REPORTER_FILTER",
    "DEFAULT_FILE_STORAGE",
    "STATICFILES_STORAGE",
    "STATICFILES_FINDERS",
    "FILE_UPLOAD_HANDLERS",
    "MESSAGE_STORAGE",
    "SIGNING_BACKEND",
)
"""Settings that name objects in modules: one, or a list of them."""
UNTIL_5_1 = ("DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE")
"""Those that a newer Django never asks for."""
BEAT_SCHEDULER = "CELERY_BEAT_SCHEDULER"
"""What ``celery beat`` imports, and no worker."""
LOGGING = {"handlers": "class", "filters": "()", "formatters": "()"}
Named = tuple[str, str, bool]
"""Setting, path, and whether it is a module."""


def imported(project: Project, source: SettingsSource, *, with_apps: bool = False) -> list[Facts]:
    """A ``SettingPath`` for each path that the project's own settings name.

    Args:
        project: the application.
        source: where its settings are written.
        with_apps: ``INSTALLED_APPS`` as well, which are loaded with the entry point.
    """
    found, seen = [], set()
    for label, path, is_module in [*(_apps() if with_apps else ()), *_named()]:
        if (label, path) in seen:
            continue
        seen.add((label, path))
        setting = label.partition(" ")[0]
        fact: Facts = {
            "setting": label,
            "path": path,
            "location": source.value_place(setting, path),
        }
        try:
            _load(path, is_module)
        except BaseException as error:  # a module of the application's may raise anything when it is imported
            fact["failure"] = failure.describe(error, project)
        found.append(fact)
    return found


def _load(path: str, is_module: bool) -> None:
    """Import what a path names.

    Raises:
        BaseException: whatever stands in the way.
    """
    module, _, name = path.replace(":", ".").rpartition(".")
    if is_module or not module:
        importlib.import_module(path)
        return
    found = importlib.import_module(module)
    if not hasattr(found, name):
        raise ImportError(f"cannot import name '{name}' from '{module}'", name=module)


def _apps() -> Iterator[Named]:
    """The installed applications: each a module, or a class in one, which begins with a capital letter."""
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    for path in _texts(settings.INSTALLED_APPS):
        yield "INSTALLED_APPS", path, not path.rpartition(".")[2][:1].isupper()


def _named() -> Iterator[Named]:
    from django.conf import (  # type: ignore[import-untyped,unused-ignore]
        global_settings,
        settings,
    )

    for name in (*MODULES, *PATHS):
        if settings.is_overridden(name) and (name not in UNTIL_5_1 or hasattr(global_settings, name)):
            for path in _texts(getattr(settings, name, None)):
                yield name, path, name in MODULES
    for name, key in (("STORAGES", "BACKEND"), ("CACHES", "BACKEND")):
        if settings.is_overridden(name):
            yield from ((name, path, False) for path in _of_each(getattr(settings, name), key))
    for validator in _dicts(settings.AUTH_PASSWORD_VALIDATORS):
        yield from (("AUTH_PASSWORD_VALIDATORS", path, False) for path in _texts(validator.get("NAME")))
    for part, key in LOGGING.items():
        logging = settings.LOGGING if isinstance(settings.LOGGING, dict) else {}
        yield from ((f"LOGGING {part}", path, False) for path in _of_each(logging.get(part), key))
    for engine in _dicts(settings.TEMPLATES):
        yield from _of_templates(engine)
    yield from _of_rest_framework(getattr(settings, "REST_FRAMEWORK", None))
    scheduler = getattr(settings, BEAT_SCHEDULER, None)
    if isinstance(scheduler, str) and set(".:") & set(scheduler):  # else it is a name of Celery's own
        yield BEAT_SCHEDULER, scheduler, False


def _of_templates(engine: dict[str, Any]) -> Iterator[Named]:
    yield from (("TEMPLATES BACKEND", path, False) for path in _texts(engine.get("BACKEND")))
    options = engine.get("OPTIONS")
    if not isinstance(options, dict):
        return
    for path in _texts(options.get("context_processors")):
        yield "TEMPLATES context_processors", path, False
    for path in _texts(options.get("builtins")):
        yield "TEMPLATES builtins", path, True
    libraries = options.get("libraries")
    for path in libraries.values() if isinstance(libraries, dict) else ():
        yield from (("TEMPLATES libraries", one, True) for one in _texts(path))
    yield from (("TEMPLATES loaders", path, False) for path in _loaders(options.get("loaders")))


def _loaders(value: object) -> Iterator[str]:
    """Each loader of a list; one with arguments is a list of its own, whose own loaders follow in a list."""
    for one in value if isinstance(value, (list, tuple)) else ():
        if isinstance(one, str):
            yield one
        elif isinstance(one, (list, tuple)) and one and isinstance(one[0], str):
            yield one[0]
            if one[0].endswith("cached.Loader"):
                yield from _loaders(one[1] if len(one) > 1 else None)


def _of_rest_framework(value: object) -> Iterator[Named]:
    """What Django REST framework imports by name when an attribute of its settings is first asked for."""
    if not isinstance(value, dict):
        return
    try:
        names: Iterable[str] = importlib.import_module("rest_framework.settings").IMPORT_STRINGS
    except Exception:  # it is not installed, or has no such list any more
        return
    for name in names:
        yield from (
            (f"REST_FRAMEWORK {name}", path, False) for path in _texts(value.get(name)) if "." in path
        )


def _of_each(value: object, key: str) -> Iterator[str]:
    """What stands under ``key`` in each of the dicts of a dict."""
    for one in value.values() if isinstance(value, dict) else ():
        if isinstance(one, dict):
            yield from _texts(one.get(key))


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    yield from (one for one in (value if isinstance(value, (list, tuple)) else ()) if isinstance(one, dict))


def _texts(value: object) -> Iterator[str]:
    """The texts of a value: itself, or those of a list."""
    every = value if isinstance(value, (list, tuple, set)) else [value]
    yield from (one for one in every if type(one) is str and one and not one.startswith(("ext://", "cfg://")))
