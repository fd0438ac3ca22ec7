"""Import statements that run later than their module, read from a syntax tree: which can run, behind what."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .conditions import Conditions, names_import_error, tops_of
from .deferred_catching import Catching, absence_only, guarded_functions
from .deferred_flow import Flow
from .deferred_statement import (
    CALL,
    CONDITION,
    LAZY,
    TOP,
    TRY,
    Attempt,
    Guard,
    Statement,
    behind,
    named_in,
)
from .nodes import is_try, walk

IMPORTERS = {"importlib.import_module", "import_module", "__import__", "builtins.__import__"}
_PROVIDING_CALL = re.compile(
    r"requires?_(?:backend|package|module|import|dependenc|extra)"
    r"|(?:check|ensure|assert|verify)\w*(?:install|import|available|depend|backend|package|extra)",
    re.IGNORECASE,
)


class Reader:
    """Reads the imports of one module.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.at_top = False
        self.conditions = Conditions(tree)
        self.catching = Catching(self.conditions)
        self.flow = Flow(self.conditions, self.catching)

    def statements(self, at_top: bool = False) -> list[Statement]:
        """The imports that stand in a function and can run on this interpreter.

        Left out: code under ``TYPE_CHECKING``, under a constant false, under a version or platform test that
        does not hold here, behind what always leaves, and the fallback in the handler of an ``ImportError``.

        Args:
            at_top: list those at the top of the module, too, which an interpreter may be told to make lazy.
        """
        self.at_top = at_top
        calls = guarded_functions(self.tree) if self.conditions.asks_in_a_try else set()
        return [
            one._replace(guard=TRY, caught_by=(), absence_only=False, raises=False)
            if one.function and one.function.rpartition(".")[2] in calls
            else one
            for one in self.walk(self.tree.body, (), Guard(), False, False)
        ]

    def attempts_at_top(self) -> list[Attempt]:
        """The guarded imports that were tried when the module was loaded."""
        return list(self._attempts(self.tree.body))

    def _attempts(self, body: Iterable[ast.stmt]) -> Iterator[Attempt]:
        for node in body:
            if isinstance(node, ast.If):
                holds = self.conditions.constant(node.test)
                if holds is not None:
                    yield from self._attempts(node.body if holds else node.orelse)
            elif is_try(node):
                caught = self.caught(node)  # type: ignore[arg-type]  # TryStar has the same fields
                if caught is not None and not caught.raises:
                    broad = any(self.catching.is_broad(handler.type) for handler in node.handlers)  # type: ignore[attr-defined]
                    yield Attempt(broad, self._leading(node.body, caught))  # type: ignore[attr-defined]
            elif isinstance(node, ast.With):
                suppressed = [self.catching.suppresses(item.context_expr) for item in node.items]
                if caught := next(filter(None, suppressed), None):
                    yield Attempt(False, self._leading(node.body, caught))

    def _leading(self, body: list[ast.stmt], caught: Guard) -> tuple[Statement, ...]:
        imports: Any = itertools.takewhile(lambda node: isinstance(node, (ast.Import, ast.ImportFrom)), body)
        return tuple(
            behind(caught, (), node.lineno, named_in(node), getattr(node, "level", 0), TOP, set())
            for node in imports
        )

    def walk(
        self, body: Iterable[ast.stmt], scope: tuple[str, ...], guard: Guard, deferred: bool, in_block: bool
    ) -> Iterator[Statement]:
        """The statements of ``body``; what stands before one may guard those behind it."""
        for node in body:
            by_call = deferred and self.conditions.imports_by_call
            if by_call and hasattr(node, "body") and not isinstance(node, ast.ClassDef):
                for head in _heads(node):
                    yield from self.calls(head, scope, guard)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from self.imports(node, scope, guard, deferred, in_block)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                later = guard.called_later()
                for decorator in node.decorator_list:
                    later = later.asking(self.conditions.asks(decorator))
                yield from self.walk(node.body, (*scope, node.name), later, True, False)
            elif isinstance(node, ast.ClassDef):
                yield from self.walk(node.body, (*scope, node.name), guard, deferred, True)
            elif isinstance(node, ast.If):
                yield from self.branches(node, scope, guard, deferred, in_block)
                guard = self.after(node, guard)
            elif is_try(node):
                yield from self.attempts(node, scope, guard, deferred)  # type: ignore[arg-type]  # TryStar, too
                guard = self.after_try(node, guard)  # type: ignore[arg-type]
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                yield from self.context(node, scope, guard, deferred)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
                yield from self.loop(node, scope, guard, deferred)
            elif isinstance(node, ast.Match):
                yield from self.cases(node, scope, guard, deferred)
            elif isinstance(node, ast.Assert):
                guard = self.asking(guard, node.test)
            else:
                if by_call:
                    yield from self.calls(node, scope, guard)
                guard = self.after_call(node, guard)
            if self.flow.leaves(node):
                return  # what stands behind it never runs

    def imports(
        self,
        node: ast.Import | ast.ImportFrom,
        scope: tuple[str, ...],
        guard: Guard,
        deferred: bool,
        in_block: bool,
    ) -> Iterator[Statement]:
        kind = "" if deferred else LAZY if getattr(node, "is_lazy", 0) else TOP
        if kind == TOP and (in_block or not self.at_top or scope or guard.kind == TRY):
            return
        named = named_in(node)
        if named[0][0] != "__future__" and not (kind == TOP and named[0][1] == "*"):
            level = getattr(node, "level", 0)
            yield behind(guard, scope, node.lineno, named, level, kind, tops_of(node))

    def calls(self, node: ast.AST, scope: tuple[str, ...], guard: Guard) -> Iterator[Statement]:
        """``import_module("…")`` with a constant name."""
        for call in walk(node):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            if self.conditions.dotted(call.func) not in IMPORTERS:
                continue
            name = call.args[0]
            if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
                continue
            module = name.value.lstrip(".")
            level = len(name.value) - len(module)
            if level and not self._relative_to_itself(call):
                continue
            tops = {"." if level else module.partition(".")[0]}
            yield behind(guard, scope, call.lineno, ((module, "", ""),), level, CALL, tops)

    @staticmethod
    def _relative_to_itself(call: ast.Call) -> bool:
        package = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "package")]
        return len(package) == 1 and getattr(package[0], "id", "") == "__package__"

    def asking(self, guard: Guard, test: ast.expr) -> Guard:
        """``guard``, after what a condition asks."""
        return guard.asking(self.conditions.asks(test), self.conditions.imported(test))

    def branches(
        self, node: ast.If, scope: tuple[str, ...], guard: Guard, deferred: bool, in_block: bool
    ) -> Iterator[Statement]:
        holds = self.conditions.constant(node.test)
        inside = guard
        if holds is None:
            inside = self.asking(guard.on_condition(), node.test)
        if holds is not False:
            yield from self.walk(node.body, scope, inside, deferred, in_block)
        if holds is not True:
            yield from self.walk(node.orelse, scope, inside, deferred, in_block)

    def after(self, node: ast.If, guard: Guard) -> Guard:
        """What holds behind ``if …: return``."""
        known = self.conditions.constant(node.test) is not None
        if known or node.orelse or not self.flow.all_leave(node.body):
            return guard
        guard = self.asking(guard, node.test)
        return guard.on_condition() if self.conditions.is_switch(node.test) else guard

    def attempts(
        self, node: ast.Try, scope: tuple[str, ...], guard: Guard, deferred: bool
    ) -> Iterator[Statement]:
        caught = self.caught(node)
        yield from self.walk(node.body, scope, guard.within(caught) if caught else guard, deferred, True)
        stopped = False
        for handler in node.handlers:
            catches, names = self.catching.catches(handler.type)
            if not catches:
                yield from self.walk(handler.body, scope, guard.on_condition(), deferred, True)
            elif names and not stopped:
                maybe = Guard(TRY, caught_by=names, outer=CONDITION)
                yield from self.walk(handler.body, scope, guard.within(maybe), deferred, True)
            stopped = stopped or (catches and not names)
        tops = set().union(*map(tops_of, node.body)) if caught else set()
        yield from self.walk(node.orelse, scope, guard.asking(tops), deferred, True)
        yield from self.walk(node.finalbody, scope, guard, deferred, True)

    def caught(self, node: ast.Try) -> Guard | None:
        """How the handlers of a ``try`` stop an ImportError; ``None`` when none of them does."""
        uncertain: tuple[str, ...] = ()
        absence: ast.ExceptHandler | None = None
        for handler in node.handlers:
            catches, names = self.catching.catches(handler.type)
            if not catches:
                continue
            if names:
                uncertain += names
            elif absence_only(handler.type):
                absence = absence or handler
            else:
                return Guard(TRY, raises=self.raises(handler) and not uncertain)
        if absence is not None:
            return Guard(TRY, absence_only=True, raises=self.raises(absence))
        return Guard(TRY, caught_by=uncertain) if uncertain else None

    def raises(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler only says in other words that the import failed."""
        *before, last = handler.body
        leaves = isinstance(last, ast.Raise) or (isinstance(last, ast.Expr) and self.flow.leaves(last))
        return leaves and all(isinstance(node, (ast.Expr, ast.Assign)) for node in before)

    def after_try(self, node: ast.Try, guard: Guard) -> Guard:
        """Behind ``except ImportError: return``, what the body imports is there."""
        leaving = [
            handler
            for handler in node.handlers
            if names_import_error(handler.type) and self.flow.all_leave(handler.body)
        ]
        return guard.asking(set().union(*map(tops_of, node.body))) if leaving else guard

    def context(
        self, node: ast.With | ast.AsyncWith, scope: tuple[str, ...], guard: Guard, deferred: bool
    ) -> Iterator[Statement]:
        for item in node.items:
            suppressed = self.catching.suppresses(item.context_expr)
            guard = guard.within(suppressed) if suppressed else guard
        waiting: list[ast.stmt] = []
        for statement in node.body:
            waiting.append(statement)
            if entered := self.catching.entered(statement):
                yield from self.walk(waiting, scope, guard, deferred, True)
                guard, waiting = guard.within(entered), []
        yield from self.walk(waiting, scope, guard, deferred, True)

    def loop(
        self, node: ast.For | ast.AsyncFor | ast.While, scope: tuple[str, ...], guard: Guard, deferred: bool
    ) -> Iterator[Statement]:
        holds = self.conditions.constant(node.test if isinstance(node, ast.While) else node.iter)
        inside = guard
        if isinstance(node, ast.While) and holds is None:
            inside = self.asking(guard, node.test)
        if holds is not False:
            yield from self.walk(node.body, scope, inside, deferred, True)
        yield from self.walk(node.orelse, scope, guard, deferred, True)

    def cases(
        self, node: ast.Match, scope: tuple[str, ...], guard: Guard, deferred: bool
    ) -> Iterator[Statement]:
        for case, certain in self.flow.possible(node):
            yield from self.walk(case.body, scope, guard if certain else guard.on_condition(), deferred, True)

    def after_call(self, node: ast.stmt, guard: Guard) -> Guard:
        """Behind ``importorskip("x")``, or a function that makes sure of an installation."""
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call):
            return guard
        name = self.conditions.last_name(value)
        if name == "importorskip":
            return guard.asking(self.conditions.asks(value))
        return guard.on_condition() if _PROVIDING_CALL.search(name) else guard


def _heads(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions that a compound statement evaluates itself."""
    yield from (value for _, value in ast.iter_fields(node) if isinstance(value, ast.expr))
    yield from (item.context_expr for item in getattr(node, "items", ()))
