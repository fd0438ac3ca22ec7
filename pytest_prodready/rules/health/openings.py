"""What an endpoint answered to those who lack the header that must protect it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.facts.health import BY_HEAD, BY_OPTIONS, BY_SLASH, WRONG_VALUE
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health.acceptance import accepts, gap


def openings(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD506: the endpoint answers although a header that must protect it was left out, or was wrong.

    Args:
        expectation: what was asked for.
        answers: the one to the full request first, then those to its variants.
        routes: those of the application, ``None`` when they are not known.
    """
    full, open_to_all = answers[0], set()
    for answer in answers[1:]:
        if answer.status is None or answer.without in open_to_all:
            continue  # who needs no header needs no detour
        if not answer.how:
            fault = _left_out(expectation, full, answer, routes)
            open_to_all |= {answer.without} if fault is not None else set()
        elif answer.how == WRONG_VALUE:
            fault = _wrong_value(expectation, full, answer)
        else:
            fault = _by_detour(expectation, full, answer)
        if fault is not None:
            yield fault


def succeeds(answer: Answer) -> bool:
    """Whether its status is a success."""
    return answer.status is not None and 200 <= answer.status < 300


def refuses(answer: Answer) -> bool:
    """Whether it sends away who asked: by its status, or to another page, such as that of a login."""
    if answer.status is None or not 300 <= answer.status < 400:
        return answer.status in words.REFUSALS
    there = urlsplit(answer.location_header).path
    return there.rstrip("/") != answer.path.partition("?")[0].rstrip("/")


def _left_out(
    expectation: Expectation, full: Answer, answer: Answer, routes: tuple[Route, ...] | None
) -> Fault | None:
    status = answer.status
    if status is None or refuses(answer) or gap(expectation, answer, routes):
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return None  # nothing was given away; who is asked less often would have refused otherwise
    if full.status == status and not accepts(expectation, status):
        return None  # the endpoint fails in both cases: that is 502's, and proves nothing of its protection
    answered = f"{words.asked(expectation)} answered {status} without the header {answer.without}"
    return Fault(
        f"{answered}: everybody may call it" if succeeds(answer) else f"{answered} rather than 401 or 403",
        f"Check {answer.without} before anything else is done, and answer 401 or 403 without it.",
        expectation.location,
        proof=f"sent the same request without {answer.without}, and got {status}",
        details=words.body_block(answer),
    )


def _wrong_value(expectation: Expectation, full: Answer, answer: Answer) -> Fault | None:
    failing = answer.status is not None and answer.status >= 500 and full.status != answer.status
    if not succeeds(answer) and not failing:
        return None
    answered = f"{words.asked(expectation)} answered {answer.status} to a wrong value of the header"
    return Fault(
        f"{answered} {answer.without}"
        + (": any value will do" if not failing else " rather than 401 or 403"),
        f"Compare the whole value of {answer.without} with the right one, and answer 401 or 403 otherwise.",
        expectation.location,
        proof=f"sent a random value of the same shape in {answer.without}, and got {answer.status}",
        details=words.body_block(answer),
        level=Level.WARNING if failing else None,
    )


def _by_detour(expectation: Expectation, full: Answer, answer: Answer) -> Fault | None:
    """Asked in another way, the endpoint gives what it gives to who has the header."""
    if not succeeds(full) or not succeeds(answer):
        return None
    if answer.how == BY_HEAD:
        # an answer of the endpoint's own, not one that something before it gives to every path
        gave = "its headers" if answer.content_type and answer.content_type == full.content_type else ""
    else:
        gave = "its body" if _same_content(full, answer) else ""
    if not gave:
        return None
    others = {BY_HEAD: "HEAD, too", BY_OPTIONS: "OPTIONS, too", BY_SLASH: f"{answer.path}, too"}
    return Fault(
        f"{answer.method} {answer.path} answered {answer.status} without the header {answer.without}: "
        f"it gives {gave}, which {words.asked(expectation)} refuses",
        f"Check {answer.without} for {others[answer.how]}.",
        expectation.location,
        proof=f"sent {answer.method} {answer.path} without {answer.without}, and got {answer.status}",
        details=words.body_block(answer),
    )


def _same_content(full: Answer, answer: Answer) -> bool:
    """Whether both bodies are of one kind: of JSON the keys, as values change from one to the next."""
    if not answer.body.strip():
        return False
    if full.json_error or answer.json_error:
        return full.body == answer.body
    mine, other = full.json, answer.json
    if isinstance(mine, dict) and isinstance(other, dict):
        return bool(mine) and mine.keys() == other.keys()
    return mine == other
