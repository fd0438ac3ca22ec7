"""Functions that give other values to the arguments of a task, and keep their number and their names.

So a class of tasks may send something in the place of what no serializer takes.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from ..nodes import name_parts
from ..sources import is_a, unbound
from .definition import Function, definition_of

DISPLAYS = ("tuple", "list")
"""What may stand around the items."""


def keeps_shape(statement: ast.Assign, names: dict[str, Any]) -> bool:
    """Whether ``args = rewritten(args)`` gives as many arguments as before, under the same names.

    Args:
        statement: binds one name.
        names: the globals of the function that it stands in.
    """
    (target,) = statement.targets
    call = statement.value
    if not isinstance(call, ast.Call) or call.keywords or len(call.args) != 1:
        return False
    (given,) = call.args
    same = isinstance(given, ast.Name) and isinstance(target, ast.Name) and given.id == target.id
    held = _called(name_parts(call.func), names) if same else None
    function = unbound(held)
    if type(function) is not FunctionType:
        return False
    node = definition_of(function)
    if node is None or any(
        name_parts(one) not in (("classmethod",), ("staticmethod",)) for one in node.decorator_list
    ):
        return False
    parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if is_a(held, classmethod):
        parameters = parameters[1:]
    return len(parameters) == 1 and _is_item_by_item(node, parameters[0])


def _called(path: tuple[str, ...], names: dict[str, Any]) -> Any:
    """The function that a global name stands for, or the static or class method of a global class."""
    if len(path) == 1:
        found = names.get(path[0])
        return found if type(found) is FunctionType else None
    owner = names.get(path[0]) if len(path) == 2 else None
    if owner is None or type not in type(owner).__mro__:
        return None
    held = next((vars(cls)[path[1]] for cls in type.mro(owner) if path[1] in vars(cls)), None)
    return held if is_a(held, staticmethod, classmethod) else None


def _is_item_by_item(node: Function, parameter: str) -> bool:
    """Whether all that a function does is to return one item for each that it is given."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    if isinstance(node, ast.AsyncFunctionDef) or len(body) != 1 or not isinstance(body[0], ast.Return):
        return False
    value = body[0].value
    if isinstance(value, ast.Call) and name_parts(value.func)[-1:] and len(value.args) == 1:
        if name_parts(value.func) not in [(one,) for one in DISPLAYS] or value.keywords:
            return False
        value = value.args[0]
    if isinstance(value, (ast.GeneratorExp, ast.ListComp)):
        each = _only(value.generators)
        return each is not None and isinstance(each.iter, ast.Name) and each.iter.id == parameter
    if isinstance(value, ast.DictComp):
        each = _only(value.generators)
        return each is not None and _is_items_of(each.iter, parameter) and _keeps_key(value.key, each.target)
    return False


def _only(generators: list[ast.comprehension]) -> ast.comprehension | None:
    (one, *others) = generators
    return None if others or one.ifs or one.is_async else one


def _is_items_of(node: ast.expr, parameter: str) -> bool:
    return isinstance(node, ast.Call) and not node.args and name_parts(node.func) == (parameter, "items")


def _keeps_key(key: ast.expr, target: ast.expr) -> bool:
    if not isinstance(key, ast.Name) or not isinstance(target, ast.Tuple):
        return False
    first = target.elts[0]
    return isinstance(first, ast.Name) and first.id == key.id
