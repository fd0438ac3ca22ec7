"""Which of an application's routes are its health endpoints, where the settings name none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pytest_prodready.facts import Expectation, Route
from pytest_prodready.health.names import NAMES, ROLES

_VARIABLE = re.compile(r"[{}<>()*^$?\\\[\]|]")


def says_health(path: str) -> bool:
    """Whether the last segment of ``path`` is a name that health endpoints go by."""
    return _last_segment(path) in NAMES


def role(path: str) -> str:
    """What production asks ``path`` for, by its name: ``live``, ``ready`` or ``startup``; else empty."""
    return ROLES.get(_last_segment(path), "")


def with_role(expectation: Expectation) -> Expectation:
    """``expectation`` with the role that its path tells, where the settings name none."""
    return expectation if expectation.role else replace(expectation, role=role(expectation.path))


def _last_segment(path: str) -> str:
    return path.partition("?")[0].rstrip("/").rpartition("/")[2].lower()


def health_routes(
    routes: Iterable[Route], target: str, configured: Iterable[Expectation] = ()
) -> tuple[Expectation, ...]:
    """The routes that look like health endpoints, as expectations in the order of the routes.

    Args:
        routes: those of the web application.
        target: its import string, for the source in words.
        configured: what the settings expect; a path that they name is not added again.
    """
    taken = {expectation.path.rstrip("/") for expectation in configured}
    found: dict[str, Expectation] = {}
    for route in routes:
        path = "/" + route.path.lstrip("/")
        asked_with_get = not route.methods or "GET" in route.methods
        if (
            asked_with_get
            and says_health(path)
            and not _VARIABLE.search(path)
            and path.rstrip("/") not in taken
        ):
            source = f"route of {target}"
            found.setdefault(path, Expectation(path, source=source, found=True, role=role(path)))
    return tuple(found.values())
