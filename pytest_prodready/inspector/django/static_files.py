"""``{% static %}`` with a constant path, where the production storage looks every path up in a manifest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from ..project import Project
from . import template_nodes
from .template_use import UNNAMED
from .templates import Page

Facts = dict[str, Any]
MANIFEST = "django.contrib.staticfiles.storage.ManifestFilesMixin"


def references(pages: list[Page], project: Project, doubt_of: Callable[[Page], str]) -> list[Facts]:
    """A ``StaticReference`` for each path of each page; none where the storage does not ask a manifest.

    Args:
        pages: the application's templates.
        project: the application.
        doubt_of: why a page may well never be rendered: behind a condition, what it lacks is no fault.
    """
    storage = _strict_storage()
    if not storage:
        return []
    found: dict[str, Facts] = {}
    for page in pages:
        for kind, path, line, doubt in template_nodes.asked(page.nodes or ()):
            if kind == "static" and not doubt and path not in found:
                there = _is_there(path)
                # one that nothing names may be named by parts, and then all of its page is asked for
                if there or doubt_of(page) in ("", UNNAMED):
                    found[path] = {
                        "path": path,
                        "location": project.location(page.file, line),
                        "storage": storage,
                        "there": there,
                        "beside": _has_siblings(path),
                    }
    return list(found.values())


def _strict_storage() -> str:
    """The class of the storage, if it raises for a path that its manifest does not have; else empty."""
    from django.apps import apps  # type: ignore[import-untyped,unused-ignore]
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]
    from django.utils.module_loading import (  # type: ignore[import-untyped,unused-ignore]
        import_string,
    )

    if settings.DEBUG or not apps.is_installed("django.contrib.staticfiles"):
        return ""
    chosen = (getattr(settings, "STORAGES", None) or {}).get("staticfiles", {})
    path = chosen.get("BACKEND") or getattr(settings, "STATICFILES_STORAGE", "")
    try:
        cls = import_string(path)
    except Exception:  # a path that does not import is said elsewhere
        return ""
    if not any(f"{base.__module__}.{base.__qualname__}" == MANIFEST for base in cls.__mro__):
        return ""
    strict = getattr(cls, "manifest_strict", True)
    if "whitenoise" in " ".join(base.__module__ for base in cls.__mro__):
        strict = getattr(settings, "WHITENOISE_MANIFEST_STRICT", strict)
    strict = (chosen.get("OPTIONS") or {}).get("manifest_strict", strict)
    return str(path) if strict else ""


def _is_there(path: str) -> bool:
    """Whether a finder has the file, or what was collected before has it: a build may put it there."""
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]
    from django.contrib.staticfiles import finders  # type: ignore[import-untyped,unused-ignore]

    clean = path.partition("#")[0].partition("?")[0]
    if not clean or clean.endswith("/") or finders.find(clean):
        return True
    root = settings.STATIC_ROOT
    return bool(root) and os.path.isfile(os.path.join(str(root), clean))


def _has_siblings(path: str) -> bool:
    """Whether the finders have other files of this kind in its directory."""
    directory, _, file = path.partition("?")[0].rpartition("/")
    suffix = os.path.splitext(file)[1]
    return any(
        name.endswith(suffix) and name != file
        for place in _directories()
        for name in _names(place, directory)
    )


def _directories() -> Iterator[str]:
    """The directories that the finders look into."""
    from django.contrib.staticfiles import finders  # type: ignore[import-untyped,unused-ignore]

    for finder in finders.get_finders():
        for storage in getattr(finder, "storages", {}).values():
            location = getattr(storage, "location", None)
            if isinstance(location, str):
                yield location


def _names(place: str, directory: str) -> list[str]:
    try:
        return os.listdir(os.path.join(place, directory))
    except OSError:
        return []
