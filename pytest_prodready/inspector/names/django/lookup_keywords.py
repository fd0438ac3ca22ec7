"""Whether constant names of columns and relations are there on a real model, where no path is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .lookup_methods import saves_as_django, takes_only_fields
from .lookup_near import nearest
from .lookup_paths import SEPARATOR, Missing, is_djangos, judged, names_of
from .models import field as field_of
from .models import held, options


def constructed(model: type, name: str) -> Missing | None:
    """Of ``Model(name=…)`` and ``create(name=…)``: a field, a relation or a property."""
    if not takes_only_fields(model) or any(_may_be_given(one, name) for one in family(model)):
        return None
    return Missing(name, model, nearest(name, names_of(model), model))


def defaulted(model: type, name: str) -> Missing | None:
    """Of ``get_or_create(defaults={"name": …})``, which Django checks against the model itself."""
    if any(_may_be_given(one, name) for one in family(model)):
        return None
    return Missing(name, model, nearest(name, names_of(model), model))


def saved(model: type, name: str, method: str) -> Missing | None:
    """Of ``save(update_fields=["name"])``: a column of the model that is no primary key."""
    if not saves_as_django(model, method):
        return None
    columns: list[str] = []
    for one in family(model):
        columns += [part for field in options(one).concrete_fields for part in (field.name, field.attname)]
    if name in columns:
        return None
    return Missing(name, model, nearest(name, columns, model))


def reloaded(model: type, name: str) -> Missing | None:
    """Of ``refresh_from_db(fields=["name"])``: a column, or a relation that was prefetched."""
    if not is_djangos(held(model, "refresh_from_db")[1]):
        return None
    if any(field_of(one, name) is not None or held(one, name)[1] is not None for one in family(model)):
        return None
    return Missing(name, model, nearest(name, names_of(model), model))


def prefetched(model: type, path: str, given: Iterable[str]) -> Missing | None:
    """Of ``prefetch_related``: the attributes that lead from one object to the next.

    Args:
        model: the model that is queried.
        path: all of the argument.
        given: names that queries and ``to_attr`` give to its rows.
    """
    parts = path.split(SEPARATOR)
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if not judged(model) or part in given:
            return None
        if any(held(one, part)[1] is not None or part in vars(one) for one in family(model)):
            descriptor = held(model, part)[1]
            if last and _is_column(descriptor):
                return Missing(part, model, nearest(part, _accessors(model)))
            behind = _behind(descriptor)
            if behind is None:
                return None
            model = behind
        elif _has_more(model, last=last):
            return None
        else:
            return Missing(part, model, nearest(part, _accessors(model)))
    return None


def family(model: type) -> Iterator[type]:
    """``model``, and every loaded model that inherits it: a value of its class may be one of those."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            waiting.extend(type.__subclasses__(one))
            if "_meta" in vars(one) and not options(one).abstract:
                yield one


def _may_be_given(model: type, name: str) -> bool:
    return isinstance(held(model, name)[1], property) or field_of(model, name) is not None


def _is_column(descriptor: Any) -> bool:
    from django.db.models.query_utils import DeferredAttribute

    return type(descriptor) is DeferredAttribute and not descriptor.field.is_relation


def _has_more(model: type, *, last: bool) -> bool:
    """Whether rows of a model may have attributes that its class does not list."""
    for name in (
        ("__getattr__", "__getattribute__") if last else ("__getattr__", "__getattribute__", "__init__")
    ):
        definer = next((base for base in model.__mro__ if name in vars(base)), object)
        if definer is not object and not is_djangos(definer):
            return True
    return False


def _behind(descriptor: Any) -> type | None:
    """The model that a relation's descriptor leads to; ``None`` where another kind of attribute stands."""
    if not is_djangos(type(descriptor)):
        return None
    held = vars(descriptor)
    relation = held.get("rel", held.get("related"))
    if relation is None:
        field = held.get("field")
        relation = getattr(field, "remote_field", None)
        return relation.model if relation is not None and not _is_column(descriptor) else None
    forward = type(relation).__name__ == "GenericRel" or (
        relation.many_to_many and not held.get("reverse", False)
    )
    found = relation.model if forward else relation.related_model
    return found if isinstance(found, type) else None


def _accessors(model: type) -> list[str]:
    """The attributes of a model that can be prefetched."""
    return [
        name
        for base in model.__mro__
        for name, value in vars(base).items()
        if not name.startswith("_") and is_djangos(type(value)) and _behind(value) is not None
    ]
