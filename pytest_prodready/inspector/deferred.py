"""Import statements in nested scopes, read from a syntax tree: which can run here, and behind which guard."""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TRY = "try"
CONDITION = "condition"
CATCHES_IMPORT_ERROR = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
CATCHES_OTHERS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} - CATCHES_IMPORT_ERROR


@dataclass(frozen=True)
class Statement:
    """One import statement in a nested scope."""

    node: ast.Import | ast.ImportFrom
    function: str
    guard: str
    """``try``, ``condition`` or empty."""


def statements(tree: ast.Module) -> list[Statement]:
    """The import statements of ``tree`` that stand in a function and can run on this interpreter.

    Left out: code under ``TYPE_CHECKING``, under a constant false, under a version or platform test that
    does not hold here, and the fallback in the handler of an ``ImportError``.
    """
    calls = _guarded_functions(tree)
    found = []
    for statement in _walk(tree.body, (), ""):
        if statement.function.rpartition(".")[2] in calls:
            statement = Statement(statement.node, statement.function, TRY)
        found.append(statement)
    return found


def _walk(
    body: Iterable[ast.stmt], scope: tuple[str, ...], guard: str, deferred: bool = False
) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if deferred:
                yield Statement(node, ".".join(scope), guard)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # a try around a definition does not guard the later call
            kept = "" if guard == TRY else guard
            yield from _walk(node.body, (*scope, node.name), kept, True)
        elif isinstance(node, ast.ClassDef):
            yield from _walk(node.body, (*scope, node.name), guard, deferred)
        elif isinstance(node, ast.If):
            yield from _branches(node, scope, guard, deferred)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            yield from _try(node, scope, guard, deferred)  # type: ignore[arg-type]  # TryStar has the same fields
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            yield from _walk(node.body, scope, TRY if any(map(_suppresses, node.items)) else guard, deferred)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            yield from _walk(node.body, scope, guard, deferred)
            yield from _walk(node.orelse, scope, guard, deferred)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from _walk(case.body, scope, guard or CONDITION, deferred)
        elif isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            return  # what stands behind it never runs


def _branches(node: ast.If, scope: tuple[str, ...], guard: str, deferred: bool) -> Iterator[Statement]:
    holds = constant(node.test)
    under_test = (
        guard if guard == TRY or holds is not None else TRY if _asks_for_module(node.test) else CONDITION
    )
    if holds is not False:
        yield from _walk(node.body, scope, under_test, deferred)
    if holds is not True:
        yield from _walk(node.orelse, scope, under_test, deferred)


def _try(node: ast.Try, scope: tuple[str, ...], guard: str, deferred: bool) -> Iterator[Statement]:
    guarded = any(_catches(handler.type) for handler in node.handlers)
    yield from _walk(node.body, scope, TRY if guarded else guard, deferred)
    for handler in node.handlers:
        if not _catches(handler.type):
            yield from _walk(handler.body, scope, guard or CONDITION, deferred)
    yield from _walk(node.orelse, scope, guard, deferred)
    yield from _walk(node.finalbody, scope, guard, deferred)


def _catches(kind: ast.expr | None) -> bool:
    """Whether ``except kind`` stops an ImportError; a name that is no builtin exception may well."""
    if kind is None:
        return True
    if isinstance(kind, ast.Tuple):
        return any(_catches(element) for element in kind.elts)
    if isinstance(kind, ast.Starred):
        return _catches(kind.value)
    name = kind.id if isinstance(kind, ast.Name) else kind.attr if isinstance(kind, ast.Attribute) else ""
    return name in CATCHES_IMPORT_ERROR or (isinstance(kind, ast.Name) and name not in CATCHES_OTHERS)


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "suppress" and any(_catches(argument) for argument in call.args)


def _asks_for_module(test: ast.expr) -> bool:
    """A condition that looks whether a module can be had: ``find_spec("x")``, ``"x" in sys.modules``."""
    return any(
        getattr(node, "attr", getattr(node, "id", ""))
        in ("find_spec", "find_loader", "modules", "is_installed")
        for node in ast.walk(test)
    )


def _guarded_functions(tree: ast.Module) -> set[str]:
    """Names of functions that are called inside a ``try`` that stops an ImportError, there or further up."""
    guarded: set[str] = set()
    callers: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        handlers = node.handlers if isinstance(node, ast.Try) or type(node).__name__ == "TryStar" else []  # type: ignore[attr-defined]  # TryStar has the same fields
        if any(_names_import_error(handler.type) for handler in handlers):
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
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {getattr(called, "id", getattr(called, "attr", "")) for called in calls}


def _names_import_error(kind: ast.expr | None) -> bool:
    """A handler written for a missing module, not one that catches everything around a call."""
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(kind)} if kind else set()
    return bool(names & {"ImportError", "ModuleNotFoundError"})


def constant(test: ast.expr) -> bool | None:
    """What ``test`` gives on this interpreter, or ``None`` when only the running program can tell."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = constant(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        values = [constant(value) for value in test.values]
        decisive = isinstance(test.op, ast.Or)
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    if isinstance(test, (ast.Name, ast.Attribute)):
        return False if getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING" else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = _known(test.left), _known(test.comparators[0])
        return None if left is None or right is None else _compare(test.ops[0], left, right)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        text, prefix = _known(test.func.value), _known(test.args[0]) if test.args else None
        return text.startswith(prefix) if isinstance(text, str) and isinstance(prefix, str) else None
    return None


_FACTS: dict[str, object] = {
    "sys.version_info": tuple(sys.version_info),
    "sys.version_info.major": sys.version_info[0],
    "sys.version_info.minor": sys.version_info[1],
    "sys.platform": sys.platform,
    "sys.implementation.name": sys.implementation.name,
    "sys.hexversion": sys.hexversion,
    "sys.maxsize": sys.maxsize,
    "os.name": os.name,
}


def _known(node: ast.expr) -> object:
    """The value of an expression that is the same for every run on this interpreter, else ``None``."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        values = tuple(_known(element) for element in node.elts)
        return None if None in values else values
    if isinstance(node, ast.Attribute):
        return _FACTS.get(ast.unparse(node))
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "sys.version_info":
        index = node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value < 3:
            return sys.version_info[index.value]
        if isinstance(index, ast.Slice) and index.lower is None and isinstance(index.upper, ast.Constant):
            upper = index.upper.value
            return tuple(sys.version_info[:upper]) if isinstance(upper, int) else None
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "platform.python_implementation":
        return {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "platform.system":
        return {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(sys.platform)
    return None


def _compare(operator: ast.cmpop, left: object, right: object) -> bool | None:
    try:
        if isinstance(operator, ast.Eq):
            return left == right
        if isinstance(operator, ast.NotEq):
            return left != right
        if isinstance(operator, ast.In):
            return left in right  # type: ignore[operator]  # a TypeError is answered below
        if isinstance(operator, ast.NotIn):
            return left not in right  # type: ignore[operator]
        if isinstance(operator, (ast.Gt, ast.GtE)):
            return bool(left > right if isinstance(operator, ast.Gt) else left >= right)  # type: ignore[operator]
        if isinstance(operator, (ast.Lt, ast.LtE)):
            return bool(left < right if isinstance(operator, ast.Lt) else left <= right)  # type: ignore[operator]
    except TypeError:
        pass
    return None
