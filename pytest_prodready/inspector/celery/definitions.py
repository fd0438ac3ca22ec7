"""What a module's source defines, as plain values that can be kept: functions, texts, statements."""

from __future__ import annotations

import ast
from typing import Any

from ..nodes import walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)
LONGEST_TEXT = 300


def read(tree: ast.Module) -> dict[str, Any]:
    """What there is in a module.

    Returns:
        ``functions``: (first line, name) → the line of ``def``; nested ones included.
        ``classes``: name → line.
        ``texts``: string constant → the lines where it stands.
        ``statements``: first and last line of each simple statement.
    """
    found: dict[str, Any] = {"functions": {}, "classes": {}, "texts": {}, "statements": []}
    for node in walk(tree):
        if isinstance(node, FUNCTIONS):
            found["functions"][key(node)] = node.lineno
        elif isinstance(node, ast.ClassDef):
            found["classes"].setdefault(node.name, node.lineno)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) <= LONGEST_TEXT:
                found["texts"].setdefault(node.value, []).append(node.lineno)
        elif isinstance(node, SIMPLE):
            found["statements"].append((node.lineno, node.end_lineno or node.lineno))
    found["classes"] |= {node.name: node.lineno for node in tree.body if isinstance(node, ast.ClassDef)}
    for lines in found["texts"].values():
        lines.sort()
    return found


def key(node: Function) -> tuple[int, str]:
    """The line that the compiler notes for a function, that of its first decorator, and its name."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]), node.name
