"""The templates of health pages, compiled by the application's own engine; none is rendered."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any

from . import web_guards, web_routes
from .objects import is_a
from .project import Project

RENDERING = {"render", "render_template", "render_to_string", "get_template", "TemplateResponse"}
TEMPLATE = re.compile(r"[\w./-]+\.(?:html?|txt|json|xml|jinja2?|j2)")
Compile = Callable[[str], object]


def named(value: object, is_health: Callable[[str], bool]) -> Iterator[tuple[str, object, str, Compile]]:
    """Path, view and template of each health page, and what compiles the template.

    Args:
        value: what the import string of the web entry point names.
        is_health: tells the paths of health pages.
    """
    for app in web_routes.unwrapped(value):
        views, engine = _views(app)
        for path, view in views:
            for layer in web_guards.layers(view) if is_health(path) else ():
                compiling = engine or _starlette_engine(layer)
                if compiling is not None:
                    for name in _templates(layer):
                        yield path, view, name, compiling
        if views:
            return


def _views(app: Any) -> tuple[list[tuple[str, object]], Compile | None]:
    """The views of an application with their paths, and the engine that all of them share."""
    if is_a(app, "flask.app.Flask"):
        rules = app.url_map.iter_rules()
        return [(rule.rule, app.view_functions.get(rule.endpoint)) for rule in rules], partial(_by_flask, app)
    if is_a(app, "starlette.applications.Starlette"):
        routes = web_routes.starlette_routes(app.routes)
        return [(path, getattr(route, "endpoint", None)) for path, route in routes], None
    if type(app).__module__.startswith("django."):
        from django.template.loader import get_template  # type: ignore[import-untyped,unused-ignore]
        from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

        patterns = web_routes.django_patterns(get_resolver().url_patterns)
        return [(path, pattern.callback) for path, pattern in patterns], get_template
    return [], None


def place(error: BaseException, name: str, project: Project) -> dict[str, object] | None:
    """The line of a template that does not compile."""
    file, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    if not isinstance(file, str):  # Django's errors know their line alone
        file, line = _django_file(name), getattr(getattr(error, "token", None), "lineno", None)
    if file and os.path.isfile(file) and project.owns_file(file):
        return project.location(file, line if isinstance(line, int) else None)
    return None


def _templates(view: FunctionType) -> Iterator[str]:
    """The templates that a view names in its own code, or by its class."""
    held = vars(view)
    name = (held.get("view_initkwargs") or {}).get("template_name")
    name = name or getattr(held.get("view_class"), "template_name", None)
    if isinstance(name, str):
        yield name
    if RENDERING & set(view.__code__.co_names):
        for constant in view.__code__.co_consts:
            if isinstance(constant, str) and TEMPLATE.fullmatch(constant):
                yield constant


def _by_flask(app: Any, name: str) -> object:
    return app.jinja_env.get_template(name)


def _starlette_engine(view: FunctionType) -> Compile | None:
    """The engine of the object of Starlette's that a view renders with."""
    for name in view.__code__.co_names:
        templates = view.__globals__.get(name)
        if is_a(templates, "starlette.templating.Jinja2Templates"):
            engine: Any = templates
            return partial(_by_starlette, engine)
    return None


def _by_starlette(templates: Any, name: str) -> object:
    return templates.env.get_template(name)


def _django_file(name: str) -> str:
    """The file that Django would take a template from."""
    from django.template import engines  # type: ignore[import-untyped,unused-ignore]

    for engine in engines.all():
        for loader in getattr(getattr(engine, "engine", None), "template_loaders", ()):
            for origin in loader.get_template_sources(name):
                if os.path.isfile(str(origin)):
                    return str(origin)
    return ""
