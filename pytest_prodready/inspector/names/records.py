"""What was asked of each class, and what it did not have."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from .value import Asked, Class, Instance, Known, Live, Value

SHOWN = 80
"""Characters of an expression that are shown."""


class Missed(NamedTuple):
    """One read of an attribute that is not there, or of one on a relation that may be ``None``."""

    owner: Value
    name: str
    file: str
    first: int
    """The line where the expression begins."""
    line: int
    """The line where it ends: of the attribute."""
    function: str
    written: str
    known: Known
    nullable: str = ""


class Records:
    """Gathers what the code asks, each place once."""

    def __init__(self) -> None:
        self.reads = 0
        self.judged = 0
        self.asked: Counter[type] = Counter()
        """Class → reads of its attributes that were judged."""
        self.missed: dict[tuple[str, int, int, str], Missed] = {}
        self.lookups: dict[tuple[str, int, int, str, str], tuple[str, Asked]] = {}
        self.stored_anywhere: set[str] = set()
        """Attributes given to something whose class is not known."""
        self.stored: defaultdict[str, set[type]] = defaultdict(set)
        """Attribute → the classes whose instances, or which themselves, are given it from outside."""
        self._seen: dict[tuple[str, int, int, str], bool] = {}

    def read(self, file: str, node: ast.expr, name: str, cls: type | None) -> None:
        """One read, and the class that it could be judged on; ``None`` for none."""
        key = file, node.end_lineno or node.lineno, node.end_col_offset or 0, name
        before = self._seen.get(key)
        if before is None:
            self.reads += 1
            self._seen[key] = False
        if cls is not None and not before:
            self._seen[key] = True
            self.judged += 1
            self.asked[cls] += 1

    def miss(self, node: ast.expr, missed: Missed) -> None:
        """One attribute that is not there."""
        self.missed[missed.file, missed.line, node.end_col_offset or 0, missed.name] = missed

    def present(self, file: str, node: ast.expr, line: int, name: str) -> None:
        """The same place was found to be in order after all, where more was known of its values."""
        self.missed.pop((file, line, node.end_col_offset or 0, name), None)

    def drop(self, file: str, first: int, last: int) -> None:
        """Forget what is missing on some lines."""
        for key in [key for key in self.missed if key[0] == file and first <= key[1] <= last]:
            del self.missed[key]

    def lookup(self, file: str, node: ast.AST, asked: Asked) -> None:
        """One name that a call asks a model for."""
        column = getattr(node, "col_offset", 0)
        self.lookups[file, asked.line, column, asked.how, asked.written] = file, asked

    def store(self, name: str, owner: Value | None) -> None:
        """One attribute that is given to a value from outside of its class."""
        cls = class_of(owner)
        if cls is None:
            self.stored_anywhere.add(name)
        else:
            self.stored[name].add(cls)

    def may_have(self, missed: Missed) -> bool:
        """Whether the attribute is given from outside to what may be an object of that class."""
        if missed.nullable:
            return False
        if missed.name in self.stored_anywhere:
            return True
        cls = class_of(missed.owner)
        line = type.mro(cls) if cls is not None else []
        return any(one in line or cls in type.mro(one) for one in self.stored.get(missed.name, ()))


def class_of(value: Value | None) -> type | None:
    """The class that is asked for the attributes of a value."""
    if isinstance(value, (Instance, Class)):
        return value.cls
    return type(value.value) if isinstance(value, Live) else None


def shown(node: ast.expr) -> str:
    """An expression as it is written, shortened."""
    text = ast.unparse(node)
    return text if len(text) <= SHOWN else f"…{text[1 - SHOWN :]}"


def facts(missed: Missed, near: str, location: dict[str, object]) -> dict[str, Any]:
    """The ``AttributeRead``."""
    return {
        "name": missed.name,
        "location": location,
        "function": missed.function,
        "written": missed.written,
        "known": missed.known.how,
        "known_line": missed.known.line,
        "near": near,
        "of_class": isinstance(missed.owner, Class),
        "nullable": missed.nullable,
    }
