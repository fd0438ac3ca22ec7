"""The routes of a web application, as its framework lists them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

METHODS_SHOWN = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
WRAPPED_BY = ("app", "application", "other_asgi_app", "wrapped_app", "asgi_app", "wsgi_app")
DEPTH = 6


def routes(value: object) -> list[dict[str, object]] | None:
    """The routes of the framework's application, looked for through wrappers around it."""
    for app in unwrapped(value):
        try:
            if hasattr(app, "url_map"):
                return [
                    _route(rule.rule, rule.methods, getattr(rule, "endpoint", ""))
                    for rule in app.url_map.iter_rules()
                ]
            if isinstance(getattr(app, "routes", None), (list, tuple)):
                return [_starlette_route(path, route) for path, route in starlette_routes(app.routes)]
            if type(app).__module__.startswith("django."):
                return _django_routes()
        except Exception:  # an unknown framework's routes, or a URL configuration that does not import
            return None
    return None


def unwrapped(value: object) -> Iterator[Any]:
    """``value`` and what it wraps, the outermost first."""
    for _ in range(DEPTH):
        yield value
        try:
            inner = [vars(value)[name] for name in WRAPPED_BY if name in vars(value)]
        except TypeError:
            return
        if not inner:
            return
        value = inner[0]


def starlette_routes(routes: Iterable[Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Each route of Starlette, FastAPI or the like with its whole path; those of mounted applications too.

    Raises:
        LookupError: a route has no path.
    """
    # FastAPI keeps included routers as they are, and tells the effective routes through this function
    effective = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", list)
    for route in effective(routes):
        if getattr(route, "path", None) is None:
            raise LookupError("a route without a path")
        path = prefix + route.path
        inner = getattr(getattr(route, "original_route", route), "routes", None)
        if inner and depth < DEPTH:
            yield from starlette_routes(inner, path, depth + 1)
        else:
            yield path, route


def _starlette_route(path: str, route: Any) -> dict[str, object]:
    if type(getattr(route, "original_route", route)).__name__ in ("Mount", "Host"):
        return _route(path.rstrip("/") + "/{path:path}", METHODS_SHOWN, "a mounted application")
    return _route(path, getattr(route, "methods", None), getattr(route, "name", ""))


def _route(path: str, methods: Iterable[str] | None, endpoint: object) -> dict[str, object]:
    return {
        "path": str(path),
        "methods": sorted(str(method) for method in methods or ()),
        "endpoint": endpoint if isinstance(endpoint, str) else "",
    }


def _django_routes() -> list[dict[str, object]] | None:
    from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

    patterns = django_patterns(get_resolver().url_patterns)
    return [_route(path, None, str(pattern.name or "")) for path, pattern in patterns]


def django_patterns(patterns: Iterable[Any], prefix: str = "/", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Each pattern that names a view with its whole path; those of included configurations too."""
    for pattern in patterns:
        route = getattr(pattern.pattern, "_route", None)
        if route is None:  # a regular expression: shown without its anchors
            route = str(pattern.pattern).lstrip("^").rstrip("$")
        path = prefix + str(route).replace("<", "{").replace(">", "}")
        if hasattr(pattern, "url_patterns") and depth < DEPTH:
            yield from django_patterns(pattern.url_patterns, path, depth + 1)
        else:
            yield path, pattern
