"""What autodiscovery searched, package by package, and what Celery passed over in silence."""

from __future__ import annotations

import sys
from typing import Any

from .. import failure
from ..project import Project
from . import recorder, source

Facts = dict[str, Any]


def discoveries(project: Project) -> list[Facts]:
    """A ``Discovery`` for each package and related name that autodiscovery searched."""
    installed = django_apps()
    facts: dict[tuple[str, str], Facts] = {}
    for search in recorder.searches:
        if not isinstance(search.package, str):
            continue
        key = (search.package, str(search.related or ""))
        if key in facts and (facts[key]["found"] or not search.found):
            continue
        call = search.call
        explicit = call is None or (bool(call.packages) and call.searched != installed)
        facts[key] = _discovery(search, key[1], explicit, project)
    return list(facts.values())


def _discovery(search: recorder.Search, related: str, explicit: bool, project: Project) -> Facts:
    package, error = search.package, search.error
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if _is_attribute(package):
        error = missing = None
    absent = missing is not None and f"{package}.".startswith(f"{missing}.")
    return {
        "package": package,
        "related": related,
        # without the package itself, Celery has looked for the related module one level up
        "found": search.found and error is None,
        "exists": not absent,
        "explicit": explicit,
        "failure": failure.describe(error, project, search.failed)
        if error is not None and not absent
        else None,
        "available": failure.missing_module(package, project)["available"] if absent else [],
        "location": project.location(*place) if (place := place_named(search, project)) else None,
    }


def _is_attribute(package: str) -> bool:
    """Celery takes the dotted name of a Django ``AppConfig`` class for its package."""
    module, _, name = package.rpartition(".")
    loaded = sys.modules.get(module)
    return loaded is not None and name in vars(loaded)


def place_named(search: recorder.Search, project: Project) -> tuple[str, int] | None:
    """File and line that name the package: in the call of ``autodiscover_tasks``, else in its file."""
    if search.call is None:
        return None
    return source.line_of_call(search.call.stack, search.package, project)


def django_apps() -> list[str] | None:
    """``INSTALLED_APPS``: a call that passes the whole list names no package in particular."""
    settings = sys.modules.get("django.conf")
    try:
        return list(settings.settings.INSTALLED_APPS) if settings is not None else None
    except Exception:  # Django is installed and imported, but not in use here
        return None
