"""Names that a module does not have after its import, but that its application may give it while it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .project import Project, source_file


def may_appear(name: str, module: object, project: Project) -> bool:
    """Whether the application's sources give ``name`` to ``module`` at some time, or may do so.

    That is: ``global name`` in one of its functions, names made in ways that no reader can follow, or an
    assignment from another loaded module (``db.engine = create_engine(…)`` at start-up).
    """
    if any(_makes(node, name) for node in _nodes(module)):
        return True
    last = str(vars(module).get("__name__", "")).rpartition(".")[2]
    for _, other in project.modules():
        for node in _nodes(other):
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Store):
                owner = getattr(node.value, "id", getattr(node.value, "attr", ""))
                if owner and (owner == last or vars(other).get(owner) is module):
                    return True
    return False


def _makes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Global):
        return name in node.names
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("globals", "exec") or (node.func.id in ("vars", "locals") and not node.args)
    # sys.modules[__name__]: whatever is done with it
    return (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    )


def _nodes(module: object) -> Iterator[ast.AST]:
    try:
        with open(source_file(module), "rb") as source:
            return ast.walk(ast.parse(source.read()))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return iter(())
