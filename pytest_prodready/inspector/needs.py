"""What a source file needs of a top-level module that it imports, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from .conditions import Conditions
from .nodes import NAMED, is_try, last_name, walk

ASKS = {"hasattr", "getattr", "version_info", "platform", "implementation", "hexversion", "TYPE_CHECKING"}
"""Names in a condition that asks whether something is there before it is used."""


def needs(tree: ast.Module, top: str) -> tuple[int, set[str]]:
    """What ``tree`` needs of the module ``top``.

    Returns:
        The line of its first import of ``top``, 0 when it has none, and the names directly in ``top`` that it
        imports or reads, but for those that it provides for the absence of.
    """
    lines: list[int] = []
    names: set[str] = set()
    aliases: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == top:
                    lines.append(node.lineno)
                    if alias.asname is None or alias.name == top:
                        aliases.add(alias.asname or top)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            lines += [node.lineno] if node.module.partition(".")[0] == top else []
    if not lines:
        return 0, names
    aliases -= _otherwise_bound(tree)
    for node in _without_guarded(tree, Conditions(tree)):
        if isinstance(node, ast.Import):
            imported = (alias.name.split(".") for alias in node.names)
            names |= {parts[1] for parts in imported if parts[0] == top and len(parts) > 1}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            parts = node.module.split(".")
            if parts[0] == top:
                names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif _is_read_of(node, aliases):
            names.add(node.attr)
    return min(lines), names - {"*"}


def _is_read_of(node: ast.AST, names: set[str]) -> TypeGuard[ast.Attribute]:
    """``json.loads``, for one of ``names`` that is not stored to."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
    )


def names_of(tree: ast.Module) -> set[str] | None:
    """The names that the body of ``tree`` may bind in its module; ``None`` when they cannot be told."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.alias):
            if node.name == "*":
                return None
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            if node.id in ("globals", "vars", "exec"):
                return None
            if not isinstance(node.ctx, ast.Load):
                names.add(node.id)
    return None if "__getattr__" in names else names


def _otherwise_bound(tree: ast.Module) -> set[str]:
    """Names that are bound by something else than an import anywhere: they may mean something else."""
    bound = set()
    for node in walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, NAMED) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
    return bound


def _without_guarded(tree: ast.Module, conditions: Conditions) -> Iterator[ast.AST]:
    """The nodes of ``tree``, without annotations and what stands in a ``try`` or behind a question."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If):
            holds = conditions.constant(node.test)
            asked = holds is None and _asks(node.test)
            waiting.append(node.test)
            waiting += [] if asked or holds is False else node.body
            waiting += [] if asked or holds is True else node.orelse
        elif is_try(node):
            # a handler may run because of what is missing, and provide for it
            waiting += [*getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
        elif _provides(node):
            continue
        elif isinstance(node, ast.AnnAssign):
            waiting += [part for part in (node.target, node.value) if part is not None]
        else:
            waiting += [
                child
                for field, value in ast.iter_fields(node)
                if field not in ("annotation", "returns")
                for child in (value if isinstance(value, list) else [value])
                if isinstance(child, ast.AST)
            ]


def _provides(node: ast.AST) -> bool:
    """A conditional expression that asks before it uses, or ``with suppress(…)``."""
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        return _asks(node)
    return isinstance(node, (ast.With, ast.AsyncWith)) and any(
        last_name(one) == "suppress" for item in node.items for one in walk(item.context_expr)
    )


def _asks(test: ast.expr) -> bool:
    return any(last_name(node) in ASKS for node in walk(test))
