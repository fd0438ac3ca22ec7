"""Which functions of the application call which, over module borders: who can reach a line."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from .celery.registry import functions_behind, main_function, own
from .nodes import name_parts, walk
from .parsed import Parsed
from .project import Project, source_file
from .statement_names import resolved

Unit = tuple[str, str]
"""Module and function: one at its top, or a method as ``Class.method``; with all that is defined inside."""


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
        Module, function as the fact names it, and the names of the tasks, for each function that one reaches.
    """
    units: dict[Unit, list[str]] = {}
    for name, task in own(app).items():
        function = main_function(task, project)
        if function is not None:
            units.setdefault(unit_of(function), []).append(name)
    calls = Calls(project, parsed)
    found = []
    for module, function in dict.fromkeys((one["module"], one["function"]) for one in broken):
        held = [unit for unit in calls.units.get(module, ()) if f"{function}.".startswith(f"{unit}.")]
        reaching = {unit for name in held for unit in calls.reaching((module, name))}
        tasks = sorted(name for unit in reaching for name in units.get(unit, ()))
        if tasks:
            found.append([module, function, tasks])
    return found


def read(tree: ast.Module) -> dict[str, Any]:
    """Unit → the dotted names that it calls, and what it imports itself: (bound, level, module, name)."""
    return {
        name: [sorted(_called(node, owner)), sorted(_imported(node))]
        for name, owner, node in _units(tree.body, "")
    }


def _units(body: Iterable[ast.stmt], owner: str) -> Iterator[tuple[str, str, ast.stmt]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{owner}.{node.name}".lstrip("."), owner, node
        elif isinstance(node, ast.ClassDef):
            yield from _units(node.body, f"{owner}.{node.name}".lstrip("."))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _units([*node.body, *getattr(node, "orelse", ())], owner)


def _called(unit: ast.stmt, owner: str) -> set[str]:
    found = {".".join(name_parts(node.func)) for node in walk(unit) if isinstance(node, ast.Call)}
    return {
        f"{owner}.{name.partition('.')[2]}" if owner and name.startswith(("self.", "cls.")) else name
        for name in found - {""}
    }


def _imported(unit: ast.stmt) -> Iterator[tuple[str, int, str, str]]:
    for node in walk(unit):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, 0, alias.name if alias.asname else top, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, node.level, node.module or "", alias.name


class Calls:
    """The calls between the functions of the application's loaded modules.

    Args:
        project: tells the application's own modules.
        parsed: reads their source.
    """

    def __init__(self, project: Project, parsed: Parsed) -> None:
        self.project = project
        self.callers: dict[Unit, set[Unit]] = {}
        self.units: dict[str, dict[str, Any]] = {}
        """Module → its units."""
        for name, module in project.modules():
            units = self.units[name] = parsed.of(source_file(module), "calls", read) or {}
            for unit, (called, imported) in units.items():
                local = {bound: self._imported(module, name, *rest) for bound, *rest in imported}
                for dotted in called:
                    for target in self._targets(dotted, local, module):
                        self.callers.setdefault(target, set()).add((name, unit))

    def reaching(self, target: Unit) -> set[Unit]:
        """The units whose calls lead to ``target``, itself included."""
        found = {target}
        waiting = [target]
        while waiting:
            new = self.callers.get(waiting.pop(), set()) - found
            found |= new
            waiting.extend(new)
        return found

    @staticmethod
    def _imported(module: object, importer: str, level: int, base: str, name: str) -> object:
        package = str(vars(module).get("__package__") or importer)
        found: object = sys.modules.get(resolved(level, base, package))
        if not name or found is None:
            return found
        return _part(found, name)

    def _targets(self, dotted: str, local: dict[str, object], module: object) -> Iterator[Unit]:
        first, *rest = dotted.split(".")
        value = local[first] if first in local else _part(module, first)
        for name in rest:
            value = _part(value, name)
        if type in type(value).__mro__:
            made = [_part(value, name) for name in ("__new__", "__init__", "__post_init__")]
        else:
            made = [value]
        for one in made:
            for function in functions_behind(one) if one is not None else ():
                if self.project.owns_module(str(function.__module__)):
                    yield unit_of(function)


def unit_of(function: FunctionType) -> Unit:
    """The unit that a function belongs to."""
    return str(function.__module__), str(function.__qualname__).partition(".<locals>")[0]


def _part(holder: object, name: str) -> object:
    """The attribute of a module or a class, without asking an object that may answer in its own way."""
    if ModuleType in type(holder).__mro__:
        found = vars(holder).get(name)
        return found if found is not None else sys.modules.get(f"{vars(holder).get('__name__')}.{name}")
    if type in type(holder).__mro__:
        bases = type.mro(holder)  # type: ignore[arg-type]  # just seen
        found = next((vars(base)[name] for base in bases if name in vars(base)), None)
        return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
    return None
