"""The parameters that Django passes: to receivers of signals, methods of admin classes, ``upload_to``."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...django.receivers import live, signals
from ...objects import attributes, is_a
from ...project import Project
from ..value import Class, Function, Instance, Known, Value
from . import rows
from . import views as django_views
from .models import descends, held, is_model, manager, options, own
from .query import Query

PASSED = Known("passed")
SIGNAL = "django.db.models.signals.ModelSignal"
ADMIN = "django.contrib.admin.options.BaseModelAdmin"
SERIALIZER = "rest_framework.serializers.ModelSerializer"
WITH_INSTANCE = frozenset({"post_delete", "post_init", "post_save", "pre_delete", "pre_save"})
"""Signals whose ``instance`` is of the class that sends them."""
WITH_OBJECT = frozenset(
    {
        "delete_model",
        "get_exclude",
        "get_fields",
        "get_fieldsets",
        "get_form",
        "get_formsets_with_inlines",
        "get_inline_instances",
        "get_inlines",
        "get_prepopulated_fields",
        "get_readonly_fields",
        "has_change_permission",
        "has_delete_permission",
        "has_view_permission",
        "log_addition",
        "log_change",
        "log_deletion",
        "response_add",
        "response_change",
        "save_model",
    }
)
"""Methods of a model's admin class that are given the object as ``obj``."""
LISTS = ("list_display", "readonly_fields", "list_display_links")
SHOWN = {"short_description", "admin_order_field", "empty_value_display", "boolean"}
"""Attributes that ``admin.display`` gives to a function; one of actions has no others than the first."""
Begin = Callable[[Instance], "Value | None"]


class Parameters:
    """Knows what the framework passes to functions of the application.

    Args:
        project: the application.
        begin: gives the queryset that a manager begins with.
    """

    def __init__(self, project: Project, begin: Begin) -> None:
        self._project = project
        self._begin = begin
        self._receivers: dict[Any, set[tuple[str, Any]]] | None = None
        self._admins: dict[type, set[type]] | None = None
        self._columns: dict[Any, set[type]] = {}
        self._uploads: dict[Any, set[type]] | None = None

    def of(self, owner: type | None, function: Any, node: Function) -> Mapping[str, Value]:
        """The parameters of a function that are known, by name."""
        names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        if owner is not None and descends(owner, ADMIN):
            return dict(self._of_admin(owner, node, names))
        if owner is not None and descends(owner, SERIALIZER):
            return dict(_of_serializer(owner, node, names))
        if owner is not None and descends(owner, django_views.VIEW):
            return dict(django_views.parameters(owner, node, names))
        if type(function) is not types.FunctionType:
            return {}
        function = inspect.unwrap(function)
        found = dict(self._of_receiver(function, [*names, *(one.arg for one in node.args.kwonlyargs)]))
        if not found and names:
            model = _only(self._uploading().get(function)) or _only(self._shown().get(function))
            if model is not None:
                found[names[0]] = Instance(model, PASSED)
        return found

    def _of_receiver(self, function: types.FunctionType, names: list[str]) -> Iterator[tuple[str, Value]]:
        connected = self._connected().get(function, set())
        senders = {sender for _, sender in connected}
        model = _only(senders)
        if model is None or not {name for name, _ in connected} <= WITH_INSTANCE:
            return
        if "sender" in names:
            yield "sender", Class(model)
        if "instance" in names:
            yield "instance", Instance(model, PASSED)

    def _connected(self) -> dict[Any, set[tuple[str, Any]]]:
        """Function → the signals that it receives, each with the model that sends it, ``None`` for others."""
        if self._receivers is None:
            from django.apps import apps

            models = {id(model): model for model in apps.get_models(include_auto_created=True)}
            self._receivers = {}
            for path, signal in signals(self._project):
                name = path.rpartition(".")[2] if is_a(signal, SIGNAL) else ""
                for key, receiver in live(signal):
                    if type(receiver) is types.FunctionType:
                        function = inspect.unwrap(receiver)
                        self._receivers.setdefault(function, set()).add((name, models.get(key[1])))
        return self._receivers

    def _of_admin(self, owner: type, node: Function, names: list[str]) -> Iterator[tuple[str, Value]]:
        model = _only(self._registered().get(owner))
        if model is None:
            return
        opened = own(owner, "get_queryset")
        row = Instance(model, PASSED, opened=opened)
        if node.name in WITH_OBJECT:
            if "obj" in names:
                missing = node.name.startswith(("get_", "has_"))
                yield "obj", row._replace(optional=missing)
            return
        marks = set(attributes(held(owner, node.name)[1]))
        if len(names) == 2 and (marks & SHOWN or node.name in _listed(owner)):
            yield names[1], row
        elif len(names) == 3 and (marks & {"short_description", "allowed_permissions"} or _acts(owner, node)):
            queryset = self._rows(model)
            if queryset is not None:
                yield names[2], queryset

    def _rows(self, model: type) -> Value | None:
        default = manager(model, "_default_manager")
        if default is None:
            return None
        query = Query(model, more=True)  # the admin class may annotate them
        first = self._begin(rows.manager_value(type(default), query, 0))
        return first._replace(known=PASSED) if isinstance(first, Instance) else None

    def _registered(self) -> dict[type, set[type]]:
        """Class → the models whose admin classes descend from it."""
        if self._admins is None:
            self._admins = {}
            for model, admin in _admins():
                for base in type(admin).__mro__:
                    self._admins.setdefault(base, set()).add(model)
                for name in LISTS:
                    for one in _texts(held(type(admin), name)[1]):
                        if type(one) is types.FunctionType:
                            self._columns.setdefault(inspect.unwrap(one), set()).add(model)
        return self._admins

    def _shown(self) -> dict[Any, set[type]]:
        """Function that stands in a list of columns → the models that it is given objects of."""
        self._registered()
        return self._columns

    def _uploading(self) -> dict[Any, set[type]]:
        """Function that names uploaded files → the models that it is given objects of."""
        if self._uploads is None:
            from django.apps import apps

            self._uploads = {}
            for model in apps.get_models():
                for column in options(model).local_concrete_fields:
                    function = attributes(column).get("upload_to")
                    if type(function) is types.FunctionType:
                        self._uploads.setdefault(inspect.unwrap(function), set()).add(model)
        return self._uploads


def _of_serializer(owner: type, node: Function, names: list[str]) -> Iterator[tuple[str, Value]]:
    """The object that a field with a method of its own is made of; views may annotate it."""
    model = getattr(held(owner, "Meta")[1], "model", None)
    fields = held(owner, "_declared_fields")[1] or {}
    if not isinstance(model, type) or not is_model(model):
        return
    reads = len(names) == 2 and node.name.startswith("get_") and node.name[4:] in fields
    if reads or (node.name in ("to_representation", "update") and len(names) > 1):
        yield names[1], Instance(model, PASSED, opened=True)


def _admins() -> Iterator[tuple[type, Any]]:
    """Each model that a site of the admin has, with its object of an admin class."""
    sites = getattr(sys.modules.get("django.contrib.admin.sites"), "all_sites", ())
    for site in list(sites):
        yield from list(attributes(site).get("_registry", {}).items())


def _only(models: Any) -> type | None:
    """The one model of several that are the same one."""
    found = models or ()
    one = next(iter(found)) if len(found) == 1 else None
    return one if isinstance(one, type) else None


def _texts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if type(value) in (list, tuple) else ()


def _listed(owner: type) -> set[Any]:
    return {one for name in LISTS for one in _texts(held(owner, name)[1]) if type(one) is str}


def _acts(owner: type, node: Function) -> bool:
    return node.name in [one for one in _texts(held(owner, "actions")[1]) if type(one) is str]
