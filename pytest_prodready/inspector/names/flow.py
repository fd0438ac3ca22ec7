"""Statement by statement through one function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..nodes import is_try, last_name
from ..statement_names import resolved
from . import containers, entering
from .annotations import MISSING
from .containers import items_of
from .expressions import Expressions
from .flow_targets import attributes_set, bound_in
from .frame import Environment, joined
from .joins import NOTHING, is_nothing
from .objects_held import value_of
from .scopes import Function
from .value import Class, Instance, Known, Value

CATCHES = {"AttributeError"}
CATCHES_ALL = {"BaseException", "Exception", ""}
TELLS = {"critical", "error", "exception", "fatal", "warning", "warn", "capture_exception", "print_exc"}
"""What a handler calls that tells of a failure which nobody has provided for."""


class Flow(Expressions):
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
            elif isinstance(one, ast.Delete):
                self._delete(one)
            else:
                for inner in ast.iter_child_nodes(one):
                    if isinstance(inner, ast.expr):
                        self.value(inner)

    # -- names ---------------------------------------------------------------------------------------------

    def assign(self, target: ast.expr, value: Value | None) -> None:
        """Bind what a target names, and note what is given to attributes."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Instance(list, Known("made", target.lineno), exact=True))
        elif isinstance(target, ast.Attribute):
            self._store(target, value)
        elif isinstance(target, ast.Subscript):
            owner = self.value(target.value)
            key = self.value(target.slice)
            path = self.path(target.value)
            if path in self.env and isinstance(owner, Instance) and not isinstance(target.slice, ast.Slice):
                written = target.slice.value if isinstance(target.slice, ast.Constant) else None
                self.env[path] = containers.stored(owner, key, value, written)

    def _unpack(self, targets: list[ast.expr], value: Value | None) -> None:
        parts: tuple[Value | None, ...] = value.parts if isinstance(value, Instance) else ()
        starred = any(isinstance(one, ast.Starred) for one in targets)
        items = items_of(value, 0) if not parts else None
        for number, one in enumerate(targets):
            fits = len(parts) == len(targets) and not starred
            self.assign(one, parts[number] if fits else items)

    def _store(self, target: ast.Attribute, value: Value | None) -> None:
        owner = self.value(target.value)
        key = self.path(target)
        holder = self.path(target.value)
        own = bool(self.first) and holder == self.first
        if not self.quiet:
            if not own:
                self.analysis.records.store(target.attr, owner)
            elif self.owner is not None:
                self.stores.append((target.attr, value))
        if holder in self.env and isinstance(owner, Instance) and not own:
            self.env[holder] = owner._replace(extra=owner.extra | {target.attr})
        if key:
            start = f"{key}."
            for one in [one for one in self.env if one == key or one.startswith(start)]:
                del self.env[one]
            if value is not None:
                self.env[key] = value

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        value = self.value(node.value) if node.value is not None else None
        said = self.annotated(node.annotation, node.lineno)
        said = _agreed(said, value)
        if node.value is not None or isinstance(node.target, ast.Name):
            self.assign(node.target, said)

    def _augment(self, node: ast.AugAssign) -> None:
        self.value(node.value)
        if isinstance(node.target, ast.Attribute):
            owner = self.value(node.target.value)
            self.read(node.target, node.target.value, owner, node.target.attr)
        elif isinstance(node.target, ast.Name):
            before = self.named(node.target.id)
            kept = isinstance(before, Instance) and before.cls in (str, list, int) and before.items is None
            same = isinstance(before, Instance) and kept and before.cls is str
            self.bind(node.target.id, before if same else None)
        else:
            self.value(node.target)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, None)
            elif isinstance(target, ast.Attribute):
                self.value(target.value)
            else:
                self.value(target)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, held in self.unit.imported(node):
            if held is MISSING and self.place is not None and self._is_unused(node):
                self.dead = True  # this way is not gone in this configuration
            if name != "*":
                self.bind(name, value_of(held) if held is not MISSING else None)

    def _is_unused(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Whether the module of an import statement is the application's, and was not loaded."""
        level = getattr(node, "level", 0)
        for alias in node.names:
            module = alias.name
            if isinstance(node, ast.ImportFrom):
                module = resolved(level, node.module or "", self.unit.package)
            if module and module not in sys.modules and self.analysis.owns(module):
                return True
        return False

    # -- ways ----------------------------------------------------------------------------------------------

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        known = self.unit.conditions.constant(node.test)
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
        self._meet([(one, ends), (self.env, self.dead)])

    def _meet(self, ways: list[tuple[Environment, bool]]) -> None:
        """Go on after several ways; those that end do not count."""
        alive = [env for env, dead in ways if not dead]
        self.dead = not alive
        if alive:
            self.env = alive[0]
            for one in alive[1:]:
                self.env = joined(self.scope, self.env, one)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        items = items_of(self.value(node.iter), node.lineno)
        self._loop(node, lambda: self.assign(node.target, items), endless=False)

    def _while(self, node: ast.While) -> None:
        self.value(node.test)

        def head() -> None:
            self.value(node.test)
            self.narrow(node.test, holds=True)

        self._loop(node, head, endless=self.unit.conditions.constant(node.test) is True)
        if not self.dead and not any(isinstance(one, ast.Break) for one in ast.walk(node)):
            self.narrow(node.test, holds=False)

    def _loop(self, node: Any, head: Callable[[], None], *, endless: bool) -> None:
        names = bound_in(node.body) | bound_in([node.target] if hasattr(node, "target") else [])
        changed = attributes_set(node.body)
        for key in [key for key in self.env if "." in key]:
            if key.partition(".")[0] in names or key.rpartition(".")[2] in changed:
                del self.env[key]
        carried = {name for name in names if name in self.env}
        if carried:
            self._settle(node, head, carried)
        before = dict(self.env)
        self.leaving.append([])
        head()
        self.body(node.body)
        ways = [(env, False) for env in self.leaving.pop()]
        around = [(self.env, self.dead), (before, False)]
        if endless:
            self._meet(ways)
            return
        self._meet(around)
        self.body(node.orelse)
        self._meet([(self.env, self.dead), *ways])

    def _settle(self, node: Any, head: Callable[[], None], carried: set[str]) -> None:
        """Let the names that a loop rebinds mean what they do in any of its turns."""
        if self.quiet:
            for name in carried:
                self.env[name] = None
            return
        before = dict(self.env)
        self.quiet += 1
        self.leaving.append([])
        returns, yields = len(self.returns), len(self.yields)
        head()
        self.body(node.body)
        self.leaving.pop()
        del self.returns[returns:], self.yields[yields:]
        self.quiet -= 1
        after = self.env if not self.dead else before
        self.env, self.dead = before, False
        for name in carried:
            self.env[name] = joined(self.scope, {name: before[name]}, {name: after.get(name)})[name]

    def _break(self, node: ast.Break | ast.Continue) -> None:
        if self.leaving:
            self.leaving[-1].append(dict(self.env))
        self.dead = True

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
        times = self._times(node.body)
        for handler in node.handlers:
            self.env, self.dead = dict(before), False
            for name, often in times.items():
                # it may have been bound, or not yet
                both = name in before and name in after and often == 1
                self.env[name] = joined(self.scope, before, after).get(name) if both else None
            self._handler(handler)
            ways.append((self.env, self.dead))
        self._meet(ways)
        if node.finalbody:
            dead = self.dead
            if dead:
                self.dead, self.env = False, dict(before)
                for name in times:
                    self.env[name] = None
            self.body(node.finalbody)
            self.dead = self.dead or dead

    def _times(self, statements: Sequence[ast.stmt]) -> dict[str, int]:
        return bound_in(statements)

    def _handler(self, handler: ast.ExceptHandler) -> None:
        kind = self.value(handler.type) if handler.type is not None else None
        if handler.name:
            caught = Instance(kind.cls, Known("annotated", handler.lineno)) if isinstance(kind, Class) else None
            self.bind(handler.name, caught)
        self.body(handler.body)

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
                if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and last_name(node.func) in TELLS):
                    return False
        return True

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        before = dict(self.env)
        silent = False
        for item in node.items:
            value = self.value(item.context_expr)
            silent = silent or entering.suppresses(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, entering.entered(self.analysis, value, item.context_expr.lineno))
        self.silent += silent
        self.body(node.body)
        self.silent -= silent
        if silent:
            self._meet([(self.env, self.dead), (before, False)])

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
        self._meet([*ways, (before, False)])

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

    # -- definitions ---------------------------------------------------------------------------------------

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


def _agreed(said: Value | None, value: Value | None) -> Value | None:
    """What a variable is that has an annotation and a value."""
    if is_nothing(said) or is_nothing(value):
        return said
    if not isinstance(said, Instance):
        return value if said is None else said
    if isinstance(value, Class):
        return value
    if not isinstance(value, Instance) or containers.is_empty(value):
        return said
    if said.cls in type.mro(value.cls):
        richer = value.items is not None or value.parts or said.items is None
        return value if richer else said
    return value._replace(known=value.known._replace(sure=False)) if said.opened else None


_READERS: dict[type, Callable[[Any, Any], None]] = {
    ast.AnnAssign: Flow._annotated,
    ast.Assert: Flow._assert,
    ast.Assign: Flow._assign,
    ast.AsyncFor: Flow._for,
    ast.AsyncFunctionDef: Flow._function,
    ast.AsyncWith: Flow._with,
    ast.AugAssign: Flow._augment,
    ast.Break: Flow._break,
    ast.ClassDef: Flow._class,
    ast.Continue: Flow._break,
    ast.For: Flow._for,
    ast.FunctionDef: Flow._function,
    ast.If: Flow._if,
    ast.Import: Flow._import,
    ast.ImportFrom: Flow._import,
    ast.Match: Flow._match,
    ast.Raise: Flow._raise,
    ast.Return: Flow._return,
    ast.While: Flow._while,
    ast.With: Flow._with,
}
