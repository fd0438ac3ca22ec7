"""Whether the first parameter of a function in the body of a class is given an instance of it."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...nodes import name_parts, walk
from ..presence.objects_held import is_class
from ..value import MISSING

if TYPE_CHECKING:
    from .analysis import Analysis

OF_CLASS = {"__new__", "__init_subclass__", "__class_getitem__"}
CLASS_NAMES = {"cls", "klass", "kls", "mcs"}
SELF = "self"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_evident(cls: ast.ClassDef, node: Any) -> bool:
    """Whether the text of a class alone says that its function is a method.

    Args:
        cls: the class.
        node: the function, or a lambda.
    """
    name = first_name(node)
    return name in (SELF, *CLASS_NAMES) or (name in _names_in(cls) and not _is_used(cls, node))


def is_method(analysis: Analysis, owner: type, cls: ast.ClassDef, node: Any) -> bool:
    """Whether a function whose first parameter is not called ``self`` is given instances nevertheless.

    A function in a class need not be a method: a migration hands its own to ``RunPython``, a namespace is
    asked for its functions by name. It is one where Python's special methods call their instance so, too,
    and nobody takes the function from the class.

    Args:
        analysis: knows all modules.
        owner: the loaded class.
        cls: its definition.
        node: the function.
    """
    name = first_name(node)
    if name in CLASS_NAMES:  # without a decorator it is given an instance, which the name does not say
        return False
    if _is_special(node.name):
        return True
    if name not in {*_names_in(cls), *_names_of(owner)} or _is_used(cls, node):
        return False
    if analysis.taken is None:
        analysis.taken = set(_taken(analysis))
    return node.name not in analysis.taken


def first_name(node: Any) -> str:
    """The name of the first parameter; empty for none."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    return parameters[0].arg if parameters else ""


def _names_in(cls: ast.ClassDef) -> set[str]:
    """How the special methods in the body of a class call their instance."""
    return {
        first_name(one)
        for one in cls.body
        if isinstance(one, FUNCTIONS) and _is_special(one.name) and not one.decorator_list
    }


def _names_of(owner: type) -> Iterator[str]:
    """How those of its bases do."""
    for base in type.mro(owner):
        for name, held in vars(base).items():
            if _is_special(name) and type(held) is types.FunctionType and held.__code__.co_argcount:
                yield held.__code__.co_varnames[0]


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in OF_CLASS


def _is_used(cls: ast.ClassDef, node: Any) -> bool:
    """Whether the body of the class itself uses the function: calls it, or hands it on."""
    waiting: list[ast.AST] = [*cls.body]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Name) and one.id == getattr(node, "name", "") and type(one.ctx) is ast.Load:
            return True
        if isinstance(one, FUNCTIONS):
            waiting += [*one.decorator_list, *one.args.defaults]
            waiting += [each for each in one.args.kw_defaults if each is not None]
        elif not isinstance(one, (ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(one)
    return False


def _taken(analysis: Analysis) -> Iterator[str]:
    """The attributes that any module asks of a class by that one's name."""
    for unit in analysis.units.values():
        for node in walk(unit.tree):
            if isinstance(node, ast.Attribute) and type(node.ctx) is ast.Load:
                first, *others = name_parts(node.value) or ("",)
                held = unit.held_by(first) if first else MISSING
                for name in others:
                    held = vars(held).get(name, MISSING) if _holds(held) else MISSING
                if is_class(held):
                    yield node.attr


def _holds(value: Any) -> bool:
    return is_class(value) or type(value) is types.ModuleType
