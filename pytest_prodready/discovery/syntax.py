"""Small questions to a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at import, into ``if``, ``try`` and ``with``, in their order."""
    waiting = body[::-1]
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.If):
            inner = [*([] if _not_at_import(statement.test) else statement.body), *statement.orelse]
        elif isinstance(statement, ast.Try):
            handled = [one for handler in statement.handlers for one in handler.body]
            inner = [*statement.body, *statement.orelse, *statement.finalbody, *handled]
        elif isinstance(statement, ast.With):
            inner = statement.body
        else:
            yield statement
            continue
        waiting.extend(inner[::-1])


def _not_at_import(test: ast.expr) -> bool:
    """Whether a condition asks for type checking, or for being run as a script."""
    return any(
        isinstance(node, (ast.Name, ast.Attribute)) and last_name(node) in {"TYPE_CHECKING", "__name__"}
        for node in ast.walk(test)
    )


def own_body(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions and classes inside of it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Plain names that a statement sets, each with the expression."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def requires_arguments(arguments: ast.arguments) -> bool:
    """Whether a function cannot be called without arguments."""
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional > len(arguments.defaults) or None in arguments.kw_defaults


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name, called or not; empty for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def text(node: ast.expr) -> str:
    """The value of a string constant; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
