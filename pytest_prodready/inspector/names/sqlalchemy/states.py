"""What is kept with the values of SQLAlchemy: the entities of a statement, the rows of a result."""

from __future__ import annotations

from typing import NamedTuple

from ..value import Value


def words(text: str) -> frozenset[str]:
    """The words of a text, which takes less room than a set of texts."""
    return frozenset(text.split())


class Selected(NamedTuple):
    """One of the things that a statement selects."""

    name: str
    """How a row calls it; empty when that is not known."""
    value: Value | None
    entity: bool = False
    """A mapped class as a whole, not one of its columns."""
    cls: type | None = None
    """The mapped class, of a column too."""


class Statement(NamedTuple):
    """A ``select``, a ``Query``, or an ``update``, ``insert`` or ``delete`` with what it returns."""

    columns: tuple[Selected, ...] | None
    """``None`` when they are not known."""
    froms: tuple[type | None, ...]
    """The mapped classes that it reads from, ``None`` for each one that is not known."""
    target: type | None
    """The class that ``filter_by`` asks, before SQLAlchemy 2.1 and of a ``Query``; ``None``: not known."""
    kind: str = "select"
    """``select``, ``query`` or ``change``."""
    scalars: bool = False
    """SQLModel's ``select`` of one thing: its ``exec`` gives that thing, no rows."""

    def joined(self, other: Statement) -> Statement | None:
        """What is known of a statement that is one of the two; ``None`` when they give other rows."""
        if (self.columns, self.kind, self.scalars) != (other.columns, other.kind, other.scalars):
            return None
        target = self.target if self.target is other.target else None
        return self._replace(target=target, froms=tuple(dict.fromkeys((*self.froms, *other.froms))))


class Rows(NamedTuple):
    """What a result gives."""

    columns: tuple[Selected, ...] | None
    item: Value | None
    """One row, or with ``scalars()`` what stands in it."""
    asynchronous: bool = False
    """Its methods that fetch are to be awaited."""


class Row(NamedTuple):
    """One row of a result."""

    columns: tuple[Selected, ...]
    certain: bool = True
    """What gave it is known to be a session."""


class Columns(NamedTuple):
    """What has columns in ``.c``, or that ``.c`` itself."""

    names: frozenset[str] | None
    """``None`` when they are not all known."""
    itself: bool = False


class Column(NamedTuple):
    """An attribute of a mapped class, asked of the class."""

    cls: type
    name: str


class Step(NamedTuple):
    """One text in the path of a loader option."""

    function: str
    """``joinedload``."""
    text: str
    line: int
    moves: bool
    """The next step begins at what this one leads to."""


class Loading(NamedTuple):
    """A loader option as far as it is written: the texts in its path, which SQLAlchemy 1.4 takes."""

    at: type | None
    """The class that the next step is looked up on; ``None``: that hangs on the query."""
    pending: tuple[Step, ...] = ()
    """The steps that begin at the query's entity."""
    lost: bool = False
    """Where the next step begins cannot be told."""


class Page(NamedTuple):
    """One page of Flask-SQLAlchemy's pagination."""

    item: Value | None
