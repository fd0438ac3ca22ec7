"""What Django's views and forms, and those of Django REST framework, hold and give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..value import Call, Class, Function, Instance, Known, Value
from . import requests as django_requests
from . import rows
from .functions import FORM, Begin, begun, form_model
from .models import descends, held, is_model, of_django

VIEW = "django.views.generic.base.View"
OBJECT = "django.views.generic.detail.SingleObjectMixin"
OBJECTS = "django.views.generic.list.MultipleObjectMixin"
FORMS = "django.views.generic.edit.FormMixin"
API_OBJECT = "rest_framework.generics.GenericAPIView"
BASE_FORM = "django.forms.forms.BaseForm"
FRAMEWORKS = ("django", "rest_framework")
KEPT = Known("kept")


def attribute(owner: Instance, name: str, begin: Begin) -> Value | None:
    """What ``owner.name`` is for a view or a form."""
    cls = owner.cls
    if descends(cls, BASE_FORM):
        return _of_form(owner, name)
    if not descends(cls, VIEW) or _declares(cls, name):
        return None
    if name == "request":
        return None if held(cls, name)[1] is not None else django_requests.given(cls)
    if name == "kwargs":
        return None if held(cls, name)[1] is not None else Instance(dict, KEPT, exact=True)
    if name == "model" and descends(cls, OBJECT):
        model = _agreed(cls, _named_model)
        return None if model is None else Class(model)
    if name == "object" and descends(cls, OBJECT) and held(cls, name)[1] is None:
        return shown_object(cls, begin)
    return None


def called(owner: Instance, call: Call, begin: Begin) -> Value | None:
    """What ``get_object()`` and ``get_queryset()`` of a view give, and ``save()`` of a form."""
    cls = owner.cls
    if call.name == "save":
        model = form_model(cls) if of_django(held(cls, "save")[0]) else None
        return None if model is None else Instance(model, KEPT)
    if call.name == "get_object" and not call.node.args and not call.node.keywords:
        return shown_object(cls, begin)
    if call.name == "get_queryset" and _unchanged(cls, "get_queryset"):
        return _listed(cls, begin)
    if call.name == "get_serializer" and descends(cls, API_OBJECT) and "many" not in call.keywords:
        return _serializer(cls) if not call.spread else None
    return None


def parameters(owner: type, node: Function, names: list[str]) -> Iterator[tuple[str, Value]]:
    """The request and the form that Django gives to the methods of a view."""
    if "request" in names and (given := django_requests.given(owner)) is not None:
        yield "request", given
    if node.name in ("form_valid", "form_invalid") and "form" in names and descends(owner, FORMS):
        form = _agreed(owner, _form_class)
        if form is not None:
            yield "form", Instance(form, Known("passed"))


def shown_model(view: type) -> type | None:
    """The model whose objects a view is about, where all its loaded subclasses have the same one."""
    model: type | None = _agreed(view, _shown_model)
    return model


def _of_form(owner: Instance, name: str) -> Value | None:
    if name == "instance" and descends(owner.cls, FORM):
        model = _agreed(owner.cls, form_model)
        return None if model is None else Instance(model, KEPT)
    if name in ("cleaned_data", "fields") and held(owner.cls, name)[1] is None:
        return Instance(dict, KEPT, exact=True)
    return None


def shown_object(cls: type, begin: Begin) -> Value | None:
    """The object of a view that looks it up as Django does."""
    if not _unchanged(cls, "get_object"):
        return None
    model = _agreed(cls, _shown_model)
    if model is None:
        return None
    first = _listed(cls, begin) if _unchanged(cls, "get_queryset") else None
    if first is None:
        return Instance(model, KEPT, opened=True)  # it may be annotated
    query = rows.known_query(first)
    return None if query is None else rows.row(first.cls, query, 0)


def _listed(cls: type, begin: Begin) -> Instance | None:
    """What the framework's own ``get_queryset`` gives."""
    model, queryset = _agreed(cls, _shown_model), _given(cls, "queryset")
    if model is None:
        return None
    if queryset is None:
        first = begun(Class(model), begin)
    else:
        first = rows.of_live(queryset) or begun(rows.manager_of_live(queryset), begin)
    query = None if first is None else rows.known_query(first)
    if first is None or query is None:
        return None
    if any(_given(below, "queryset") is not queryset for below in _below(cls)):
        return rows.queryset_value(first.cls, query._replace(opened=True), 0, exact=False)
    return first


def _serializer(cls: type) -> Instance | None:
    """What ``get_serializer`` gives where the class names one serializer."""
    if not _unchanged(cls, "get_serializer") or not _unchanged(cls, "get_serializer_class"):
        return None
    serializer = _agreed(cls, lambda one: _given(one, "serializer_class"))
    return Instance(serializer, KEPT) if isinstance(serializer, type) else None


def _unchanged(cls: type, name: str) -> bool:
    """Whether neither a class nor one below it defines a method that the framework has."""
    holder = held(cls, name)[0]
    if holder is None or holder.__module__.partition(".")[0] not in FRAMEWORKS:
        return False
    return all(name not in vars(below) for below in _below(cls))


def _agreed(cls: type, ask: Any) -> Any:
    """What ``ask`` says of a class, where it says the same of all loaded classes below it."""
    first = ask(cls)
    # a class without a model of its own is a base of others
    return first if all(ask(below) is first for below in _below(cls)) else None


def _below(cls: type) -> Iterator[type]:
    waiting: list[type] = type.__subclasses__(cls)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += type.__subclasses__(one)


def _named_model(view: type) -> type | None:
    model = _given(view, "model")
    return model if isinstance(model, type) and is_model(model) else None


def _shown_model(view: type) -> type | None:
    """The model that ``get_queryset`` of the framework takes."""
    if not any(descends(view, base) for base in (OBJECT, OBJECTS, API_OBJECT)):
        return None
    queryset = _given(view, "queryset")
    if queryset is not None:
        return rows.model_of_live(queryset)
    if descends(view, API_OBJECT):
        return None
    model = _named_model(view)
    form = _form_class(view) if model is None and descends(view, FORMS) else None
    return form_model(form) if form is not None else model


def _form_class(view: type) -> type | None:
    if not _unchanged_here(view, "get_form_class") or not _unchanged_here(view, "get_form"):
        return None
    form = _given(view, "form_class")
    return form if isinstance(form, type) else None


def _unchanged_here(cls: type, name: str) -> bool:
    return of_django(held(cls, name)[0])


def _given(view: type, name: str) -> Any:
    """What a class holds, no property of it."""
    found = held(view, name)[1]
    return None if isinstance(found, property) or hasattr(type(found), "__get__") else found


def _declares(cls: type, name: str) -> bool:
    """Whether the source says of what class an attribute is."""
    return any(name in (vars(one).get("__annotations__") or ()) for one in cls.__mro__)
