"""Whether an application has a route for a path."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_prodready.facts import Answer, Route
from pytest_prodready.wording import nearest

_PARAMETER = re.compile(r"\{[^{}]*\}|<[^<>]*>")
_REGULAR_EXPRESSION = re.compile(r"[\\^$()\[\]*+?|]")


@dataclass(frozen=True)
class RouteGap:
    """No route serves what was asked for."""

    nearest: str = ""
    """An existing path that may have been meant."""
    methods: tuple[str, ...] = ()
    """For a path that exists: the methods that it takes instead."""


def route_gap(path: str, method: str, answer: Answer, routes: tuple[Route, ...] | None) -> RouteGap | None:
    """Why ``answer`` means that no route serves ``method`` and ``path``; ``None`` when it does not mean that.

    Where the routes are known they decide: a route that exists, or a mounted application or pattern that may
    serve the path, is no gap, whatever it answers. Of a 405 the header ``Allow`` says the rest.
    """
    if answer.status not in (404, 405):
        return None
    if answer.status == 405 and (allowed := _allowed(answer)) and method not in allowed:
        return RouteGap(methods=allowed)
    if routes is None:
        return RouteGap()
    path = path.partition("?")[0]
    serving = [route for route in routes if _may_serve(route, path)]
    if not serving:
        return RouteGap(nearest(path, [route.path for route in routes]))
    if any(not route.methods or method in route.methods for route in serving):
        return None
    return RouteGap(methods=tuple(sorted({name for route in serving for name in route.methods})))


def _allowed(answer: Answer) -> tuple[str, ...]:
    """The methods that the answer itself says are taken."""
    names = (name.strip().upper() for name in answer.headers.get("allow", "").split(","))
    return tuple(sorted(filter(None, names)))


def _may_serve(route: Route, path: str) -> bool:
    """Whether the route's pattern takes ``path``; when in doubt it does."""
    template = "/" + route.path.lstrip("/")
    literals = _PARAMETER.split(template)
    if any(_REGULAR_EXPRESSION.search(literal) for literal in literals):
        return True
    pattern = re.escape(literals[0])
    for parameter, literal in zip(_PARAMETER.findall(template), literals[1:], strict=True):
        pattern += (".*" if "path" in parameter else "[^/]+") + re.escape(literal)
    if re.fullmatch(pattern, path):
        return True
    # a mount whose own routes are not known
    return not route.methods and len(literals) == 1 and path.startswith(template.rstrip("/") + "/")
