"""Names that more than one task has claimed: only one of them can be called."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from types import FunctionType
from typing import Any

from ..project import Project, source_file
from . import recorder, registry, source

Facts = dict[str, Any]


def rivals(app: Any, tasks: dict[str, Any], project: Project) -> dict[str, list[Facts]]:
    """Name → the ``Claim`` of each task that was registered under it, where there are several.

    The same task, registered again by a reload or by a second import of its module, is one; so are
    functions that one place of the source has made.

    Args:
        app: the loaded app.
        tasks: name → task of its registry.
        project: the application.
    """
    claims: dict[str, list[recorder.Claim]] = {}
    for claim in recorder.claims:
        if claim.registry is app._tasks and isinstance(claim.name, str):
            claims.setdefault(claim.name, []).append(claim)
    found = {}
    for name, several in claims.items():
        if name in tasks and any(claim.task is not several[0].task for claim in several):
            described = _described(tasks[name], several, project)
            if len(described) > 1:
                found[name] = described
    return found


def _described(task: Any, several: list[recorder.Claim], project: Project) -> list[Facts]:
    here = _identity(task, project)
    found: dict[Hashable, Facts] = {}
    for claim in several:
        key = _identity(claim.task, project)
        if key not in found:
            found[key] = {**_place(claim.task, project), "named": claim.named, "registered": key == here}
        found[key]["replaces"] = found[key].get("replaces", False) or claim.replaces
    return list(found.values())


def _identity(task: Any, project: Project) -> Hashable:
    """What makes two registrations one: the place of the function, or the class."""
    function = _function(task, project)
    if function is not None:
        return function.__code__.co_filename, function.__code__.co_firstlineno
    cls = type(task)
    return (cls.__module__, cls.__qualname__) if _is_task(task) else id(task)


def _function(task: Any, project: Project) -> FunctionType | None:
    """The function that was decorated; ``None`` for an instance of a class that the application wrote."""
    if _is_task(task):
        return registry.main_function(task, project) if "_decorated" in vars(type(task)) else None
    return registry.main_behind(task, project)


def _is_task(task: Any) -> bool:
    from celery.app.task import Task

    return Task in type(task).__mro__


def _place(task: Any, project: Project) -> Facts:
    function = _function(task, project)
    if function is not None:
        file = function.__code__.co_filename
        first = function.__code__.co_firstlineno
        name = f"{function.__module__}.{function.__qualname__}".replace(".<locals>", "")
        own = project.owns_file(file)
        known = source.functions(file).get((first, function.__code__.co_name)) if own else None
        line = known or first
        return {"function": name, "own": own, "location": project.location(file, line) if own else None}
    # what was written in C or in a class of its own: known by its name alone
    cls = type(task) if _is_task(task) else None
    module = getattr(cls or task, "__module__", "") or ""
    name = getattr(cls or task, "__qualname__", type(task).__qualname__)
    file = source_file(sys.modules.get(module)) if isinstance(module, str) else ""
    own = bool(file) and project.owns_file(file)
    at = source.classes(file).get(cls.__name__) if own and cls is not None else None
    return {
        "function": f"{module}.{name}",
        "own": own,
        "location": project.location(file, at) if at else None,
    }
