"""Whether a constant path of fields, transforms and lookups resolves on a real model, as Django resolves it.

Each function says what does not resolve, or ``None``: all of it does, or it cannot be told. They ask the
model's own options and the registered lookups, and run nothing but Django's own code: behind a field whose
class follows paths or finds lookups in a way of its own, everything may resolve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .lookup_near import nearest
from .models import field as field_of
from .models import of_django, options

SEPARATOR = "__"
OWN_WAYS = ("path_infos", "get_path_info", "get_lookup", "get_transform", "get_lookups", "_get_lookup")
"""What a field's class may define to resolve paths in a way of its own."""


class Missing(NamedTuple):
    """What does not resolve."""

    part: str
    at: type
    """The model that it was looked up on."""
    near: str


class _Way(NamedTuple):
    """How far a path leads over fields."""

    field: Any
    """The last field; ``None`` where not even the first part is one."""
    model: type
    """The model that the next part is looked up on."""
    related: bool
    """The last field leads to ``model``, it is not one of it."""
    rest: list[str]
    """The parts that are no fields."""


class _UnknownError(Exception):
    """It cannot be told."""


def judged(model: type) -> bool:
    """Whether queries are made of ``model``: all relations are loaded, and no other is swapped in for it."""
    try:
        meta = options(model)
        return bool(meta.apps.ready and not meta.abstract and not meta.swapped)
    except Exception:
        return False


def filtered(model: type, path: str, given: frozenset[str] = frozenset()) -> Missing | None:
    """Of a keyword of ``filter``: fields, then transforms, then a lookup.

    Args:
        model: the model that is queried.
        path: the whole keyword.
        given: the names of the query's annotations.
    """
    return _resolved(model, path, given, lookup=True)


def referred(model: type, path: str, given: frozenset[str] = frozenset()) -> Missing | None:
    """Of ``F``, ``order_by`` and ``values``: fields, then transforms."""
    return _resolved(model, path, given, lookup=False)


def loaded(model: type, path: str, given: frozenset[str] = frozenset()) -> Missing | None:
    """Of ``only`` and ``defer``: fields alone."""
    parts = path.split(SEPARATOR)
    if _is_given(parts, given):
        return None
    try:
        way = _follow(model, parts)
    except _UnknownError:
        return None
    return _missing(way, given) if way.rest else None


def selected(model: type, path: str, given: frozenset[str] = frozenset()) -> Missing | None:
    """Of ``select_related``: relations to one object each."""
    parts = path.split(SEPARATOR)
    if parts[0] in given:
        return None
    for part in parts:
        if not judged(model):
            return None
        choices = {}
        meta = options(model)
        for field in meta.fields:
            if field.is_relation:
                choices[field.name] = field.remote_field.model
        for reverse in meta.related_objects:
            if reverse.field.unique and not reverse.many_to_many:
                choices[reverse.field.related_query_name()] = reverse.related_model
        if part not in choices:
            return Missing(part, model, nearest(part, choices))
        model = choices[part]
    return None


def updated(model: type, name: str) -> Missing | None:
    """Of ``update``: a column of the model, or of its parents."""
    if name == "pk":
        return None
    field = field_of(model, name)
    if field is None:
        columns = [one.name for one in options(model).concrete_fields]
        return Missing(name, model, nearest(name, columns, model))
    return None


def names_of(model: type) -> Iterator[str]:
    """Every name that a query may begin with, but for annotations."""
    for field in options(model).get_fields():
        yield field.name
        if getattr(field, "concrete", False) and field.attname != field.name:
            yield field.attname


def _resolved(model: type, path: str, given: frozenset[str], *, lookup: bool) -> Missing | None:
    parts = path.split(SEPARATOR)
    if _is_given(parts, given):
        return None
    try:
        way = _follow(model, parts)
        if way.field is None or (way.related and way.rest and not _is_lookup(way, lookup=lookup)):
            return _missing(way, given)
        return None if way.related else _beyond(way, lookup=lookup)
    except Exception:  # a field of a library's that Django's own code stumbles over
        return None


def _is_given(parts: list[str], given: frozenset[str]) -> bool:
    """Whether the path begins with an annotation; that of ``Count("owner")`` is ``owner__count``."""
    return any(SEPARATOR.join(parts[:number]) in given for number in range(1, len(parts) + 1))


def _follow(model: type, parts: list[str]) -> _Way:
    """Over fields, as ``Query.names_to_path`` goes."""
    found: Any = None
    related = True
    for position, part in enumerate(parts):
        if not judged(model):
            raise _UnknownError
        field = field_of(model, part)
        if field is None:
            return _Way(found, model, related, parts[position:])
        if not _is_plain(field) or (field.is_relation and not field.related_model):
            raise _UnknownError
        found = field
        infos = getattr(field, "path_infos", None)
        if infos is None and hasattr(field, "get_path_info"):  # Django before 4.1
            infos = field.get_path_info()
        if not infos:
            return _Way(found, model, related=False, rest=parts[position + 1 :])
        found, model = infos[-1].join_field, infos[-1].to_opts.model
    return _Way(found, model, related, [])


def _is_plain(field: Any) -> bool:
    """Whether paths through a field and its lookups are found by code of Django's own."""
    for name in OWN_WAYS:
        definer = next((base for base in type(field).__mro__ if name in vars(base)), None)
        if definer is not None and not of_django(definer):
            return False
    return True


def is_djangos(thing: Any) -> bool:
    """Whether a class or a function is defined by Django itself."""
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and module.startswith("django.")


def _is_lookup(way: _Way, *, lookup: bool) -> bool:
    """Whether what follows a relation is a lookup for relations, such as ``isnull``."""
    if not _is_plain(way.field):
        return True
    if not lookup or len(way.rest) > 1:
        return way.field.get_transform(way.rest[0]) is not None
    return any(asked(way.rest[0]) is not None for asked in (way.field.get_lookup, way.field.get_transform))


def _beyond(way: _Way, *, lookup: bool) -> Missing | None:
    """What follows a plain field: transforms, and a lookup at the end."""
    from django.db.models.expressions import Col

    side: Any = Col("t", way.field)
    for position, part in enumerate(way.rest):
        if lookup and position == len(way.rest) - 1 and side.get_lookup(part) is not None:
            return None
        transform = side.get_transform(part)
        if transform is None:
            known = side.output_field.get_lookups()
            return Missing(part, way.model, nearest(part, known))
        if not isinstance(transform, type) or not is_djangos(transform):
            return None  # a key of JSON, an index of an array: anything may follow
        side = transform(side)
    return None


def _missing(way: _Way, given: Iterable[str]) -> Missing:
    """The first part that is no field."""
    more = () if way.field is not None else given
    return Missing(way.rest[0], way.model, nearest(way.rest[0], [*names_of(way.model), *more], way.model))
