"""What the options of admin classes and views ask, and whether that may have more names than its model."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from ...objects import attributes
from . import lookup_paths as paths
from .lookup_paths import Missing
from .models import held, is_model, of_django, options

GIVES = ("annotate", "alias", "extra", "union", "raw", "values", "values_list")
"""Methods in the source of another one whose queryset may have more names than its model."""


class Source(NamedTuple):
    """What a view takes its rows from."""

    model: type
    given: frozenset[str]
    """The annotations of the live queryset."""


def source_of(view: type) -> Source | None:
    """What is behind ``queryset`` or ``model`` of a view; ``None`` where that is not known."""
    if hides(view, "get_queryset") or hides(view, "filter_queryset"):
        return None
    query = attributes(held(view, "queryset")[1]).get("_query")
    model = attributes(query).get("model") if query is not None else held(view, "model")[1]
    if not is_model(model) or not paths.judged(model):
        return None
    if query is not None:
        more = attributes(query).get("_extra") or attributes(query).get("extra")
        given = attributes(query).get("annotations")
        return Source(model, frozenset(given)) if type(given) is dict and not more else None
    return None if manager_hides(model) else Source(model, frozenset())


def hides(cls: type, method: str) -> bool:
    """Whether a class's own ``get_queryset`` may give other rows, or more names, than it would without."""
    for base in cls.__mro__:
        if method in vars(base) and not _of_framework(base) and _says(vars(base)[method]):
            return True
    return False


def own(cls: type, *methods: str) -> bool:
    """Whether somebody else than Django or its REST framework defines one of ``methods``."""
    holders = [held(cls, method)[0] for method in methods]
    return any(holder is not None and not _of_framework(holder) for holder in holders)


def manager_hides(model: type) -> bool:
    """Whether the rows of the default manager may have more names than the model's."""
    manager = getattr(options(model), "default_manager", None)
    return manager is None or hides(type(manager), "get_queryset")


def searched(
    model: type, written: str, prefixes: dict[str, str], given: frozenset[str] = frozenset()
) -> Missing | None:
    """Of one item of ``search_fields``: a path, with a lookup of its own or by the character before it."""
    lookup = prefixes.get(written[:1])
    if lookup is not None:
        return paths.filtered(model, f"{written[1:]}__{lookup}", given)
    missing = paths.filtered(model, f"{written}__icontains", given)
    if missing is None:
        return None
    # the path is taken as it is where it ends in a lookup
    as_it_is = paths.referred(model, written, given) is not None
    return None if as_it_is and paths.filtered(model, written, given) is None else missing


def _of_framework(cls: type) -> bool:
    return of_django(cls) or cls.__module__.partition(".")[0] == "rest_framework"


def _says(method: Any) -> bool:
    try:
        source = inspect.getsource(method)
    except (OSError, TypeError):
        return True
    return "super()" not in source or any(f".{word}(" in source for word in GIVES)
