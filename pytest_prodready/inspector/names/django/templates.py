"""The variables of templates: views and ``render`` give them objects of known classes."""

from __future__ import annotations

import contextlib
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from ...parsed import Parsed
from ...project import Project
from ..flow.containers import Keyed
from ..value import Asked, Call, Class, Instance, Known, Value
from . import rows
from . import views as django_views
from .models import descends, held, is_model, of_django, options
from .option_places import Declared
from .template_reads import Read, Reader, functions

HOW = "template variable"
RENDERING = {"django.shortcuts.render": (1, 2), "django.template.loader.render_to_string": (0, 1)}
"""Function of Django's → where it is given the template and the context."""
RESPONSE = "django.template.response.TemplateResponse"
WITH_TEMPLATE = "django.views.generic.base.TemplateResponseMixin"
KEPT = Known("kept")
Step = Callable[[Value, str], "Value | None"]


class Templates:
    """Collects what templates are given, and judges what they read.

    Args:
        project: the application.
        step: what ``value.name`` gives in a template.
        listed: what ``get_queryset`` of a view gives.
        begin: gives the queryset that a manager begins with.
    """

    def __init__(
        self,
        project: Project,
        step: Step,
        listed: Callable[[Instance], Value | None],
        begin: Callable[[Instance], Value | None],
    ) -> None:
        self._project = project
        self._step = step
        self._listed = listed
        self._begin = begin
        self._given: dict[str, list[dict[str, Value | None]]] = defaultdict(list)

    def note(self, call: Call) -> None:
        """Remember what a call of ``render`` gives to its template."""
        place = _rendering(call.function)
        if place is None or call.spread:
            return
        at, context = place
        arguments = dict(enumerate(call.node.args))
        named = {one.arg: one.value for one in call.node.keywords if one.arg}
        template = named.get("template_name", named.get("template", arguments.get(at)))
        name = call.constant(template) if template is not None else None
        given = call.keywords.get("context", dict(enumerate(call.args)).get(context))
        if type(name) is str and isinstance(given, Instance) and type(given.state) is Keyed:
            self._given[name].append(dict(given.state.held))

    def declared(self) -> Iterator[Declared]:
        """Each attribute that a template asks of an object whose class is known."""
        for name, module in self._project.modules():
            for found in list(vars(module).values()):
                if isinstance(found, type) and vars(found).get("__module__") == name:
                    self._of_view(found)
        from ..presence.asked import Presence

        presence = Presence(self._project, Parsed())
        for name, contexts in sorted(self._given.items()):
            template = _template(name)
            origin = str(getattr(getattr(template, "origin", None), "name", ""))
            if template is None or not self._project.owns_file(origin):
                continue
            reader = Reader(self._step, template.nodelist)
            lines: dict[tuple[int, str], list[Read]] = defaultdict(list)
            for context in contexts:
                for read in reader.reads(context):
                    lines[read.line, read.written].append(read)
            for every in lines.values():
                yield from (Declared(asked, origin) for asked in _judged(every, presence))

    def _of_view(self, view: type) -> None:
        """Remember what a generic view gives to its template."""
        if not descends(view, WITH_TEMPLATE) or not descends(view, django_views.VIEW):
            return
        if not all(of_django(held(view, name)[0]) for name in ("get_template_names", "render_to_response")):
            return
        given: dict[str, Value | None] = {}
        if descends(view, django_views.OBJECT):
            given = self._of_object(view)
        elif descends(view, django_views.OBJECTS):
            given = self._of_list(view)
        template = held(view, "template_name")[1]
        model = given.pop("", None)
        if template is None and isinstance(model, Class):
            suffix = held(view, "template_name_suffix")[1]
            meta = options(model.cls)
            template = f"{meta.app_label}/{meta.model_name}{suffix}.html"
        changed = _written_in(view, "get_context_data")
        names = {name: value for name, value in given.items() if name not in changed}
        if type(template) is str and names:
            self._given[template].append(names)

    def _of_object(self, view: type) -> dict[str, Value | None]:
        value = django_views.shown_object(view, self._begin)
        if not isinstance(value, Instance) or not of_django(held(view, "get_context_object_name")[0]):
            return {}
        name = held(view, "context_object_name")[1] or options(value.cls).model_name
        return {"": Class(value.cls), "object": value, str(name): value}

    def _of_list(self, view: type) -> dict[str, Value | None]:
        value = self._listed(Instance(view, KEPT, exact=True))
        query = rows.known_query(value) if isinstance(value, Instance) and rows.is_queryset(value) else None
        if query is None or not of_django(held(view, "get_context_object_name")[0]):
            return {}
        name = held(view, "context_object_name")[1] or f"{options(query.model).model_name}_list"
        return {"": Class(query.model), "object_list": value, str(name): value}


def _rendering(function: Any) -> tuple[int, int] | None:
    if isinstance(function, type):
        return (1, 2) if descends(function, RESPONSE) else None
    if not isinstance(function, types.FunctionType):
        return None
    return RENDERING.get(f"{function.__module__}.{function.__name__}")


def _written_in(cls: type, name: str) -> set[str]:
    """All texts in the application's own versions of a method."""
    found: set[str] = set()
    for one in cls.__mro__:
        function = vars(one).get(name)
        if isinstance(function, types.FunctionType) and not of_django(one):
            for code in functions(function.__code__):
                found.update(text for text in code.co_consts if type(text) is str)
                found.update(code.co_varnames)
                found.update(_keywords(code))
    return found


def _keywords(code: types.CodeType) -> Iterator[str]:
    """The names of keyword arguments, which are kept in tuples."""
    for constant in code.co_consts:
        if type(constant) is tuple:
            yield from (one for one in constant if type(one) is str)


def _template(name: str) -> Any:
    """A template of Django's own engines, compiled; ``None`` where there is none."""
    from django.template import engines

    ours: list[Any] = [
        one for one in engines.all() if type(one).__module__ == "django.template.backends.django"
    ]
    for backend in ours:
        with contextlib.suppress(Exception):  # another rule tells of templates that do not compile
            return backend.get_template(name).template
    return None


def _judged(every: list[Read], presence: Any) -> Iterator[Asked]:
    """What came of one read, of all the objects that views give for it."""
    known = [one for one in every if isinstance(one.owner, Instance) and _is_judged(one.owner, one.name)]
    if not known:
        return
    first = known[0]
    owner = first.owner
    missing = all(
        presence.lacks(one.owner, one.name) and presence.confirmed(one.owner, one.name) for one in known
    )
    if isinstance(owner, Instance) and len(known) == len(every):
        yield Asked(
            owner.cls,
            first.written,
            HOW,
            first.line,
            first.name if missing else "",
            owner.cls if missing else None,
            presence.nearest(owner, first.name) if missing else "",
            certain=False,
        )


def _is_judged(owner: Instance, name: str) -> bool:
    """Whether a template can get ``name`` of an object from its class alone."""
    plain = not owner.opened and name not in owner.extra and held(owner.cls, "__getitem__")[0] is None
    return plain and is_model(owner.cls)
