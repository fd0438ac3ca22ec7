"""Which code of a body can run on this interpreter, and what nothing comes behind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .conditions import Conditions
from .deferred_catching import Catching
from .nodes import is_try

LEAVES = {"sys.exit", "os._exit", "exit", "quit", "os.abort"}


class Flow:
    """The ways through the code of one module.

    Args:
        conditions: tells which of its conditions hold here.
        catching: tells what lets an exception disappear.
    """

    def __init__(self, conditions: Conditions, catching: Catching) -> None:
        self.conditions = conditions
        self.catching = catching

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
        """Whether a known subject matches; ``None`` where only the running program can tell."""
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
            return True
        if isinstance(pattern, ast.MatchValue):
            return self.conditions.constant(ast.Compare(subject, [ast.Eq()], [pattern.value]))
        if isinstance(pattern, ast.MatchOr):
            answers = [self.matches(subject, one) for one in pattern.patterns]
            return True if True in answers else None if None in answers else False
        return None

    def all_leave(self, body: list[ast.stmt]) -> bool:
        """Whether nothing behind ``body`` runs."""
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
            return not self.catching.swallows(node) and self.all_leave(node.body)
        if isinstance(node, ast.While):
            return self.conditions.constant(node.test) is True and not _breaks(node.body)
        return False


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
