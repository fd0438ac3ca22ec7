"""The names in declared filters of django-filter; those in ``Meta.fields`` are checked by itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ...objects import attributes
from ...project import Project
from . import lookup_paths as paths
from .models import held, is_model
from .option_places import Declared, attempt, below, declaration, library, owned
from .option_queries import manager_hides


def declared(project: Project) -> Iterator[Declared]:
    """Of every set of filters of the application's that says its model."""
    for filters in below(library("django_filters.filterset", "BaseFilterSet")):
        if owned(filters, project):
            yield from attempt(partial(_of_filters, filters, project))


def _of_filters(filters: type, project: Project) -> Iterator[Declared]:
    model = attributes(held(filters, "_meta")[1]).get("model")
    if not is_model(model) or not paths.judged(model) or manager_hides(model):
        return
    for name, one in held(filters, "declared_filters")[1].items():
        held_by = attributes(one)
        path, lookup = held_by.get("field_name"), held_by.get("lookup_expr")
        if type(path) is not str or not _filters_itself(one) or held_by.get("_method") is not None:
            continue
        written = f"{path}__{lookup}" if type(lookup) is str else path
        missing = paths.filtered(model, written)
        if missing is not None and not missing.near:
            continue  # most likely an annotation of the view's queryset
        yield from declaration(filters, name, path, model, missing, project, certain=False)


def _filters_itself(one: Any) -> bool:
    """Whether it is the library's own filter that asks for the field."""
    holder = held(type(one), "filter")[0]
    return holder is not None and holder.__module__ == "django_filters.filters"
