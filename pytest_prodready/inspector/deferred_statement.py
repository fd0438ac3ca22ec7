"""One import that runs later than its module, and what stands around it, read from a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .conditions import ANY

TRY = "try"
CONDITION = "condition"
LAZY = "lazy"
CALL = "call"
TOP = "top"
Names = tuple[tuple[str, str, str], ...]
"""(module, name, what is bound) of everything that a statement imports; no name for ``import module``."""


class Statement(NamedTuple):
    """One import that runs later than its module, in values that can be stored as they are."""

    function: str
    """Qualified name of what holds it; empty for the module itself."""
    guard: str
    """``try``, ``condition`` or empty."""
    line: int
    imports: Names
    level: int = 0
    """Leading dots of a relative import."""
    kind: str = ""
    """Empty for a statement in a function, ``lazy`` for one with that word, ``top`` for any other at the top
    of the module, ``call`` for ``import_module`` with a constant name."""
    caught_by: tuple[str, ...] = ()
    """The guard is a ``try`` only if one of these names is an exception that stops an ImportError."""
    absence_only: bool = False
    """The ``try`` stops a ModuleNotFoundError, not every ImportError."""
    raises: bool = False
    """The handler does nothing but raise again, with words of its own."""
    outer: str = ""
    """The guard where the ``try`` is none."""
    flags: tuple[str, ...] = ()
    """Imported names that its conditions ask, which may tell elsewhere whether a module is there."""


class Guard(NamedTuple):
    """What stands around a statement, or was asked before it."""

    kind: str = ""
    asked: frozenset[str] = frozenset()
    """Top-level modules that are there when the statement runs, as far as the code has looked."""
    caught_by: tuple[str, ...] = ()
    absence_only: bool = False
    raises: bool = False
    outer: str = ""
    flags: tuple[str, ...] = ()

    def within(self, block: Guard) -> Guard:
        """``block``, a ``try``, inside of this."""
        if self.kind == TRY and not (self.caught_by or self.absence_only or self.raises):
            return self
        return block._replace(
            asked=self.asked, flags=self.flags, outer=block.outer or self.outer or self.kind
        )

    def asking(self, tops: Iterable[str], flags: Iterable[str] = ()) -> Guard:
        """This, after a test for modules."""
        return self._replace(asked=self.asked | set(tops), flags=tuple(dict.fromkeys((*self.flags, *flags))))

    def on_condition(self) -> Guard:
        """This, behind a condition."""
        return self if self.kind else self._replace(kind=CONDITION)

    def called_later(self) -> Guard:
        """What of this still holds when a function that is defined here is called."""
        kind = self.outer if self.kind == TRY else self.kind
        return Guard(kind if kind == CONDITION else "", self.asked, flags=self.flags)


@dataclass(frozen=True)
class Attempt:
    """A ``try`` at the top of a module, around imports, that goes on without them."""

    broad: bool
    """It stops every exception, not only those that it names."""
    imports: tuple[Statement, ...]
    """Those that it begins with: each is tried if the one before has succeeded."""


def behind(
    guard: Guard, scope: tuple[str, ...], line: int, named: Names, level: int, kind: str, tops: set[str]
) -> Statement:
    """The statement of a line.

    Args:
        guard: what stands around it.
        scope: the functions and classes that hold it, the outermost first.
        line: where it stands.
        named: what it imports.
        level: its leading dots.
        kind: as in :class:`Statement`.
        tops: the top-level modules that it needs.
    """
    place = ".".join(scope)
    if ANY in guard.asked or tops & guard.asked:
        return Statement(place, TRY, line, named, level, kind)
    return Statement(
        place,
        guard.kind,
        line,
        named,
        level,
        kind,
        guard.caught_by,
        guard.absence_only,
        guard.raises,
        guard.outer,
        guard.flags,
    )


def named_in(node: ast.Import | ast.ImportFrom) -> Names:
    """What a statement imports."""
    if isinstance(node, ast.Import):
        return tuple((one.name, "", one.asname or one.name.partition(".")[0]) for one in node.names)
    return tuple((node.module or "", one.name, one.asname or one.name) for one in node.names)
