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
    for app in _unwrapped(value):
        try:
            if hasattr(app, "url_map"):
                return [
                    _route(rule.rule, rule.methods, getattr(rule, "endpoint", ""))
                    for rule in app.url_map.iter_rules()
                ]
            if isinstance(getattr(app, "routes", None), (list, tuple)):
                return list(_starlette_routes(app.routes, ""))
            if type(app).__module__.startswith("django."):
                return _django_routes()
        except Exception:  # an unknown framework's routes, or a URL configuration that does not import
            return None
    return None


def _unwrapped(value: object) -> Iterator[Any]:
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


def _starlette_routes(routes: Iterable[Any], prefix: str, depth: int = 0) -> Iterator[dict[str, object]]:
    # FastAPI keeps included routers as they are, and tells the effective routes through this function
    effective = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", list)
    for route in effective(routes):
        if getattr(route, "path", None) is None:
            raise LookupError("a route without a path")
        path = prefix + route.path
        mounted = getattr(route, "original_route", route)
        inner = getattr(mounted, "routes", None)
        if inner and depth < DEPTH:
            yield from _starlette_routes(inner, path, depth + 1)
        elif type(mounted).__name__ in ("Mount", "Host"):
            yield _route(path.rstrip("/") + "/{path:path}", METHODS_SHOWN, "a mounted application")
        else:
            yield _route(path, getattr(route, "methods", None), getattr(route, "name", ""))


def _route(path: str, methods: Iterable[str] | None, endpoint: object) -> dict[str, object]:
    return {
        "path": str(path),
        "methods": sorted(str(method) for method in methods or ()),
        "endpoint": endpoint if isinstance(endpoint, str) else "",
    }


def _django_routes() -> list[dict[str, object]] | None:
    from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

    return list(_django_patterns(get_resolver().url_patterns, "/"))


def _django_patterns(patterns: Iterable[Any], prefix: str, depth: int = 0) -> Iterator[dict[str, object]]:
    for pattern in patterns:
        route = getattr(pattern.pattern, "_route", None)
        if route is None:  # a regular expression: shown without its anchors
            route = str(pattern.pattern).lstrip("^").rstrip("$")
        path = prefix + str(route).replace("<", "{").replace(">", "}")
        if hasattr(pattern, "url_patterns") and depth < DEPTH:
            yield from _django_patterns(pattern.url_patterns, path, depth + 1)
        else:
            yield _route(path, None, str(pattern.name or ""))
