"""The names in the options of model forms and of generic views."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...project import Project
from . import lookup_paths as paths
from .lookup_near import nearest
from .lookup_paths import Missing
from .models import field as field_of
from .models import held, is_model, options
from .option_places import Declared, attempt, below, declaration, owned, words
from .option_queries import own, source_of

BY_FIELD = (
    "exclude",
    "widgets",
    "labels",
    "help_texts",
    "error_messages",
    "field_classes",
    "localized_fields",
)
"""Options in which a name that is none does nothing, so that nothing says so."""


def of_forms(project: Project) -> Iterator[Declared]:
    """Of every form of the application's: ``fields`` is checked when the class is made, the others never."""
    from django.forms.models import BaseModelForm

    for form in below(BaseModelForm):
        if owned(form, project):
            yield from attempt(partial(_of_form, form, project))


def of_views(project: Project) -> Iterator[Declared]:
    """Of every generic view of the application's: the form and the ordering are made by the first request."""
    from django.views.generic.base import View

    for view in below(View):
        if owned(view, project):
            yield from attempt(partial(_of_form_view, view, project))
            yield from attempt(partial(_ordered, view, project))


def _of_form(form: type, project: Project) -> Iterator[Declared]:
    meta = held(form, "Meta")[1]
    model = held(meta, "model")[1] if isinstance(meta, type) else None
    if not is_model(model) or not paths.judged(model):
        return
    known = {
        "__all__",
        *paths.names_of(model),
        *held(form, "declared_fields")[1],
        *held(form, "base_fields")[1],
    }
    for option in BY_FIELD:
        value = held(meta, option)[1]
        for written in list(value) if type(value) is dict else words(value):
            near = "" if written in known else nearest(written, known, model)
            # what several forms share may name fields of each
            missing = Missing(written, model, near) if near else None
            yield from declaration(form, f"Meta.{option}", written, model, missing, project, certain=False)


def _of_form_view(view: type, project: Project) -> Iterator[Declared]:
    from django.views.generic.edit import ModelFormMixin

    model, fields = held(view, "model")[1], held(view, "fields")[1]
    if ModelFormMixin not in view.__mro__ or type(fields) not in (list, tuple) or not is_model(model):
        return
    if own(view, "get_form_class", "get_form") or held(view, "form_class")[1] or not paths.judged(model):
        return
    certain = not type.__subclasses__(view)
    for written in words(fields):
        missing = None
        if field_of(model, written) is None:
            names = [field.name for field in options(model).get_fields() if not field.auto_created]
            missing = Missing(written, model, nearest(written, names, model))
        yield from declaration(view, "fields", written, model, missing, project, certain=certain)


def _ordered(view: type, project: Project) -> Iterator[Declared]:
    from django.views.generic.list import MultipleObjectMixin

    source = source_of(view) if MultipleObjectMixin in view.__mro__ else None
    if source is None or own(view, "get_ordering"):
        return
    certain = not type.__subclasses__(view)
    for written in words(held(view, "ordering")[1]):
        if written != "?" and "." not in written:
            missing = paths.referred(source.model, written.removeprefix("-"), source.given)
            yield from declaration(view, "ordering", written, source.model, missing, project, certain=certain)
