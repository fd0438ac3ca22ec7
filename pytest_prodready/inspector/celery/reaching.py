"""Which tasks can reach a line, and on which way: from what a worker runs for a task, call by call."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from ..calls import Calls, Unit
from ..objects import of_its_class
from ..parsed import Parsed
from ..project import Project, source_file
from .registry import functions_behind, main_function, own, run_of

HANDLERS = ("before_start", "__call__", "on_success", "on_retry", "on_failure", "after_return")
"""What a worker calls of a task besides its body."""


def tasks_reaching(
    app: Any, broken: list[dict[str, Any]], project: Project, parsed: Parsed
) -> list[list[Any]]:
    """Which tasks can reach which broken imports.

    Args:
        app: the loaded Celery app.
        broken: ``BrokenImport`` facts.
        project: tells the application's own modules.
        parsed: reads their source.

    Returns:
        Module, function as the fact names it, and a ``Way`` for each task that reaches that function.
    """
    calls = Calls(project, parsed, whole=False)
    starts: dict[Unit, list[tuple[str, str]]] = {}
    on_itself: list[tuple[Unit, Unit, int]] = []
    for name, task in own(app).items():
        for unit, part in _starts(task, calls):
            starts.setdefault(unit, []).append((name, part))
        function = main_function(task, project)
        body = calls.unit_of(function) if function is not None else ("", ".")
        if "." not in body[1]:
            on_itself += [(body, target, line) for target, line in calls.called_on(body, type(task))]
    calls.follow([*starts, *(target for _, target, _ in on_itself)])
    for body, target, line in on_itself:
        calls.callers.setdefault(target, {}).setdefault(body, line)
    found = []
    for module, function_name in dict.fromkeys((one["module"], one["function"]) for one in broken):
        held = [unit for unit in calls.units.get(module, ()) if f"{function_name}.".startswith(f"{unit}.")]
        ways: dict[str, dict[str, Any]] = {}
        for target in ((module, unit) for unit in held):
            following = calls.ways(target)
            for unit in following:
                for task, part in starts.get(unit, ()):
                    # the body's own way, where there is one, says more than that of a handler
                    if task not in ways or (ways[task]["part"] and not part):
                        steps = list(_steps(unit, following, calls, project))
                        ways[task] = {"task": task, "part": part, "steps": steps}
        if ways:
            found.append([module, function_name, [ways[task] for task in sorted(ways)]])
    return found


def _starts(task: Any, calls: Calls) -> Iterator[tuple[Unit, str]]:
    """What runs for a task: the functions of its body and its decorators, and its class's own handlers."""
    for function in functions_behind(run_of(task)):
        if calls.project.owns_file(function.__code__.co_filename):
            yield calls.unit_of(function), ""
    for name in HANDLERS:
        held = of_its_class(task, name)
        for function in functions_behind(held) if held is not None else ():
            if calls.project.owns_file(function.__code__.co_filename):
                yield calls.unit_of(function), name


def _steps(
    unit: Unit, following: dict[Unit, Unit | None], calls: Calls, project: Project
) -> Iterator[dict[str, Any]]:
    while (then := following[unit]) is not None:
        file = source_file(sys.modules.get(unit[0]))
        yield {
            "location": project.location(file, calls.callers[then][unit]),
            "module": then[0],
            "function": then[1],
        }
        unit = then
