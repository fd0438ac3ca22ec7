"""Beat entries as a module's source writes them: dict displays with a ``task`` in each value."""

from __future__ import annotations

import ast

from ..nodes import walk

Entry = tuple[str, int, str]
"""Key, its line, the task as it is written."""


def read(tree: ast.Module) -> list[list[Entry]]:
    """The entries of each dict display, in the order of the source."""
    displays = [node for node in walk(tree) if isinstance(node, ast.Dict)]
    displays.sort(key=lambda node: (node.lineno, node.col_offset))
    return [entries for entries in map(_entries, displays) if entries]


def needed(data: bytes) -> bool:
    """Whether a text may hold beat entries at all."""
    return b"schedule" in data.lower()


def _entries(display: ast.Dict) -> list[Entry]:
    found: list[Entry] = []
    for name, value in zip(display.keys, display.values, strict=True):
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and isinstance(value, ast.Dict):
            task = _task(value)
            if task:
                found.append((name.value, name.lineno, task))
    return found


def _task(entry: ast.Dict) -> str:
    for name, value in zip(entry.keys, entry.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == "task":
            return str(value.value) if isinstance(value, ast.Constant) else ast.unparse(value)
    return ""
