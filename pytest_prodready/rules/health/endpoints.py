"""PRD502, 503, 504, 505 and 507: each endpoint answers what it must."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Build, Facts
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import answers as judged
from pytest_prodready.rules.health import (
    bodies,
    builds,
    dependencies,
    kubelet,
    latency,
    server_error,
    statuses,
)
from pytest_prodready.rules.health.builds import framework_build
from pytest_prodready.rules.health.family import Endpoint, endpoint, family, is_django, routes


@family.rule(
    "PRD502",
    "wrong-status",
    endpoint,
    framework_build,
    checks="Each endpoint answers with the status that is expected of it; the OpenAPI document builds.",
    reason="A probe that fails keeps new instances out of the load balancer, or restarts those that run.",
    remedy="Correct the endpoint, or the status that is expected.",
)
def wrong_status(seen: Endpoint | Build, facts: Facts) -> Iterator[Fault]:
    """PRD502."""
    if isinstance(seen, Build):
        yield from builds.answers_with_an_error(seen, facts)
    elif seen.answers and not kubelet.explains(seen.expectation, seen.answers[0], facts):
        for fault in statuses.wrong_status(seen.expectation, seen.answers, routes(facts), is_django(facts)):
            failing = (seen.answers[0].status or 0) >= 500
            if failing:
                fault = server_error.with_traceback(fault, seen.expectation, facts)
                fault = builds.with_template(fault, seen.expectation, facts)
            yield fault


@family.rule(
    "PRD503",
    "wrong-body",
    endpoint,
    checks="Body and headers contain what is expected; a found endpoint's body does not say 'not ready'.",
    reason="An endpoint that answers 200 whatever happens, or a page for unknown paths, passes every probe.",
    remedy="Correct what the endpoint answers, or what is expected of it.",
)
def wrong_body(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD503."""
    if seen.answers:
        yield from bodies.wrong_body(seen.expectation, seen.answers)


@family.rule(
    "PRD504",
    "too-slow",
    endpoint,
    checks="The median of several answers of a warm endpoint is within the budget that the settings give.",
    reason="A probe that is answered too late counts as failed: instances that work are restarted.",
    remedy="Do less in the endpoint, or correct its budget.",
)
def too_slow(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD504."""
    if seen.answers:
        yield from latency.too_slow(seen.expectation, seen.answers)


@family.rule(
    "PRD505",
    "missing-route",
    endpoint,
    framework_build,
    checks="Each endpoint that the settings name is a route; a URL configuration resolves.",
    reason="A router that is not included any more is missed by nobody before probes or clients ask.",
    remedy="Register the route, or correct the path.",
)
def missing_route(seen: Endpoint | Build, facts: Facts) -> Iterator[Fault]:
    """PRD505."""
    if isinstance(seen, Build):
        yield from builds.registers_no_route(seen, facts)
    elif seen.answers:
        yield from judged.missing_route(seen.expectation, seen.answers, routes(facts))


@family.rule(
    "PRD507",
    "named-dependency-not-ready",
    endpoint,
    checks="No dependency is called not ready by the body of a health endpoint.",
    reason="An endpoint that only says 'not ready' sends somebody to search; its body knows what to look at.",
    remedy="Provide the dependency to the job that runs the gate.",
)
def named_dependency_not_ready(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD507."""
    if seen.answers:
        yield from dependencies.named_not_ready(seen.expectation, seen.answers, routes(facts))
