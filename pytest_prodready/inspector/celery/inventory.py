"""Tasks as the source defines them: which of them the worker has, and why it lacks the others.

Only decorators at the top level of a module count: a task under a condition may be switched off on purpose.
A decorator is Celery's when the real object behind it says so, never by its name alone.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
from collections.abc import Iterable, Iterator
from types import MethodType, ModuleType
from typing import Any

from ..project import FOREIGN, Project, source_file
from ..statement_names import resolved
from . import registry, source

Facts = dict[str, Any]
TESTS = {"tests", "test", "testing", "testutils", "migrations", "__pycache__"}
"""Directories and files of these names are no part of what production runs."""


def sources(
    app: Any, tasks: dict[str, Any], described: list[Facts], discoveries: list[Facts], project: Project
) -> list[Facts]:
    """A ``SourceTask`` for each task that the source of the application's packages defines.

    Args:
        app: the loaded app.
        tasks: name → task of its registry.
        described: the ``Task`` facts of the same tasks.
        discoveries: the ``Discovery`` facts.
        project: the application.
    """
    judge = _Judge(app, tasks, described, discoveries, project)
    found: list[Facts] = []
    for module, file in _files(project):
        if b"task" in source.read(file):
            found.extend(judge.module(module, file))
    return found


class _Judge:
    """Compares definitions with the registry."""

    def __init__(
        self,
        app: Any,
        tasks: dict[str, Any],
        described: list[Facts],
        discoveries: list[Facts],
        project: Project,
    ) -> None:
        from celery.app import shared_task
        from celery.app.base import Celery

        self.app, self.celery, self.shared_task = app, Celery, shared_task
        self.tasks, self.project, self.discoveries = tasks, project, discoveries
        self.described = {task["name"]: task for task in described}
        self.task_modules = {task["module"] for task in described}
        self.registered = {place: name for name, task in tasks.items() for place in registry.places(task)}
        self.loaded = {
            os.path.realpath(source_file(module)): (name, module)
            for name, module in list(sys.modules.items())
            if name != "__main__" and source_file(module)
        }

    def module(self, name: str, file: str) -> Iterator[Facts]:
        """The tasks that one file defines."""
        tree = source.tree(file)
        loaded_as, module = self.loaded.get(os.path.realpath(file), ("", None))
        if module is not None:
            name, names = loaded_as, vars(module)
        else:
            names = _imported_names(tree, name, os.path.basename(file) == "__init__.py")
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for decorator in node.decorator_list:
                    owner = self._owner(decorator, names)
                    if owner is not None:
                        fact = self._task(node, decorator, owner, name, file, module is not None)
                        if fact is not None:
                            yield fact
                        break

    def _owner(self, decorator: ast.expr, names: dict[str, Any]) -> Any:
        """The app whose ``task`` a decorator is, our own for ``shared_task``, ``None`` for foreign ones."""
        reference = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(reference, ast.Attribute) and reference.attr == "task":
            value = _resolve(reference.value, names)
            if self.celery in type(value).__mro__:
                return value
            return self.app if type(value).__module__ == "celery.local" else None  # celery.current_app
        value = _resolve(reference, names)
        if value is self.shared_task:
            return self.app
        if type(value) is MethodType and self.celery in type(value.__self__).__mro__:
            return value.__self__ if value.__func__.__name__ == "task" else None
        return None

    def _task(
        self,
        node: source.Function,
        decorator: ast.expr,
        owner: Any,
        module: str,
        file: str,
        loaded: bool,
    ) -> Facts | None:
        facts: Facts = {
            "module": module,
            "function": node.name,
            "location": self.project.location(file, node.lineno),
            "loaded": loaded,
        }
        place = (os.path.realpath(file), source.first_line(node))
        if place in self.registered:
            return {**facts, "registered": self.registered[place]}
        name = _given_name(decorator) or self.app.gen_task_name(node.name, module)
        if not loaded:
            # another app's task is another worker's business, a name that is known has a task already
            known = owner is not self.app or name in self.tasks
            return None if known else {**facts, "discovery": self._discovery(module)}
        other = self.described.get(name)
        if other is not None and other["location"] is not None:
            at = f"{other['location']['file']}:{other['location']['line']}"
            return {**facts, "replaced_by": f"{at} {other['module']}.{other['function']}"}
        if other is not None or decorator is not node.decorator_list[-1]:
            return None  # what Celery was given is not this function but what other decorators made of it
        return {**facts, "other_app": "" if owner is self.app else f"{owner.main or module}"}

    def _discovery(self, module: str) -> str:
        """The package named for discovery that ``module`` lies in, when the worker got none of its tasks."""
        for found in self.discoveries:
            package = found["package"]
            if found["found"] or not found["explicit"] or not _lies_in(module, package, found["related"]):
                continue
            if not any(_lies_in(loaded, package, found["related"]) for loaded in self.task_modules):
                return str(package)
        return ""


def _lies_in(module: str, package: str, related: str) -> bool:
    """Directly in the package, or further below it under the name that discovery looks for."""
    if module == package:
        return True
    parent, _, last = module.rpartition(".")
    return parent == package or (parent.startswith(f"{package}.") and last == related)


def _resolve(reference: ast.expr, names: dict[str, Any]) -> Any:
    """The object that a dotted name means, going through modules only; ``None`` when that is not enough."""
    if isinstance(reference, ast.Name):
        return names.get(reference.id)
    if isinstance(reference, ast.Attribute):
        module = _resolve(reference.value, names)
        if type(module) is not ModuleType and ModuleType not in type(module).__mro__:
            return None
        if reference.attr in vars(module):
            return vars(module)[reference.attr]
        # the package celery loads its names when they are asked for
        return getattr(module, reference.attr, None) if module is sys.modules.get("celery") else None
    return None


def _imported_names(tree: ast.Module, module: str, is_package: bool) -> dict[str, Any]:
    """What a module that is not loaded would find under the names it imports, as far as that is loaded."""
    names: dict[str, Any] = {}
    package = module if is_package else module.rpartition(".")[0]
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or target] = sys.modules.get(target)
        elif isinstance(node, ast.ImportFrom):
            base = resolved(node.level, node.module or "", package)
            for alias in node.names:
                names[alias.asname or alias.name] = _name_in(base, alias.name)
    return names


def _name_in(base: str, name: str) -> Any:
    module = sys.modules.get(base)
    if module is None:
        return None
    if base == "celery":
        return getattr(module, name, None)
    return vars(module)[name] if name in vars(module) else sys.modules.get(f"{base}.{name}")


def _given_name(decorator: ast.expr) -> str:
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""


def _files(project: Project) -> Iterator[tuple[str, str]]:
    """(module, file) of every source file below the application's packages."""
    for top in project.packages:
        for place in _places(top):
            if os.path.isfile(place) and project.owns_file(place):
                yield top, place
            elif os.path.isdir(place) and project.owns_file(place):
                yield from _walk(top, place)


def _places(top: str) -> Iterable[str]:
    spec = getattr(sys.modules.get(top), "__spec__", None) or importlib.machinery.PathFinder.find_spec(top)
    if spec is None:
        return []
    return list(spec.submodule_search_locations or [spec.origin or ""])


def _walk(package: str, directory: str) -> Iterator[tuple[str, str]]:
    for path, directories, files in os.walk(directory):
        directories[:] = sorted(
            name
            for name in directories
            if name.isidentifier()
            and name not in TESTS
            and name not in FOREIGN
            and not os.path.exists(os.path.join(path, name, "pyvenv.cfg"))
        )
        below = os.path.relpath(path, directory).replace(os.sep, ".")
        prefix = package if below == "." else f"{package}.{below}"
        for file in sorted(files):
            stem, suffix = os.path.splitext(file)
            if suffix == ".py" and stem.isidentifier() and not _is_test(stem):
                yield (prefix if stem == "__init__" else f"{prefix}.{stem}"), os.path.join(path, file)


def _is_test(stem: str) -> bool:
    return stem in TESTS or stem == "conftest" or stem.startswith("test_") or stem.endswith("_test")
