"""Tasks as the source defines them: which of them the worker has, and why it lacks the others.

Only what stands at the top level of a module counts: a task under a condition may be switched off on purpose.
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ..project import FOREIGN, Project, source_file
from . import registry, source, written
from .makers import Makers, Scope

Facts = dict[str, Any]
TASK = re.compile(b"task", re.IGNORECASE)
TESTS = {"tests", "test", "testing", "testutils", "migrations", "__pycache__"}
"""Directories and files of these names are no part of what production runs."""


def sources(
    app: Any,
    tasks: dict[str, Any],
    described: list[Facts],
    discoveries: list[Facts],
    project: Project,
    rivals: Iterable[str] = (),
) -> list[Facts]:
    """A ``SourceTask`` for each task that the source of the application's packages defines.

    Args:
        app: the loaded app.
        tasks: name → task of its registry.
        described: the ``Task`` facts of the same tasks.
        discoveries: the ``Discovery`` facts.
        project: the application.
        rivals: names that several tasks have claimed; what has lost one of these is told with the name.
    """
    files = dict(_files(project))
    judge = _Judge(app, tasks, described, discoveries, project, files)
    judge.rivals = set(rivals)
    words = _words(files.values())
    found: list[Facts] = []
    for module, file in files.items():
        found.extend(judge.module(module, file, words))
    return found


def _words(files: Iterable[str]) -> re.Pattern[bytes]:
    """What the text of a module with tasks holds: the word itself, or a name that stands for a decorator."""
    names = {"task"}
    for file in (file for file in files if source.holds(file, TASK)):
        for name, references in source.written_in(file).get("makers", {}).items():
            if any(TASK.search(reference.encode()) for reference in references):
                names.add(name)
    return re.compile("|".join(map(re.escape, sorted(names))).encode(), re.IGNORECASE)


class _Judge:
    """Compares definitions with the registry."""

    rivals: set[str]

    def __init__(
        self,
        app: Any,
        tasks: dict[str, Any],
        described: list[Facts],
        discoveries: list[Facts],
        project: Project,
        files: dict[str, str],
    ) -> None:
        self.app, self.tasks, self.project, self.discoveries = app, tasks, project, discoveries
        self.makers, self.files = Makers(app, project, files), files
        self.described = {task["name"]: task for task in described}
        self.task_modules = {task["module"] for task in described}
        self.registered = {
            place: name for name, task in tasks.items() for place in registry.places(task, project)
        }
        self.classes = {
            (cls.__module__, cls.__qualname__): name
            for name, task in tasks.items()
            for cls in type(task).__mro__
            if project.owns_module(str(cls.__module__))
        }
        self.loaded = {
            project.real(source_file(module)): (name, module)
            for name, module in list(sys.modules.items())
            if name != "__main__" and source_file(module)
        }
        self.in_use: set[str] = set()

    def module(self, name: str, file: str, words: re.Pattern[bytes]) -> Iterator[Facts]:
        """The tasks that one file defines."""
        seen = source.written_in(file) if source.holds(file, words) else None
        if not seen or not (seen["functions"] or seen["assigned"] or seen["classes"]):
            return
        loaded_as, module = self.loaded.get(self.project.real(file), ("", None))
        scope = Scope(loaded_as or name, file, module, self.files)
        for decorators in seen["functions"]:
            yield from self._first(map(written.Made._make, decorators), scope, file)
        for made in map(written.Made._make, seen["assigned"]):
            yield from self._first([made], scope, file)
        of = {made[4] for made in seen["assigned"]}
        for cls, facts in seen["classes"].items():
            if cls not in of:
                yield from self._forgotten(cls, written.Class._make(facts), scope, file)

    def _first(self, several: Iterable[written.Made], scope: Scope, file: str) -> Iterator[Facts]:
        """The task that the first decorator of Celery's makes."""
        for made in several:
            owner = self.makers.owner(made.maker, scope)
            if owner is not None:
                fact = self._task(made, owner, scope, file)
                if fact is not None:
                    yield fact
                return

    def _task(self, made: written.Made, owner: Any, scope: Scope, file: str) -> Facts | None:
        facts = self._facts(made.target or made.of, made.line, scope, file)
        cls = scope.written["classes"].get(made.of)
        if cls is not None:
            facts["function"] = made.of
            known = self.classes.get((scope.module, made.of), "")
            name = written.Class._make(cls).name
        else:
            first = made.first or scope.written["defined"].get(made.of, 0)
            if not first:
                return None  # the function comes from elsewhere: its own module tells of it
            known = self.registered.get((self.project.real(file), first), "")
            name = made.name
        if known:
            return {**facts, "registered": known}
        name = name or self._generated(made.of, scope.module)
        if name in self.rivals:
            return None
        if not facts["loaded"]:
            # another app's task is another worker's business, a name that is known has a task already
            lost = owner is self.app and name not in self.tasks
            return {**facts, "discovery": self._discovery(scope.module)} if lost else None
        other = self.described.get(name)
        if other is not None and other["location"] is not None:
            at = f"{other['location']['file']}:{other['location']['line']}"
            return {**facts, "replaced_by": f"{at} {other['module']}.{other['function']}"}
        if other is not None or not made.direct:
            return None  # what Celery was given is not this function but what other decorators made of it
        return {**facts, "other_app": "" if owner is self.app else f"{owner.main or scope.module}"}

    def _facts(self, function: str, line: int, scope: Scope, file: str) -> Facts:
        return {
            "module": scope.module,
            "function": function,
            "location": self.project.location(file, line),
            "loaded": scope.names is not None,
        }

    def _forgotten(self, name: str, cls: written.Class, scope: Scope, file: str) -> Iterator[Facts]:
        """A class of tasks that nothing registers, although it has all that a task needs."""
        if scope.names is None or not cls.runs or cls.abstract or name in self._in_use():
            return
        value = scope.names.get(name)
        if not self.makers.is_task_class(name, scope) or type.__subclasses__(value):
            return  # other tasks are made of it
        task = cls.name or self._generated(name, scope.module)
        if (scope.module, name) not in self.classes and task not in self.tasks:
            yield {**self._facts(name, cls.line, scope, file), "of_class": True, "task_name": cls.name}

    def _generated(self, function: str, module: str) -> str:
        try:
            return str(self.app.gen_task_name(function, module))
        except Exception:  # the application's own, which may not expect a module that is not loaded
            return ""

    def _in_use(self) -> set[str]:
        """Classes that may be registered elsewhere, or that are bases of others."""
        if not self.in_use:
            self.in_use.add("")
            for file in self.files.values():
                seen = source.written_in(file) if source.holds(file, TASK) else None
                if seen:
                    self.in_use.update(source.of(file, "instances", written.instances) or ())
                    for _, bases, *_ in seen["classes"].values():
                        self.in_use.update(base.rpartition(".")[2] for base in bases)
        return self.in_use

    def _discovery(self, module: str) -> str:
        """The package searched for tasks that ``module`` lies in, when the worker got none of its tasks."""
        for found in sorted(self.discoveries, key=lambda found: not found["explicit"]):
            package = found["package"]
            if found["found"] or not _lies_in(module, package, found["related"]):
                continue
            if not any(_lies_in(loaded, package, found["related"]) for loaded in self.task_modules):
                return str(package)
        return ""


def _lies_in(module: str, package: str, related: str) -> bool:
    """Directly in the package, or in a module of the searched name further down."""
    parent, _, last = module.rpartition(".")
    return parent == package or (parent.startswith(f"{package}.") and last == related)


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
