"""The names in the options of the REST framework's serializers and views: the first request resolves them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from ...project import Project
from . import lookup_paths as paths
from .lookup_near import nearest
from .lookup_paths import Missing
from .models import field as field_of
from .models import held, is_model
from .option_places import Declared, attempt, below, declaration, library, owned, words
from .option_queries import Source, own, searched, source_of

FIELDS = (
    "get_fields",
    "get_field_names",
    "get_default_field_names",
    "get_extra_kwargs",
    "build_field",
    "build_unknown_field",
    "fields",
)
"""What a serializer may define to take its fields from elsewhere."""
PREFIXES = {"^": "istartswith", "=": "iexact", "@": "search", "$": "iregex"}


def of_serializers(project: Project) -> Iterator[Declared]:
    """Of every serializer of the application's that is made from a model."""
    for serializer in below(library("rest_framework.serializers", "ModelSerializer")):
        if owned(serializer, project) and not own(serializer, *FIELDS):
            yield from attempt(partial(_of_serializer, serializer, project))


def of_views(project: Project) -> Iterator[Declared]:
    """Of every generic view of the application's: what its filter backends take from it."""
    for view in below(library("rest_framework.generics", "GenericAPIView")):
        if owned(view, project):
            yield from attempt(partial(_of_backends, view, project))


def _of_backends(view: type, project: Project) -> Iterator[Declared]:
    source = source_of(view)
    if source is None:
        return
    for read in (_searched, _ordered, _filtered):
        yield from attempt(partial(read, view, source, project))


def _of_serializer(serializer: type, project: Project) -> Iterator[Declared]:
    meta = held(serializer, "Meta")[1]
    model = held(meta, "model")[1] if isinstance(meta, type) else None
    if not is_model(model) or not paths.judged(model):
        return
    if any("__getattr__" in vars(kind) for kind in type.mro(type(model))):
        return
    declared = held(serializer, "_declared_fields")[1]
    keywords: dict[str, Any] = held(meta, "extra_kwargs")[1] or {}
    certain = not type.__subclasses__(serializer)
    names = [*paths.names_of(model), *declared]
    for written in words(held(meta, "fields")[1]):
        if written == "__all__":
            continue
        source = keywords.get(written, {}).get("source", "*")
        name = written if source == "*" else source
        there = written in declared or name == _url_name(serializer) or _has(model, name)
        missing = None if there else Missing(written, model, nearest(name, names, model))
        yield from declaration(serializer, "Meta.fields", written, model, missing, project, certain=certain)
    for written in words(held(meta, "exclude")[1]):
        there = written in declared or _has(model, written)
        missing = None if there else Missing(written, model, nearest(written, names, model))
        yield from declaration(serializer, "Meta.exclude", written, model, missing, project, certain=certain)


def _has(model: type, name: str) -> bool:
    """Whether the model has a field, a relation, or any attribute of that name."""
    return field_of(model, name) is not None or held(model, name)[0] is not None


def _url_name(serializer: type) -> str:
    settings = vars(sys.modules["rest_framework.settings"])["api_settings"]
    name = held(serializer, "url_field_name")[1] or settings.URL_FIELD_NAME
    return name if type(name) is str else ""


def _backends(view: type, base: type, *methods: str) -> bool:
    """Whether a view has the filter backend ``base``, or one that resolves the names as that does."""
    backends = held(view, "filter_backends")[1]
    found = [one for one in backends if isinstance(one, type) and base in one.__mro__]
    return any(held(one, method)[0] is base for one in found for method in methods[:1]) and all(
        held(one, method)[0] is base for one in found for method in methods
    )


def _searched(view: type, source: Source, project: Project) -> Iterator[Declared]:
    search = library("rest_framework.filters", "SearchFilter")
    if not _backends(view, search, "filter_queryset", "get_search_fields", "construct_search"):
        return
    for written in words(held(view, "search_fields")[1]):
        missing = searched(source.model, written, PREFIXES, source.given)
        yield from _of_view(view, "search_fields", written, source, missing, project)


def _ordered(view: type, source: Source, project: Project) -> Iterator[Declared]:
    order = library("rest_framework.filters", "OrderingFilter")
    if not _backends(view, order, "filter_queryset", "get_ordering", "get_default_ordering"):
        return
    fields = held(view, "ordering_fields")[1]
    # a pair is a name and what is shown for it
    fields = [one if type(one) is str else one[0] for one in fields] if type(fields) in (list, tuple) else []
    for option, several in (("ordering", words(held(view, "ordering")[1])), ("ordering_fields", fields)):
        for written in several:
            missing = paths.referred(source.model, written.removeprefix("-"), source.given)
            yield from _of_view(view, option, written, source, missing, project)


def _filtered(view: type, source: Source, project: Project) -> Iterator[Declared]:
    """``filterset_fields``, of which django-filter makes a class for each request."""
    if held(view, "filterset_class")[1] is not None:
        return
    for written in words(held(view, "filterset_fields")[1]):
        missing = paths.loaded(source.model, written)
        yield from _of_view(view, "filterset_fields", written, source, missing, project)


def _of_view(
    view: type, option: str, written: str, source: Source, missing: Missing | None, project: Project
) -> Iterator[Declared]:
    certain = not type.__subclasses__(view)
    yield from declaration(view, option, written, source.model, missing, project, certain=certain)
