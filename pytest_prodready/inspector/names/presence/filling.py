"""Code that gives attributes to other objects than ``self``, by names that are data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ...nodes import bound_once, last_name, walk

FILLING = re.compile(rb"\bsetattr\(|\.__dict__\b|\bvars\(")
"""In every source that does so."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Filling(NamedTuple):
    """Who fills what, in one source."""

    classes: frozenset[str]
    """Names of classes whose instances are filled, or may be."""
    functions: frozenset[str]
    """Functions that fill what they are given, or what is not known."""
    unread: bool = False
    """The source cannot be read."""


def read(tree: ast.Module) -> Filling:
    """What a module fills."""
    classes: set[str] = set()
    functions: set[str] = set()
    at_top = dict(_made(tree.body))
    for function, of_class in _functions(tree, of_class=False):
        body = function.body
        made = {**at_top, **dict(_made(body))}
        owner = _first(function) if of_class and isinstance(function, _Function) else ""
        for receiver in _filled(body, tree):
            if owner and receiver == owner:
                continue
            origin = made.get(receiver, "") or _annotated(function, receiver)
            classes.update(origin.split())
            classes.add(receiver)
            if not origin and of_class:  # methods are called by too many names to be followed
                classes.update(map(last_name, walk(function)))
            elif not origin and isinstance(function, _Function):
                functions.add(function.name)
    return Filling(frozenset(classes), frozenset(functions))


def _functions(node: ast.AST, *, of_class: bool) -> Iterator[tuple[ast.Module | _Function, bool]]:
    """The module and every function of it, each with whether it is a method."""
    if isinstance(node, ast.Module):
        yield node, False
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child, of_class
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            in_class = isinstance(child, ast.ClassDef) or (of_class and not isinstance(child, _Function))
            yield from _functions(child, of_class=in_class)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What stands in a body, without that of the functions and classes in it."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _DEFINITIONS):
            yield node
            waiting += ast.iter_child_nodes(node)


def _made(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Variable → the name of what is called for its value."""
    for node in _own(body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, last_name(node.value.func)


def _filled(body: list[ast.stmt], tree: ast.Module) -> Iterator[str]:
    """The names of what is filled; empty for what is no name."""
    for node in _own(body):
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            by_data = len(node.args) > 1 and not _is_text(node.args[1], tree)
            if name == "setattr" and isinstance(node.func, ast.Name) and by_data:
                yield _name(node.args[0])
            elif name == "update" and isinstance(node.func, ast.Attribute):
                yield from _of_dict(node.func.value)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if not _is_text(node.slice, tree):
                yield from _of_dict(node.value)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from _of_dict(node)


def _is_text(key: ast.expr, tree: ast.Module) -> bool:
    """Whether it is one text, written there or under a name: whoever looks for the attribute finds that."""
    return isinstance(bound_once(tree, key.id) if isinstance(key, ast.Name) else key, ast.Constant)


def _of_dict(node: ast.expr) -> Iterator[str]:
    """``x`` of ``x.__dict__`` and ``vars(x)``."""
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        yield _name(node.value)
    elif isinstance(node, ast.Call) and last_name(node.func) == "vars" and node.args:
        yield _name(node.args[0])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _first(function: _Function) -> str:
    every = [*function.args.posonlyargs, *function.args.args]
    return every[0].arg if every else ""


def _annotated(function: ast.Module | _Function, name: str) -> str:
    """The names in the annotation of a parameter, apart by blanks; empty where it has none, or ``Any``."""
    if isinstance(function, ast.Module):
        return ""
    for one in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]:
        if one.arg == name and one.annotation is not None:
            words = {getattr(node, "id", "") or getattr(node, "attr", "") for node in walk(one.annotation)}
            texts = [node.value for node in walk(one.annotation) if isinstance(node, ast.Constant)]
            words.update(word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text))
            return "" if words & {"Any", "object", "T"} else " ".join(words)
    return ""
