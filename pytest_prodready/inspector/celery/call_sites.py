"""The calls of the application's loaded modules that send tasks, each with the task that it really means."""

from __future__ import annotations

import functools
import sys
from typing import Any

from ..parsed import Parsed
from ..project import Project, source_file
from ..statement_names import resolved
from . import identity
from .call_arguments import Arguments
from .call_reading import may_have, read
from .call_scope import GLOBAL, IMPORTED, OF_CLASS, Reference
from .call_sending import Site

Facts = dict[str, Any]
READING = ("call_sites", read, may_have)
"""What is asked of each of the application's loaded modules."""
CELERY = "celery.local"
"""Loaded wherever there is a task, or the promise of one."""


def inspect(project: Project, parsed: Parsed) -> list[Facts]:
    """A ``CallSite`` for each task that a call names, in the modules that are loaded now.

    Args:
        project: the application.
        parsed: reads its sources.
    """
    if CELERY not in sys.modules:
        return []
    found = []
    for name, module in project.modules():
        file = source_file(module)
        sites = parsed.of(file, *READING)
        if sites:
            holder = Holder(name, module, project)
            place = project.relative(file)
            for site in map(Site._make, sites):
                fact = holder.fact(site, place)
                if fact is not None:
                    found.append(fact)
    return found


class Holder:
    """A loaded module whose calls are looked at.

    Args:
        name: the name under which it is loaded.
        module: the module object.
        project: the application.
    """

    def __init__(self, name: str, module: object, project: Project) -> None:
        self.name = name
        self.module = module
        self.project = project
        package = vars(module).get("__package__")
        self.package = package if isinstance(package, str) else name
        self._known: dict[tuple[Any, ...], Any] = {}

    def fact(self, site: Site, place: str) -> Facts | None:
        """The ``CallSite``; ``None`` for a call of something else, or where that cannot be known."""
        if not all(self.holds(reference, what) for reference, what in site.requires):
            return None
        task, by_name = self.task(site)
        if task is None:
            return None
        arguments = Arguments._make(site.arguments)
        return {
            "location": {"file": place, "line": site.line},
            "column": site.column,
            "function": f"{self.name}.{site.function}".rstrip("."),
            "task": task.name,
            "task_function": task.function,
            "by_name": by_name,
            "method": site.method,
            "counts": arguments.counts,
            "more": arguments.more,
            "keywords": arguments.keywords,
            "more_keywords": arguments.more_keywords,
            "complete": site.complete,
            "misuse": arguments.misuse,
            "added": arguments.added,
            "options": [
                {"name": name, "location": {"file": place, "line": line}, "text": text}
                for name, line, text in site.options
            ],
        }

    def task(self, site: Site) -> tuple[identity.Identity | None, bool]:
        """The task that a call means, and whether it is given as a text."""
        if site.task is None:
            return identity.Identity(site.name, ""), True
        value = self.value(site.task)
        if site.method == "send_task":
            return identity.Identity(value, "") if type(value) is str else None, True
        return identity.task(value, self.project), False

    def holds(self, reference: tuple[Any, ...], what: str) -> bool:
        """Whether a name is what it is taken for."""
        value = self.value(reference)
        if what == "app":
            return identity.app(value)
        if what == "partial":
            return value is functools.partial
        if what == "on_commit":
            return value is identity.part(sys.modules.get("django.db.transaction"), "on_commit")
        canvas = vars(sys.modules["celery.canvas"]) if "celery.canvas" in sys.modules else {}
        # not `in`: that compares, which an object may do in its own way
        return value is not None and any(value is one for one in _known_as(canvas, what))

    def value(self, reference: tuple[Any, ...]) -> Any:
        """The object that a ``Reference`` leads to; ``None`` where that cannot be known."""
        if reference not in self._known:
            try:
                self._known[reference] = self._value(Reference._make(reference))
            except Exception:
                self._known[reference] = None  # an object that does not let itself be looked at
        return self._known[reference]

    def _value(self, reference: Reference) -> Any:
        kind, start, parts, level = reference
        if kind == GLOBAL:
            return _follow(identity.part(self.module, start), parts)
        if kind == IMPORTED:
            base = resolved(level, start, self.package)
            return _follow(sys.modules.get(base), parts)
        value = self.module
        for name in start.split("."):
            value = identity.part(value, name)
        if kind == OF_CLASS:
            return _of_class(value, parts)
        # the task whose own function the call stands in
        found = identity.task(value, self.project)
        if found is None or found.function != f"{self.name}.{start}":
            return None
        return value if not parts else identity.current_app() if parts == ("app",) else None


def _follow(value: Any, parts: tuple[str, ...]) -> Any:
    for name in parts:
        value = identity.part(value, name)
    return value


def _of_class(cls: Any, parts: tuple[str, ...]) -> Any:
    """An attribute of a class that no subclass replaces."""
    if type not in type(cls).__mro__ or _replaced(cls, parts[0]):
        return None
    return _follow(identity.part(cls, parts[0]), parts[1:])


def _replaced(cls: type, name: str) -> bool:
    below: list[type] = type.__subclasses__(cls)
    return any(name in vars(each) or _replaced(each, name) for each in below)


def _known_as(canvas: dict[str, Any], what: str) -> list[Any]:
    """What Celery exports under a name."""
    return [canvas[name] for name in (what, f"_{what}") if name in canvas]
