"""The frameworks whose values are known, as far as the application has loaded them."""

from __future__ import annotations

import sys
from typing import Any

from ..project import Project
from .value import Framework


def available(project: Project) -> list[Framework]:
    """Those that are loaded and set up; each that fails to begin is left out."""
    found: list[Framework] = []
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if apps is not None and getattr(apps, "ready", False):
        _add(found, "django_values", "DjangoValues", project)
    if "sqlalchemy.orm" in sys.modules:
        _add(found, "sqlalchemy_values", "SqlalchemyValues", project)
    return found


def _add(found: list[Framework], module: str, name: str, project: Project) -> None:
    import importlib

    try:
        made: Any = getattr(importlib.import_module(f".{module}", __package__), name)
        found.append(made(project))
    except Exception:  # what the framework's state allows is not for us to say
        return
