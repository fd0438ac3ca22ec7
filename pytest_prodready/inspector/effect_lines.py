"""The line that did what no event of the interpreter tells of, read from the source of the module."""

import ast
import sys
from collections.abc import Iterator

from .nodes import walk
from .sources import tree_of

ADDING = {"append", "insert", "extend"}
REMOVING = {"remove", "clear", "pop"}
CLOSING = {"dup2", "close", "closerange"}


def find_line(file: str, module: str, kind: str, detail: str) -> "int | None":
    """The first line of ``file`` that has an effect of this kind, as far as the source shows it.

    Args:
        file: a source file.
        module: its name.
        kind: of effect: ``path``, ``output`` or ``memory``.
        detail: of the effect: which output, or what was added to the path or removed from it.
    """
    tree = tree_of(file)
    if tree is None:
        return None
    if kind == "path":
        found = _altering(tree, "path", ADDING if detail.startswith("+") else REMOVING)
    elif kind == "output" and detail.startswith("sys."):
        found = _altering(tree, detail.removeprefix("sys."), set())
    elif kind == "output":
        found = _calls(tree, CLOSING)
    elif kind == "memory":
        found = _binding(tree, _large(module))
    else:
        return None
    return min((node.lineno for node in found), default=None)


def _altering(tree: ast.AST, name: str, methods: "set[str]") -> "Iterator[ast.expr]":
    """Where ``sys.<name>`` is bound, deleted, or altered by one of ``methods``."""
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in methods and _is(node.func.value, name):
                yield node
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            altered = node.value if isinstance(node, ast.Subscript) else node
            if _is(altered, name):
                yield node


LARGE = 1 << 29
PLAIN = (bytes, bytearray, str, list, dict, tuple, set)


def _large(module: str) -> "set[str]":
    """The names of a module whose values alone take most of what it takes."""
    names = vars(sys.modules[module]).items() if module in sys.modules else ()
    return {name for name, value in names if type(value) in PLAIN and sys.getsizeof(value) > LARGE}


def _binding(tree: ast.AST, names: "set[str]") -> "Iterator[ast.expr]":
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
            yield node


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _calls(tree: ast.AST, names: "set[str]") -> "Iterator[ast.expr]":
    """Where a function of ``os`` with one of these names is called."""
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "os":
                yield node
