"""The calls in a source file that send a task or make a signature of it, read from its syntax tree.

Read is whatever looks like one; whether it is one, the loaded modules tell.
"""

from __future__ import annotations

import ast
import bisect
import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..conditions import Conditions
from ..deferred_catching import Catching
from ..deferred_flow import LEAVES, Flow
from ..nodes import is_try, last_name, walk
from .call_arguments import NOTHING
from .call_canvas import SIGNATURES, Reader
from .call_scope import FUNCTIONS, Scope, shadowing
from .call_sending import SENDING, Calling, Site

_MAY = re.compile(
    rb"\.(?:delay|apply_async)|\.(?:s|si|signature|subtask|send_task|starmap|chunks|retry|apply|map)\("
    rb"|\b(?:signature|subtask)\("
)
NAMED = SENDING | {"retry", "send_task"}
EXITS = {name.rpartition(".")[2] for name in LEAVES}
COMPOUND = (ast.If, ast.Try, getattr(ast, "TryStar", ast.Try), ast.With, ast.AsyncWith, ast.While, ast.Assert)
"""Statements behind which nothing may run, depending on what is in them."""
_ASKS = {"callable", "getattr", "getfullargspec", "hasattr", "isinstance", "signature"}
"""Functions that a condition asks about an object: the call below it may be meant for another one."""


def may_have(data: bytes) -> bool:
    """Whether the text of a module may have what :func:`read` reads."""
    return _MAY.search(data) is not None


def read(tree: ast.Module) -> list[tuple[Any, ...]]:
    """The ``Site`` of each task that the calls of a module name."""
    return [tuple(site) for site in _Module(tree).sites()]


class _Module:
    """Goes through the code of one module that can run on this interpreter."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.reassigned: set[str] = set()
        """Names that a function assigns outside of itself."""
        named: set[int] = set()
        for node in walk(tree):
            if isinstance(node, ast.Attribute):
                if node.attr in NAMED:
                    named.add(node.end_lineno or node.lineno)
            elif isinstance(node, ast.Name):
                if node.id in SIGNATURES:
                    named.add(node.lineno)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                self.reassigned.update(node.names)
        self.named = sorted(named)
        """Lines that name a way to send a task; whatever has none of them is left out."""
        self.found: dict[int, list[Site]] = {}
        """Call → what was found of it: what is complete says more than the rest."""

    def sites(self) -> Iterator[Site]:
        if self.named:
            self.walk(self.tree.body, Scope(reassigned=frozenset(self.reassigned)))
        for of_call in self.found.values():
            complete = [site for site in of_call if site.complete]
            yield from dict.fromkeys(complete or [max(of_call, key=lambda site: len(site.options))])

    def walk(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        """The statements of one block; what cannot run here, or is meant to fail, is left out."""
        for node in body:
            if not self.names_one(node):
                if self.leaves(node):
                    return
            elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                for decorator in node.decorator_list:
                    self.expression(decorator, scope)
                self.walk(node.body, Scope(node, scope))
            elif isinstance(node, ast.If):
                holds = self.conditions.constant(node.test)
                self.expression(node.test, scope)
                if not _asks_about_a_receiver(node):
                    self.walk(node.body if holds is not False else (), scope)
                    self.walk(node.orelse if holds is not True else (), scope)
            elif is_try(node):
                self.attempt(node, scope)  # type: ignore[arg-type]  # TryStar has the same fields
            elif isinstance(node, ast.Match):
                self.expression(node.subject, scope)
                for case, _ in self.flow.possible(node):
                    self.walk(case.body, scope)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    self.expression(item.context_expr, scope)
                if not any(_expects_a_type_error(item.context_expr) for item in node.items):
                    self.walk(node.body, scope)
            elif hasattr(node, "body"):
                for part in ast.iter_child_nodes(node):
                    if isinstance(part, ast.expr):
                        self.expression(part, scope)
                self.walk(node.body, scope)
                self.walk(getattr(node, "orelse", ()), scope)
            else:
                self.expression(node, scope)
            if self.leaves(node):
                return  # what stands behind it never runs

    def leaves(self, node: ast.stmt) -> bool:
        """Whether nothing behind ``node`` runs; most statements are known without their conditions."""
        if isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            return True
        if isinstance(node, ast.Expr):
            called = last_name(node.value.func) if isinstance(node.value, ast.Call) else ""
            return called in EXITS and self.flow.leaves(node)
        return isinstance(node, COMPOUND) and self.flow.leaves(node)

    def names_one(self, node: ast.AST) -> bool:
        """Whether a statement or an expression names a way to send a task anywhere in it."""
        decorators = (one.lineno for one in getattr(node, "decorator_list", ()))
        first = min([node.lineno, *decorators])  # type: ignore[attr-defined]  # both have their lines
        at = bisect.bisect_left(self.named, first)
        return at < len(self.named) and self.named[at] <= node.end_lineno  # type: ignore[attr-defined]

    @functools.cached_property
    def conditions(self) -> Conditions:
        """Tells which code can run here."""
        return Conditions(self.tree)

    @functools.cached_property
    def flow(self) -> Flow:
        """Tells where the code goes on."""
        return Flow(self.conditions, Catching(self.conditions))

    def attempt(self, node: ast.Try, scope: Scope) -> None:
        """A ``try``: what it does about a TypeError is the application's own way to try arguments out."""
        if not any(_names_type_error(handler.type) for handler in node.handlers):
            self.walk(node.body, scope)
        for handler in node.handlers:
            self.walk(handler.body, scope)
        self.walk(node.orelse, scope)
        self.walk(node.finalbody, scope)

    def expression(self, node: ast.AST, scope: Scope) -> None:
        """All calls in a simple statement or an expression."""
        if not self.names_one(node):
            return
        calls = [one for one in walk(node) if isinstance(one, ast.Call)]
        links = [one for one in walk(node) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.BitOr)]
        if calls:
            # a function binds what its comprehensions and lambdas bind; a module and a class do not
            reader = Reader(scope, frozenset() if scope.is_function else shadowing(node))
            calling = Calling(reader, scope.name, self.found)
            for call in calls:
                calling.call(call)
            for link in links:
                calling.canvas(reader.node(link), NOTHING, final=False)


def _asks_about_a_receiver(node: ast.If) -> bool:
    asked = {
        last_name(about)
        for one in walk(node.test)
        if isinstance(one, ast.Call) and last_name(one.func) in _ASKS
        for argument in one.args
        for about in walk(argument)
    }
    return bool(asked) and any(
        isinstance(one, ast.Attribute) and last_name(one.value) in asked - {""} and one.attr in SENDING
        for one in walk(node)
    )


def _names_type_error(kind: ast.expr | None) -> bool:
    return kind is not None and any(last_name(node) == "TypeError" for node in walk(kind))


def _expects_a_type_error(context: ast.expr) -> bool:
    return isinstance(context, ast.Call) and any(map(_names_type_error, context.args))
