"""The status that an endpoint answered with, against what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import readiness
from pytest_prodready.rules.health.acceptance import accepts, gap


def wrong_status(
    expectation: Expectation,
    answers: Sequence[Answer],
    routes: tuple[Route, ...] | None,
    django: bool = False,
) -> Iterator[Fault]:
    """PRD502: another status than expected, or no full answer; ``django`` when Django gives the answers."""
    answer, asked = answers[0], words.asked(expectation)
    if answer.unset:
        return
    if answer.error:
        got = f", after the status {answer.status}" if answer.status is not None else ""
        yield Fault(
            f"{asked} was not answered: {answer.error}{got}",
            "Make the endpoint answer at once, whatever it depends on: give each of its checks a time limit.",
            expectation.location,
            proof=words.proof(answer),
        )
        return
    if answer.status is None or accepts(expectation, answer.status) or gap(expectation, answer, routes):
        return
    named = bool(readiness.failing(answer.json))
    target = f" to {answer.location_header}" if answer.location_header else ""
    said = "" if named else words.quotation(answer)
    message = f"{asked} answered {answer.status}{target}, expected {words.expected(expectation)}{said}"
    # who lacks the header was asked for before, and often enough to be held off
    crowded = answer.status == HTTPStatus.TOO_MANY_REQUESTS and len(answers) > 1
    host = answer.status == 400 and (django or "host" in answer.body.lower())
    if host and django:
        message += ": ALLOWED_HOSTS may refuse 127.0.0.1"
    elif doubtful(expectation, answer):
        message += " (asked without credentials)"
    elif crowded:
        message += " after the requests without the right header"
    yield Fault(
        message,
        words.host_remedy(django) if host else words.status_remedy(expectation, answer, named),
        expectation.location,
        proof=words.proof(answer),
        details=(
            *words.body_block(answer),
            *words.expect_block(expectation, answer, 'headers = { Host = "…" }' if host else "", named),
        ),
        level=Level.WARNING if crowded or doubtful(expectation, answer) else None,
    )


def doubtful(expectation: Expectation, answer: Answer) -> bool:
    """Whether an endpoint that the gate found by itself may be right to refuse."""
    return expectation.found and answer.status is not None and answer.status < 500
