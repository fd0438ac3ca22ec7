"""Import statements that run later than their module, read from a syntax tree: which can run, behind what."""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .conditions import ANY, Conditions, is_try, names_import_error, tops_of
from .nodes import walk

TRY = "try"
CONDITION = "condition"
LAZY = "lazy"
CALL = "call"
TOP = "top"
CATCHES_IMPORT_ERROR = {"ImportError", "Exception", "BaseException"}
CATCHES_OTHERS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} - {*CATCHES_IMPORT_ERROR, "ModuleNotFoundError"}
IMPORTERS = {"importlib.import_module", "import_module", "__import__", "builtins.__import__"}
LEAVES = {"sys.exit", "os._exit", "exit", "quit", "os.abort"}
_PROVIDING_CONTEXT = re.compile(
    r"suppress|ignor|swallow|import|optional|^raises$|^assertRaises", re.IGNORECASE
)
_PROVIDING_CALL = re.compile(
    r"requires?_(?:backend|package|module|import|dependenc|extra)"
    r"|(?:check|ensure|assert|verify)\w*(?:install|import|available|depend|backend|package|extra)",
    re.IGNORECASE,
)


class Statement(NamedTuple):
    """One import that runs later than its module, in values that can be stored as they are."""

    function: str
    """Qualified name of what holds it; empty for the module itself."""
    guard: str
    """``try``, ``condition`` or empty."""
    line: int
    imports: tuple[tuple[str, str, str], ...]
    """(module, name, what is bound); the name is empty for ``import module``."""
    level: int = 0
    """Leading dots of a relative import."""
    kind: str = ""
    """Empty for a statement in a function, ``lazy`` for one with that word, ``top`` for any other at the top
    of the module, ``call`` for ``import_module`` with a constant name."""
    caught_by: tuple[str, ...] = ()
    """The guard is a ``try`` only if one of these names is an exception that stops an ImportError."""
    absence_only: bool = False
    """The ``try`` stops a ModuleNotFoundError, not every ImportError."""
    raises: bool = False
    """The handler does nothing but raise again, with words of its own."""
    outer: str = ""
    """The guard where the ``try`` is none."""
    flags: tuple[str, ...] = ()
    """Imported names that its conditions ask, which may tell elsewhere whether a module is there."""


class _Guard(NamedTuple):
    """What stands around a statement, or was asked before it."""

    kind: str = ""
    asked: frozenset[str] = frozenset()
    """Top-level modules that are there when the statement runs, as far as the code has looked."""
    caught_by: tuple[str, ...] = ()
    absence_only: bool = False
    raises: bool = False
    outer: str = ""
    flags: tuple[str, ...] = ()

    def within(self, block: _Guard) -> _Guard:
        """``block``, a ``try``, inside of this."""
        if self.kind == TRY and not (self.caught_by or self.absence_only or self.raises):
            return self
        return block._replace(
            asked=self.asked, flags=self.flags, outer=block.outer or self.outer or self.kind
        )

    def asking(self, tops: Iterable[str], flags: Iterable[str] = ()) -> _Guard:
        """This, after a test for modules."""
        return self._replace(asked=self.asked | set(tops), flags=tuple(dict.fromkeys((*self.flags, *flags))))

    def on_condition(self) -> _Guard:
        """This, behind a condition."""
        return self if self.kind else self._replace(kind=CONDITION)

    def called_later(self) -> _Guard:
        """What of this still holds when a function that is defined here is called."""
        kind = self.outer if self.kind == TRY else self.kind
        return _Guard(kind if kind == CONDITION else "", self.asked, flags=self.flags)


@dataclass(frozen=True)
class Attempt:
    """A ``try`` at the top of a module, around imports, that goes on without them."""

    broad: bool
    """It stops every exception, not only those that it names."""
    imports: tuple[Statement, ...]
    """Those that it begins with: each is tried if the one before has succeeded."""


class Reader:
    """Reads the imports of one module.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.at_top = False
        self.conditions = Conditions(tree)

    def statements(self, at_top: bool = False) -> list[Statement]:
        """The imports that stand in a function and can run on this interpreter.

        Left out: code under ``TYPE_CHECKING``, under a constant false, under a version or platform test that
        does not hold here, behind what always leaves, and the fallback in the handler of an ``ImportError``.

        Args:
            at_top: list those at the top of the module, too, which an interpreter may be told to make lazy.
        """
        self.at_top = at_top
        calls = _guarded_functions(self.tree) if self.conditions.asks_in_a_try else set()
        return [
            one._replace(guard=TRY, caught_by=(), absence_only=False, raises=False)
            if one.function and one.function.rpartition(".")[2] in calls
            else one
            for one in self.walk(self.tree.body, (), _Guard(), False, False)
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
                    broad = any(self._broad(handler.type) for handler in node.handlers)  # type: ignore[attr-defined]
                    yield Attempt(broad, self._leading(node.body, caught))  # type: ignore[attr-defined]
            elif isinstance(node, ast.With):
                suppressed = [self.suppresses(item.context_expr) for item in node.items]
                if caught := next(filter(None, suppressed), None):
                    yield Attempt(False, self._leading(node.body, caught))

    def _broad(self, kind: ast.expr | None) -> bool:
        name = "" if kind is None else self.conditions.dotted(kind).rpartition(".")[2]
        return kind is None or name in ("Exception", "BaseException")

    def _leading(self, body: list[ast.stmt], caught: _Guard) -> tuple[Statement, ...]:
        imports: Any = itertools.takewhile(lambda node: isinstance(node, (ast.Import, ast.ImportFrom)), body)
        return tuple(
            self.statement(node.lineno, _named(node), getattr(node, "level", 0), TOP, (), caught, set())
            for node in imports
        )

    def walk(
        self, body: Iterable[ast.stmt], scope: tuple[str, ...], guard: _Guard, deferred: bool, in_block: bool
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
                guard = guard.asking(self.conditions.asks(node.test), self.conditions.imported(node.test))
            else:
                if by_call:
                    yield from self.calls(node, scope, guard)
                guard = self.after_call(node, guard)
            if self.leaves(node):
                return  # what stands behind it never runs

    def imports(
        self,
        node: ast.Import | ast.ImportFrom,
        scope: tuple[str, ...],
        guard: _Guard,
        deferred: bool,
        in_block: bool,
    ) -> Iterator[Statement]:
        kind = "" if deferred else LAZY if getattr(node, "is_lazy", 0) else TOP
        if kind == TOP and (in_block or not self.at_top or scope or guard.kind == TRY):
            return
        named = _named(node)
        if named[0][0] != "__future__" and not (kind == TOP and named[0][1] == "*"):
            yield self.statement(
                node.lineno, named, getattr(node, "level", 0), kind, scope, guard, tops_of(node)
            )

    @staticmethod
    def statement(
        line: int,
        named: tuple[tuple[str, str, str], ...],
        level: int,
        kind: str,
        scope: tuple[str, ...],
        guard: _Guard,
        tops: set[str],
    ) -> Statement:
        place = ".".join(scope)
        if ANY in guard.asked or tops & guard.asked:
            return Statement(place, TRY, line, named, level, kind)
        return Statement(
            place,
            guard.kind,
            line,
            named,
            level,
            kind,
            guard.caught_by,
            guard.absence_only,
            guard.raises,
            guard.outer,
            guard.flags,
        )

    def calls(self, node: ast.AST, scope: tuple[str, ...], guard: _Guard) -> Iterator[Statement]:
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
            yield self.statement(call.lineno, ((module, "", ""),), level, CALL, scope, guard, tops)

    @staticmethod
    def _relative_to_itself(call: ast.Call) -> bool:
        package = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "package")]
        return len(package) == 1 and getattr(package[0], "id", "") == "__package__"

    def branches(
        self, node: ast.If, scope: tuple[str, ...], guard: _Guard, deferred: bool, in_block: bool
    ) -> Iterator[Statement]:
        holds = self.conditions.constant(node.test)
        inside = guard
        if holds is None:
            inside = guard.on_condition().asking(
                self.conditions.asks(node.test), self.conditions.imported(node.test)
            )
        if holds is not False:
            yield from self.walk(node.body, scope, inside, deferred, in_block)
        if holds is not True:
            yield from self.walk(node.orelse, scope, inside, deferred, in_block)

    def after(self, node: ast.If, guard: _Guard) -> _Guard:
        """What holds behind ``if …: return``."""
        known = self.conditions.constant(node.test) is not None
        if known or node.orelse or not self.all_leave(node.body):
            return guard
        guard = guard.asking(self.conditions.asks(node.test), self.conditions.imported(node.test))
        return guard.on_condition() if self.conditions.is_switch(node.test) else guard

    def attempts(
        self, node: ast.Try, scope: tuple[str, ...], guard: _Guard, deferred: bool
    ) -> Iterator[Statement]:
        caught = self.caught(node)
        yield from self.walk(node.body, scope, guard.within(caught) if caught else guard, deferred, True)
        stopped = False
        for handler in node.handlers:
            catches, names = self.catches(handler.type)
            if not catches:
                yield from self.walk(handler.body, scope, guard.on_condition(), deferred, True)
            elif names and not stopped:
                maybe = _Guard(TRY, caught_by=names, outer=CONDITION)
                yield from self.walk(handler.body, scope, guard.within(maybe), deferred, True)
            stopped = stopped or (catches and not names)
        tops = set().union(*map(tops_of, node.body)) if caught else set()
        yield from self.walk(node.orelse, scope, guard.asking(tops), deferred, True)
        yield from self.walk(node.finalbody, scope, guard, deferred, True)

    def caught(self, node: ast.Try) -> _Guard | None:
        """How the handlers of a ``try`` stop an ImportError; ``None`` when none of them does."""
        uncertain: tuple[str, ...] = ()
        absence: ast.ExceptHandler | None = None
        for handler in node.handlers:
            catches, names = self.catches(handler.type)
            if not catches:
                continue
            if names:
                uncertain += names
            elif self.absence_only(handler.type):
                absence = absence or handler
            else:
                return _Guard(TRY, raises=self.raises(handler) and not uncertain)
        if absence is not None:
            return _Guard(TRY, absence_only=True, raises=self.raises(absence))
        return _Guard(TRY, caught_by=uncertain) if uncertain else None

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
        return True, (_written(kind),)

    def absence_only(self, kind: ast.expr | None) -> bool:
        names = {getattr(node, "id", getattr(node, "attr", "")) for node in walk(kind)} if kind else set()
        return "ModuleNotFoundError" in names and not names & CATCHES_IMPORT_ERROR

    def raises(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler only says in other words that the import failed."""
        *before, last = handler.body
        leaves = isinstance(last, ast.Raise) or (isinstance(last, ast.Expr) and self.leaves(last))
        return leaves and all(isinstance(node, (ast.Expr, ast.Assign)) for node in before)

    def after_try(self, node: ast.Try, guard: _Guard) -> _Guard:
        """Behind ``except ImportError: return``, what the body imports is there."""
        leaving = [
            handler
            for handler in node.handlers
            if names_import_error(handler.type) and self.all_leave(handler.body)
        ]
        return guard.asking(set().union(*map(tops_of, node.body))) if leaving else guard

    def context(
        self, node: ast.With | ast.AsyncWith, scope: tuple[str, ...], guard: _Guard, deferred: bool
    ) -> Iterator[Statement]:
        for item in node.items:
            suppressed = self.suppresses(item.context_expr)
            guard = guard.within(suppressed) if suppressed else guard
        body = iter(node.body)
        waiting: list[ast.stmt] = []
        for statement in body:
            waiting.append(statement)
            if entered := self.entered(statement):
                yield from self.walk(waiting, scope, guard, deferred, True)
                guard, waiting = guard.within(entered), []
        yield from self.walk(waiting, scope, guard, deferred, True)

    def suppresses(self, expression: ast.expr) -> _Guard | None:
        """How a context manager stops an ImportError, if it does."""
        if not isinstance(expression, ast.Call):
            return None
        name = self.conditions.last_name(expression)
        if not _PROVIDING_CONTEXT.search(name):
            return None
        if name not in ("suppress", "raises", "assertRaises"):
            return _Guard(TRY)
        uncertain: tuple[str, ...] = ()
        found: _Guard | None = None
        for argument in expression.args:
            catches, names = self.catches(argument)
            if catches and names:
                uncertain += names
            elif catches:
                found = _Guard(TRY, absence_only=self.absence_only(argument))
        return found or (_Guard(TRY, caught_by=uncertain) if uncertain else None)

    def entered(self, statement: ast.stmt) -> _Guard | None:
        """``stack.enter_context(suppress(…))``."""
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return None
        if value.func.attr not in ("enter_context", "push") or not value.args:
            return None
        return self.suppresses(value.args[0])

    def loop(
        self, node: ast.For | ast.AsyncFor | ast.While, scope: tuple[str, ...], guard: _Guard, deferred: bool
    ) -> Iterator[Statement]:
        holds = self.conditions.constant(node.test if isinstance(node, ast.While) else node.iter)
        inside = guard
        if isinstance(node, ast.While) and holds is None:
            inside = guard.asking(self.conditions.asks(node.test), self.conditions.imported(node.test))
        if holds is not False:
            yield from self.walk(node.body, scope, inside, deferred, True)
        yield from self.walk(node.orelse, scope, guard, deferred, True)

    def cases(
        self, node: ast.Match, scope: tuple[str, ...], guard: _Guard, deferred: bool
    ) -> Iterator[Statement]:
        for case, certain in self.possible(node):
            yield from self.walk(case.body, scope, guard if certain else guard.on_condition(), deferred, True)

    def possible(self, node: ast.Match) -> Iterator[tuple[ast.match_case, bool]]:
        """The cases that can be chosen here, and whether it is known that one is."""
        known = self.conditions.constant(node.subject) is not None
        open_ = not known
        for case in node.cases:
            matches = self.matches(node.subject, case.pattern) if known else None
            if case.guard is not None:
                guard = self.conditions.constant(case.guard)
                matches = False if matches is False or guard is False else matches if guard else None
            if matches is False:
                continue
            open_ = open_ or matches is None
            yield case, not open_
            if matches:
                return

    def matches(self, subject: ast.expr, pattern: ast.pattern) -> bool | None:
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
            return True
        if isinstance(pattern, ast.MatchValue):
            return self.conditions.constant(ast.Compare(subject, [ast.Eq()], [pattern.value]))
        if isinstance(pattern, ast.MatchOr):
            answers = [self.matches(subject, one) for one in pattern.patterns]
            return True if True in answers else None if None in answers else False
        return None

    def after_call(self, node: ast.stmt, guard: _Guard) -> _Guard:
        """Behind ``importorskip("x")``, or a function that makes sure of an installation."""
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call):
            return guard
        name = self.conditions.last_name(value)
        if name == "importorskip":
            return guard.asking(self.conditions.asks(value))
        return guard.on_condition() if _PROVIDING_CALL.search(name) else guard

    def all_leave(self, body: list[ast.stmt]) -> bool:
        return any(map(self.leaves, body))

    def leaves(self, node: ast.stmt) -> bool:
        """Whether nothing behind ``node`` runs."""
        if isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            return True
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Call) and self.conditions.dotted(node.value.func) in LEAVES
        if isinstance(node, ast.Assert):
            return self.conditions.constant(node.test) is False
        if isinstance(node, ast.If):
            holds = self.conditions.constant(node.test)
            taken = [node.body, node.orelse] if holds is None else [node.body if holds else node.orelse]
            return all(map(self.all_leave, taken))
        if is_try(node):
            return self.all_leave(node.finalbody) or (  # type: ignore[attr-defined]
                self.all_leave([*node.body, *node.orelse])  # type: ignore[attr-defined]
                and all(self.all_leave(handler.body) for handler in node.handlers)  # type: ignore[attr-defined]
            )
        if isinstance(node, (ast.With, ast.AsyncWith)):
            contexts = (self.conditions.last_name(item.context_expr) for item in node.items)
            swallows = any(map(_PROVIDING_CONTEXT.search, contexts)) or any(map(self.entered, node.body))
            return not swallows and self.all_leave(node.body)
        if isinstance(node, ast.While):
            return self.conditions.constant(node.test) is True and not _breaks(node.body)
        return False


def _named(node: ast.Import | ast.ImportFrom) -> tuple[tuple[str, str, str], ...]:
    """(module, name, what is bound) of everything that a statement imports."""
    if isinstance(node, ast.Import):
        return tuple((one.name, "", one.asname or one.name.partition(".")[0]) for one in node.names)
    return tuple((node.module or "", one.name, one.asname or one.name) for one in node.names)


def _heads(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions that a compound statement evaluates itself."""
    yield from (value for _, value in ast.iter_fields(node) if isinstance(value, ast.expr))
    yield from (item.context_expr for item in getattr(node, "items", ()))


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a loop with this body can be left by ``break``."""
    for node in body:
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            if _breaks(node.orelse):
                return True
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner = [getattr(node, part, []) for part in ("body", "orelse", "finalbody")]
        inner += [part.body for name in ("handlers", "cases") for part in getattr(node, name, [])]
        if any(map(_breaks, inner)):
            return True
    return False


def _written(node: ast.expr) -> str:
    """A dotted name as it stands in the source."""
    return (
        f"{_written(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    )


def _guarded_functions(tree: ast.Module) -> set[str]:
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
    calls = (node.func for node in walk(tree) if isinstance(node, ast.Call))
    return {getattr(called, "id", getattr(called, "attr", "")) for called in calls}
