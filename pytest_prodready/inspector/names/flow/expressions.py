"""What an expression is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..value import Instance, Known, Value
from . import attributes, containers, library_results
from .calling import Calling
from .containers import items_of
from .displays import Displays, walruses
from .frame import ExhaustedError
from .joins import NOTHING, join, join_all, present

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow)


class Expressions(Displays):
    """Reads expressions."""

    def value(self, node: ast.expr) -> Value | None:
        """What is known of an expression; all that is asked in it is recorded."""
        self.analysis.steps += 1
        if self.analysis.steps > self.analysis.limit:
            raise ExhaustedError
        reader = _READERS.get(type(node))
        if reader is not None:
            return reader(self, node)
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.expr):
                self.value(one)
        return None

    def _constant(self, node: ast.Constant) -> Value | None:
        if node.value is None:
            return NOTHING
        if node.value is Ellipsis:
            return None
        return Instance(type(node.value), Known("made", node.lineno), exact=True)

    def _name(self, node: ast.Name) -> Value | None:
        return self.named(node.id)

    def _attribute(self, node: ast.Attribute) -> Value | None:
        owner = self.value(node.value)
        self.read(node, node.value, owner, node.attr)
        key = self.path(node)
        if key and key in self.env:
            return self.env[key]
        return attributes.of(self.analysis, owner, node.attr, node.lineno)

    def _await(self, node: ast.Await) -> Value | None:
        value = self.value(node.value)
        return value.awaited if isinstance(value, Instance) else None

    def _subscript(self, node: ast.Subscript) -> Value | None:
        value = self.value(node.value)
        key = self.value(node.slice)
        found = self.operation(node.value, value, "__getitem__", node.slice, key)
        return found if found is not None else containers.part(value, node.slice)

    def _binary(self, node: ast.BinOp) -> Value | None:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd)):
            name = "__or__" if isinstance(node.op, ast.BitOr) else "__and__"
            return self.operation(node.left, left, name, node.right, right)
        if not isinstance(left, Instance):
            return None
        if left.cls is str and isinstance(node.op, ast.Mod):
            return Instance(str, left.known, exact=True)
        if not isinstance(right, Instance) or left.optional or right.optional:
            return None
        if isinstance(node.op, (ast.Add, ast.Sub)):
            minus = isinstance(node.op, ast.Sub)
            found = library_results.calculated(left, right, minus=minus, line=node.lineno)
            if found is not None:
                return found
        plain = isinstance(node.op, ARITHMETIC) and left.cls is right.cls
        if plain and left.cls in (int, str, list) and left.exact and right.exact:
            if left.cls is int and isinstance(node.op, ast.Pow):
                return None
            return join(left, right)
        if isinstance(node.op, ast.Div) and right.cls is str and left.cls.__module__.startswith("pathlib"):
            return left
        return None

    def _either(self, node: ast.BoolOp) -> Value | None:
        before = dict(self.env)
        values: list[Value | None] = []
        for number, one in enumerate(node.values):
            if number:
                self.narrow(node.values[number - 1], holds=isinstance(node.op, ast.And))
            values.append(self.value(one))
            if self.decided(one) is isinstance(node.op, ast.Or):
                break  # what follows is never evaluated
        after, self.env = self.env, before
        for name in walruses(node):
            self.env[name] = after.get(name)
        if isinstance(node.op, ast.Or):
            return join_all([*map(present, values[:-1]), values[-1]]) if _all_known(values) else None
        return join_all(values)

    def _not(self, node: ast.UnaryOp) -> Value | None:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return Instance(bool, Known("made", node.lineno), exact=True)
        return value if isinstance(value, Instance) and value.cls in (int, float) else None

    def _compare(self, node: ast.Compare) -> Value | None:
        self.value(node.left)
        for one in node.comparators:
            self.value(one)
        return None  # whoever overloads the operator decides

    def _conditional(self, node: ast.IfExp) -> Value | None:
        self.value(node.test)
        known = self.decided(node.test)
        if known is not None:
            return self.value(node.body if known else node.orelse)
        before = dict(self.env)
        self.narrow(node.test, holds=True)
        one = self.value(node.body)
        self.env = dict(before)
        self.narrow(node.test, holds=False)
        other = self.value(node.orelse)
        self.env = before
        self.forget(node)
        return join(one, other)

    def _walrus(self, node: ast.NamedExpr) -> Value | None:
        value = self.value(node.value)
        self.bind(node.target.id, value)
        return value

    def _yield(self, node: ast.Yield) -> Value | None:
        self.yields.append(self.value(node.value) if node.value is not None else NOTHING)
        return None

    def _yield_from(self, node: ast.YieldFrom) -> Value | None:
        self.yields.append(items_of(self.value(node.value), node.lineno))
        return None

    def _lambda(self, node: ast.Lambda) -> Value | None:
        self.nested(node)
        return None


def _all_known(values: list[Value | None]) -> bool:
    return None not in values


_READERS: dict[type, Callable[[Any, Any], Value | None]] = {
    ast.Attribute: Expressions._attribute,
    ast.Await: Expressions._await,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._either,
    ast.Call: Calling.call,
    ast.Compare: Expressions._compare,
    ast.Constant: Expressions._constant,
    ast.Dict: Displays._dict,
    ast.DictComp: Displays._comprehended,
    ast.FormattedValue: Displays._formatted,
    ast.GeneratorExp: Displays._comprehended,
    ast.IfExp: Expressions._conditional,
    ast.JoinedStr: Displays._text,
    ast.Lambda: Expressions._lambda,
    ast.List: Displays._sequence,
    ast.ListComp: Displays._comprehended,
    ast.Name: Expressions._name,
    ast.NamedExpr: Expressions._walrus,
    ast.Set: Displays._sequence,
    ast.SetComp: Displays._comprehended,
    ast.Starred: Displays._starred,
    ast.Subscript: Expressions._subscript,
    ast.Tuple: Displays._sequence,
    ast.UnaryOp: Expressions._not,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
}
