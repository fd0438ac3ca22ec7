"""What an endpoint answered, against what was expected: for the rules, the fixture and the marker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.facts.health import WRONG_VALUE
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import latency
from pytest_prodready.rules.health.acceptance import gap
from pytest_prodready.rules.health.bodies import wrong_body
from pytest_prodready.rules.health.dependencies import named_not_ready
from pytest_prodready.rules.health.openings import openings
from pytest_prodready.rules.health.statuses import wrong_status
from pytest_prodready.wording import listed

_ASKED = ("GET", "HEAD")
"""The methods that the gate may be told to ask with instead."""


def check_expectation(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> list[Fault]:
    """All that is wrong with one endpoint: rules 502 to 507 one after the other.

    Args:
        expectation: what was asked for.
        answers: the one to the full request first, then those without a header.
        routes: those of the application, ``None`` when they are not known.
    """
    return [
        *wrong_status(expectation, answers, routes),
        *wrong_body(expectation, answers),
        *latency.too_slow(expectation, answers),
        *missing_route(expectation, answers, routes),
        *openings(expectation, answers, routes),
        *named_not_ready(expectation, answers, routes),
    ]


def errors(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> list[Fault]:
    """Those of :func:`check_expectation` that fail an endpoint."""
    faults = check_expectation(expectation, answers, routes)
    return [fault for fault in faults if fault.level in (None, Level.ERROR)]


def not_judged(expectation: Expectation, answers: Sequence[Answer]) -> str:
    """Why not everything could be judged by these answers; empty when it could."""
    for answer in answers:
        if answer.unset:
            place = f" ({expectation.location})" if expectation.location else ""
            return f"{answer.unset} is not set, which a header of {expectation.path} needs{place}"
        if answer.error and answer.how == WRONG_VALUE:
            return f"{expectation.path} was not answered with a wrong {answer.without}: {answer.error}"
        if answer.error and not answer.how:
            return f"{expectation.path} was not answered without {answer.without}: {answer.error}"
    return latency.not_timed(expectation, answers[0])


def missing_route(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD505: the settings name an endpoint that the application does not have."""
    answer = answers[0]
    missing = gap(expectation, answer, routes)
    if missing is None:
        return
    asked = words.asked(expectation)
    near = f"; the nearest is {missing.nearest}" if missing.nearest else ""
    if missing.methods:
        message = f"{asked} is not registered: {expectation.path} takes {listed(missing.methods)} only"
        other = next((name for name in _ASKED if name in missing.methods), "")
        remedy = (
            f'Expect method = "{other}", or register {expectation.method} for this path.'
            if other
            else f"Register {expectation.method} for this path."
        )
    elif answer.status == 405:
        message = f"{asked} answered 405: the path does not take this method"
        remedy = f"Correct the method, or register {expectation.method} for this path."
    elif routes is None:
        message = f"{asked} answered {answer.status}: no such endpoint there"
        remedy = "Correct the path, or register the route that serves it."
    else:
        message = f"{asked} answered {answer.status}: no route of the application serves it{near}"
        remedy = (
            f'Expect path = "{missing.nearest}", or register {expectation.path}.'
            if missing.nearest
            else f"Register a route for {expectation.path}, or include the router that has it."
        )
    yield Fault(
        message, remedy, expectation.location, proof=words.proof(answer), details=words.body_block(answer)
    )
