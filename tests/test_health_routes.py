"""Which routes look like health endpoints."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Expectation, Route
from pytest_prodready.health.routes import health_routes, role, says_health, with_role


@pytest.mark.parametrize("path", ["/health", "/api/v1/readyz", "/live/", "health/", "/__lbheartbeat__"])
def test_the_last_segment_decides(path: str) -> None:
    """A prefix and a trailing slash do not matter."""
    (found,) = health_routes([Route(path, ("GET", "HEAD"))], "src.main:app")
    assert (found.path, found.source, found.found) == ("/" + path.lstrip("/"), "route of src.main:app", True)


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


@pytest.mark.parametrize(
    "path, told",
    [
        *(("/livez", "live"), ("/alive", "live"), ("/healthz/live", "live"), ("/Liveness/?x=1", "live")),
        *(("/ready", "ready"), ("/api/readyz", "ready"), ("/readiness", "ready")),
        *(("/startup", "startup"), ("/startupz", "startup")),
        *(("/health", ""), ("/healthz", ""), ("/ht/", ""), ("/orders", "")),
    ],
)
def test_the_role_is_told_by_the_name(path: str, told: str) -> None:
    """What is called by its role has it, and the settings may say otherwise."""
    assert role(path) == told
    assert with_role(Expectation(path)).role == told
    assert with_role(Expectation(path, role="live")).role == "live"
    assert says_health(path) == (path != "/orders")
    assert [one.role for one in health_routes([Route(path.partition("?")[0])], "x:app")] == (
        [] if path == "/orders" else [told]
    )
