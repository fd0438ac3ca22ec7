"""The GET endpoints whose own dependencies, decorators or permissions ask for a credential."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from . import web_guards, web_routes, web_schemes
from .mapping import class_source
from .objects import attributes, is_a
from .project import Project
from .web_guards import Guard

PARAMETER = re.compile(r"[{}<>()*^$?\\\[\]|+]")
CREDENTIAL = re.compile(r"(?i)key|token|auth|secret|passw|session|credential|jwt|sid")
FLASK = "flask.app.Flask"
FLASK_LOGIN = ("@login_required", "@fresh_login_required")
OWN_ANSWER = "the application itself answers who is not logged in"


def inspect(value: object, project: Project) -> list[dict[str, object]]:
    """The ``Operation`` of each GET endpoint without parameters that is guarded.

    Args:
        value: what the import string of the web entry point names.
        project: tells the application's own files.
    """
    found: dict[str, dict[str, object]] = {}
    # an object of the application's may raise anything when it is looked at: of the rest nothing is said
    with contextlib.suppress(Exception):
        for app in web_routes.unwrapped(value):
            for one in _operations(app, project):
                found.setdefault(str(one["path"]), one)
            if found:
                break
    return list(found.values())


def documented(document: object, known: list[dict[str, object]]) -> list[dict[str, object]]:
    """The ``Operation`` of each GET endpoint that only the OpenAPI document says to be guarded.

    A document that says it of every operation says nothing of any one of them.

    Args:
        document: the whole document, of plain values.
        known: the operations that :func:`inspect` has found.
    """
    paths = document.get("paths") if isinstance(document, dict) else None
    every = [
        (path, operation)
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        for operation in (item.get("get") if isinstance(item, dict) else None,)
        if isinstance(operation, dict)
    ]
    if all(operation.get("security") for _, operation in every):
        return []
    taken = {one["path"] for one in known}
    return [
        _operation(path, Guard("the OpenAPI document"), None, "only its OpenAPI document says so")
        for path, operation in every
        if path not in taken and not PARAMETER.search(path) and _secured(operation)
    ]


def _secured(operation: dict[str, Any]) -> bool:
    security, parameters = operation.get("security"), operation.get("parameters") or ()
    needs = any(isinstance(one, dict) and one.get("required") for one in parameters)
    return isinstance(security, list) and bool(security) and all(security) and not needs


def _operations(app: Any, project: Project) -> Iterator[dict[str, object]]:
    if is_a(app, FLASK):
        yield from _of_flask(app, project)
    elif is_a(app, "starlette.applications.Starlette"):
        yield from _of_starlette(app, project)
    elif type(app).__module__.startswith("django."):
        yield from _of_django(project)


def _of_starlette(app: Any, project: Project) -> Iterator[dict[str, object]]:
    try:
        routes = list(web_routes.starlette_routes(app.routes))
    except LookupError:
        return
    for path, route in routes:
        endpoint = getattr(route, "endpoint", None)
        if PARAMETER.search(path) or "GET" not in (getattr(route, "methods", None) or ()):
            continue
        dependant = getattr(route, "dependant", None)
        if dependant is not None:
            if web_schemes.requires_parameters(dependant):
                continue
            overridden = getattr(app, "dependency_overrides", None) or {}
            schemes = list(web_schemes.schemes(dependant, overridden, ""))
            if schemes:
                yield _of_schemes(path, schemes, endpoint, project)
                continue
        yield from _decorated(path, endpoint, project)


def _of_schemes(
    path: str, schemes: list[tuple[Any, str]], endpoint: object, project: Project
) -> dict[str, object]:
    places = tuple(dict.fromkeys(place for scheme, _ in schemes for place in web_schemes.places(scheme)))
    required = [(scheme, by) for scheme, by in schemes if web_schemes.refuses(scheme)]
    name = type((required or schemes)[0][0]).__name__
    doubt = ""
    if by := next((by for _, by in schemes if by), ""):
        doubt = f"app.dependency_overrides replaces {by}"
    elif not all(place == "authorization" or CREDENTIAL.search(header) for place, header in places):
        doubt = f"{places[0][1]} may be no credential"
    guard = Guard(f"Depends({name})", places, optional=not required)
    return _operation(path, guard, place(endpoint, project), doubt)


def _of_flask(app: Any, project: Project) -> Iterator[dict[str, object]]:
    held = attributes(app)
    config, manager = held.get("config"), held.get("login_manager")
    doubt = ""
    if isinstance(config, dict) and config.get("LOGIN_DISABLED"):
        doubt = "LOGIN_DISABLED is set"
    elif attributes(manager).get("unauthorized_callback") is not None:
        doubt = OWN_ANSWER
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        if "GET" not in (rule.methods or ()) or rule.arguments or PARAMETER.search(rule.rule):
            continue
        if getattr(rule, "host", None) or getattr(rule, "subdomain", None) or view is None:
            continue
        for one in _decorated(rule.rule, view, project):
            yield {**one, "doubt": one["doubt"] or (doubt if one["source"] in FLASK_LOGIN else "")}


def _of_django(project: Project) -> Iterator[dict[str, object]]:
    from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

    try:
        patterns = list(web_routes.django_patterns(get_resolver().url_patterns))
    except Exception:  # what it raises is told where it is built
        return
    for path, pattern in patterns:
        if PARAMETER.search(path):
            continue
        if (guard := web_guards.of_rest_framework(pattern.callback)) is not None:
            actions = attributes(pattern.callback).get("actions")
            if not isinstance(actions, dict) or "get" in actions:
                view = web_guards.behind_rest_framework(pattern.callback)
                yield _operation(path, guard, place(view, project), guard.doubt)
        else:
            yield from _decorated(path, pattern.callback, project)


def _decorated(path: str, view: object, project: Project) -> Iterator[dict[str, object]]:
    """The operation of a view whose decorators, or whose class, guard it."""
    doubt = ""
    for layer in web_guards.layers(view):
        guard = web_guards.of_layer(layer)
        cls = attributes(layer).get("view_class")
        if guard is None and isinstance(cls, type):
            guard = web_guards.of_class(cls)
        if guard is not None:
            yield _operation(path, guard, place(cls or view, project), doubt or guard.doubt)
            return
        if "__wrapped__" in vars(layer) and project.owns_file(layer.__code__.co_filename):
            doubt = f"the application's own decorator {_decorator(layer)} stands before it"
    for guard, function in _passed_by(view):
        yield _operation(path, guard, place(function, project), "")


def _decorator(layer: FunctionType) -> str:
    """The decorator that a wrapper comes from; its code tells it where it has not taken the view's name."""
    name = getattr(layer.__code__, "co_qualname", layer.__code__.co_name)
    return str(name).partition(".")[0]


def _passed_by(view: object) -> Iterator[tuple[Guard, FunctionType]]:
    """A guard above the decorator that registers the view: the name has it, and the route has not."""
    if not isinstance(view, FunctionType):
        return
    named = view.__globals__.get(view.__name__)
    outside = list(web_guards.layers(named)) if named is not view else []
    if view in outside:
        for layer in outside[: outside.index(view)]:
            if (guard := web_guards.of_layer(layer)) is not None:
                yield Guard(f"{guard.name}, above the route", guard.schemes, guard.optional), view
                return


def place(view: object, project: Project) -> dict[str, object] | None:
    """Where a view is defined, if that is the application's."""
    *_, innermost = (None, *web_guards.layers(view))
    if isinstance(innermost, FunctionType):
        file, line = innermost.__code__.co_filename, innermost.__code__.co_firstlineno
        return project.location(file, line) if project.owns_file(file) else None
    if isinstance(view, type):
        return class_source.attribute_place(view, "", project)
    return None


def _operation(path: str, guard: Guard, location: dict[str, object] | None, doubt: str) -> dict[str, object]:
    return {
        "path": path,
        "schemes": [{"where": where, "name": name} for where, name in guard.schemes],
        "optional": guard.optional,
        "source": guard.name,
        "doubt": doubt,
        "decided_by": guard.decided_by,
        "location": location,
    }
