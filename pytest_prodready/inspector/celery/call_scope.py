"""What a name means where it stands: an import, an expression that it is bound to once, or unknown."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..nodes import bound_name, last_name, name_parts, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DEEPEST = 5
"""Names that one name stands for, one after the other."""
CHANGES = {
    "append",
    "args",
    "body",
    "clear",
    "extend",
    "insert",
    "kwargs",
    "options",
    "pop",
    "tasks",
    "update",
}
"""Attributes through which a signature, a list or a dict is changed after it was made."""

GLOBAL, IMPORTED, OF_CLASS, ITSELF = "global", "imported", "class", "itself"


class Reference(NamedTuple):
    """A dotted name, in values that can be stored."""

    kind: str
    """``global`` (of the module), ``imported`` (by its function), ``class`` (behind ``self``), or ``itself``
    (the bound task whose function it stands in)."""
    start: str
    """The module's name, the imported module, the qualified name of the class or of the function."""
    parts: tuple[str, ...] = ()
    """What stands behind it."""
    level: int = 0
    """The leading dots of an import."""


class Names(NamedTuple):
    """What a function or a class does with names."""

    bound: dict[str, ast.AST | None]
    """Name → the import or the expression that it is bound to, ``None`` for anything else."""
    rebound: set[str]
    """Those that are bound more than once."""
    outside: set[str]
    """Those declared ``global`` or ``nonlocal``."""
    changed: set[str]
    """Those whose values may be changed in place."""
    uses: Counter[str]


class Scope:
    """The names of one function, class or module.

    Args:
        node: its definition; ``None`` for the module.
        parent: what it stands in.
        reassigned: names that functions assign outside of themselves.
    """

    def __init__(
        self,
        node: Function | ast.ClassDef | None = None,
        parent: Scope | None = None,
        reassigned: frozenset[str] = frozenset(),
    ) -> None:
        self.node = node
        self.parent = parent
        self.reassigned: frozenset[str] = reassigned if parent is None else parent.reassigned
        outer = parent.name if parent else ""
        self.name: str = ".".join(part for part in (outer, node.name if node else "") if part)
        self.is_function: bool = isinstance(node, FUNCTIONS)

    @functools.cached_property
    def names(self) -> Names:
        """What it does with names; most functions are never asked."""
        stores: Counter[str] = Counter()
        values: dict[str, ast.AST] = {}
        uses: Counter[str] = Counter()
        outside: set[str] = set()
        changed: set[str] = set()
        for one in own_nodes(self.node) if self.node is not None else ():
            if isinstance(one, ast.Name):
                uses[one.id] += 1
                stores[one.id] += not isinstance(one.ctx, ast.Load)
            elif isinstance(one, (ast.Global, ast.Nonlocal)):
                outside.update(one.names)
            elif isinstance(one, ast.arg):
                stores[one.arg] += 1
            elif name := bound_name(one):
                stores[name] += 1
            if isinstance(one, (ast.Import, ast.ImportFrom)):
                values.update((bound_name(alias), one) for alias in one.names)
            elif isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                values[one.targets[0].id] = one.value
            elif isinstance(one, ast.AnnAssign) and one.value and isinstance(one.target, ast.Name):
                values[one.target.id] = one.value
            elif isinstance(one, FUNCTIONS):  # may change whatever it names
                changed.update(each.id for each in walk(one) if isinstance(each, ast.Name))
            elif _changes(one):
                changed.add(last_name(getattr(one, "value", None)))
        bound = {name: values.get(name) if times == 1 else None for name, times in stores.items() if times}
        rebound = {name for name, times in stores.items() if times > 1}
        return Names(bound, rebound, outside, changed, uses)

    def expression(self, node: ast.expr, *, alone: bool = False) -> ast.expr:
        """What a local name stands for that is bound once; else the expression itself.

        Args:
            node: any expression.
            alone: only where nothing else uses the name, so that nothing can have changed its value.
        """
        for _ in range(DEEPEST):
            if not isinstance(node, ast.Name) or not self.is_function or node.id in self.names.changed:
                return node
            to = self.names.bound.get(node.id)
            if not isinstance(to, ast.expr) or (alone and self.names.uses[node.id] > 2):
                return node
            node = to
        return node

    def reference(self, node: ast.expr, shadowed: Iterable[str] = ()) -> Reference | None:
        """The dotted name that ``node`` is; ``None`` where only the running program knows what it means."""
        parts: tuple[str, ...] = ()
        for _ in range(DEEPEST):
            first, *rest = name_parts(node) or ("",)
            if not first or first in shadowed or first in self.reassigned:
                return None
            parts = (*rest, *parts)
            holder = self._holder(first)
            if holder is None:
                return Reference(GLOBAL, first, parts)
            if first in holder.names.outside:
                return None
            to = holder.names.bound[first]
            if isinstance(to, (ast.Import, ast.ImportFrom)):
                return _imported(to, first, parts)
            if to is None:
                return holder._of_first_parameter(first, parts)
            if not isinstance(to, ast.expr) or not holder.is_function:
                return None
            node = to
        return None

    def _holder(self, name: str) -> Scope | None:
        """The innermost function, or the class body itself, that binds ``name``; ``None`` for the module."""
        scope: Scope | None = self
        while scope is not None and scope.parent is not None:
            if (scope.is_function or scope is self) and (
                name in scope.names.bound or name in scope.names.outside
            ):
                return scope
            scope = scope.parent
        return None

    def _of_first_parameter(self, name: str, parts: tuple[str, ...]) -> Reference | None:
        node, parent = self.node, self.parent
        if not isinstance(node, FUNCTIONS) or parent is None:
            return None
        first = [*node.args.posonlyargs, *node.args.args][:1]
        if not first or first[0].arg != name or name in self.names.rebound:
            return None
        if isinstance(parent.node, ast.ClassDef):
            decorators = {name_parts(one)[-1:] for one in node.decorator_list}
            if ("staticmethod",) in decorators or not parts:
                return None
            return Reference(OF_CLASS, parent.name, parts)
        if any(isinstance(one, ast.Call) and _binds(one) for one in node.decorator_list):
            return Reference(ITSELF, self.name, parts)
        return None


def _changes(node: ast.AST) -> bool:
    """Whether ``node`` may change what a name stands for: ``x[…]``, ``x.append``."""
    if not isinstance(node, (ast.Attribute, ast.Subscript)) or not isinstance(node.value, ast.Name):
        return False
    return isinstance(node, ast.Subscript) or node.attr in CHANGES


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What a function or class runs itself: definitions in it count, their bodies do not."""
    waiting: list[ast.AST] = [*ast.iter_child_nodes(node)]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        outside = {id(one) for one in node.decorator_list}
        waiting = [one for one in waiting if id(one) not in outside]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(one)


def shadowing(statement: ast.AST) -> frozenset[str]:
    """The names that comprehensions and lambdas of a statement bind for themselves."""
    found: set[str] = set()
    for node in walk(statement):
        if isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                found.update(map(bound_name, walk(generator.target)))
        elif isinstance(node, ast.Lambda):
            found.update(one.arg for one in walk(node.args) if isinstance(one, ast.arg))
    return frozenset(found - {""})


def _imported(node: ast.Import | ast.ImportFrom, name: str, parts: tuple[str, ...]) -> Reference | None:
    alias = next((one for one in node.names if bound_name(one) == name), None)
    if alias is None:
        return None
    if isinstance(node, ast.ImportFrom):
        return Reference(IMPORTED, node.module or "", (alias.name, *parts), node.level)
    return Reference(IMPORTED, alias.name if alias.asname else name, parts)


def _binds(decorator: ast.Call) -> bool:
    return any(
        one.arg == "bind" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in decorator.keywords
    )
