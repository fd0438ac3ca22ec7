"""Whether code on the stack would stop an exception, or stands behind a condition: read from its source."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Container, Iterator
from types import FrameType

from .nodes import is_try, last_name, walk
from .sources import tree_of

LEAVING = {"exit", "_exit", "quit", "abort"}
SWALLOWING = ("suppress", "ignor", "swallow", "silenc", "optional", "catch", "raises")
"""Parts of the names of context managers that let an exception disappear."""
Guard = tuple[str, int, str]
"""File and line of what may stop an exception, and the application's module that it has imported there."""
BRANCHES = (ast.If, ast.IfExp, ast.While, ast.For, ast.AsyncFor, ast.Match)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def stopping(
    frame: FrameType | None,
    error: BaseException,
    here: str,
    owns: Callable[[str], bool],
    passed: Container[Guard] = (),
) -> Guard | None:
    """The innermost code from ``frame`` outwards that would, or might, stop ``error``.

    Args:
        frame: the innermost frame that the exception would reach.
        error: what is raised.
        here: the directory of the inspector, whose own frames do not count.
        owns: tells the application's files.
        passed: what is known to let such exceptions out.
    """
    module = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<", here)):
            guard = (file, frame.f_lineno, module)
            if _stops(frame, error) and not (module and guard in passed):
                return guard
            if frame.f_code.co_name == "<module>" and owns(file):
                module = file
        frame = frame.f_back
    return None


def _stops(frame: FrameType, error: BaseException) -> bool:
    for node, in_body in _around(frame):
        if isinstance(node, (ast.With, ast.AsyncWith)):
            if in_body and any(_swallows(item.context_expr, frame, error) for item in node.items):
                return True
        elif is_try(node):
            handlers = node.handlers if in_body else []  # type: ignore[attr-defined]  # TryStar has the same fields
            for handler in handlers:
                if _catches(handler.type, frame, error):
                    if not _goes_on(handler):
                        break  # the first that matches is the one that runs
                    return True
    return False


def conditional(frame: FrameType) -> bool:
    """Whether the line that ``frame`` is at runs only under a condition, or in a loop."""
    around = [node for node, _ in _around(frame)]
    inside = walk(around[0]) if around and not hasattr(around[0], "body") else ()
    return any(isinstance(node, BRANCHES) for node in around) or any(
        isinstance(node, (ast.IfExp, ast.BoolOp)) for node in inside
    )


def _around(frame: FrameType) -> list[tuple[ast.AST, bool]]:
    """The nodes of the frame's own code around its line, innermost first, and if it is in their bodies."""
    tree = tree_of(frame.f_code.co_filename)
    if tree is None:
        return []
    found: list[tuple[ast.AST, bool]] = []
    for node, in_body in _path(tree, frame.f_lineno):
        if isinstance(node, _Function) and in_body:
            if frame.f_code.co_name == "<module>":
                break
            found.clear()
        found.append((node, in_body))
    return found[::-1]


def _path(tree: ast.Module, line: int) -> Iterator[tuple[ast.AST, bool]]:
    node: ast.AST | None = tree
    while node is not None:
        inner = None
        for child in ast.iter_child_nodes(node):
            start, end = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
            if start is None or end is None:
                inner = inner or _below(child, line)
                continue
            start = min([start, *(one.lineno for one in getattr(child, "decorator_list", ()))])
            if start <= line <= end:
                inner = child
                break
        if inner is not None:
            yield inner, _in_body(inner, line)
        # a line tells no more than its statement
        node = None if isinstance(inner, ast.stmt) and not hasattr(inner, "body") else inner


def _below(node: ast.AST, line: int) -> ast.AST | None:
    """A part without a line of its own: ``withitem``, ``match_case``, ``arguments``."""
    for child in walk(node):
        if getattr(child, "lineno", line + 1) <= line <= (getattr(child, "end_lineno", 0) or 0):
            return child
    return None


def _in_body(node: ast.AST, line: int) -> bool:
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        body = [body] if isinstance(body, ast.AST) else []
    return bool(body) and body[0].lineno <= line <= (body[-1].end_lineno or 0)


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the program may go on behind a handler: not where it always raises again, or leaves.

    An early way out that compares a name is taken where the searched module itself is absent: a search for
    optional modules looks so, and raises for what is missing inside of one.
    """
    last = handler.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        leaves = last_name(last.value.func) in LEAVING
    else:
        leaves = isinstance(last, ast.Raise)
    return not leaves or any(_leaves_early(statement) for statement in handler.body[:-1])


def _leaves_early(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If) and isinstance(statement.test, (ast.BoolOp, ast.Compare)):
        parts = statement.test.values if isinstance(statement.test, ast.BoolOp) else [statement.test]
        if any(isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq) for part in parts):
            return False
    return any(isinstance(node, (ast.Return, ast.Continue, ast.Break)) for node in walk(statement))


def _swallows(context: ast.expr, frame: FrameType, error: BaseException) -> bool:
    if not isinstance(context, ast.Call):
        return False
    name = last_name(context.func)
    if name == "suppress":
        return any(_catches(argument, frame, error) for argument in context.args)
    return any(part in name.casefold() for part in SWALLOWING)


def _catches(kind: ast.expr | None, frame: FrameType, error: BaseException) -> bool:
    """Whether ``except kind`` stops ``error``; what cannot be looked up may well do so."""
    if kind is None:
        return True
    if isinstance(kind, ast.Tuple):
        return any(_catches(element, frame, error) for element in kind.elts)
    found = _value(kind, frame)
    if isinstance(found, tuple):
        return any(not isinstance(one, type) or isinstance(error, one) for one in found)
    return not isinstance(found, type) or isinstance(error, found)


def _value(node: ast.expr, frame: FrameType) -> object:
    """What a name or a dotted name stands for in ``frame``; ``None`` where that is not plain."""
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, vars(builtins)):
            if node.id in names:
                return names[node.id]
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, frame)
        try:
            return vars(owner).get(node.attr) if owner is not None else None
        except TypeError:
            return None
    return None
