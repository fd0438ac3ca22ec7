"""A module that holds import statements: what its names say about them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from .deferred_statement import Statement
from .import_reading import all_are_lazy
from .statement_names import resolved

_UNKNOWN = object()


class Holder:
    """A module that holds import statements.

    Args:
        name: the name under which it is looked at.
        module: the module object.
        file: its source file.
        place: the file as it is shown.
    """

    def __init__(self, name: str, module: object, file: str, place: str) -> None:
        self.name = name
        self.file = file
        self.place = place
        self.names = vars(module)
        package = self.names.get("__package__")
        if not isinstance(package, str):
            package = name if "__path__" in self.names else name.rpartition(".")[0]
        self.package = package

    def absolute(self, level: int, module: str) -> str:
        """The module that a relative import means; empty for one beyond the top-level package."""
        return resolved(level, module, self.package)

    def makes_lazy(self, statement: Statement) -> bool:
        """Whether the interpreter makes a statement at the top of the module lazy."""
        if all_are_lazy():
            return True
        lazy: Any = self.names.get("__lazy_modules__")
        if type(lazy) not in (list, tuple, set, frozenset, dict):  # its own __contains__ is not called
            return False
        return any(self.absolute(statement.level, module) in lazy for module, _, _ in statement.imports)

    def stops_import_error(self, names: Iterable[str]) -> bool:
        """Whether one of ``names`` is, as far as can be seen, an exception that an ImportError is."""
        for name in names:
            value = self._value(name)
            if value is _UNKNOWN and "." not in name:
                return True  # a local name: it may well
            kinds = value if type(value) is tuple else (value,)
            if any(kind is ModuleNotFoundError or kind in ImportError.__mro__ for kind in kinds):
                return True
        return False

    def _value(self, dotted: str) -> object:
        first, *rest = dotted.split(".")
        value = self.names.get(first, vars(builtins).get(first, _UNKNOWN))
        for name in rest:
            kinds = type(value).__mro__
            bases = type.mro(value) if type in kinds else [value] if ModuleType in kinds else []
            value = next((vars(base)[name] for base in bases if name in vars(base)), _UNKNOWN)
        return value
