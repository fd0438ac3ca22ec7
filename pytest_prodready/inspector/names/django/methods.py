"""What the application's own methods of managers and querysets give: their bodies are followed."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..flow.joins import NOTHING, join_all
from ..value import UNKNOWN, Call, Class, Instance, Value
from . import rows
from .models import QUERYSET, descends, held, is_model, own
from .query import Query

DEEPEST = 8
"""Calls of own methods within each other."""
LOOPS = (ast.For, ast.AsyncFor, ast.While)
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
Asking = Callable[[Instance, str, Call, "type | None"], "Value | None"]


class _Frame(NamedTuple):
    """One method that is followed."""

    function: Any
    holder: type
    owner: Instance
    names: dict[str, Value | None]
    given: list[Value | None]
    """What each ``return`` gives."""


class Methods:
    """Follows own methods of managers and querysets.

    Args:
        ask: what a method, by its name, of a manager or a queryset gives, beginning after a class.
        attribute: what an attribute gives.
    """

    def __init__(self, ask: Asking, attribute: Callable[[Value, str, int], Value | None]) -> None:
        self._ask = ask
        self._attribute = attribute
        self._depth = 0
        self._kept: dict[tuple[types.FunctionType, type, Instance], Value | None] = {}

    def result(self, function: types.FunctionType, holder: type, owner: Instance) -> Value | None:
        """What a method gives; ``None`` where that is not plainly a query, or one row of it.

        Args:
            function: the method.
            holder: the class that has it.
            owner: the manager or the queryset that it is called on.
        """
        key = function, holder, owner
        if key not in self._kept:
            self._kept[key] = None  # while it is followed, for one that calls itself
            self._kept[key] = self._followed(function, holder, owner)
        return self._kept[key]

    def _followed(self, function: types.FunctionType, holder: type, owner: Instance) -> Value | None:
        node = _source(function.__code__)
        arguments = node and [*node.args.posonlyargs, *node.args.args]
        if node is None or not arguments or node.decorator_list or self._depth >= DEEPEST:
            return None
        if any(isinstance(one, (ast.Yield, ast.YieldFrom)) or _touches_query(one) for one in _inside(node)):
            return None
        frame = _Frame(function, holder, owner, {arguments[0].arg: owner}, [])
        self._depth += 1
        try:
            self._run(node.body, frame)
        finally:
            self._depth -= 1
        value = join_all(frame.given)
        return rows.awaited(value, node.lineno) if isinstance(node, ast.AsyncFunctionDef) and value else value

    def _run(self, body: list[ast.stmt], frame: _Frame) -> None:
        for statement in body:
            if isinstance(statement, ast.Return):
                frame.given.append(self._value(statement.value, frame))
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                self._assign(statement, frame)
            elif isinstance(statement, ast.If):
                self._branch(statement, frame)
            elif not isinstance(statement, (ast.Expr, ast.Raise, ast.Assert, ast.Pass)):
                self._other(statement, frame)

    def _assign(self, statement: ast.Assign | ast.AnnAssign, frame: _Frame) -> None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value = self._value(statement.value, frame)
        for target in targets:
            for name in _stored(target):
                frame.names[name] = value if isinstance(target, ast.Name) else None

    def _branch(self, statement: ast.If, frame: _Frame) -> None:
        ways = []
        for body in (statement.body, statement.orelse):
            way = frame._replace(names=dict(frame.names))
            self._run(body, way)
            if not body or not isinstance(body[-1], (ast.Return, ast.Raise)):
                ways.append(way.names)
        names = {name for way in ways for name in way}
        frame.names.update({name: join_all(way.get(name) for way in ways) for name in names})

    def _other(self, statement: ast.stmt, frame: _Frame) -> None:
        """A loop, ``with`` or ``try``: what it binds is not known, what it returns is."""
        frame.names.update(dict.fromkeys(_stored(statement)))
        for field in ("body", "handlers", "orelse", "finalbody"):
            for one in getattr(statement, field, ()) if not isinstance(statement, NESTED) else ():
                self._run(one.body if isinstance(one, ast.ExceptHandler) else [one], frame)

    def _value(self, node: ast.expr | None, frame: _Frame) -> Value | None:
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return NOTHING
        if isinstance(node, ast.Name):
            return frame.names[node.id] if node.id in frame.names else _outside(node.id, frame.function)
        if isinstance(node, ast.Attribute):
            owner = self._value(node.value, frame)
            return None if owner is None else self._attribute(owner, node.attr, node.lineno)
        if isinstance(node, ast.IfExp):
            return join_all([self._value(node.body, frame), self._value(node.orelse, frame)])
        if isinstance(node, ast.Await):
            value = self._value(node.value, frame)
            return value.awaited if isinstance(value, Instance) else None
        return self._called(node, frame) if isinstance(node, ast.Call) else None

    def _called(self, node: ast.Call, frame: _Frame) -> Value | None:
        function = node.func
        if not isinstance(function, ast.Attribute):
            return _made(self._value(function, frame), node, [self._value(one, frame) for one in _all(node)])
        after = None
        inner = function.value
        owner: Value | None
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super":
            owner, after = frame.owner, frame.holder
        else:
            owner = self._value(inner, frame)
        if not isinstance(owner, Instance):
            return None
        call = Call(
            node,
            owner,
            function.attr,
            None,
            tuple(self._value(one, frame) for one in node.args),
            {one.arg: self._value(one.value, frame) for one in node.keywords if one.arg},
            constant,
            any(isinstance(one, ast.Starred) for one in node.args)
            or any(not one.arg for one in node.keywords),
        )
        return self._ask(owner, function.attr, call, after)


def constant(node: ast.expr) -> Any:
    """The value of a literal; ``UNKNOWN`` for any other expression."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return UNKNOWN


def empty_call(owner: Instance, name: str) -> Call:
    """``owner.name()``, which stands nowhere."""
    node = ast.Call(ast.Name("owner", ast.Load()), [], [], lineno=0, col_offset=0)
    return Call(node, owner, name, None, (), {}, constant)


def _all(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (one.value for one in node.keywords if one.arg == "model")


def _made(cls: Value | None, node: ast.Call, given: list[Value | None]) -> Value | None:
    """``ProviderQuerySet(self.model, using=self._db)``."""
    if not isinstance(cls, Class) or not descends(cls.cls, QUERYSET):
        return None
    first = given[0] if given else None
    if not isinstance(first, Class) or not is_model(first.cls) or own(cls.cls, "__new__"):
        return None
    more = any(one.arg == "query" for one in node.keywords) or len(node.args) > 1
    return rows.queryset_value(cls.cls, Query(first.cls, opened=more), node.lineno)


def _outside(name: str, function: types.FunctionType) -> Value | None:
    """A class that a method names, from around the function or from its module."""
    try:
        around = inspect.getclosurevars(function).nonlocals
    except (TypeError, ValueError):  # a cell that is not filled yet
        around = {}
    found = around.get(name, function.__globals__.get(name))
    return Class(found) if isinstance(found, type) else None


@functools.lru_cache(maxsize=512)
def _source(code: types.CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The definition that a function comes from, as far as its file can be read."""
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(code))).body
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError, MemoryError, IndexError):
        return None
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != code.co_name:
        return None
    return node


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a function, without those of functions inside of it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, NESTED):
            yield from _inside(child)


def _touches_query(node: ast.AST) -> bool:
    """Whether ``node`` reaches behind a queryset, where annotations can be put directly."""
    return isinstance(node, ast.Attribute) and node.attr in ("query", "_iterable_class", "__dict__")


def _stored(node: ast.AST) -> Iterator[str]:
    """The names that are bound somewhere in ``node``."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            yield one.id
        elif isinstance(one, (*NESTED[:3], ast.ExceptHandler)) and one.name:
            yield one.name


def method(cls: type, name: str, after: type | None = None) -> tuple[type | None, Any]:
    """The class that holds a method, and the method, behind what a manager makes of a queryset's."""
    holder, found = held(cls, name, after)
    if isinstance(found, types.FunctionType) and found.__code__.co_name == "manager_method":
        wrapped = vars(found).get("__wrapped__")
        return holder, wrapped if isinstance(wrapped, types.FunctionType) else None
    return holder, found
