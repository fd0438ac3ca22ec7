"""Modules that the app names in a string and that do not exist: which text to correct, and where it stands.

Celery's own error names the module alone, and its traceback holds none of the application's lines.
"""

from __future__ import annotations

import importlib.util
import re
from typing import Any

from .. import exceptions
from ..project import Project, source_file
from . import discovery, recorder, source

Place = tuple[str, int]


class MisnamedModuleError(ModuleNotFoundError):
    """A module that the app names in a string does not exist; the message says which, and who names it.

    Args:
        message: the sentence.
        name: the module.
        written_at: file and line of the string, which :mod:`..failure` shows as the innermost line.
    """

    def __init__(self, message: str, *, name: str | None = None, written_at: Place | None = None) -> None:
        super().__init__(message, name=name)
        self.written_at = written_at


def settings(app: Any, project: Project) -> None:
    """Raise MisnamedModuleError when it is the configuration that is missing."""
    configured = app._config_source
    if not isinstance(configured, str) or ":" in configured:
        return
    try:
        found = importlib.util.find_spec(configured) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        message = f"config_from_object names {configured!r}, which does not exist"
        raise MisnamedModuleError(
            message, name=configured, written_at=_written(configured, project)
        ) from None


def searched(error: ModuleNotFoundError, project: Project) -> None:
    """Raise MisnamedModuleError when ``autodiscover_tasks`` was given what does not exist."""
    search = recorder.searches[-1] if recorder.searches else None
    if search is None or search.error is None or search.found or error.name != search.error.name:
        return
    if not f"{search.package}.".startswith(f"{error.name}."):
        return
    place = discovery.place_named(search, project)
    where = f" at {project.relative(place[0])}:{place[1]}" if place else ""
    given = search.call.packages if search.call is not None else None
    if type(given) is str:
        message = f"autodiscover_tasks{where} is given the text {given!r} where it takes a list of packages"
        raise MisnamedModuleError(message, written_at=place) from None
    message = f"autodiscover_tasks names the package {search.package!r}{where}, which does not exist"
    raise MisnamedModuleError(message, name=error.name, written_at=place) from None


def imported(error: ModuleNotFoundError, app: Any, project: Project) -> None:
    """Raise MisnamedModuleError when ``imports`` or ``include`` names what does not exist."""
    for setting in ("imports", "include"):
        value = app.conf.get(setting)
        entries = (
            [value] if isinstance(value, str) else [*value] if isinstance(value, (list, tuple, set)) else []
        )
        for entry in entries:
            if f"{entry}.".startswith(f"{error.name}."):
                place = _written(entry, project)
                where = f" at {project.relative(place[0])}:{place[1]}" if place else ""
                message = f"its {setting} names the module {entry!r}{where}, which does not exist"
                raise MisnamedModuleError(message, name=error.name, written_at=place) from None


def installed(error: BaseException, project: Project) -> None:
    """Raise MisnamedModuleError when Django's ``INSTALLED_APPS`` names what does not exist.

    Django's own error may be hidden by the next one, that its apps are not loaded: it is looked for among the
    causes.
    """
    name = next((one.name for one in exceptions.chain(error) if isinstance(one, ModuleNotFoundError)), None)
    for entry in discovery.django_apps() or () if name else ():
        if f"{entry}.".startswith(f"{name}."):
            place = _written(entry, project)
            where = f" at {project.relative(place[0])}:{place[1]}" if place else ""
            message = f"INSTALLED_APPS names {entry!r}{where}, which does not exist"
            raise MisnamedModuleError(message, name=name, written_at=place) from None


def _written(text: str, project: Project) -> Place | None:
    """The only line of the application's loaded modules that holds ``text`` as a string."""
    found: set[Place] = set()
    for _, module in project.modules():
        file = source_file(module)
        if source.holds(file, re.compile(re.escape(text.encode()))):
            found.update((file, line) for line in source.texts(file).get(text, ()))
    return found.pop() if len(found) == 1 else None
