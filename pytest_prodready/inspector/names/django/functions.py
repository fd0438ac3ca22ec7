"""What Django's own functions give that look objects and models up."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Callable
from typing import Any

from ..value import Call, Class, Instance, Value
from . import configured as django_configured
from . import rows
from .models import descends, held, is_model, manager, model_in
from .query import Query

FORM = "django.forms.models.BaseModelForm"
Begin = Callable[[Instance], "Value | None"]


def begun(value: Value | None, begin: Begin) -> Instance | None:
    """The queryset that ``get_object_or_404`` makes of a model, a manager or a queryset.

    Args:
        value: what is given to it.
        begin: gives the queryset of a manager.
    """
    model = model_in(value)
    if model is not None:
        default = manager(model, "_default_manager")
        if default is None:
            return None
        value = rows.manager_value(type(default), Query(model), 0)
    if isinstance(value, Instance) and rows.is_manager(value):
        value = begin(value)
    return value if isinstance(value, Instance) and rows.is_queryset(value) else None


def called(call: Call, begin: Begin) -> Value | None:
    """What a call of one of the functions gives."""
    function = call.function
    if not isinstance(function, types.FunctionType) or function.__name__ not in FUNCTIONS:
        return None
    if str(function.__module__).partition(".")[0] != "django":
        return None
    return FUNCTIONS[function.__name__](call, begin)


def _one(call: Call, begin: Begin) -> Value | None:
    queryset = begun(call.args[0] if call.args else None, begin)
    if queryset is None:
        return None
    query = rows.known_query(queryset)
    return None if query is None else rows.row(queryset.cls, query, call.node.lineno)


def _several(call: Call, begin: Begin) -> Value | None:
    queryset = begun(call.args[0] if call.args else None, begin)
    return queryset and rows.of_class(list, call.node.lineno, items=queryset.items)


def _later(make: Callable[[Call, Begin], Value | None]) -> Callable[[Call, Begin], Value | None]:
    return lambda call, begin: rows.awaited(make(call, begin), call.node.lineno)


def _user_model(call: Call, begin: Begin) -> Value | None:
    from django.conf import settings

    return _model(settings.AUTH_USER_MODEL)


def _connection(call: Call, begin: Begin) -> Value | None:
    # django.db.transaction has one of this name, too
    return django_configured.mail(call) if _is_of(call, "django.core.mail") else None


def _moment(call: Call, begin: Begin) -> Value | None:
    return rows.of_class(dt.datetime, call.node.lineno) if _is_of(call, "django.utils.timezone") else None


def _day(call: Call, begin: Begin) -> Value | None:
    return rows.of_class(dt.date, call.node.lineno) if _is_of(call, "django.utils.timezone") else None


def _is_of(call: Call, module: str) -> bool:
    return bool(call.function.__module__ == module)


FUNCTIONS: dict[str, Callable[[Call, Begin], Value | None]] = {
    "aget_list_or_404": _later(_several),
    "aget_object_or_404": _later(_one),
    "get_connection": _connection,
    "get_list_or_404": _several,
    "get_object_or_404": _one,
    "get_user_model": _user_model,
    "localdate": _day,
    "localtime": _moment,
    "now": _moment,
}


def _model(label: object) -> Class | None:
    """The loaded model of ``app.Model``."""
    from django.apps import apps

    app, _, name = label.partition(".") if isinstance(label, str) else ("", "", "")
    found = apps.all_models.get(app, {}).get(name.lower())
    return Class(found) if is_model(found) else None


def registered(owner: Instance, call: Call) -> Class | None:
    """``apps.get_model("directory", "Provider")``, of the registry itself, not of that of a migration."""
    if owner.state != django_configured.Configured("INSTALLED_APPS") or call.spread:
        return None
    given: dict[str, Any] = {"app_label": None, "model_name": None}
    given.update(zip(given, map(call.constant, call.node.args), strict=False))
    given.update((one.arg, call.constant(one.value)) for one in call.node.keywords if one.arg in given)
    label, name = given["app_label"], given["model_name"]
    return _model(f"{label}.{name}" if type(name) is str else label)


def form_model(cls: type) -> type | None:
    """The model of a class of model forms."""
    options = held(cls, "_meta")[1] if descends(cls, FORM) else None
    model = getattr(options, "model", None)
    return model if isinstance(model, type) and is_model(model) else None
