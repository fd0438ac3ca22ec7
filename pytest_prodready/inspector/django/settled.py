"""What conditions give with Django's settings as they are: a branch that is ruled out never runs."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..nodes import bound_name, walk
from ..objects import attributes, is_a
from ..sources import members, tree_of
from ..statement_names import resolved
from ..values import UNKNOWN, Values

SETTINGS = "django.conf.LazySettings"
WRAPPED = "django.conf.Settings"
REGISTRY = "django.apps.registry.Apps"
PLAIN = (bool, int, float, str, bytes, type(None), tuple, list, dict, set, frozenset)
"""What settings hold that can be compared without running code of anybody's."""
DEEPEST = 8
"""Names and functions that are followed because one stands for the other."""
_MISSING = object()
Local = Callable[[str], Any]
"""Gives what a name stands for in a function: an expression, an object in a tuple of its own, ``None`` for a
name that is not the function's. ``LookupError`` for one of which too little is known."""


def fixed_settings(value: object) -> bool:
    """Whether it is a settings object of Django's over plain settings, so that it makes none up."""
    wrapped = attributes(value).get("_wrapped") if is_a(value, SETTINGS) else None
    return f"{type(wrapped).__module__}.{type(wrapped).__qualname__}" == WRAPPED


def _of_django(value: object) -> bool:
    """Whether it is that object, of Django's own class: one derived from it may answer in its own way."""
    return fixed_settings(value) and f"{type(value).__module__}.{type(value).__qualname__}" == SETTINGS


def ready_registry(value: object) -> bool:
    """Whether it is Django's registry of applications, with all of them loaded."""
    return is_a(value, REGISTRY) and attributes(value).get("ready") is True


class Settled(Values):
    """The values of expressions of one module that are the same in every run with these settings.

    Args:
        held: what the loaded module holds.
        tree: gives its syntax tree.
    """

    def __init__(self, held: Mapping[str, Any], tree: Callable[[], ast.Module | None]) -> None:
        super().__init__()
        self._held = held
        self._tree = tree
        self._changed: Collection[str] = ()
        self._depth = 0
        self._local: Local | None = None
        self._names: dict[str, ast.AST] | None = None

    def holds(self, test: ast.expr, local: Local | None = None, changed: Collection[str] = ()) -> bool | None:
        """Whether a condition holds; ``None`` where only the running program can tell.

        Args:
            test: the condition.
            local: tells the names of the function that it stands in.
            changed: attributes that somebody gives to anything while the program runs.
        """
        if "django.conf" not in sys.modules:
            return None
        before, self._local, self._changed = self._local, local, changed
        try:
            return self.constant(test)
        except Exception:  # what settings hold may be anything
            return None
        finally:
            self._local = before

    def _named(self, node: ast.expr) -> object:
        found = super()._named(node)
        if found is not UNKNOWN:
            return found
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if not isinstance(node, ast.Name):
            return UNKNOWN
        local = self._local(node.id) if self._local is not None else None
        if isinstance(local, ast.expr):
            return self._followed(lambda: self.value(local))
        return UNKNOWN if local is not None else self.of_module(node.id)

    def of_module(self, name: str) -> object:
        """The value of a name of the module, where settings say it."""
        if name in self._changed or type(self._held.get(name, _MISSING)) not in PLAIN:
            return UNKNOWN
        node = self._bound().get(name)
        if isinstance(node, ast.ImportFrom):
            asked = next(one.name for one in node.names if (one.asname or one.name) == name)
            base = resolved(node.level, node.module or "", str(self._held.get("__package__") or ""))
            return self._in_module(sys.modules.get(base), asked)
        if not isinstance(node, ast.expr):
            return UNKNOWN
        before, self._local = self._local, None
        try:
            return self._followed(lambda: self.value(node))
        finally:
            self._local = before

    def _attribute(self, node: ast.Attribute) -> object:
        owner = self._object(node.value)
        if isinstance(owner, types.ModuleType):
            return self._in_module(owner, node.attr)
        return self._setting(owner, node.attr)

    def _in_module(self, module: object, name: str) -> object:
        held = members(module)
        return self._elsewhere(held, str(held.get("__file__"))).of_module(name)

    def _elsewhere(self, held: Mapping[str, Any], file: str) -> Settled:
        if self._depth >= DEEPEST:
            raise LookupError
        found = Settled(held, lambda: tree_of(file))
        found._changed, found._depth = self._changed, self._depth + 1
        return found

    def _followed(self, value: Callable[[], object]) -> object:
        if self._depth >= DEEPEST:
            raise LookupError
        self._depth += 1
        try:
            return value()
        finally:
            self._depth -= 1

    def _object(self, node: ast.expr) -> object:
        """The loaded object that a dotted name stands for; ``_MISSING`` for none."""
        if isinstance(node, ast.Attribute):
            owner = self._object(node.value)
            return (
                members(owner).get(node.attr, _MISSING) if isinstance(owner, types.ModuleType) else _MISSING
            )
        if not isinstance(node, ast.Name):
            return _MISSING
        local = self._local(node.id) if self._local is not None else None
        if isinstance(local, tuple):
            return local[0]
        return self._held.get(node.id, _MISSING) if local is None else _MISSING

    def _setting(self, settings: object, name: str) -> object:
        """What is configured by a name; ``LookupError`` for nothing."""
        if not _of_django(settings) or name in self._changed:
            return UNKNOWN
        found = getattr(settings, name, _MISSING)
        if found is _MISSING:
            raise LookupError
        # where the gate runs with it, production does not: neither branch is ruled out
        if type(found) not in PLAIN or (name == "DEBUG" and found):
            return UNKNOWN
        return found

    def _looked_up(self, name: str, arguments: list[ast.expr]) -> object:
        settings, attribute = self._object(arguments[0]), self.value(arguments[1])
        if not _of_django(settings) or not isinstance(attribute, str):
            return super()._looked_up(name, arguments)
        if attribute in self._changed:
            return UNKNOWN
        there = hasattr(settings, attribute)
        if name == "hasattr":
            return there
        if not there and len(arguments) == 3:
            return self.value(arguments[2])
        return self._setting(settings, attribute)

    def _called(self, node: ast.Call) -> object:
        found = super()._called(node)
        if found is not UNKNOWN or node.keywords:
            return found
        if isinstance(node.func, ast.Attribute) and len(node.args) in (1, 2):
            owner, asked = self._object(node.func.value), self.value(node.args[0])
            if node.func.attr == "is_installed" and isinstance(asked, str) and ready_registry(owner):
                apps: Any = owner
                return bool(apps.is_installed(asked))
            mapping = self.value(node.func.value) if node.func.attr == "get" else UNKNOWN
            if type(mapping) is dict and type(asked) is str:
                return self._kept(mapping[asked]) if asked in mapping else self._default(node.args[1:])
        function = self._object(node.func) if not node.args else _MISSING
        return self._returned(function) if isinstance(function, types.FunctionType) else UNKNOWN

    @staticmethod
    def _kept(value: object) -> object:
        return value if type(value) in PLAIN else UNKNOWN

    def _default(self, arguments: list[ast.expr]) -> object:
        return self.value(arguments[0]) if arguments else None

    def _returned(self, function: types.FunctionType) -> object:
        """What a function gives that takes nothing, and only returns an expression."""
        code = function.__code__
        tree = tree_of(code.co_filename) if not code.co_varnames else None
        for node in walk(tree) if tree is not None else ():
            if (
                isinstance(node, ast.FunctionDef)
                and (node.name, node.lineno) == (code.co_name, code.co_firstlineno)
                and isinstance(node.body[-1], ast.Return)
                and node.body[-1].value is not None
                and all(isinstance(one, ast.Expr) for one in node.body[:-1])  # its docstring
            ):
                return self._elsewhere(function.__globals__, code.co_filename).value(node.body[-1].value)
        return UNKNOWN

    def _part(self, node: ast.Subscript) -> object:
        whole = self.value(node.value)
        key = self.value(node.slice) if type(whole) is dict else UNKNOWN
        if type(whole) is dict and type(key) is str:
            return self._kept(whole[key])
        return super()._part(node)

    def _bound(self) -> dict[str, ast.AST]:
        """Name → the expression that it is assigned, or its import, of those bound at one place alone."""
        if self._names is None:
            self._names = {}
            found: dict[str, ast.AST | None] = {}
            tree = self._tree()
            for node in walk(tree) if tree is not None else ():
                names = [bound_name(node) or (node.arg if isinstance(node, ast.arg) else "")]
                if isinstance(node, ast.ImportFrom):
                    names = [one.asname or one.name for one in node.names]
                elif isinstance(node, ast.alias):
                    continue
                for name in filter(None, names):
                    found[name] = None if name in found else node
            for statement in tree.body if tree is not None else ():
                if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                    target = statement.targets[0]
                    if isinstance(target, ast.Name) and found.get(target.id) is target:
                        self._names[target.id] = statement.value
            self._names.update((name, one) for name, one in found.items() if isinstance(one, ast.ImportFrom))
        return self._names
