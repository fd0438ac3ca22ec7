"""The constant names that one call asks a Django model for, and whether they resolve on it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..value import Asked, Call, Class, Instance, Value
from . import lookup_keywords as keywords
from . import lookup_paths as paths
from .lookup_expressions import Named, class_name, conditions, items, names_in, text
from .lookup_expressions import keywords as keywords_of
from .lookup_methods import of_query
from .lookup_paths import Missing
from .lookup_texts import constants, order, prefetch, words
from .models import is_model, manager
from .query import Query
from .rows import manager_value

FILTERS = (
    "filter",
    "exclude",
    "get",
    "get_or_create",
    "update_or_create",
    "get_object_or_404",
    "get_list_or_404",
)
DEFAULTS = ("defaults", "create_defaults")
THROUGH = "through_defaults"
"""Of the managers of many-to-many relations: for the row between."""
SHORTCUTS = ("get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404")
ORDERS = ("order_by", "latest", "earliest")
VALUES = ("values", "values_list")
GIVING = ("annotate", "alias", "aggregate")
LISTS = {"bulk_update": ("fields", 1), "bulk_create": ("update_fields", 4)}
"""Method → the argument that lists columns, and its position."""
QueryOf = Callable[["Value | None"], "Query | None"]
Resolve = Callable[[type, str, "frozenset[str]"], "Missing | None"]
FIELDS: dict[str, Resolve] = {
    "defer": paths.loaded,
    "only": paths.loaded,
    "select_related": paths.selected,
}
"""Method → how its arguments resolve, which are no expressions."""


class _Asking(NamedTuple):
    """The call, and the query that it asks."""

    call: Call
    query: Query
    given: frozenset[str]
    """Names that the query's rows have besides the model's."""
    name: str
    """Of the method, without the ``a`` of those that are awaited."""


def asked(call: Call, query_of: QueryOf) -> Iterable[Asked]:
    """Each constant name that a call asks a model for.

    Args:
        call: the call, on whatever it is.
        query_of: gives the query behind a manager or a queryset.

    Returns:
        Nothing for a call of another kind, and of what may have been given names that cannot be listed.
    """
    try:
        return list(_asked(call, query_of))
    except Exception:  # classes and fields of the application's own may raise anything
        return []


def _asked(call: Call, query_of: QueryOf) -> Iterator[Asked]:
    if isinstance(call.function, type) and is_model(call.function):
        yield from _made(call, call.function)
    elif getattr(call.function, "__name__", "") in SHORTCUTS and paths.is_djangos(call.function):
        yield from _shortcut(call, query_of)
    elif isinstance(call.owner, Instance):
        cls = call.owner.cls
        query = query_of(call.owner)
        if is_model(cls):
            yield from _of_row(call, cls)
        elif query is not None and of_query(cls, call.name) and paths.judged(query.model):
            yield from _of_method(_Asking(call, query, _given(call, query), _plain(call.name)))


def _plain(name: str) -> str:
    """``get`` of ``aget``."""
    sync = name[1:]
    return sync if name.startswith("a") and sync not in ("lias", "nnotate", "ggregate", "ll") else name


def _given(call: Call, query: Query) -> frozenset[str]:
    """Names that a query may use besides the model's, those that this call gives among them."""
    owner = call.owner
    rows = owner.items if isinstance(owner, Instance) else None
    given = query.annotations | query.shown
    if isinstance(rows, Instance):
        given |= rows.extra
    if call.name in GIVING:
        given |= {one.arg for one in call.node.keywords if one.arg is not None}
    return given


def _of_method(asking: _Asking) -> Iterator[Asked]:
    call, name, query = asking.call, asking.name, asking.query
    if name in FILTERS:
        yield from _filters(asking, call.node)
    elif name == "create":
        yield from _created(call, query.model, "create")
    elif name == "update":
        for written, line, value in keywords_of(call.node, call):
            yield _one(query.model, written, "update", line, paths.updated(query.model, written))
            yield from _named(asking, names_in(value, call))
    elif name in ORDERS or name in VALUES or name == "distinct":
        yield from _texts(asking, order if name in ORDERS else str)
        for keyword in call.node.keywords:
            yield from _named(asking, names_in(keyword.value, call))
    elif name in ("dates", "datetimes"):
        yield from _texts(asking, str, 1)
    elif name in FIELDS:
        for written, line in constants(call) if not query.opened else ():
            missing = _of_family(query.model, FIELDS[name], written, asking.given)
            yield _one(query.model, written, name, line, missing)
    elif name == "prefetch_related":
        yield from _prefetched(asking)
    elif name in GIVING:
        for argument in (*call.node.args, *(one.value for one in call.node.keywords)):
            yield from _named(asking, names_in(argument, call))
    elif name == "in_bulk" or name in LISTS:
        yield from _listed(asking)


def _filters(asking: _Asking, node: ast.Call) -> Iterator[Asked]:
    """Of a method whose keywords are lookups; those of its defaults are fields."""
    creating = asking.name.endswith("_or_create")
    but = (*DEFAULTS, THROUGH) if creating else ()
    yield from _named(asking, conditions(node, asking.call, asking.name, but))
    for keyword in node.keywords if creating else ():
        if keyword.arg in DEFAULTS:
            for written, line, _ in items(keyword.value, asking.call):
                missing = keywords.defaulted(asking.query.model, written)
                yield _one(asking.query.model, written, f"{asking.name} {keyword.arg}", line, missing)


def _named(asking: _Asking, names: Iterable[Named]) -> Iterator[Asked]:
    """The names in expressions, judged."""
    model = asking.query.model
    for one in names:
        if one.kind == "outer" or asking.query.opened:
            continue
        resolve = paths.filtered if one.kind == "filter" else paths.referred
        missing = _of_family(model, resolve, one.path, asking.given)
        yield _one(model, one.path, one.how, one.line, missing)


def _texts(asking: _Asking, strip: Callable[[str], str], most: int | None = None) -> Iterator[Asked]:
    """Positional arguments that are paths, or expressions."""
    call, model = asking.call, asking.query.model
    for written, line in constants(call, most):
        path = strip(written)
        if path and not asking.query.opened:
            missing = _of_family(model, paths.referred, path, asking.given)
            yield _one(model, written, asking.name, line, missing)
    for argument in call.node.args[:most]:
        yield from _named(asking, names_in(argument, call))


def _prefetched(asking: _Asking) -> Iterator[Asked]:
    call = asking.call
    written: list[tuple[str, int]] = []
    given = set(asking.given)
    told = not call.spread and not asking.query.more
    for argument in call.node.args:
        path = text(argument, call)
        if not path and isinstance(argument, ast.Call) and class_name(argument, call) in ("Prefetch", ""):
            path, attribute = prefetch(argument, call)
            told = told and attribute is not None
            given.add((attribute or "").rpartition(paths.SEPARATOR)[2])
        told = told and bool(path)
        if path:
            written.append((path, argument.lineno))
    for path, line in written if told and not asking.query.opened else ():
        yield _one(
            asking.query.model, path, asking.name, line, keywords.prefetched(asking.query.model, path, given)
        )


def _listed(asking: _Asking) -> Iterator[Asked]:
    """``bulk_update(objects, ["name"])`` and ``in_bulk(field_name="name")``."""
    call, model = asking.call, asking.query.model
    if asking.name == "in_bulk":
        values = [one.value for one in call.node.keywords if one.arg == "field_name"]
    else:
        keyword, position = LISTS[asking.name]
        values = [one.value for one in call.node.keywords if one.arg in (keyword, "unique_fields")]
        values += call.node.args[position : position + 1]
    for value in values:
        for written, line in words(value, call):
            yield _one(model, written, asking.name, line, paths.updated(model, written))


def _made(call: Call, model: type) -> Iterator[Asked]:
    if paths.judged(model):
        yield from _created(call, model, model.__name__)


def _created(call: Call, model: type, how: str) -> Iterator[Asked]:
    for written, line, _ in keywords_of(call.node, call):
        if written != THROUGH:
            yield _one(model, written, how, line, keywords.constructed(model, written))


def _of_row(call: Call, model: type) -> Iterator[Asked]:
    """``save(update_fields=["name"])`` and ``refresh_from_db(fields=["name"])`` of an object."""
    name = _plain(call.name)
    if name not in ("save", "refresh_from_db") or not paths.judged(model):
        return
    wanted = "update_fields" if name == "save" else "fields"
    for keyword in call.node.keywords:
        if keyword.arg == wanted:
            for written, line in words(keyword.value, call):
                if name == "save":
                    missing = keywords.saved(model, written, call.name)
                else:
                    missing = keywords.reloaded(model, written)
                yield _one(model, written, f"{name} {wanted}", line, missing)


def _shortcut(call: Call, query_of: QueryOf) -> Iterator[Asked]:
    """``get_object_or_404(Model, name=…)``: a model, a manager or a queryset comes first."""
    first = call.args[0] if call.args else None
    name = call.function.__name__
    if isinstance(first, Class) and is_model(first.cls):
        default = manager(first.cls, "_default_manager")
        first = default and manager_value(type(default), Query(first.cls), call.node.lineno)
    query = query_of(first) if isinstance(first, Instance) else None
    if query is None or not isinstance(first, Instance) or not paths.judged(query.model):
        return
    if of_query(first.cls, "get") and of_query(first.cls, "filter"):
        node = ast.copy_location(
            ast.Call(func=call.node.func, args=call.node.args[1:], keywords=call.node.keywords), call.node
        )
        yield from _filters(_Asking(call, query, query.annotations, name.removeprefix("a")), node)


def _of_family(model: type, resolve: Resolve, path: str, given: frozenset[str]) -> Missing | None:
    """What does not resolve on ``model``, nor on any model that inherits it: a value may be one of those."""
    missing = resolve(model, path, given)
    if missing is None:
        return None
    below = (one for one in keywords.family(model) if one is not model)
    return None if any(resolve(one, path, given) is None for one in below) else missing


def _one(model: type, written: str, how: str, line: int, missing: Missing | None) -> Asked:
    if missing is None:
        return Asked(model, written, how, line)
    return Asked(model, written, how, line, missing.part, missing.at, missing.near)
