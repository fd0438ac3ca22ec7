"""The values behind a Django query: its manager, its queryset, one of its rows."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from typing import Any

from ...objects import attributes
from ..value import Instance, Known, Value
from .fields import path_value
from .models import INTERNALS, MANAGER, QUERYSET, ROWS_MADE, descends, is_model, only_model, own
from .query import Query, Row, query_of

RELATED = (
    ("django.db.models.fields.related_descriptors", "create_reverse_many_to_one_manager"),
    ("django.db.models.fields.related_descriptors", "create_forward_many_to_many_manager"),
    ("django.contrib.contenttypes.fields", "create_generic_related_manager"),
)
"""What makes the classes of managers of relations."""


def is_manager(value: Value | None) -> bool:
    """Whether a value is a manager of models."""
    return isinstance(value, Instance) and descends(value.cls, MANAGER)


def is_queryset(value: Value | None) -> bool:
    """Whether a value is a queryset."""
    return isinstance(value, Instance) and descends(value.cls, QUERYSET)


def known_query(owner: Instance) -> Query | None:
    """The query behind a manager or a queryset; ``None`` where not even its model is known."""
    query = query_of(owner.state)
    if query is not None:
        return query
    row = owner.items
    if isinstance(row, Instance) and descends(row.cls, "django.db.models.base.Model"):
        return Query(row.cls, opened=True)
    model = only_model(owner.cls)
    return None if model is None else Query(model, opened=True)


def manager_value(cls: type, query: Query, line: int, extra: frozenset[str] = frozenset()) -> Instance:
    """A manager."""
    return Instance(cls, Known("queried", line), exact=True, extra=extra, state=query)


def queryset_value(cls: type, query: Query | None, line: int, *, exact: bool = True) -> Instance:
    """A queryset; of one whose model is not known, nothing is said about its rows."""
    if query is None:
        return Instance(cls, Known("queried", line), exact=exact)
    if own(cls, *ROWS_MADE):
        query = query._replace(more=True)
    one = row(cls, query, line)
    return Instance(cls, Known("queried", line), exact=exact, items=one, state=query)


def model_of_live(value: Any) -> type | None:
    """The model of a manager or a queryset that a class or a module holds."""
    cls = type(value)
    if not descends(cls, QUERYSET) and not descends(cls, MANAGER):
        return None
    model = attributes(value).get("model")
    return model if isinstance(model, type) and is_model(model) else None


def manager_of_live(value: Any) -> Instance | None:
    """What is known of a manager that a class or a module holds."""
    model = model_of_live(value) if descends(type(value), MANAGER) else None
    return None if model is None else manager_value(type(value), Query(model), 0)


def of_live(value: Any) -> Instance | None:
    """What is known of a queryset that a class or a module holds; ``None`` where its rows are no objects."""
    model = model_of_live(value) if descends(type(value), QUERYSET) else None
    own_names = attributes(value)
    query = attributes(own_names.get("_query"))
    if model is None or own_names.get("_fields") is not None or not query:
        return None
    names: set[str] = set()
    for held in ("annotations", "extra"):
        names.update(one for one in query.get(held) or () if type(one) is str)
    prefetched = own_names.get("_prefetch_related_lookups") or ()
    kept = frozenset(names) | {attributes(one).get("to_attr", "") for one in prefetched}
    return queryset_value(type(value), Query(model, frozenset(names), shown=kept - {"", None}), 0)


def row(cls: type, query: Query, line: int, *, optional: bool = False) -> Instance | None:
    """One row of a query.

    Args:
        cls: the class of the queryset, or of the manager that it comes from.
        query: what is known of it.
        line: where it is asked for.
        optional: there may be none.
    """
    known = Known("queried", line)
    if query.row == "model":
        return Instance(
            query.model,
            known,
            exact=not own(cls, *INTERNALS) and not own(query.model, "from_db", "__new__"),
            optional=optional,
            extra=query.shown,
            opened=query.opened or query.more,
            state=Row("row", query.present) if query.present else None,
        )
    if query.row == "dict":
        return Instance(dict, known, exact=True, optional=optional)
    if query.row == "tuple":
        if query.named:
            return None
        parts = tuple(path_value(query.model, path, known) for path in query.fields)
        return Instance(tuple, known, exact=True, optional=optional, parts=parts)
    if len(query.fields) != 1 or query.fields[0] in query.annotations:
        return None
    value = path_value(query.model, query.fields[0], known)
    return None if value is None else value._replace(optional=optional or value.optional)


def made(query: Query, line: int) -> Instance:
    """What ``create`` gives: it has no annotations."""
    return Instance(query.model, Known("queried", line), exact=not own(query.model, "__new__"))


def awaited(value: Value | None, line: int) -> Instance:
    """What a call without ``await`` gives."""
    return Instance(types.CoroutineType, Known("queried", line), exact=True, awaited=value)


def of_class(cls: type, line: int, *, items: Value | None = None, values: Value | None = None) -> Instance:
    """A plain object that a query gives: a number, a list of rows."""
    return Instance(cls, Known("queried", line), exact=True, items=items, values=values)


@functools.cache
def related_names() -> frozenset[str]:
    """The names that the managers of relations have besides those of the model's own manager."""
    found: set[str] = set()
    for module, maker in RELATED:
        function = getattr(sys.modules.get(module), maker, None)
        if function is not None:
            found.update(_names(function.__code__))
    return frozenset(found)


def _names(code: types.CodeType) -> Iterator[str]:
    """All names in a function, and in the class that it makes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant.co_name
            yield from _names(constant)
