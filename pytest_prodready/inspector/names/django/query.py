"""What is kept with a Django manager, a queryset and a related object."""

from __future__ import annotations

from typing import Any, NamedTuple


class Query(NamedTuple):
    """The query behind a manager or a queryset, as far as the code says it."""

    model: type
    annotations: frozenset[str] = frozenset()
    """Names that ``annotate``, ``alias`` and ``extra`` gave: lookups may use them."""
    opened: bool = False
    """It may have annotations that cannot be listed."""
    row: str = "model"
    """What one row is: ``model``, ``dict`` (``values``), ``tuple`` (``values_list``) or ``flat``."""
    shown: frozenset[str] = frozenset()
    """Those names that each row has as an attribute or as a key."""
    fields: tuple[str, ...] = ()
    """Of ``values`` and ``values_list``: the names asked for, in order; empty for all of them."""
    named: bool = False
    """Its rows are named tuples."""
    more: bool = False
    """Its rows may have attributes that cannot be listed; lookups cannot use these."""
    present: frozenset[str] = frozenset()
    """Relations that are never null in its rows, since the query asks for more of them."""

    def joined(self, other: Query) -> Query | None:
        """What is known of one of two queries; ``None`` for nothing."""
        if self.model is not other.model or self.row != other.row:
            return None
        return self._replace(
            annotations=self.annotations | other.annotations,
            opened=self.opened or other.opened,
            shown=self.shown | other.shown,
            fields=self.fields if self.fields == other.fields else (),
            named=self.named or other.named,
            more=self.more or other.more,
            present=self.present & other.present,
        )


class Row(NamedTuple):
    """What is known of one row besides its class."""

    kind: str
    """``row``."""
    present: frozenset[str]
    """Relations that are not null in it."""

    def joined(self, other: Row) -> Row:
        """What is known of one of two rows."""
        return self._replace(present=self.present & other.present)


class Relation(NamedTuple):
    """That a value is what a relation gives; equal to the plain tuple ``("relation", "Provider.user")``."""

    kind: str
    """``relation``."""
    name: str
    """The model and its relation: ``Provider.user``."""


def query_of(state: Any) -> Query | None:
    """The query that an instance's ``state`` is; ``None`` where it is none."""
    return state if type(state) is Query else None


def relation(model: type, name: str) -> Relation:
    """The state of what ``model``'s relation ``name`` gives."""
    return Relation("relation", f"{model.__name__}.{name}")
