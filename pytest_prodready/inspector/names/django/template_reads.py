"""What a compiled template of Django reads of its variables; it is not rendered."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ...objects import attributes, is_a
from ..value import Instance, Value

VARIABLE = "django.template.base.VariableNode"
NAME = "django.template.base.Variable"
TEXT = "django.template.base.TextNode"
EXPRESSION = "django.template.base.FilterExpression"
IF = "django.template.defaulttags.IfNode"
FOR = "django.template.defaulttags.ForNode"
WITH = "django.template.defaulttags.WithNode"
INCLUDE = "django.template.loader_tags.IncludeNode"
NAMED = ("django.template.loader_tags.BlockNode", "django.template.loader_tags.ExtendsNode")
PROVIDING = {"default", "default_if_none", "firstof", "yesno"}
"""Filters for a variable that may be missing."""
Names = Mapping[str, "Value | None"]


class Read(NamedTuple):
    """One attribute that a template asks a value for."""

    owner: Value
    name: str
    written: str
    """All of it: ``notification.created_at``."""
    line: int


class Reader:
    """Reads one template.

    Args:
        step: what ``value.name`` gives in a template, where a method is called at once.
        nodes: the compiled template.
    """

    def __init__(self, step: Callable[[Value, str], Value | None], nodes: Any) -> None:
        self._step = step
        self._nodes = nodes
        self._bound = set(_bound(nodes))

    def reads(self, names: Names) -> Iterator[Read]:
        """Every attribute that is asked of a known value.

        Args:
            names: the variables that the template is given.
        """
        known = {name: value for name, value in names.items() if name not in self._bound}
        yield from self._look(self._nodes, known, frozenset())

    def _look(self, nodes: Any, names: Names, silent: frozenset[str]) -> Iterator[Read]:
        for node in list(nodes):
            line = getattr(getattr(node, "token", None), "lineno", 0) or 0
            if is_a(node, VARIABLE):
                yield from self._expression(node.filter_expression, names, silent, line)
            elif is_a(node, IF):
                asked = silent | {path for one, _ in node.conditions_nodelists for path in _paths(one)}
                for _, inner in node.conditions_nodelists:
                    yield from self._look(inner, names, asked)
            elif is_a(node, FOR):
                yield from self._loop(node, names, silent, line)
            elif is_a(node, WITH):
                given = {name: self._value(one, names) for name, one in node.extra_context.items()}
                for one in node.extra_context.values():
                    yield from self._expression(one, names, silent, line)
                yield from self._look(node.nodelist, {**names, **given}, silent)
            elif not is_a(node, INCLUDE, TEXT):  # what is included is given other objects elsewhere
                for inner in _inner(node):
                    yield from self._look(inner, names, silent)

    def _loop(self, node: Any, names: Names, silent: frozenset[str], line: int) -> Iterator[Read]:
        yield from self._expression(node.sequence, names, silent, line)
        rows = self._value(node.sequence, names)
        each = rows.items if isinstance(rows, Instance) and len(node.loopvars) == 1 else None
        inside = {**names, **dict.fromkeys(node.loopvars, each), "forloop": None}
        yield from self._look(node.nodelist_loop, inside, silent)
        yield from self._look(node.nodelist_empty, names, silent)

    def _value(self, expression: Any, names: Names) -> Value | None:
        """What an expression gives that has no filters."""
        path = _path(expression)
        if not path or expression.filters:
            return None
        value = names.get(path[0])
        for name in path[1:]:
            value = None if value is None else self._step(value, name)
        return value

    def _expression(self, expression: Any, names: Names, silent: frozenset[str], line: int) -> Iterator[Read]:
        path = _path(expression)
        if {getattr(one[0], "__name__", "") for one in getattr(expression, "filters", ())} & PROVIDING:
            return
        value = names.get(path[0]) if path else None
        for number, name in enumerate(path[1:], 2):
            written = ".".join(path[:number])
            if value is None or written in silent or name.isdigit():
                return
            yield Read(value, name, written, line)
            value = self._step(value, name)


def _path(expression: Any) -> tuple[str, ...]:
    """``notification``, ``created_at`` of an expression; none of a constant."""
    variable = getattr(expression, "var", None) if is_a(expression, EXPRESSION) else None
    lookups: Any = getattr(variable, "lookups", None) if is_a(variable, NAME) else None
    return tuple(map(str, lookups)) if isinstance(lookups, (tuple, list)) else ()


def _paths(condition: Any) -> Iterator[str]:
    """The dotted names that a condition asks for, each with those that it begins with."""
    if condition is None:
        return
    own = attributes(condition)
    value = own.get("value")
    if is_a(value, EXPRESSION):
        path = _path(value)
        yield from (".".join(path[:number]) for number in range(1, len(path) + 1))
    for part in ("first", "second"):
        yield from _paths(own.get(part))


def _inner(node: Any) -> Iterator[Any]:
    """The lists of nodes inside of a node."""
    for name in ("nodelist", *getattr(type(node), "child_nodelists", ())):
        inner = attributes(node).get(name)
        if is_a(inner, "django.template.base.NodeList"):
            yield inner
            if name == "nodelist":
                return


def _bound(nodes: Any) -> Iterator[str]:
    """Every text that a tag keeps: it may be a variable that the tag sets."""
    for node in list(nodes):
        if is_a(node, TEXT, VARIABLE):
            continue
        if not is_a(node, FOR, WITH, IF, INCLUDE, *NAMED):
            for value in attributes(node).values():
                yield from _texts(value)
        for inner in attributes(node).values():
            if is_a(inner, "django.template.base.NodeList"):
                yield from _bound(inner)
        if is_a(node, IF):
            for _, inner in node.conditions_nodelists:
                yield from _bound(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif type(value) in (dict, list, tuple):
        yield from (one for one in value if type(one) is str)


def functions(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function, and those inside of it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from functions(constant)
