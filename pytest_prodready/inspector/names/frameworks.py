"""The frameworks whose values are known, as far as the application has loaded them."""

from __future__ import annotations

import sys

from ..project import Project
from .value import Framework


def available(project: Project) -> list[Framework]:
    """Those that are loaded and set up."""
    found: list[Framework] = []
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if apps is not None and getattr(apps, "ready", False):
        from .django.values import DjangoValues

        found.append(DjangoValues(project))
    if "sqlalchemy.orm" in sys.modules:
        from .sqlalchemy.values import SqlalchemyValues

        found.append(SqlalchemyValues(project))
    return found
