"""The names that a statement of a module binds and loads, and what it takes from other modules."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from .nodes import bound_name, name_parts, walk
from .sources import members

Chain = tuple[str, ...]
"""A dotted name as it is loaded: ``("models", "Order")``."""
ANY = "*"
"""Stands for any name of a module."""
WORD = re.compile(r"[A-Za-z_]\w*")
LONGEST_TEXT = 200
MAKES_NAMES = {"globals", "locals", "vars", "exec", "eval", "setattr", "__dict__", "modules"}


def bound(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds in its module."""
    return set(map(bound_name, _here(statement, classes=False))) - {"", "*"}


def loads(statement: ast.AST, *, now: bool = False) -> set[Chain]:
    """The dotted names that a statement loads; ``now``: without those that its functions load when called.

    Words of short texts count too: a class, a table, a forward reference is often named by one.
    """
    found: set[Chain] = set()
    inside: set[int] = set()
    for node in _here(statement) if now else walk(statement):  # a node comes before what it holds
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))  # a docstring
        elif id(node) in inside:
            continue
        elif isinstance(node, ast.Attribute):
            if chain := name_parts(node):
                found.add(chain)
                inside.update(id(part) for part in walk(node))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add((node.id,))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < LONGEST_TEXT
        ):
            found.update((word,) for word in WORD.findall(node.value))
    return found


def imported(statement: ast.AST, module: str) -> Iterator[tuple[str, Chain]]:
    """What a statement takes from other modules, in itself or in its functions."""
    for node in walk(statement):
        if isinstance(node, ast.ImportFrom):
            base = absolute(node, module)
            for alias in node.names:
                yield base, (alias.name,)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (ANY,)


def absolute(node: ast.ImportFrom, module: str) -> str:
    """The module that ``from … import`` in ``module`` names."""
    value = members(sys.modules.get(module)).get("__package__")
    return resolved(node.level, node.module or "", value if isinstance(value, str) else "")


def resolved(level: int, module: str, package: str) -> str:
    """The module that an import statement in ``package`` means; empty for one beyond the top-level package.

    Args:
        level: its leading dots.
        module: what stands behind them.
        package: the package that holds the statement.
    """
    if not level:
        return module
    parts = package.split(".")
    if not package or level > len(parts):
        return ""
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module else base


def makes_names(statement: ast.AST) -> bool:
    """Whether a statement may give names to a module in ways that no reader can follow."""
    return any(MAKES_NAMES & set(chain) for chain in loads(statement)) or any(
        isinstance(node, ast.alias) and node.name == "*" for node in walk(statement)
    )


def _here(statement: ast.AST, *, classes: bool = True) -> Iterator[ast.AST]:
    """The nodes of a statement that run with it: not the bodies of its functions."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        elif isinstance(node, ast.ClassDef) and not classes:
            waiting += [*node.decorator_list, *node.bases, *node.keywords]
        else:
            waiting += ast.iter_child_nodes(node)
