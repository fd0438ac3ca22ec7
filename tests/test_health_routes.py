"""Which routes look like health endpoints."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Expectation, Route
from pytest_prodready.health_routes import health_routes, says_health


@pytest.mark.parametrize("path", ["/health", "/api/v1/readyz", "/live/", "health/", "/__lbheartbeat__"])
def test_the_last_segment_decides(path: str) -> None:
    """A prefix and a trailing slash do not matter."""
    (found,) = health_routes([Route(path, ("GET", "HEAD"))], "src.main:app")
    assert found == Expectation("/" + path.lstrip("/"), source="route of src.main:app", found=True)


@pytest.mark.parametrize(
    "route",
    [
        Route("/status", ("GET",)),
        Route("/ping", ("GET",)),
        Route("/health/details", ("GET",)),
        Route("/health", ("POST",)),
        Route("/{tenant}/health", ("GET",)),
        Route("/<int:id>/health", ("GET",)),
        Route("^health$", ()),
        Route("/health/{path:path}", ("GET",)),
    ],
)
def test_what_is_left_out(route: Route) -> None:
    """Words of many meanings, other methods, and paths with a variable are not asked."""
    assert health_routes([route], "x:app") == ()


def test_what_the_settings_name_is_not_added_again() -> None:
    """A configured path wins, with or without its slash; a route that stands twice is asked once."""
    routes = [Route("/ready/", ("GET",)), Route("/health"), Route("/health", ("GET",))]
    assert [one.path for one in health_routes(routes, "x:app", [Expectation("/ready")])] == ["/health"]


def test_a_query_does_not_hide_the_segment() -> None:
    """``/ready?full=1`` is about readiness."""
    assert says_health("/ready?full=1")
    assert not says_health("/orders?of=health")
