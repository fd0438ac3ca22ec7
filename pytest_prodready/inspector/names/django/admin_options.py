"""The names in the options of admin classes that Django's own checks leave to the first request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ...objects import attributes
from ...project import Project
from . import lookup_paths as paths
from .lookup_near import nearest
from .lookup_paths import Missing
from .models import field as field_of
from .models import held, options
from .option_places import Declared, attempt, declaration, words
from .option_queries import hides, manager_hides, own, searched

PREFIXES = {"^": "istartswith", "=": "iexact", "@": "search"}
FORM_METHODS = (
    "get_form",
    "get_formset",
    "get_fields",
    "get_fieldsets",
    "get_exclude",
    "get_readonly_fields",
    "formfield_for_dbfield",
)


def declared(project: Project) -> Iterator[Declared]:
    """Of every admin class that is registered with a site, and of its inlines."""
    from django.contrib.admin.sites import all_sites

    seen: set[tuple[int, int]] = set()
    for site in list(all_sites):
        for model, admin in list(site._registry.items()):
            key = id(model), id(type(admin))
            if key in seen or not paths.judged(model):
                continue
            seen.add(key)
            yield from attempt(partial(_searched, model, admin, project))
            yield from attempt(partial(_shown, model, type(admin), project))
            for inline in _option(admin, "inlines") or ():
                of = held(inline, "model")[1] if isinstance(inline, type) else None
                if isinstance(of, type) and (id(of), id(inline)) not in seen and paths.judged(of):
                    seen.add((id(of), id(inline)))
                    yield from attempt(partial(_shown, of, inline, project))


def _option(admin: Any, name: str) -> Any:
    """An option as the instance or its class holds it."""
    return attributes(admin).get(name, held(type(admin), name)[1])


def _searched(model: type, admin: Any, project: Project) -> Iterator[Declared]:
    cls = type(admin)
    if own(cls, "get_search_results", "get_search_fields") or hides(cls, "get_queryset"):
        return
    if manager_hides(model):
        return
    for written in words(_option(admin, "search_fields")):
        missing = searched(model, written, PREFIXES)
        yield from declaration(cls, "search_fields", written, model, missing, project)
    related = _option(admin, "list_select_related")
    if type(related) in (list, tuple) and not own(cls, "get_list_select_related"):
        for written in words(related):
            missing = paths.selected(model, written)
            yield from declaration(cls, "list_select_related", written, model, missing, project)


def _shown(model: type, cls: type, project: Project) -> Iterator[Declared]:
    """The fields of the page's form, each of which has to be the model's, the form's, or only read."""
    if own(cls, *FORM_METHODS):
        return
    form = held(cls, "form")[1]
    free = {*words(held(cls, "readonly_fields")[1]), *words(held(cls, "exclude")[1])}
    free |= {*(held(form, "declared_fields")[1] or ()), *(held(form, "base_fields")[1] or ())}
    option = "fieldsets" if held(cls, "fieldsets")[1] else "fields"
    value = held(cls, option)[1]
    if option == "fieldsets":
        value = [part.get("fields") for _, part in value]
    for written in words(value):
        missing = None
        if written not in free and field_of(model, written) is None:
            names = [field.name for field in options(model).get_fields() if not field.auto_created]
            missing = Missing(written, model, nearest(written, [*names, *free], model))
        yield from declaration(cls, option, written, model, missing, project)
