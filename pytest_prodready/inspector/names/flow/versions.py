"""What stands under a condition that reads a version: one of its sides is for versions that are not here."""

from __future__ import annotations

import ast
import types
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from ...nodes import last_name, name_parts, walk
from ...statement_names import resolved
from ..presence import class_objects
from ..presence.objects_held import is_class
from ..value import MISSING
from .module_scope import Unit

NAMES = {
    "VERSION",
    "__version__",
    "__version_info__",
    "__version_tuple__",
    "hexversion",
    "version_info",
    "version_tuple",
}
"""Names, and last parts of dotted ones, that stand for the version of something."""
ASKING = {
    "django.get_version",
    "importlib.metadata.distribution",
    "importlib.metadata.version",
    "importlib_metadata.distribution",
    "importlib_metadata.version",
    "pkg_resources.get_distribution",
    "platform.python_version",
}
"""What is called for it."""
KEEPING = {"float", "int", "list", "map", "parse", "tuple"}
"""What gives a version again of one that it is given, as does what has ``version`` in its name."""
LEAVING = (ast.Return, ast.Continue, ast.Break)
"""Statements behind which the rest of a block is the other side; after ``raise`` it is the only one."""
Choice = ast.If | ast.IfExp | ast.BoolOp


class Versions:
    """Finds such conditions.

    Args:
        units: the modules of the application, by name.
    """

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._flags: dict[str, set[str]] = {}
        """Module → its names that say which version is there: ``NEW = lib.VERSION >= (4, 2)``."""

    def guarded(self) -> set[int]:
        """The ``id`` of each attribute that is asked for on either side of such a condition."""
        for name, unit in self._units.items():
            self._flags[name] = _careful(self._flags_of, unit)
        found: set[int] = set()
        for unit in self._units.values():
            found.update(_careful(self._guarded, unit))
        return found

    def _flags_of(self, unit: Unit) -> Iterator[str]:
        kept = self._kept(unit, unit.index.scopes[id(unit.tree)].constants, set())
        yield from kept
        for (_, name), place in unit.index.functions.items():
            last = place.node.body[-1] if isinstance(place.node.body, list) and not place.path else None
            answer = last.value if isinstance(last, ast.Return) else None
            if answer is not None and self._is_version(unit, answer, kept):
                yield name

    def _kept(self, unit: Unit, constants: Mapping[str, ast.expr], flags: set[str]) -> set[str]:
        """The names that are bound to a version, or to the answer of a condition on one."""
        found: set[str] = set()
        while True:  # one may be made of another
            known = flags | found
            left = ((name, value) for name, value in constants.items() if name not in found)
            more = {name for name, value in left if self._is_version(unit, value, known)}
            if not more:
                return found
            found |= more

    def _guarded(self, unit: Unit) -> Iterator[int]:
        flags = self._flags[unit.name].union(self._imported(unit))
        leaving: set[int] = set()
        choices: list[tuple[Choice, set[str]]] = [
            (one, flags) for one in (*unit.index.conditions, *unit.index.choices)
        ]
        for scope in unit.index.scopes.values():
            own = self._kept(unit, scope.constants, flags) if scope.node is not unit.tree else None
            if own:
                inside = (one for one in walk(scope.node) if isinstance(one, Choice))
                choices += [(one, flags.union(own)) for one in inside]
        for choice, known in choices:
            for side in self._sides(unit, choice, known):
                yield from _attributes(side)
            ends = isinstance(choice, ast.If) and any(map(_leaves, (choice.body, choice.orelse)))
            if isinstance(choice, ast.If) and ends and self._reads(unit, choice.test, known):
                leaving.add(id(choice))
        for side in _following(unit.tree, leaving) if leaving else ():
            yield from _attributes(side)

    def _sides(self, unit: Unit, choice: Choice, flags: Container[str]) -> Iterator[ast.AST]:
        if isinstance(choice, ast.BoolOp):
            for number, value in enumerate(choice.values[:-1]):
                if self._reads(unit, value, flags):
                    yield from choice.values[number + 1 :]
                    return
        elif self._reads(unit, choice.test, flags):
            for part in (choice.body, choice.orelse):
                yield from part if isinstance(part, list) else [part]

    def _reads(self, unit: Unit, test: ast.expr, flags: Container[str]) -> bool:
        """Whether a condition asks for a version, and cannot be told on this interpreter."""
        waiting: list[ast.AST] = [test]
        while waiting:
            one = waiting.pop()
            if isinstance(one, ast.Compare) and unit.conditions.constant(one) is not None:
                continue
            if self._says_version(unit, one, flags) or self._asks_library(unit, one):
                return True
            waiting += ast.iter_child_nodes(one)
        return False

    def _says_version(self, unit: Unit, node: ast.AST, flags: Container[str]) -> bool:
        if isinstance(node, ast.Name):
            return node.id in NAMES or node.id in flags
        if isinstance(node, ast.Attribute):
            module = self._flags.get(_module(_held(unit, node.value)), ())
            return node.attr in NAMES or node.attr in module
        return isinstance(node, ast.Call) and unit.conditions.dotted(node.func) in ASKING

    def _asks_library(self, unit: Unit, node: ast.AST) -> bool:
        """``hasattr`` of a module or a class of a library: another version of it has the name."""
        if not isinstance(node, ast.Call) or last_name(node.func) != "hasattr" or len(node.args) != 2:
            return False
        held = _held(unit, node.args[0])
        module = class_objects.module_of(held) if is_class(held) else _module(held)
        return bool(module) and module not in self._units

    def _is_version(self, unit: Unit, node: ast.expr, flags: Container[str]) -> bool:
        """Whether an expression is a version, or tells which one is there."""
        if self._says_version(unit, node, flags):
            return True
        inner: Iterable[ast.expr] = ()
        if isinstance(node, ast.Compare):
            inner = (node.left, *node.comparators) if unit.conditions.constant(node) is None else ()
        elif isinstance(node, ast.BoolOp):
            inner = node.values
        elif isinstance(node, ast.UnaryOp):
            inner = (node.operand,)
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            inner = (node.value,)
        elif isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            inner = (node.generators[0].iter,)
        elif isinstance(node, ast.Call):
            if self._asks_library(unit, node):
                return True
            name = last_name(node.func)
            keeps = name in KEEPING or "version" in name.casefold()
            inner = node.args if keeps else ()
            if isinstance(node.func, ast.Attribute):  # ``lib.__version__.split(".")``
                inner = (*inner, node.func.value)
        return any(self._is_version(unit, one, flags) for one in inner)

    def _imported(self, unit: Unit) -> Iterator[str]:
        for node in unit.index.imports:
            if isinstance(node, ast.ImportFrom):
                flags = self._flags.get(resolved(node.level, node.module or "", unit.package), ())
                yield from (one.asname or one.name for one in node.names if one.name in flags)


def _careful(find: Any, unit: Unit) -> set[Any]:
    """All that is found in a module; nothing of one that is too deep to be searched."""
    try:
        return set(find(unit))
    except RecursionError:
        return set()


def _held(unit: Unit, node: ast.expr) -> Any:
    """The object that a dotted name of the module stands for, else ``MISSING``."""
    first, *rest = name_parts(node) or ("",)
    held = unit.held_by(first)
    for part in rest:
        if type(held) is types.ModuleType:
            held = vars(held).get(part, MISSING)
        else:
            held = class_objects.members(held).get(part, MISSING) if is_class(held) else MISSING
    return held


def _module(held: object) -> str:
    return str(vars(held).get("__name__", "")) if type(held) is types.ModuleType else ""


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], LEAVING)


def _following(tree: ast.Module, choices: Container[int]) -> Iterator[ast.stmt]:
    """The statements that follow one of the choices in the same block."""
    for node in walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            behind = False
            for one in block if isinstance(block, list) else ():
                if behind:
                    yield one
                behind = behind or id(one) in choices


def _attributes(side: ast.AST) -> Iterator[int]:
    return (id(one) for one in walk(side) if isinstance(one, ast.Attribute))
