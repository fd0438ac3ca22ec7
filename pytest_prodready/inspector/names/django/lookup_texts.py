"""The constant texts in the arguments of one call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..value import Call
from .lookup_expressions import text


def constants(call: Call, most: int | None = None) -> Iterator[tuple[str, int]]:
    """The positional arguments that are texts, those of ``*["one", "other"]`` too, with their lines."""
    for argument in call.node.args[:most]:
        yield from words(argument.value if isinstance(argument, ast.Starred) else argument, call)


def words(node: ast.expr, call: Call) -> Iterator[tuple[str, int]]:
    """Each text of a list that is written out, or of a constant, with its line."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for one in node.elts:
            yield from words(one, call)
        return
    value = call.constant(node)
    for one in value if isinstance(value, (tuple, list, set, frozenset)) else (value,):
        if type(one) is str and one:
            yield one, node.lineno


def order(written: str) -> str:
    """The path of an ordering; empty for a random one, and for a column of another table."""
    return "" if written == "?" or "." in written else written.removeprefix("-")


def prefetch(node: ast.Call, call: Call) -> tuple[str, str | None]:
    """The path of ``Prefetch(path, …)``, and its ``to_attr``: ``None`` where it cannot be told."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name != "Prefetch" or not node.args or len(node.args) > 2:
        return "", None
    attribute = ""
    for keyword in node.keywords:
        if keyword.arg is None:
            return "", None
        if keyword.arg == "to_attr":
            attribute = text(keyword.value, call)
            if not attribute and call.constant(keyword.value) is not None:
                return "", None
    return text(node.args[0], call), attribute
