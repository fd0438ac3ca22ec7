"""What a web framework builds when it is first asked for it: its OpenAPI document, its URL configuration."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import web_operations, web_routes, web_templates
from .failure import describe
from .objects import attributes, is_a
from .project import Project

FASTAPI = "fastapi.applications.FastAPI"
LITESTAR = "litestar.app.Litestar"
HANDLERS = (400, 403, 404, 500)
Facts = dict[str, object]
Place = dict[str, object] | None
Culprit = Callable[[BaseException, Project], tuple[str, Place]]


class Build:
    """One thing to build.

    Args:
        kind: ``document``, ``urls``, ``handler`` or ``template``.
        name: what it is called.
        make: builds it, and gives the document where it is one.
        culprit: after a failure, what in it fails: the route, and the place of its view.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        make: Callable[[], object],
        culprit: Culprit | None = None,
    ) -> None:
        self.kind, self.name = kind, name
        self.document: object = None
        self.failed = False
        self._make, self._culprit = make, culprit

    def tried(self, project: Project) -> Facts:
        """Build it, and give the ``Build``."""
        fact: Facts = {"kind": self.kind, "name": self.name}
        try:
            self.document = self._make()
        except BaseException as error:  # whatever the application's classes raise when they are looked at
            self.failed = True
            fact["failure"] = describe(error, project)
            if self._culprit is not None:
                with contextlib.suppress(Exception):  # looked for among the objects that have just failed
                    fact["culprit"], fact["location"] = self._culprit(error, project)
        return fact


def planned(value: object, is_health: Callable[[str], bool]) -> Iterator[Build]:
    """What the framework of a web application builds later than at its start, one after the other.

    Args:
        value: what the import string of the web entry point names.
        is_health: tells the paths of health pages.
    """
    with contextlib.suppress(Exception):  # an object of the application's may raise when it is looked at
        for app in web_routes.unwrapped(value):
            if is_a(app, FASTAPI):
                yield from _of_fastapi(app)
            elif is_a(app, LITESTAR):
                yield from _of_litestar(app)
            elif type(app).__module__.startswith("django."):
                yield from _of_django()
            else:
                continue
            break
    with contextlib.suppress(Exception):
        for path, view, name, build in web_templates.named(value, is_health):
            yield Build("template", name, partial(build, name), partial(_template, path, view, name))


def _template(
    path: str, view: object, name: str, error: BaseException, project: Project
) -> tuple[str, Place]:
    return path, web_templates.place(error, name, project) or web_operations.place(view, project)


def _of_fastapi(app: Any) -> Iterator[Build]:
    path = attributes(app).get("openapi_url")
    if isinstance(path, str) and path:
        yield Build("document", path, app.openapi, partial(_failing_route, app))


def _failing_route(app: Any, error: BaseException, project: Project) -> tuple[str, Place]:
    """The first route whose part of the document does not build by itself."""
    utils: Any = importlib.import_module("fastapi.openapi.utils")
    effective = getattr(importlib.import_module("fastapi.routing"), "iter_route_contexts", list)
    for route in effective(app.routes):
        try:
            utils.get_openapi(title="", version="", routes=[route])
        except Exception:
            methods = sorted(getattr(route, "methods", None) or ())
            place = web_operations.place(getattr(route, "endpoint", None), project)
            return f"{'/'.join(methods)} {route.path}", place
    return "", None


def _of_litestar(app: Any) -> Iterator[Build]:
    config = getattr(app, "openapi_config", None)
    if config is not None:
        path = getattr(config, "path", None) or "/schema"
        yield Build("document", f"{path.rstrip('/')}/openapi.json", partial(_schema_of, app))


def _schema_of(app: Any) -> object:
    return app.openapi_schema.to_schema()


def _of_django() -> Iterator[Build]:
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]
    from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

    resolver = get_resolver()

    def every_pattern() -> None:
        for _ in web_routes.django_patterns(resolver.url_patterns):
            pass

    urls = Build("urls", str(settings.ROOT_URLCONF), every_pattern)
    yield urls
    for status in HANDLERS if not urls.failed else ():
        if hasattr(resolver.urlconf_module, f"handler{status}"):  # else it is Django's own
            yield Build("handler", f"handler{status}", partial(resolver.resolve_error_handler, status))
