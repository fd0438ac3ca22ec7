"""Where the application's own modules set something, by its name."""

from __future__ import annotations

import ast
import re
from typing import Any

from .project import Project

Facts = dict[str, Any]


def assigned(name: str, project: Project, first: str = "") -> Facts | None:
    """The line that assigns ``name`` in a module of the application, ``first`` before the others."""
    modules = sorted(project.modules(), key=lambda one: (one[0] != first, one[0]))
    for _, module in modules:
        if name in vars(module) or first:
            file = str(vars(module).get("__file__", ""))
            line = _line_of(file, name)
            if line:
                return project.location(file, line)
    return None


def _line_of(file: str, name: str) -> int:
    try:
        with open(file, "rb") as source:
            text = source.read()
        if name.encode() not in text:
            return 0
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return 0
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                found = node.lineno  # the last one wins
    return found


def mentioned(names: tuple[str, ...], project: Project) -> Facts | None:
    """The first line that sets one of these: a name, an attribute, a keyword, or a key."""
    for name in names:
        setting = re.compile(rf"""(?:\b|_){re.escape(name)}['"]?\]?\s*[=:](?!=)""")
        for _, module in project.modules():
            file = str(vars(module).get("__file__", ""))
            try:
                with open(file, encoding="utf-8", errors="replace") as lines:
                    for number, line in enumerate(lines, 1):
                        if setting.search(line):
                            return project.location(file, number)
            except OSError:
                continue
    return None
