"""Management commands: Django set up as ``manage.py`` does it, then the module of each own command.

``execute_from_command_line`` in ``django/core/management/__init__.py`` sets Django up, finds the commands by
the files in ``management/commands`` of every installed application, and imports the module of the one that is
asked for. No command is run.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection
from typing import Any

from . import failure, garbage
from .project import Project

Facts = dict[str, Any]


def set_up() -> None:
    """Set Django up.

    Raises:
        BaseException: whatever the settings and the installed applications raise.
    """
    import django

    django.setup()


def own(project: Project, skipped: Collection[str]) -> list[tuple[str, str, str]]:
    """Name, module and file of each command of the application's own, but for those ``skipped``."""
    from django.apps import apps
    from django.core.management import get_commands

    places = {config.name: config.path for config in apps.get_app_configs()}
    found = []
    for name, app in sorted(get_commands().items()):
        file = os.path.join(places.get(app, ""), "management", "commands", f"{name}.py")
        if app in places and name not in skipped and os.path.isfile(file) and project.owns_file(file):
            found.append((name, f"{app}.management.commands.{name}", file))
    return found


def load(name: str, module: str, file: str, project: Project) -> Facts:
    """The ``Command`` facts of one command, which is imported as Django imports it to run it."""
    facts: Facts = {"name": name, "module": module, "location": project.location(file)}
    try:
        loaded = garbage.without(lambda: importlib.import_module(module))
        getattr(loaded, "Command")  # noqa: B009 - the error names the module
    except BaseException as error:  # whatever a module does when it is imported is a fact about it
        facts["failure"] = failure.describe(error, project, module)
    return facts
