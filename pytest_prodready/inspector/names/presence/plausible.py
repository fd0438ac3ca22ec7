"""Whether a missing attribute is a fault, or the annotation that says so is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..records import Missed, class_of
from ..value import Live

if TYPE_CHECKING:
    from ..flow.analysis import Analysis

IGNORED = re.compile(
    rb"#.*(?:\btype:\s*ignore|\bpyright:\s*ignore|\bty:\s*ignore|\bmypy:\s*ignore|disable=.*\bno-member)"
)
"""The author knows that a type checker does not believe the line."""
DATA = {
    "__attrs_attrs__",
    "__dataclass_fields__",
    "__mapper__",
    "__pydantic_fields__",
    "_meta",
    "model_fields",
}
"""Names that classes of data have, whose instances nobody mistakes for others."""


class Plausible:
    """Judges what is missing once everything has been read.

    Args:
        analysis: knows the application's modules.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._lines: dict[str, list[bytes]] = {}

    def every(self, missed: Iterable[Missed]) -> list[Missed]:
        """Those that are no error of an annotation."""
        kept = [one for one in missed if one.nullable or self._single(one)]
        names: dict[tuple[str, str, str, type | None], set[str]] = {}
        for one in kept:
            if self._is_doubtful(one):
                names.setdefault(_source(one), set()).add(one.name)
        # several names that one class has not, all in one function: it is another class
        return [one for one in kept if not self._is_doubtful(one) or len(names[_source(one)]) == 1]

    def is_another_result(self, missed: Missed) -> bool:
        """Whether a function may well return something else than its annotation says: nothing is misspelt."""
        return missed.known.how == "returned" and self._is_doubtful(missed)

    def _single(self, missed: Missed) -> bool:
        if self._is_ignored(missed):
            return False
        if not self._is_unsure(missed):
            return True
        if self._is_close(missed):
            return True
        cls = class_of(missed.owner)
        if cls is None or not self._is_own(missed):
            return False
        return missed.known.how != "returned" or any(
            name in vars(one) for one in cls.__mro__ for name in DATA
        )

    def _is_doubtful(self, missed: Missed) -> bool:
        return not missed.nullable and self._is_unsure(missed) and not self._is_close(missed)

    def _is_unsure(self, missed: Missed) -> bool:
        if self._analysis.frameworks.names(missed.owner) is not None:
            return False  # all of them were listed
        return isinstance(missed.owner, Live) or not missed.known.sure

    def _is_own(self, missed: Missed) -> bool:
        if isinstance(missed.owner, Live) and not isinstance(missed.owner.value, type):
            name = vars(missed.owner.value).get("__name__") if _is_module(missed.owner.value) else None
            return name in self._analysis.units
        cls = class_of(missed.owner)
        return cls is not None and any(one.__module__ in self._analysis.units for one in cls.__mro__)

    def _is_close(self, missed: Missed) -> bool:
        near = self._analysis.presence.nearest(missed.owner, missed.name)
        return bool(near) and is_slip(missed.name, near)

    def _is_ignored(self, missed: Missed) -> bool:
        lines = self._text(missed.file)[missed.first - 1 : missed.line]
        return any(IGNORED.search(line) for line in lines)

    def _text(self, file: str) -> list[bytes]:
        if file not in self._lines:
            try:
                with open(file, "rb") as source:
                    self._lines[file] = source.read().splitlines()
            except OSError:
                self._lines[file] = []
        return self._lines[file]


def _source(missed: Missed) -> tuple[str, str, str, type | None]:
    return missed.file, missed.function, missed.known.how, class_of(missed.owner)


def _is_module(value: object) -> bool:
    return type(value).__name__ == "module"


def is_slip(written: str, meant: str) -> bool:
    """Whether one letter was left out, doubled, mistaken, or put before its neighbour; two in long names."""
    if written.replace("_", "") == meant.replace("_", ""):
        return True
    return _distance(written, meant) <= (2 if len(meant) >= 10 else 1)


def _distance(one: str, other: str) -> int:
    """How many letters differ; neighbours that changed places are one."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        earlier, before, row = before, row, [at] + [0] * len(other)
        for to, meant in enumerate(other, 1):
            row[to] = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != meant))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == meant:
                row[to] = min(row[to], earlier[to - 2] + 1)
    return row[-1]
