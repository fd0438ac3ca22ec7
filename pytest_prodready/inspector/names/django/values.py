"""Values of Django: models, managers, querysets, related objects, configured backends."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any

from ...project import Project
from ..value import Asked, Call, Class, Framework, Function, Instance, Live, Value
from . import configured as django_configured
from . import fields as django_fields
from . import functions as django_functions
from . import options as django_options
from . import queries as django_queries
from . import requests as django_requests
from . import rows
from . import views as django_views
from .lookups import asked
from .methods import Methods, empty_call, method
from .models import MANAGER, descends, held, is_model, manager, of_django, queryset_class
from .option_places import Declared
from .option_queries import hides
from .parameters import Parameters
from .query import Query
from .templates import Templates

MADE = ("create_user", "create_superuser", "acreate_user", "acreate_superuser")
"""Methods of Django's own managers of users, each of which makes one."""


class DjangoValues(Framework):
    """Knows what Django's own classes give; runs no code of the application and makes no query.

    Args:
        project: the application.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._methods = Methods(self._method, self.attribute)
        self._parameters = Parameters(project, self._begun)
        self._templates = Templates(project, self._in_template, self._listed, self._begun)

    def attribute(self, owner: Value, name: str, line: int) -> Value | None:
        """A manager of a model, what a relation or a column gives, the model behind a queryset or a form."""
        if isinstance(owner, Class):
            return self._of_class(owner, name, line)
        if not isinstance(owner, Instance):
            return None
        if is_model(owner.cls):
            many = django_fields.many(owner, name, line)
            if many is not None:
                return rows.manager_value(*many, line, rows.related_names())
            return django_fields.attribute(owner, name)
        if name == "model" and (rows.is_manager(owner) or rows.is_queryset(owner)):
            query = rows.known_query(owner)
            return None if query is None else Class(query.model)
        found = django_requests.attribute(owner, name, self.project)
        return found if found is not None else django_views.attribute(owner, name, self._begun)

    def call(self, call: Call) -> Value | None:
        """A row, a queryset, a manager's own method followed, an object of a form, a configured backend."""
        owner = call.owner
        if isinstance(owner, Live):
            owner = self.live(owner)
        if not isinstance(owner, Instance):
            return django_functions.called(call, self._begun)
        if rows.is_manager(owner) or rows.is_queryset(owner):
            return self._method(owner, call.name, call, None)
        if call.name == "__getitem__":
            return django_configured.item(owner, call)
        if call.name == "get_model":
            return django_functions.registered(owner, call)
        return django_views.called(owner, call, self._begun)

    def lookups(self, call: Call) -> Iterable[Asked]:
        """The fields that a call names."""
        self._templates.note(call)
        return asked(call, self.query_of)

    def declared(self) -> Iterable[Declared]:
        """The fields that options of forms, admin pages, serializers and filters name."""
        return [*django_options.declared(self.project), *self._templates.declared()]

    def live(self, value: Live) -> Value | None:
        """The configured backend that an object stands for."""
        return django_configured.live(value)

    def parameters(self, owner: type | None, function: Any, node: Function) -> Mapping[str, Value]:
        """A signal's instance, the object of an admin class's method."""
        return self._parameters.of(owner, function, node)

    def relations(self, owner: Instance, column: str) -> Iterable[str]:
        """The foreign keys that a column holds."""
        return django_fields.references(owner.cls, column) if is_model(owner.cls) else ()

    def names(self, owner: Value) -> frozenset[str] | None:
        """All settings that there are."""
        return django_configured.names(owner, self.project)

    def made_later(self, owner: Value) -> frozenset[str]:
        """What the managers of relations have: their classes derive from that of the default manager."""
        of_managers = isinstance(owner, (Instance, Class)) and descends(owner.cls, MANAGER)
        return rows.related_names() if of_managers else frozenset()

    def query_of(self, value: Value | None) -> Query | None:
        """The query behind a model, a manager or a queryset; ``None`` where it is not known."""
        if isinstance(value, Class) and is_model(value.cls):
            return Query(value.cls)
        if not isinstance(value, Instance):
            return None
        if rows.is_queryset(value):
            return rows.known_query(value)
        first = self._begun(value) if rows.is_manager(value) else None
        return None if first is None else rows.known_query(first)

    def _of_class(self, owner: Class, name: str, line: int) -> Value | None:
        """``Model.objects``."""
        found = manager(owner.cls, name) if is_model(owner.cls) else None
        return None if found is None else rows.manager_value(type(found), Query(owner.cls), line)

    def _begun(self, owner: Instance) -> Instance | None:
        """The queryset that a manager begins with."""
        line = owner.known.line
        found = self._first(owner, None, line)
        return found if isinstance(found, Instance) and rows.is_queryset(found) else None

    def _first(self, owner: Instance, after: type | None, line: int) -> Value | None:
        """What ``get_queryset`` of a manager gives, from the class that follows ``after`` on."""
        first, query = queryset_class(owner.cls), rows.known_query(owner)
        holder, function = method(owner.cls, "get_queryset", after)
        if holder is None or first is None:
            return None
        if of_django(holder):
            return rows.queryset_value(first, query, line, exact=owner.exact)
        found = self._followed(function, holder, owner)
        if isinstance(found, Instance) and rows.is_queryset(found):
            return found
        if not hides(owner.cls, "get_queryset"):
            return rows.queryset_value(first, query, line, exact=False)
        from django.db.models import QuerySet

        # it may be of any class of querysets, with any annotations
        return rows.queryset_value(QuerySet, query and query._replace(opened=True), line, exact=False)

    def _method(self, owner: Instance, name: str, call: Call, after: type | None) -> Value | None:
        """What a method of a manager or a queryset gives."""
        line = call.node.lineno
        if rows.is_manager(owner) and name == "get_queryset":
            return self._first(owner, after, line)
        holder, function = method(owner.cls, name, after)
        if holder is None:
            return None
        if not rows.is_manager(owner) and not rows.is_queryset(owner):
            return self._of_view(owner, name) if of_django(holder) else None
        start: Instance | None = owner
        if rows.is_manager(owner) and function is not held(owner.cls, name)[1]:
            # the manager passes it on to its queryset
            start = self._begun(owner)
            holder = None if start is None else held(start.cls, name)[0]
        elif rows.is_manager(owner) and of_django(holder) and name != "db_manager":
            start = self._begun(owner)
        if start is None or holder is None:
            return None
        if not of_django(holder):
            return self._followed(function, holder, start)
        if name in MADE:
            return self._user(start, name, line)
        return django_queries.result(start, name, call)

    def _in_template(self, owner: Value, name: str) -> Value | None:
        """What ``owner.name`` gives in a template, where a method is called at once."""
        found = self.attribute(owner, name, 0)
        if found is not None or not isinstance(owner, Instance):
            return found
        return self.call(empty_call(owner, name))

    def _listed(self, view: Instance) -> Value | None:
        """What ``get_queryset`` of a view gives."""
        holder, function = method(view.cls, "get_queryset")
        if holder is None or of_django(holder):
            return self.call(empty_call(view, "get_queryset"))
        return self._followed(function, holder, view)

    def _of_view(self, view: Instance, name: str) -> Value | None:
        """What ``super().get_queryset()`` gives in a view."""
        model = django_views.shown_model(view.cls) if name == "get_queryset" else None
        return None if model is None else django_functions.begun(Class(model), self._begun)

    def _user(self, owner: Instance, name: str, line: int) -> Value | None:
        query = rows.known_query(owner)
        user = None if query is None else rows.made(query, line)
        return rows.awaited(user, line) if name.startswith("a") else user

    def _followed(self, function: Any, holder: type, owner: Instance) -> Value | None:
        if not isinstance(function, types.FunctionType):
            return None
        return self._methods.result(function, holder, owner)
