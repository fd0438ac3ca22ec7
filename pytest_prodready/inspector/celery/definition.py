"""The definition of a live function, in its source."""

from __future__ import annotations

import ast
import functools
from types import FunctionType

from ..nodes import walk
from ..sources import tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


def definition_of(function: FunctionType) -> Function | None:
    """The statement that has made ``function``; ``None`` where the source does not show it."""
    code = function.__code__
    return _definition(code.co_filename, code.co_firstlineno, function.__name__, code.co_name)


@functools.cache
def _definition(file: str, line: int, *names: str) -> Function | None:
    """The definition of the function that begins at ``line``, with its decorators."""
    tree = tree_of(file)
    functions = (
        node
        for node in (walk(tree) if tree is not None else ())
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in names
    )
    return next(
        (
            node
            for node in functions
            if min([node.lineno, *(one.lineno for one in node.decorator_list)]) == line
        ),
        None,
    )
