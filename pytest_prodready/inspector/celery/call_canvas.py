"""Signatures and what they are joined to, read from a syntax tree: who gets which arguments when it runs.

A link of a chain gets the result of the one before it, a chord's body the list of its header's; a signature
made with ``si`` gets nothing. What stands alone may be given more arguments later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ..nodes import last_name, name_parts
from .call_arguments import (
    ANYTHING,
    NOTHING,
    RESULT,
    Arguments,
    Lookup,
    Option,
    packed,
    plain,
)
from .call_scope import Reference, Scope

SIGNATURES = {"s", "si", "signature", "subtask"}
OF_SIGNATURE = {"args", "kwargs", "options", "type", "subtask_type", "immutable", "app"}
LINKS, TOGETHER, CHORD = "chain", "group", "chord"
OPAQUE = "opaque"
"""A signature of Celery's own task, as of ``task.map(…)``."""
Required = tuple[tuple[Reference, str], ...]
"""Names, each with what it has to be: ``chain``, ``group``, ``chord``, ``signature``."""


class Signature(NamedTuple):
    """One task with some of its arguments."""

    call: ast.Call
    """The call that makes it."""
    method: str
    task: Reference | None
    name: str
    arguments: Arguments
    immutable: bool | None
    """``None`` where the text does not tell."""
    options: tuple[Option, ...] = ()
    requires: Required = ()


class Canvas(NamedTuple):
    """Several that run one after the other, or together, or together with one behind all of them."""

    kind: str
    members: tuple[Node | None, ...]
    """``None`` for one that cannot be read."""
    body: Node | None = None
    requires: Required = ()
    loose: bool = False
    """There may be further ones anywhere among them."""


Node = Signature | Canvas
Sent = tuple[Signature, Arguments, bool, Required]
"""A signature, all of its arguments, whether nothing can be added to them, what else has to be true."""


class Reader:
    """Reads the canvases of one function.

    Args:
        scope: tells what its names mean.
        shadowed: names that mean something else in the statement that is read.
    """

    def __init__(self, scope: Scope, shadowed: frozenset[str]) -> None:
        self.scope = scope
        self.shadowed = shadowed

    def reference(self, node: ast.expr) -> Reference | None:
        """The dotted name that an expression is."""
        return self.scope.reference(node, self.shadowed)

    @property
    def alone(self) -> Lookup:
        """Looks up a name that nothing else uses."""
        return lambda node: self.scope.expression(node, alone=True)

    def node(self, expression: ast.expr, depth: int = 0) -> Node | None:
        """The canvas that an expression makes, as far as it can be read."""
        expression = self.scope.expression(expression)
        if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.BitOr):
            left, right = self.node(expression.left), self.node(expression.right)
            return Canvas(LINKS, (left, right)) if left or right else None
        if not isinstance(expression, ast.Call):
            return None
        function = expression.func
        if isinstance(function, ast.Attribute):
            if function.attr in SIGNATURES and (made := self._made_by_method(expression, function)):
                return made
            if function.attr in ("set", "on_error") and (inner := self.node(function.value)):
                return _set(inner, expression) if function.attr == "set" else inner
            if function.attr in ("map", "starmap", "chunks") and self.reference(function.value):
                return Canvas(OPAQUE, ())
        if isinstance(function, ast.Call):
            header = self.node(function)
            if (
                isinstance(header, Canvas)
                and header.kind == CHORD
                and header.body is None
                and expression.args
            ):
                return header._replace(body=self.node(expression.args[0]))
        return self._made_by_name(expression)

    def _made_by_method(self, call: ast.Call, function: ast.Attribute) -> Signature | None:
        first = call.args[0] if call.args else None
        if function.attr in ("signature", "subtask"):
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                app = self.reference(function.value)
                if app is None:
                    return None
                return self._named(call, function.attr, ((app, "app"),))
            task = self.reference(function.value)
            return self._signature(call, function.attr, task, "", call.args) if task else None
        task = self.reference(function.value)
        if task is None:
            return None
        arguments = plain(call.args, call.keywords)
        return Signature(call, function.attr, task, "", arguments, function.attr == "si")

    def _made_by_name(self, call: ast.Call) -> Node | None:
        kind = last_name(call.func)
        if kind not in (LINKS, TOGETHER, CHORD, "signature", "subtask") or not name_parts(call.func):
            return None
        made_by = self.reference(call.func)
        if made_by is None:
            return None
        requires: Required = ((made_by, kind),)
        if kind in ("signature", "subtask"):
            first = call.args[0] if call.args else None
            given = isinstance(first, ast.Constant) and isinstance(first.value, str)
            return self._named(call, kind, requires) if given else None
        if kind == CHORD:
            header, body = self._chord(call)
            return Canvas(CHORD, (header,), body, requires)
        members, loose = self._members(call.args)
        return Canvas(kind, members, requires=requires, loose=loose)

    def _named(self, call: ast.Call, method: str, requires: Required) -> Signature | None:
        name = str(call.args[0].value) if isinstance(call.args[0], ast.Constant) else ""
        return self._signature(call, method, None, name, call.args[1:], requires)

    def _signature(
        self,
        call: ast.Call,
        method: str,
        task: Reference | None,
        name: str,
        args: list[ast.expr],
        requires: Required = (),
    ) -> Signature:
        """``signature(args, kwargs, options, type, subtask_type, immutable, app, **options)``."""
        named = {one.arg: one.value for one in call.keywords if one.arg is not None}
        options = options_in(call, OF_SIGNATURE) + options_of(named.get("options"))
        if (
            len(args) > 2
            or any(isinstance(one, ast.Starred) for one in args)
            or len(named) < len(call.keywords)
        ):
            arguments, immutable = ANYTHING, None
        else:
            first = named.get("args", args[0] if args else None)
            second = named.get("kwargs", args[1] if len(args) > 1 else None)
            arguments, immutable = packed(first, second, self.alone), _constant(named.get("immutable"))
        return Signature(call, method, task, name, arguments, immutable, options, requires)

    def _chord(self, call: ast.Call) -> tuple[Node | None, Node | None]:
        named = {one.arg: one.value for one in call.keywords}
        header = call.args[0] if call.args else named.get("header")
        body = call.args[1] if len(call.args) > 1 else named.get("body")
        members, loose = self._members([header]) if header is not None else ((), True)
        return Canvas(TOGETHER, members, loose=loose), self.node(body) if body is not None else None

    def _members(self, args: list[ast.expr]) -> tuple[tuple[Node | None, ...], bool]:
        """The members of a chain or a group: given one by one, in a list, or made by a comprehension."""
        if len(args) == 1 and not isinstance(args[0], ast.Starred):
            only = self.scope.expression(args[0])
            if isinstance(only, (ast.ListComp, ast.GeneratorExp)):
                return (self.node(only.elt),), True
            if not isinstance(only, (ast.List, ast.Tuple)):
                made = self.node(only)
                return (made,), made is None  # what cannot be read may be a list
            args = only.elts
        found: list[Node | None] = []
        loose = False
        for one in args:
            inner = self.scope.expression(one.value) if isinstance(one, ast.Starred) else one
            loose = loose or isinstance(one, ast.Starred)
            if isinstance(one, ast.Starred) and isinstance(inner, (ast.ListComp, ast.GeneratorExp)):
                inner = inner.elt
            found.append(self.node(inner))
        return tuple(found), loose


def options_of(node: ast.expr | None) -> tuple[Option, ...]:
    """The keys of ``options={"queue": "mail"}``."""
    if not isinstance(node, ast.Dict):
        return ()
    return tuple(
        Option(one.value, one.lineno, queue_text(one.value, value))
        for one, value in zip(node.keys, node.values, strict=True)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def queue_text(name: str, value: ast.expr) -> str:
    """The queue that an option names as a text."""
    constant = value.value if name == "queue" and isinstance(value, ast.Constant) else ""
    return constant if isinstance(constant, str) else ""


def options_in(call: ast.Call, others: set[str]) -> tuple[Option, ...]:
    """The keywords of a call that are none of ``others``."""
    return tuple(
        Option(one.arg, one.value.lineno, queue_text(one.arg, one.value))
        for one in call.keywords
        if one.arg is not None and one.arg not in others
    )


def sent(node: Node | None, given: Arguments, final: bool, requires: Required = ()) -> Iterator[Sent]:
    """What each signature of a canvas is sent with.

    Args:
        node: the canvas.
        given: what it is started with.
        final: it is started with that, and nothing else.
        requires: what has to be true besides.
    """
    if isinstance(node, Signature):
        requires = (*requires, *node.requires)
        if node.immutable:
            yield node, node.arguments, True, requires
        elif node.immutable is None:
            yield node, node.arguments, False, requires
        else:
            yield node, node.arguments.behind(given), final, requires
        return
    if node is None:
        return
    requires = (*requires, *node.requires)
    if node.kind == CHORD:
        for member in node.members:
            yield from sent(member, given, final, requires)
        yield from sent(node.body, RESULT, True, requires)
    elif node.kind == LINKS:
        for at, member in enumerate(node.members):
            if node.loose:  # any of them may be the first one
                yield from sent(member, NOTHING, False, requires)
            elif at:
                yield from sent(member, RESULT, True, requires)
            else:
                yield from sent(member, given, final, requires)
    else:
        for member in node.members:
            yield from sent(member, given, final, requires)


def _set(node: Node, call: ast.Call) -> Node:
    if not isinstance(node, Signature):
        return node
    named = {one.arg: one.value for one in call.keywords if one.arg is not None}
    immutable = _constant(named["immutable"]) if "immutable" in named else node.immutable
    return node._replace(immutable=immutable, options=(*node.options, *options_in(call, {"immutable"})))


def _constant(node: ast.expr | None) -> bool | None:
    if node is None:
        return False
    return bool(node.value) if isinstance(node, ast.Constant) else None
