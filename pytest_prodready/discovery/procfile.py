"""Reads the Procfile."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_prodready.discovery.command import Command, parse
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location

FILE = "Procfile"
_PROCESS = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")
_LEADERS = {"web": ("web",), "celery": ("worker", "celery", "beat")}


def starts(tree: Tree, kind: str) -> list[Start]:
    """What the Procfile starts of this ``kind``, the process that is named for it first."""
    leaders = _LEADERS[kind]
    found = [(process, start) for process, start in _all(tree) if start.kind == kind]
    order = {name: number for number, name in enumerate(leaders)}
    return [start for _, start in sorted(found, key=lambda item: order.get(item[0], len(order)))]


def _all(tree: Tree) -> Iterator[tuple[str, Start]]:
    text = tree.data(FILE).decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        process = _PROCESS.match(line)
        if not process or process[1] == "release":
            continue
        for command in parse(process[2]):
            target, words = command.target, f"{FILE}, {process[1]}"
            if command.configuration:
                target = wsgi_app(tree, command)
                words += f" (wsgi_app in {command.configuration})"
            if target or command.script:
                yield (
                    process[1],
                    Start(
                        kind="celery" if command.program == "celery" else "web",
                        source=words,
                        location=Location(FILE, number),
                        program=command.program,
                        target=target,
                        script=command.script,
                        attribute=command.attribute,
                        directories=command.directories,
                        path_source=f"{FILE}, {process[1]}: {command.path_source}",
                        settings_module=command.environment.get("DJANGO_SETTINGS_MODULE", ""),
                    ),
                )


def wsgi_app(tree: Tree, command: Command) -> str:
    """The ``wsgi_app`` setting of gunicorn, where its configuration file sets it to a plain string."""
    module = tree.syntax(command.configuration.removeprefix("file:"))
    for node in module.body if module else ():
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == "wsgi_app" for target in node.targets)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            app = node.value.value
            return app if ":" in app else f"{app}:application"
    return ""
