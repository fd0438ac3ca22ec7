"""Statement by statement through one function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ...nodes import is_try, last_name
from ..value import Class, Instance, Known
from . import entering
from .bound_names import bound_in
from .frame import joined
from .joins import NOTHING
from .loops import Loops
from .scopes import Function

CATCHES = {"AttributeError"}
CATCHES_ALL = {"BaseException", "Exception", ""}
LACKING = {"AttributeError", "ImportError", "KeyError", "LookupError", "ModuleNotFoundError", "NameError"}
"""What is raised where a library is of another version, or not there."""
TELLS = {"critical", "error", "exception", "fatal", "warning", "warn", "capture_exception", "print_exc"}
"""What a handler calls that tells of a failure which nobody has provided for."""


class Flow(Loops):
    """Reads statements."""

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order, as far as they are reached."""
        for one in statements:
            if self.dead:
                return
            reader = _READERS.get(type(one))
            if reader is not None:
                reader(self, one)
            elif is_try(one):
                self._try(one)
            else:
                for inner in ast.iter_child_nodes(one):
                    if isinstance(inner, ast.expr):
                        self.value(inner)

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        known = self.decided(node.test)
        if known is not None:
            self.body(node.body if known else node.orelse)
            return
        before = dict(self.env)
        self.narrow(node.test, holds=True)
        self.body(node.body)
        one, ends = self.env, self.dead
        self.env, self.dead = before, False
        self.narrow(node.test, holds=False)
        self.body(node.orelse)
        self.meet([(one, ends), (self.env, self.dead)])

    def _return(self, node: ast.Return) -> None:
        self.returns.append(self.value(node.value) if node.value is not None else NOTHING)
        self.dead = True

    def _raise(self, node: ast.Raise) -> None:
        for one in (node.exc, node.cause):
            if one is not None:
                self.value(one)
        self.dead = True

    def _assert(self, node: ast.Assert) -> None:
        self.value(node.test)
        if node.msg is not None:
            self.value(node.msg)
        self.narrow(node.test, holds=True)
        if self.unit.conditions.constant(node.test) is False:
            self.dead = True

    def _try(self, node: Any) -> None:
        before = dict(self.env)
        provided = any(map(self._provides, node.handlers))
        self.silent += provided
        self.body(node.body)
        self.silent -= provided
        after, ends = dict(self.env), self.dead
        ways = []
        if not ends:
            self.body(node.orelse)
        ways.append((self.env, self.dead))
        times = bound_in(node.body)
        for handler in node.handlers:
            self.env, self.dead = dict(before), False
            for name, often in times.items():
                # it may have been bound, or not yet
                both = name in before and name in after and often == 1
                self.env[name] = joined(self.scope, before, after).get(name) if both else None
            self._handler(handler)
            ways.append((self.env, self.dead))
        self.meet(ways)
        if node.finalbody:
            dead = self.dead
            if dead:
                self.dead, self.env = False, dict(before)
                for name in times:
                    self.env[name] = None
            self.body(node.finalbody)
            self.dead = self.dead or dead

    def _handler(self, handler: ast.ExceptHandler) -> None:
        kind = self.value(handler.type) if handler.type is not None else None
        if handler.name:
            caught = (
                Instance(kind.cls, Known("annotated", handler.lineno)) if isinstance(kind, Class) else None
            )
            self.bind(handler.name, caught)
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        otherwise = any(last_name(one) in LACKING for one in kinds)
        self.otherwise += otherwise
        self.body(handler.body)
        self.otherwise -= otherwise

    @staticmethod
    def _provides(handler: ast.ExceptHandler) -> bool:
        """Whether a handler is there for an attribute that is not."""
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = {last_name(kind) for kind in kinds}
        if names & CATCHES:
            return True
        if not names & CATCHES_ALL:
            return False
        for one in handler.body:
            for node in ast.walk(one):
                if isinstance(node, ast.Raise) or (
                    isinstance(node, ast.Call) and last_name(node.func) in TELLS
                ):
                    return False
        return True

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        before = dict(self.env)
        silent = False
        for item in node.items:
            value = self.value(item.context_expr)
            silent = silent or entering.suppresses(item.context_expr)
            if item.optional_vars is not None:
                self.assign(
                    item.optional_vars, entering.entered(self.analysis, value, item.context_expr.lineno)
                )
        self.silent += silent
        self.body(node.body)
        self.silent -= silent
        if silent:
            self.meet([(self.env, self.dead), (before, False)])

    def _match(self, node: ast.Match) -> None:
        self.value(node.subject)
        before = dict(self.env)
        key = self.path(node.subject)
        ways = []
        for case in node.cases:
            self.env, self.dead = dict(before), False
            if key:
                self.env[key] = None
            for name in bound_in([case.pattern]):
                self.bind(name, None)
            self._pattern(case.pattern, key)
            if case.guard is not None:
                self.value(case.guard)
                self.narrow(case.guard, holds=True)
            self.body(case.body)
            ways.append((self.env, self.dead))
        self.meet([*ways, (before, False)])

    def _pattern(self, pattern: ast.pattern, key: str) -> None:
        name = ""
        if isinstance(pattern, ast.MatchAs):
            name = pattern.name or ""
            if pattern.pattern is None:
                return
            pattern = pattern.pattern
        if not isinstance(pattern, ast.MatchClass):
            return
        cls = self.value(pattern.cls)
        for one in (key, name):
            if one and isinstance(cls, Class):
                self.env[one] = self._instance(cls.cls, Known("tested", pattern.lineno))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for one in node.decorator_list:
            self.value(one)
        self._defaults(node.args)
        self.bind(node.name, None) if self.place is not None else None
        self.nested(node)

    def _defaults(self, arguments: ast.arguments) -> None:
        for one in (*arguments.defaults, *arguments.kw_defaults):
            if one is not None:
                self.value(one)

    def nested(self, node: Function) -> None:
        """Read a function where it is defined in this one."""
        if not self.quiet:
            self.analysis.read_nested(self, node)

    def _class(self, node: ast.ClassDef) -> None:
        for one in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(one)
        if self.place is not None:
            self.bind(node.name, None)
        if not self.quiet:
            self.analysis.read_class(self, node)


_READERS: dict[type, Callable[[Any, Any], None]] = {
    ast.AnnAssign: Loops._annotated,
    ast.Assert: Flow._assert,
    ast.Assign: Loops._assign,
    ast.AsyncFor: Loops._for,
    ast.AsyncFunctionDef: Flow._function,
    ast.AsyncWith: Flow._with,
    ast.AugAssign: Loops._augment,
    ast.Break: Loops._break,
    ast.ClassDef: Flow._class,
    ast.Continue: Loops._break,
    ast.Delete: Loops._delete,
    ast.For: Loops._for,
    ast.FunctionDef: Flow._function,
    ast.If: Flow._if,
    ast.Import: Loops._import,
    ast.ImportFrom: Loops._import,
    ast.Match: Flow._match,
    ast.Raise: Flow._raise,
    ast.Return: Flow._return,
    ast.While: Loops._while,
    ast.With: Flow._with,
}
