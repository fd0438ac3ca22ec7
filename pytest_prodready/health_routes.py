"""Which of an application's routes are its health endpoints, where the settings name none."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_prodready.facts import Expectation, Route

NAMES = frozenset(
    {
        *("health", "healthz", "healthcheck", "health-check", "health_check", "heartbeat", "__heartbeat__"),
        *("ready", "readyz", "readiness", "live", "livez", "liveness", "alive", "__lbheartbeat__"),
    }
)
"""Last segments that say health. ``status`` and ``ping`` mean other things too often."""
_VARIABLE = re.compile(r"[{}<>()*^$?\\\[\]|]")


def says_health(path: str) -> bool:
    """Whether the last segment of ``path`` is a name that health endpoints go by."""
    return path.partition("?")[0].rstrip("/").rpartition("/")[2].lower() in NAMES


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
            found.setdefault(path, Expectation(path, source=f"route of {target}", found=True))
    return tuple(found.values())
