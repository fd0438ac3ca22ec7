"""One module of the application: its text, and the objects that its names stand for."""

from __future__ import annotations

import ast
import builtins
import sys
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import Any

from ...django.settled import Settled
from ...parsed import UNREADABLE
from ...sources import members
from ...statement_names import resolved
from ...values import Values
from ..presence.objects_held import is_class
from ..value import MISSING
from .indexing import Index, Place

LARGEST = 1_000_000
"""Bytes; a longer text was generated, and nobody mistypes a name in it."""


class Unit:
    """A module of the application.

    Args:
        name: as it is imported.
        module: the loaded module.
        file: its source file.
        tree: of that.
    """

    def __init__(self, name: str, module: object, file: str, tree: ast.Module) -> None:
        self.name = name
        self.file = file
        self.tree = tree
        self.held = members(module)
        self.package = str(self.held.get("__package__") or "")
        self.index = Index(tree)
        self.conditions = Values()
        """What conditions say on this interpreter."""
        self.settled = Settled(self.held, lambda: tree)
        """What they say with Django's settings as they are."""
        self.checking: dict[str, tuple[str, str]] = {}
        """Name that only type checkers import → the module, and the name there; empty for the module."""
        for one in self.index.imports:
            self._aliases(one)
        for condition in self.index.conditions:
            if self.conditions.constant(condition.test) is False:
                self._only_checked(condition)

    def held_by(self, name: str) -> Any:
        """The object that a name of the module stands for, once all is loaded; else ``MISSING``."""
        if name in self.index.rebound:
            return MISSING
        if name in self.held:
            return self.held[name]
        if name in self.checking:
            return self._imported(*self.checking[name])
        return vars(builtins).get(name, MISSING)

    def held_in(self, cls: type | None, name: str) -> Any:
        """As :meth:`held_by`, where the name stands in the body of a class: that one's names come first."""
        if cls is None or name not in vars(cls):
            return self.held_by(name)
        held = vars(cls)[name]
        return held if is_class(held) else MISSING

    def function_of(self, code: CodeType) -> Place | None:
        """The function that a code object was compiled from."""
        return self.index.functions.get((code.co_firstlineno, code.co_name))

    def class_of(self, cls: type) -> ast.ClassDef | None:
        """The definition of a class of the module."""
        return self.index.classes.get(cls.__qualname__)

    def imported(self, node: ast.ImportFrom | ast.Import) -> Iterator[tuple[str, Any]]:
        """(name, what it stands for, else ``MISSING``) of an import statement; nothing is imported for it."""
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                base = resolved(node.level, node.module or "", self.package)
                yield alias.asname or alias.name, self._imported(base, alias.name)
            elif alias.asname:
                yield alias.asname, self._imported(alias.name, "")
            else:
                top = alias.name.partition(".")[0]
                yield top, self._imported(top, "")

    @staticmethod
    def _imported(module: str, name: str) -> Any:
        found = sys.modules.get(module, MISSING)
        if not name or found is MISSING:
            return found
        held = members(found)
        return held[name] if name in held else sys.modules.get(f"{module}.{name}", MISSING)

    def imported_in(self, function: ast.AST, name: str) -> Any:
        """The object that an import statement in a function binds to a name; else ``MISSING``."""
        first, last = getattr(function, "lineno", 0), getattr(function, "end_lineno", 0)
        for one in self.index.imports:
            if first <= one.lineno <= last:
                found = dict(self.imported(one))
                if name in found:
                    return found[name]
        return MISSING

    def _aliases(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) and not node.level:
                self.conditions.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Import) and alias.asname:
                self.conditions.aliases[alias.asname] = alias.name

    def _only_checked(self, node: ast.If) -> None:
        for statement in node.body:
            if isinstance(statement, ast.ImportFrom):
                base = resolved(statement.level, statement.module or "", self.package)
                for alias in statement.names:
                    self.checking[alias.asname or alias.name] = base, alias.name
            elif isinstance(statement, ast.Import):
                for alias in statement.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.checking[alias.asname or name] = name, ""


def read(name: str, module: object, file: str) -> Unit | None:
    """The module; ``None`` where its text cannot be read."""
    try:
        with open(file, "rb") as source:
            data = source.read(LARGEST + 1)
        if len(data) > LARGEST:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the application's own invalid escapes
            return Unit(name, module, file, ast.parse(data, file))
    except UNREADABLE:
        return None
