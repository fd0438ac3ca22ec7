"""Where the project's settings modules write a setting, or a value of one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from typing import Any

from ..nodes import walk
from ..project import Project, source_file
from ..sources import members, tree_of

Facts = dict[str, Any]


class SettingsSource:
    """The settings module, and the application's modules that it imports from, in that order.

    Args:
        project: the application.
        module: the name of Django's settings module.
    """

    def __init__(self, project: Project, module: str) -> None:
        self._project = project
        self._modules: dict[str, tuple[dict[str, object], str, ast.Module]] = {}
        waiting = [module]
        while waiting:
            name = waiting.pop(0)
            known = name in self._modules or not project.owns_loaded(sys.modules.get(name))
            file = "" if known else source_file(sys.modules[name])
            tree = tree_of(file) if file else None
            if tree is not None:
                held = members(sys.modules[name])
                self._modules[name] = held, file, tree
                waiting += _imported(tree, str(held.get("__package__") or ""))

    def module_place(self) -> Facts | None:
        """The settings module itself; ``None`` where it is not the application's."""
        for _, file, _ in self._modules.values():
            return self._project.location(file)
        return None

    def place(self, setting: str) -> Facts | None:
        """The line that sets ``setting``; the settings module where no line does."""
        found = self._assigned(setting)
        return self._project.location(found[0], found[1].lineno) if found else self.module_place()

    def value_place(self, setting: str, text: str) -> Facts | None:
        """The line of the settings that has ``text`` as a constant; else that of the setting."""
        for _, file, tree in self._modules.values():
            lines = [
                node.lineno for node in walk(tree) if isinstance(node, ast.Constant) and node.value == text
            ]
            if lines:
                return self._project.location(file, min(lines))
        return self.place(setting)

    def is_written_out(self, setting: str, value: object) -> bool:
        """Whether the settings have ``value`` as a constant, so that no variable of production changes it.

        Also of a setting that no line sets: Django's default is in force.
        """
        if not self._modules:
            return False
        if not any(setting in held for held, _, _ in self._modules.values()):
            return True
        found = self._assigned(setting)
        if found is None or found[1].value is None or found[1] not in found[2].body:
            return False
        try:
            return bool(ast.literal_eval(found[1].value) == value)
        except (ValueError, TypeError):
            return False

    def _assigned(self, setting: str) -> tuple[str, ast.Assign | ast.AnnAssign, ast.Module] | None:
        """File, statement and tree of the last assignment in the first module that has one."""
        for held, file, tree in self._modules.values():
            if setting not in held:
                continue
            found = None
            for node in walk(tree):
                if isinstance(node, (ast.Assign, ast.AnnAssign)):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    named = any(isinstance(one, ast.Name) and one.id == setting for one in targets)
                    if named and (found is None or node.lineno > found.lineno):
                        found = node
            if found is not None:
                return file, found, tree
        return None


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                try:
                    base = resolve_name("." * node.level + base, package)
                except ImportError:  # more dots than packages
                    continue
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
