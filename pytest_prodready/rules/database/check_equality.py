"""When are two values equal? As the database compares them, where that is known for sure."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias

from pytest_prodready.rules.database.sql import MYSQL


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""What cannot be told without asking the database."""
Value: TypeAlias = "str | int | Decimal | bool | _Unknown | tuple[str, ...] | None"
MOST_ODD = 200
"""Labels beyond ASCII that are compared one by one where the collation takes many for the same."""


class Equality:
    """How one column compares: by its vendor and its collation."""

    def __init__(self, dialect: str, collation: str) -> None:
        self._dialect = dialect
        self._collation = collation.lower()

    def same(self, left: Value, right: Value) -> bool | _Unknown:
        """Whether two values are equal for the column's collation."""
        if isinstance(left, str) and isinstance(right, str):
            return left == right or self._alike(left, right)
        if isinstance(left, str) or isinstance(right, str):
            return UNKNOWN  # the vendors differ in what they make of '1' = 1
        return left == right

    @property
    def exact(self) -> bool:
        """Whether texts are equal only when every character is."""
        return not self._collation and self._dialect not in MYSQL

    def _alike(self, left: str, right: str) -> bool | _Unknown:
        if self.exact:
            return False
        if self._dialect == "sqlite":
            if self._collation == "nocase":
                return ascii_folded(left) == ascii_folded(right)
            return False if self._collation in ("binary", "") else UNKNOWN
        if self._dialect == "postgresql":  # citext, which a cast to text makes exact
            return UNKNOWN if _maybe_alike(left, right) else False
        if left.rstrip(" ") == right.rstrip(" "):
            return UNKNOWN  # most collations pad
        if self._collation.endswith(("_bin", "_cs")) and left.isascii() and right.isascii():
            return False
        if "_ci" in self._collation and ascii_folded(left) == ascii_folded(right):
            return True
        if self._collation.endswith("_bin"):
            return False
        if left.casefold() == right.casefold():
            return UNKNOWN
        return UNKNOWN if _maybe_alike(left.rstrip(" "), right.rstrip(" ")) else False


class Listed:
    """The options of a list, to be looked up in one step."""

    def __init__(self, options: list[Value]) -> None:
        self._null = any(option is None for option in options)
        self._unknown = any(option is UNKNOWN for option in options)
        self._texts = frozenset(option for option in options if isinstance(option, str))
        self._numbers = frozenset(
            option
            for option in options
            if isinstance(option, (int, Decimal)) and not isinstance(option, bool)
        )

    @cached_property
    def _loose(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for text in self._texts:
            found.setdefault(text.casefold().rstrip(" "), []).append(text)
        return found

    @cached_property
    def _odd(self) -> list[str]:
        return [text for text in self._texts if not text.isascii()]

    def has(self, wanted: Value, equality: Equality) -> Value:
        if wanted is UNKNOWN or isinstance(wanted, (tuple, bool)):
            return UNKNOWN
        if isinstance(wanted, str):
            same = self._has_text(wanted, equality)
            mixed = bool(self._numbers)
        else:
            same = wanted in self._numbers
            mixed = bool(self._texts)
        if same is True:
            return True
        if same is UNKNOWN or self._unknown or mixed:
            return UNKNOWN
        return None if self._null else False

    def _has_text(self, wanted: str, equality: Equality) -> bool | _Unknown:
        if wanted in self._texts:
            return True
        if equality.exact:
            return False
        odd = self._odd if wanted.isascii() else self._texts
        if len(odd) > MOST_ODD:
            return UNKNOWN
        near = {*self._loose.get(wanted.casefold().rstrip(" "), ()), *odd}
        answers = {equality.same(wanted, text) for text in near}
        return True if True in answers else UNKNOWN if UNKNOWN in answers else False


def ascii_folded(text: str) -> str:
    """A text without regard to the case of ASCII's letters, as SQLite's NOCASE has it."""
    return re.sub("[A-Z]", lambda found: found[0].lower(), text)


def _maybe_alike(left: str, right: str) -> bool:
    """Whether some collation may take two texts for the same: accents, and signs beyond ASCII."""
    one, other = (_without_accents(text) for text in (left, right))
    if one.isascii() and other.isascii():
        return one == other
    return len(one) == len(other) and all(
        a == b or not a.isascii() or not b.isascii() for a, b in zip(one, other, strict=True)
    )


def _without_accents(text: str) -> str:
    return "".join(
        one for one in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(one)
    )
