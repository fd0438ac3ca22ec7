"""PRD506: a protected endpoint refuses who has no right to it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import answers as judged
from pytest_prodready.rules.health.family import Endpoint, endpoint, family, routes


@family.rule(
    "PRD506",
    "protected-endpoint-open",
    endpoint,
    checks="An endpoint refuses a request, with 401 or 403, when a header of refuse_without is left out.",
    reason="An endpoint that lost its guard answers everybody, and nothing fails.",
    remedy="Check the credential before anything else is done.",
)
def protected_endpoint_open(seen: Endpoint, facts: Facts) -> Iterator[Fault]:
    """PRD506."""
    if seen.answers:
        yield from judged.open_endpoint(seen.expectation, seen.answers, routes(facts))
