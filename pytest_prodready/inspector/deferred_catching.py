"""Which handlers, context managers and calls stop an ImportError, read from a syntax tree."""

from __future__ import annotations

import ast
import builtins
import re

from .conditions import Conditions, names_import_error
from .deferred_statement import TRY, Guard
from .nodes import is_try, last_name, name_parts, walk

CATCHES_IMPORT_ERROR = {"ImportError", "Exception", "BaseException"}
CATCHES_OTHERS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} - {*CATCHES_IMPORT_ERROR, "ModuleNotFoundError"}
_PROVIDING_CONTEXT = re.compile(
    r"suppress|ignor|swallow|import|optional|^raises$|^assertRaises", re.IGNORECASE
)


class Catching:
    """What stops an ImportError in one module.

    Args:
        conditions: tells what the names in it mean.
    """

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions

    def catches(self, kind: ast.expr | None) -> tuple[bool, tuple[str, ...]]:
        """Whether ``except kind`` stops an ImportError, and the names that this depends on."""
        if kind is None:
            return True, ()
        if isinstance(kind, (ast.Tuple, ast.List)):
            answers = [self.catches(element) for element in kind.elts]
            if any(catches and not names for catches, names in answers):
                return True, ()
            names = tuple(name for _, names in answers for name in names)
            return bool(names), names
        if isinstance(kind, ast.BinOp):
            return self.catches(ast.Tuple([kind.left, kind.right], ast.Load()))
        if isinstance(kind, ast.Starred):
            return self.catches(kind.value)
        name = self.conditions.dotted(kind).removeprefix("builtins.")
        if name in CATCHES_IMPORT_ERROR or name == "ModuleNotFoundError":
            return True, ()
        if not name or name in CATCHES_OTHERS:
            return not name, ()
        return True, (".".join(name_parts(kind)),)

    def is_broad(self, kind: ast.expr | None) -> bool:
        """Whether ``except kind`` stops every exception."""
        name = "" if kind is None else self.conditions.dotted(kind).rpartition(".")[2]
        return kind is None or name in ("Exception", "BaseException")

    def suppresses(self, expression: ast.expr) -> Guard | None:
        """How a context manager stops an ImportError, if it does."""
        if not isinstance(expression, ast.Call):
            return None
        name = self.conditions.last_name(expression)
        if not _PROVIDING_CONTEXT.search(name):
            return None
        if name not in ("suppress", "raises", "assertRaises"):
            return Guard(TRY)
        uncertain: tuple[str, ...] = ()
        found: Guard | None = None
        for argument in expression.args:
            catches, names = self.catches(argument)
            if catches and names:
                uncertain += names
            elif catches:
                found = Guard(TRY, absence_only=absence_only(argument))
        return found or (Guard(TRY, caught_by=uncertain) if uncertain else None)

    def entered(self, statement: ast.stmt) -> Guard | None:
        """``stack.enter_context(suppress(…))``."""
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return None
        if value.func.attr not in ("enter_context", "push") or not value.args:
            return None
        return self.suppresses(value.args[0])

    def swallows(self, node: ast.With | ast.AsyncWith) -> bool:
        """Whether the program may go on behind a ``with`` whose body raises."""
        contexts = (self.conditions.last_name(item.context_expr) for item in node.items)
        return any(map(_PROVIDING_CONTEXT.search, contexts)) or any(map(self.entered, node.body))


def absence_only(kind: ast.expr | None) -> bool:
    """Whether ``except kind`` stops a ModuleNotFoundError, not every ImportError."""
    names = set(map(last_name, walk(kind))) if kind else set()
    return "ModuleNotFoundError" in names and not names & CATCHES_IMPORT_ERROR


def guarded_functions(tree: ast.Module) -> set[str]:
    """Names of functions that are called inside a ``try`` that stops an ImportError, there or further up."""
    guarded: set[str] = set()
    callers: dict[str, set[str]] = {}
    for node in walk(tree):
        if is_try(node) and any(names_import_error(handler.type) for handler in node.handlers):  # type: ignore[attr-defined]
            guarded |= {name for statement in node.body for name in _called(statement)}  # type: ignore[attr-defined]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for name in _called(node):
                callers.setdefault(name, set()).add(node.name)
    waiting = set(guarded)
    while waiting:
        # a function that only guarded functions call is guarded with them
        waiting = {name for name, by in callers.items() if name not in guarded and by <= guarded}
        guarded |= waiting
    return guarded - {""}


def _called(tree: ast.AST) -> set[str]:
    return {last_name(node.func) for node in walk(tree) if isinstance(node, ast.Call)}
