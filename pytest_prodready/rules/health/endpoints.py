"""PRD502, 503 and 505: each endpoint answers what it must."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import answers as judged
from pytest_prodready.rules.health import server_error
from pytest_prodready.rules.health.family import Endpoint, endpoint, family, is_django, routes


@family.rule(
    "PRD502",
    "wrong-status",
    endpoint,
    checks="Each endpoint answers with the status that is expected of it; a found one with a success.",
    reason="A probe that fails keeps new instances out of the load balancer, or restarts those that run.",
    remedy="Correct the endpoint, or the status that is expected.",
)
def wrong_status(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD502."""
    if seen.answers:
        for fault in judged.wrong_status(seen.expectation, seen.answers, routes(facts), is_django(facts)):
            failing = (seen.answers[0].status or 0) >= 500
            yield server_error.with_traceback(fault, seen.expectation, facts) if failing else fault


@family.rule(
    "PRD503",
    "wrong-body",
    endpoint,
    checks="The body contains the JSON that is expected; that of a found endpoint does not say 'not ready'.",
    reason="An endpoint that answers 200 whatever happens, or a page for unknown paths, passes every probe.",
    remedy="Correct the endpoint's body, or the json that is expected.",
)
def wrong_body(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD503."""
    if seen.answers:
        yield from judged.wrong_body(seen.expectation, seen.answers)


@family.rule(
    "PRD505",
    "missing-route",
    endpoint,
    checks="Each endpoint that the settings name is a route of the application.",
    reason="A router that is not included any more is missed by nobody before probes or clients ask.",
    remedy="Register the route, or correct the path.",
)
def missing_route(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD505."""
    if seen.answers:
        yield from judged.missing_route(seen.expectation, seen.answers, routes(facts))
