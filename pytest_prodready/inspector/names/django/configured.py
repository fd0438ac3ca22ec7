"""The caches, storages and mail connections that the settings configure: their classes, none is opened."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...django.settled import fixed_settings, ready_registry
from ...django.source_text import read
from ...objects import attributes, is_a
from ...project import Project, source_file
from ..presence import class_objects, stored
from ..presence.confirm import gives
from ..value import UNKNOWN, Call, Instance, Known, Live, Value


class Configured(NamedTuple):
    """That an object gives what a setting configures, by its name."""

    setting: str
    """``CACHES``, ``STORAGES``, ``INSTALLED_APPS``, ``DJANGO_SETTINGS_MODULE`` for all."""


WRITTEN = re.compile(rb"""\b([A-Z][A-Z0-9_]+)\s*(?::[^=\n]+)?=(?!=)|['"]([A-Z][A-Z0-9_]+)['"]""")
BY_DATA = re.compile(
    rb"""\bsetattr\(\s*[\w.]*\bsettings\s*,(?!\s*['"])|\bsettings\.__dict__\b|\bvars\([\w.]*\bsettings\)"""
)
"""In a source that stores settings by names that are data."""
CONFIGURED = Known("configured")
ANSWERING = {"__getattr__", "__getattribute__", "__setattr__", "_setup"}
"""With one of these of its own, an object of settings may have any name."""
DICTIONARIES = {
    "django.core.cache.CacheHandler": "CACHES",
    "django.core.files.storage.handler.StorageHandler": "STORAGES",
}
"""Class of an object that gives backends by their alias → the setting that names them."""
ALIASES = {
    "django.core.files.storage.DefaultStorage": "default",
    "django.contrib.staticfiles.storage.ConfiguredStorage": "staticfiles",
}
"""Class of an object that becomes a storage when it is first used → its alias."""


def live(value: Live) -> Value | None:
    """What ``cache``, ``caches``, ``default_storage``, ``storages``, ``apps`` and ``settings`` are."""
    for cls, setting in DICTIONARIES.items():
        if is_a(value.value, cls):
            own = attributes(value.value)
            # one that is made with backends of its own does not ask the settings
            if own.get("_settings", own.get("_backends")) not in (None, _setting(setting)):
                return None
            return Instance(type(value.value), CONFIGURED, exact=True, state=Configured(setting))
    if fixed_settings(value.value):
        return _settings(value.value)
    if ready_registry(value.value):
        return Instance(type(value.value), CONFIGURED, exact=True, state=Configured("INSTALLED_APPS"))
    for cls, alias in ALIASES.items():
        if is_a(value.value, cls):
            return _backend("STORAGES", alias)
    if is_a(value.value, "django.utils.connection.ConnectionProxy"):
        own = attributes(value.value)
        if is_a(own.get("_connections"), "django.core.cache.CacheHandler"):
            return _backend("CACHES", own.get("_alias"))
    return None


def names(owner: Value, project: Project) -> frozenset[str] | None:
    """The settings that there are, with all else that can be asked of the object that gives them.

    That is ``django.conf.settings``, or an object of the application's whose class is made from its class.
    What a source of the application sets, or names in quotes, may be there under a condition that the code
    asks for before it reads it.
    """
    if not isinstance(owner, Instance) or owner.state != Configured("DJANGO_SETTINGS_MODULE"):
        return None
    from django.conf import settings as value

    given = attributes(value)
    wrapped = given.get("_wrapped")
    every: list[Mapping[str, Any]] = [given, attributes(wrapped)]
    every += [vars(cls) for one in (owner.cls, type(value), type(wrapped)) for cls in class_objects.mro(one)]
    return owner.extra | frozenset(name for one in every for name in one) | _written(project)


def _settings(value: Any) -> Instance | None:
    """An object that gives the settings, with what it has besides those and what its class holds.

    ``None`` where its own class, one made from Django's, may give it names that cannot be listed.
    """
    extra = {*attributes(value), *attributes(attributes(value).get("_wrapped"))}
    for cls in class_objects.mro(type(value)):
        held = class_objects.members(cls)
        if class_objects.module_of(cls).partition(".")[0] in ("django", "builtins"):
            continue
        if not ANSWERING.isdisjoint(held):
            return None
        for one in held.values():
            for function in class_objects.functions(one):
                given = stored.of_code(function.__code__)
                if given.opened:
                    return None
                extra |= given.names
    state = Configured("DJANGO_SETTINGS_MODULE")
    return Instance(type(value), CONFIGURED, exact=True, extra=frozenset(extra), state=state)


@functools.cache
def _written(project: Project) -> frozenset[str]:
    """Names in capitals that the loaded sources of the application assign, or put in quotes."""
    from django.conf import settings

    modules = [module for _, module in project.modules()]
    modules.append(sys.modules.get(str(settings.SETTINGS_MODULE)))
    found: set[str] = set()
    for module in modules:
        for names in WRITTEN.findall(read(source_file(module))):
            found.update(name.decode() for name in names if name)
    return frozenset(found)


def given_later(owner: Value, name: str) -> bool:
    """Whether a loaded module, of a library as well, stores a setting of this name: once it is called.

    To be asked for those few settings that are missing in the end: it reads the sources of all modules.
    A library that only reads a setting does not give it.
    """
    if not isinstance(owner, Instance) or owner.state != Configured("DJANGO_SETTINGS_MODULE"):
        return False
    word = re.escape(name.encode())
    by_name = re.compile(rb"""\bsetattr\([^()]*,\s*['"]%s['"]\s*,""" % word)
    files = {file for module in list(sys.modules.values()) if (file := source_file(module))}
    for data in map(read, files):
        if name.encode() not in data or not re.search(rb"\b%s\b" % word, data):
            continue
        if gives(data, name) or by_name.search(data) or BY_DATA.search(data):
            return True
    return False


def item(owner: Instance, call: Call) -> Value | None:
    """``caches["sessions"]``."""
    state = owner.state
    if type(state) is not Configured or not call.node.args:
        return None
    return _backend(state.setting, call.constant(call.node.args[0]))


def mail(call: Call) -> Value | None:
    """What ``get_connection()`` gives: a backend of the class that is given, or that the settings name."""
    given: ast.expr | None = call.node.args[0] if call.node.args else None
    given = next((one.value for one in call.node.keywords if one.arg == "backend"), given)
    path = None if given is None else call.constant(given)
    if call.spread or path is UNKNOWN:
        return None
    return _of_path(path or _setting("EMAIL_BACKEND"))


def _backend(setting: str, alias: Any) -> Instance | None:
    backends = _setting(setting)
    one = backends.get(alias) if type(backends) is dict and type(alias) is str else None
    return _of_path(one.get("BACKEND")) if type(one) is dict else None


def _setting(name: str) -> Any:
    from django.conf import settings

    return getattr(settings, name, None)


def _of_path(path: object) -> Instance | None:
    """An instance of the class that a dotted path names, which Django imports when it is first needed."""
    if type(path) is not str:
        return None
    module, _, name = path.rpartition(".")
    try:
        found = vars(importlib.import_module(module)).get(name)
    except Exception:  # another rule tells of paths that do not import
        return None
    return Instance(found, CONFIGURED, exact=True) if isinstance(found, type) else None
