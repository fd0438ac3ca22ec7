"""Names that a module does not have after its import, but that its application may give it while it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .project import Project, source_file

DYNAMIC = {"globals", "setattr", "exec", "vars", "__dict__"}
"""A module that uses one of these on its top level or in a function may get any name."""


def may_appear(name: str, module: object, project: Project) -> bool:
    """Whether the application's sources assign ``name`` to ``module`` somewhere, or may do so.

    That is: ``global name`` in a function of the module or names made in ways that no reader can follow,
    or ``something.name = …`` in any of the loaded modules (``db.engine = create_engine(…)`` at start-up).
    """
    if any(
        (isinstance(node, ast.Global) and name in node.names)
        or getattr(node, "id", getattr(node, "attr", "")) in DYNAMIC
        for node in _nodes(module)
    ):
        return True
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Store) and _is_module(node.value)
        for _, other in project.modules()
        for node in _nodes(other)
    )


def _is_module(node: ast.expr) -> bool:
    """Whether an expression may stand for a module: ``self`` and ``cls`` do not."""
    return not (isinstance(node, ast.Name) and node.id in ("self", "cls"))


def _nodes(module: object) -> Iterator[ast.AST]:
    try:
        with open(source_file(module), "rb") as source:
            return ast.walk(ast.parse(source.read()))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return iter(())
