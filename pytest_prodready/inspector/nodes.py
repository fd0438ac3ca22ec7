"""The nodes of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

NAMED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)
"""Nodes that bind what stands in their field ``name``."""


def is_try(node: ast.AST) -> bool:
    """Whether ``node`` is a ``try``, with ``except`` or ``except*``."""
    return isinstance(node, ast.Try) or type(node).__name__ == "TryStar"


def name_parts(node: ast.AST) -> tuple[str, ...]:
    """The parts of ``a.b.c``, in order; none for what is no dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def last_name(node: ast.AST | None) -> str:
    """``b`` of ``b`` and of ``a.b``; empty for what is no name."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


_TEXTS = {"arg", "attr", "conversion", "ctx", "id", "level", "module", "type_comment"}
"""Fields that hold no node in any class of nodes, nor one that says more than the name of its class."""
_FIELDS = {
    kind: tuple(field for field in kind._fields if field not in _TEXTS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""Class of nodes → those of its fields that may hold nodes."""


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and all that is in it, each before what it holds.

    In half the time of ``ast.walk``, which also imports ``collections`` whenever it is called: that may
    be the application's own module by then.
    """
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        for field in _FIELDS[type(one)]:
            value = getattr(one, field, None)
            if type(value) is list:
                # None for a default that is not there, names after `global`
                waiting += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


def bound_name(node: ast.AST) -> str:
    """The name that ``node`` itself binds where it stands, as no parameter does; empty for none."""
    if isinstance(node, ast.Name):
        return node.id if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.alias):
        return node.asname or node.name.partition(".")[0]
    if isinstance(node, ast.MatchMapping):
        return node.rest or ""
    if isinstance(node, NAMED):
        return node.name or ""
    return ""


def bound_once(tree: ast.AST, name: str) -> ast.expr | None:
    """What a name is assigned that ``tree`` binds in one place alone; ``None`` where there are others."""
    found: ast.expr | None = None
    places = 0
    for node in walk(tree):
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == name for one in node.targets):
            found = node.value
        places += bound_name(node) == name or (isinstance(node, ast.arg) and node.arg == name)
    return found if places == 1 else None
