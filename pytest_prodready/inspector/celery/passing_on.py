"""Whether a class of tasks calls the body as Celery's own does, and hands on what that returns."""

from __future__ import annotations

import ast
from types import FunctionType

from ..nodes import last_name, walk
from .definition import definition_of

OTHER_CODE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
)
"""Where one of these stands in a function, it is not known by whom the body is called, or when."""


def passes_on(cls: type, task: type) -> bool:
    """Whether every ``__call__`` between ``cls`` and Celery's ``task`` only surrounds the next one.

    So do those that Flask's documentation has, which give the body an application context.
    """
    for one in cls.__mro__:
        if one is task:
            return True
        held = vars(one).get("__call__")
        if held is not None and not _surrounds(held):
            return False
    return False


def _surrounds(held: object) -> bool:
    """Whether all that the function returns is what the next ``__call__``, or the body, has returned."""
    node = definition_of(held) if type(held) is FunctionType else None
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or not node.args.args:
        return False
    inside = [one for statement in node.body for one in walk(statement)]
    if any(isinstance(one, OTHER_CODE) for one in inside):
        return False
    returned = [_returned(one.value, inside) for one in inside if isinstance(one, ast.Return)]
    return bool(returned) and all(_of_the_next(value, node.args.args[0].arg) for value in returned)


def _returned(value: ast.expr | None, inside: list[ast.AST]) -> ast.expr | None:
    """What is returned; of a variable that is assigned once and not read before, what it was assigned."""
    if not isinstance(value, ast.Name):
        return value
    places = [one for one in inside if isinstance(one, ast.Name) and one.id == value.id]
    made = [
        one.value
        for one in inside
        if isinstance(one, ast.Assign) and len(one.targets) == 1 and one.targets[0] in places
    ]
    read = [one.value for one in inside if isinstance(one, ast.Return) and one.value in places]
    return made[0] if len(made) == 1 and len(places) == len(read) + 1 else None


def _of_the_next(value: ast.expr | None, own: str) -> bool:
    """``self.run(…)``, ``super().__call__(…)`` or ``Base.__call__(self, …)``."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    of, name = value.func.value, value.func.attr
    if name == "run":
        return isinstance(of, ast.Name) and of.id == own
    if name != "__call__":
        return False
    above = isinstance(of, ast.Call) and last_name(of.func) == "super"
    return above or (bool(value.args) and isinstance(value.args[0], ast.Name) and value.args[0].id == own)
