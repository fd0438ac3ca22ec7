"""The line that did what no event of the interpreter tells of, read from the source of the module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .nodes import walk

if TYPE_CHECKING:
    from .parsed import Parsed

READING = "effects"
ADDING = {"append", "insert", "extend"}
REMOVING = {"remove", "clear", "pop"}
CLOSING = {"dup2", "close", "closerange"}
STORED = "="
"""Stands for the method where an attribute is bound or deleted, or an item of it."""
Lines = list[tuple[str, str, int]]


def find_line(file: str, module: str, kind: str, detail: str, parsed: Parsed) -> int | None:
    """The first line of ``file`` that has an effect of this kind, as far as the source shows it.

    Args:
        file: a source file.
        module: its name.
        kind: of effect: ``path``, ``output`` or ``memory``.
        detail: of the effect: which output, or what was added to the path or removed from it.
        parsed: reads the sources.
    """
    if kind == "memory":
        large = _large(module)
        bound: Lines = (parsed.of(file, "bound", _read_bound) or []) if large else []
        return min((line for name, _, line in bound if name in large), default=None)
    if kind == "path":
        methods = {STORED, *(ADDING if detail.startswith("+") else REMOVING)}
        wanted = {("path", method) for method in methods}
    elif kind == "output" and detail.startswith("sys."):
        wanted = {(detail.removeprefix("sys."), STORED)}
    elif kind == "output":
        wanted = {("os", method) for method in CLOSING}
    else:
        return None
    lines: Lines = parsed.of(file, READING, _read) or []
    return min((line for name, method, line in lines if (name, method) in wanted), default=None)


def _read(tree: ast.Module) -> Lines:
    """What may alter an attribute of ``sys`` or close a descriptor: the name, the method, the line."""
    return [*_altering(tree), *_closing(tree)]


def _altering(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Where ``sys.<name>`` is bound, deleted, or altered by a method."""
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr in ADDING | REMOVING and isinstance(owner, ast.Attribute):
                yield owner.attr, node.func.attr, node.lineno
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            altered = node.value if isinstance(node, ast.Subscript) else node
            if isinstance(altered, ast.Attribute):
                yield altered.attr, STORED, node.lineno


def _closing(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Where a function of ``os`` that closes a descriptor is called."""
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOSING:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "os":
                yield "os", node.func.attr, node.lineno


LARGE = 1 << 29
PLAIN = (bytes, bytearray, str, list, dict, tuple, set)


def _large(module: str) -> set[str]:
    """The names of a module whose values alone take most of what it takes."""
    names = vars(sys.modules[module]).items() if module in sys.modules else ()
    return {name for name, value in names if type(value) in PLAIN and sys.getsizeof(value) > LARGE}


def _read_bound(tree: ast.Module) -> Lines:
    """Every name that a statement binds, with its line."""
    return [
        (node.id, STORED, node.lineno)
        for node in walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
