"""What single methods of a manager or a queryset give."""

from __future__ import annotations

import ast
import datetime as dt
import types
from collections.abc import Callable

from ..value import Call, Instance, Known, Value
from . import rows
from .annotations import annotated, asked_for, attached, never_null
from .query import Query

Maker = Callable[["Receiver", Call], Value | None]


class Receiver:
    """The manager or the queryset that a method is called on.

    Args:
        owner: what is known of it.
        first: the class of its querysets.
        line: of the call.
    """

    def __init__(self, owner: Instance, first: type, line: int) -> None:
        self.owner = owner
        self.first = first
        self.query = rows.known_query(owner)
        self.line = line

    def again(self, query: Query | None) -> Instance:
        """A queryset of the same class."""
        return rows.queryset_value(self.first, query, self.line, exact=self.owner.exact)

    def row(self, *, optional: bool = False) -> Instance | None:
        """One of its rows."""
        if self.query is None:
            return None
        return rows.row(self.first, self.query, self.line, optional=optional)


def _queryset(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query)


def _manager(receiver: Receiver, call: Call) -> Value | None:
    return receiver.owner


def _filtered(receiver: Receiver, call: Call) -> Value | None:
    query = receiver.query
    return receiver.again(query and never_null(query, call, given=True))


def _excluded(receiver: Receiver, call: Call) -> Value | None:
    query = receiver.query
    return receiver.again(query and never_null(query, call, given=False))


def _united(receiver: Receiver, call: Call) -> Value | None:
    """Rows of another queryset as well, which may name more."""
    return receiver.again(receiver.query and receiver.query._replace(opened=True, present=frozenset()))


def _annotated(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query and annotated(receiver.query, call, shown=True))


def _aliased(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query and annotated(receiver.query, call, shown=False))


def _prefetched(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query and attached(receiver.query, call))


def _values(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query and asked_for(receiver.query, call, "dict"))


def _values_list(receiver: Receiver, call: Call) -> Value | None:
    return receiver.again(receiver.query and asked_for(receiver.query, call, "tuple"))


def _of_dates(cls: type) -> Maker:
    def make(receiver: Receiver, call: Call) -> Value | None:
        if receiver.query is None:
            return receiver.again(None)
        query = receiver.query._replace(row="flat", fields=())
        return receiver.again(query)._replace(items=rows.of_class(cls, receiver.line))

    return make


def _one(receiver: Receiver, call: Call) -> Value | None:
    query = receiver.query
    if query is None:
        return None
    return rows.row(receiver.first, never_null(query, call, given=True), receiver.line)


def _perhaps_one(receiver: Receiver, call: Call) -> Value | None:
    return receiver.row(optional=True)


def _some(receiver: Receiver, call: Call) -> Value | None:
    return receiver.row()


def _made(receiver: Receiver, call: Call) -> Value | None:
    return None if receiver.query is None else rows.made(receiver.query, receiver.line)


def _found_or_made(receiver: Receiver, call: Call) -> Value | None:
    line = receiver.line
    parts = (receiver.row(), rows.of_class(bool, line))
    return Instance(tuple, Known("queried", line), exact=True, parts=parts)


def _deleted(receiver: Receiver, call: Call) -> Value | None:
    line = receiver.line
    parts = (rows.of_class(int, line), rows.of_class(dict, line))
    return Instance(tuple, Known("queried", line), exact=True, parts=parts)


def _iterated(receiver: Receiver, call: Call) -> Value | None:
    return rows.of_class(types.GeneratorType, receiver.line, items=_items(receiver))


def _iterated_later(receiver: Receiver, call: Call) -> Value | None:
    return rows.of_class(types.AsyncGeneratorType, receiver.line, items=_items(receiver))


def _items(receiver: Receiver) -> Value | None:
    return receiver.again(receiver.query).items


def _by_key(receiver: Receiver, call: Call) -> Value | None:
    return rows.of_class(dict, receiver.line, values=_items(receiver))


def _all_made(receiver: Receiver, call: Call) -> Value | None:
    """The objects that were given to ``bulk_create``."""
    made = None if receiver.query is None else rows.made(receiver.query, receiver.line)
    return rows.of_class(list, receiver.line, items=made)


def _item(receiver: Receiver, call: Call) -> Value | None:
    """``queryset[…]``: a slice of it is a queryset again, one with a step is a list."""
    key = call.node.args[0] if call.node.args else None
    if not isinstance(key, ast.Slice):
        return None if rows.is_manager(receiver.owner) else receiver.row()
    if key.step is not None and call.constant(key.step) is not None:
        return rows.of_class(list, receiver.line, items=_items(receiver))
    return receiver.again(receiver.query)


def _combined(receiver: Receiver, call: Call) -> Value | None:
    """``one | other`` of two querysets of a model."""
    other = call.args[0] if call.args else None
    query = receiver.query
    if query is None or not isinstance(other, Instance) or not rows.is_queryset(other):
        return None
    second = rows.known_query(other)
    both = None if second is None else query.joined(second)
    return None if both is None else receiver.again(both)


MAKERS: dict[str, Maker] = {
    "__and__": _combined,
    "__getitem__": _item,
    "__or__": _combined,
    "aiterator": _iterated_later,
    "alias": _aliased,
    "annotate": _annotated,
    "bulk_create": _all_made,
    "create": _made,
    "dates": _of_dates(dt.date),
    "datetimes": _of_dates(dt.datetime),
    "db_manager": _manager,
    "delete": _deleted,
    "earliest": _some,
    "exclude": _excluded,
    "extra": _annotated,
    "filter": _filtered,
    "first": _perhaps_one,
    "get": _one,
    "get_or_create": _found_or_made,
    "get_queryset": _queryset,
    "in_bulk": _by_key,
    "iterator": _iterated,
    "last": _perhaps_one,
    "latest": _some,
    "prefetch_related": _prefetched,
    "union": _united,
    "update_or_create": _found_or_made,
    "values": _values,
    "values_list": _values_list,
}
"""Method → what makes its result."""
