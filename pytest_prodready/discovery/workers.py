"""Finds the worker commands of the project's deployment, and which queues they consume."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pytest_prodready.discovery import deployed
from pytest_prodready.discovery.deployed import Deployed
from pytest_prodready.discovery.deployment import OTHERS_FILE, commands, script_of
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.discovery.worker_command import Worker, workers
from pytest_prodready.facts import Location, WorkerCommand

_ABOUT = re.compile(rb"(?i)celery")
_NAMED_SO = re.compile(r"(?i)celery|worker|consumer")


@dataclass(frozen=True)
class Found:
    """One worker, with the command that starts it."""

    deployed: Deployed
    worker: Worker

    @property
    def location(self) -> Location:
        """The line of the command."""
        return Location(self.deployed.file, self.deployed.line)


class Workers:
    """The workers that the deployment of one project starts.

    Files whose names say development or test count only where no other file starts a worker.
    """

    def __init__(self, tree: Tree, layout: Layout) -> None:
        self.tree = tree
        self.layout = layout

    @cached_property
    def found(self) -> list[Found]:
        """Every worker, in the order of the files."""
        found = [Found(one, worker) for one in commands(self.tree, _ABOUT) for worker in _of(self.tree, one)]
        production = [one for one in found if not OTHERS_FILE.search(one.deployed.file)]
        return production or found

    def starts(self) -> list[Start]:
        """The apps that these workers name."""
        return [_start(one) for one in self.found if one.worker.app]

    def file(self, start: Start) -> str:
        """The file of the app that an answer names; empty where the project has none of that name."""
        module = start.target.partition(":")[0]
        root = self.layout.root_of_module(module, self.tree.directories(start.directories))
        path = self.tree.file_of(module, root) if root is not None else ""
        inside = path.removesuffix("__init__.py") + "celery.py"
        if path.endswith("__init__.py") and ":" not in start.target and self.tree.data(inside):
            return inside  # as "celery -A package" looks for it
        return path

    def commands(self, entries: Mapping[str, str]) -> tuple[WorkerCommand, ...]:
        """The workers of the project's Celery apps, each once for each file and line.

        Args:
            entries: target of each Celery entry point → the import root that holds it.
        """
        files = {
            target: self.file(Start("celery", "", target=target, directories=(root,)))
            for target, root in entries.items()
        }
        commands = []
        for one in self.found if entries else ():
            app = self._app(one, files)
            if app is not None:
                commands.append(self._command(one, app))
        return tuple(commands)

    def _app(self, one: Found, files: Mapping[str, str]) -> str | None:
        """The entry point that a worker starts; empty when it is not known, ``None`` when it is another's."""
        if not one.worker.app:
            return next(iter(files)) if len(files) == 1 else ""
        path, name = self.file(_start(one)), one.worker.app.partition(":")[2]
        for target, file in files.items():
            other = target.partition(":")[2]
            if path and path == file and (not name or not other or name == other):
                return target
        if path:
            return None
        # a directory of the image that is not known here
        tail = one.worker.app.partition(":")[0].replace(".", "/")
        near = [
            target for target, file in files.items() if f"/{file.removesuffix('.py')}".endswith(f"/{tail}")
        ]
        return near[0] if len(near) == 1 else None

    def _command(self, one: Found, app: str) -> WorkerCommand:
        worker, place = one.worker, one.location
        if not worker.understood:
            return WorkerCommand(one.deployed.source, place, app, understood=False)
        named = {
            name: Location(place.file, _line_of(self.tree, one.deployed, name))
            for name in (*(worker.queues or ()), *worker.excluded)
        }
        lines = {name: line for name, line in named.items() if line != place}
        return WorkerCommand(one.deployed.source, place, app, worker.queues, worker.excluded, lines=lines)


def _start(one: Found) -> Start:
    return Start(
        "celery",
        one.deployed.source,
        one.location,
        program="celery",
        target=one.worker.app,
        directories=one.worker.directories,
        path_source=f"{one.deployed.source}: its directory",
        settings_module=one.deployed.environment.get("DJANGO_SETTINGS_MODULE", ""),
    )


def _line_of(tree: Tree, one: Deployed, name: str) -> int:
    """The line of a command that names a queue, else its first line."""
    lines = tree.data(one.file).decode(errors="replace").splitlines()
    for number in range(one.line, max(one.line, one.last) + 1):
        if number <= len(lines) and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", lines[number - 1]):
            return number
    return one.line


def _of(tree: Tree, one: Deployed) -> Iterator[Worker]:
    """The workers of one command, those of the script that it runs included."""
    if not one.readable:
        yield Worker(understood=False)
        return
    known = [*workers(one.command, one.environment)]
    if known or re.search(r"(?i)\bcelery\s", one.command):
        yield from known
        return
    path = script_of(tree, one.command)
    if path:
        for line in deployed.script(tree, path):
            yield from workers(line.command, {**line.environment, **one.environment})
    elif _runs_a_script(one.command) and (_NAMED_SO.search(one.name) or _NAMED_SO.search(one.command)):
        yield Worker(understood=False)


def _runs_a_script(line: str) -> bool:
    """Whether the command is a file of the image rather than a program that is known by its name."""
    first = line.split()[:1]
    return bool(first) and (
        "/" in first[0] or first[0].endswith(".sh") or "$" in first[0] or first[0] in ("sh", "bash")
    )
