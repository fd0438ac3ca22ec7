"""The names in the arguments of a query: in ``Q``, ``F``, ``Count``, ``When`` and whatever they stand in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ...nodes import last_name
from ..value import Call, Class
from .lookup_paths import is_djangos

BY_NAME = ("Q", "F", "OuterRef", "When", "Case", "Exists", "Subquery")
"""Django's, by whatever module they are reached: nothing else of these names can stand in a query."""
QUERIES = ("Subquery", "Exists", "ArraySubquery")
FIRST = (
    "django.db.models.aggregates",
    "django.db.models.functions",
    "django.contrib.postgres.aggregates",
)
"""Where the first argument of every function is an expression, and a text in its place is a name."""
EVERY = ("Coalesce", "Greatest", "Least", "Concat", "ConcatPair", "NullIf", "SearchVector")
"""Functions whose arguments are all of them expressions."""
NO_NAME = ("KeyTransform", "KeyTextTransform", "JSONObject", "Now", "Random", "Pi", "RandomUUID")
AS_EXPRESSIONS = ("then", "default")
"""Keywords of ``When`` and ``Case`` that take a name for an expression."""


class Named(NamedTuple):
    """One constant name in an expression."""

    kind: str
    """``filter``: a lookup may follow; ``refer``: it is a value; ``outer``: one of the query around this."""
    path: str
    how: str
    line: int


def names_in(node: ast.expr, call: Call) -> Iterator[Named]:
    """Every constant name in an argument that the query itself resolves.

    Args:
        node: the argument, or a part of one.
        call: what it is an argument of.
    """
    if isinstance(node, ast.BinOp):
        yield from names_in(node.left, call)
        yield from names_in(node.right, call)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from names_in(one, call)
    elif isinstance(node, ast.UnaryOp):
        yield from names_in(node.operand, call)
    elif isinstance(node, ast.IfExp):
        yield from names_in(node.body, call)
        yield from names_in(node.orelse, call)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for one in node.elts:
            yield from names_in(one, call)
    elif isinstance(node, ast.NamedExpr):
        yield from names_in(node.value, call)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, call)


def class_name(node: ast.Call, call: Call) -> str:
    """The name of Django's class that is called; empty for anything else."""
    cls = _class(node.func, call)
    if cls is not None:
        return cls.__name__ if is_djangos(cls) else ""
    name = last_name(node.func)
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return name if name in BY_NAME and (owner is None or isinstance(owner, ast.Name)) else ""


def text(node: ast.expr | None, call: Call) -> str:
    """The text that an expression is; empty for none."""
    value = call.constant(node) if node is not None else None
    return value if type(value) is str else ""


def _class(node: ast.expr, call: Call) -> type | None:
    known = call.value(node) if call.value is not None else None
    return known.cls if isinstance(known, Class) else None


def _of_call(node: ast.Call, call: Call) -> Iterator[Named]:
    name = class_name(node, call)
    if not name:
        # F("price").desc(), Count("id").filter(…): what is before the dot
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            yield from _of_call(node.func.value, call)
        return
    if name == "Q":
        yield from conditions(node, call, "Q")
    elif name == "When":
        yield from conditions(node, call, "When", AS_EXPRESSIONS)
        yield from _expressions(node, call, "When")
    elif name in ("F", "OuterRef"):
        path = text(node.args[0], call) if node.args else ""
        if path:
            yield Named("refer" if name == "F" else "outer", path, name, node.args[0].lineno)
    elif name in QUERIES:
        for argument in node.args[:1]:
            yield from _of_inner(argument, call)
    else:
        yield from _of_function(node, name, call)


def conditions(node: ast.Call, call: Call, how: str, but: tuple[str, ...] = ()) -> Iterator[Named]:
    """Of ``filter(…)``, ``Q(…)`` and ``When(…)``: keywords are lookups.

    Args:
        node: that call.
        call: the call of the query's method that it stands in.
        how: what the names stand in.
        but: keywords that are none.
    """
    for argument in node.args:
        if isinstance(argument, ast.Tuple) and len(argument.elts) == 2:
            path = text(argument.elts[0], call)
            if path:
                yield Named("filter", path, how, argument.lineno)
            yield from names_in(argument.elts[1], call)
        else:
            yield from names_in(argument, call)
    for name, line, value in keywords(node, call):
        if name not in but and not (how == "Q" and name in ("_connector", "_negated")):
            yield Named("filter", name, how, line)
        if name not in but:
            yield from names_in(value, call)


def keywords(node: ast.Call, call: Call) -> Iterator[tuple[str, int, ast.expr]]:
    """The keywords of a call with their lines and values, those of ``**{"name": value}`` too."""
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.lineno, keyword.value
        else:
            yield from items(keyword.value, call)


def items(node: ast.expr, call: Call) -> Iterator[tuple[str, int, ast.expr]]:
    """The constant keys of a dictionary that is written out, with their lines and values."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            name = text(key, call)
            if key is not None and name:
                yield name, key.lineno, value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.lineno, keyword.value


def _expressions(node: ast.Call, call: Call, how: str) -> Iterator[Named]:
    """Keywords that take an expression, or the name of one."""
    for keyword in node.keywords:
        if keyword.arg in AS_EXPRESSIONS:
            path = text(keyword.value, call)
            if path:
                yield Named("refer", path, how, keyword.lineno)
            yield from names_in(keyword.value, call)


def _of_function(node: ast.Call, name: str, call: Call) -> Iterator[Named]:
    cls = _class(node.func, call)
    module = cls.__module__ if cls is not None else ""
    named = 0
    if name in EVERY:
        named = len(node.args)
    elif module.startswith(FIRST) and name not in NO_NAME:
        named = 1
    for position, argument in enumerate(node.args):
        path = text(argument, call)
        if path and path != "*" and position < named:
            yield Named("refer", path, name, argument.lineno)
        yield from names_in(argument, call)
    if name == "Case":
        yield from _expressions(node, call, "Case")
    for keyword in node.keywords:
        if not (name == "Case" and keyword.arg in AS_EXPRESSIONS):
            yield from names_in(keyword.value, call)


def _of_inner(node: ast.expr, call: Call) -> Iterator[Named]:
    """What a query in ``Subquery(…)`` asks the query around it for, along its whole chain."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            for one in names_in(argument, call):
                if one.kind == "outer":
                    yield one._replace(kind="refer")
        node = node.func.value
