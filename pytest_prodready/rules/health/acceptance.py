"""Whether the status of an answer was expected, and whether it means that there is no such endpoint."""

from __future__ import annotations

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.rules.health.routes import RouteGap, route_gap


def accepts(expectation: Expectation, status: int) -> bool:
    """Whether ``status`` is one that was expected; without any in the settings, every success is."""
    return status in expectation.status if expectation.status else 200 <= status < 300


def gap(expectation: Expectation, answer: Answer, routes: tuple[Route, ...] | None) -> RouteGap | None:
    """Why the answer means that the application does not have what the settings name; else ``None``."""
    if expectation.found or answer.status is None or accepts(expectation, answer.status):
        return None
    return route_gap(expectation.path, expectation.method, answer, routes)
