"""The dependencies that a health endpoint itself calls not ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import readiness
from pytest_prodready.rules.health.acceptance import accepts, gap
from pytest_prodready.rules.health.bodies import is_health, wrong_body
from pytest_prodready.rules.health.statuses import doubtful
from pytest_prodready.wording import listed

_MOST = 5


def named_not_ready(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD507: every dependency that the body calls not ready, in one fault.

    It is as grave as the status or the body that it explains: an error where that is one, a note where the
    settings accept it, and a warning where the endpoint says well of itself all the same.
    """
    answer = answers[0]
    if answer.error or answer.status is None or gap(expectation, answer, routes):
        return
    refused = not accepts(expectation, answer.status)
    if refused and (answer.status < 400 or answer.status in (*words.REFUSALS, 404, 405)):
        return
    if not refused and not (is_health(expectation, answer) or expectation.json is not None):
        return
    says_no = answer.status >= 400 or bool(readiness.verdict(answer.json))
    known = {name for name, _ in readiness.failing(expectation.json)}
    ailing = [one for one in readiness.failing(answer.json, cautious=not says_no) if one[0] not in known]
    if not ailing:
        return
    names = listed(name for name, _ in ailing)
    brief = listed([f"{name} ({words.cut(said)})" for name, said in ailing], _MOST)
    whole = len(ailing) <= _MOST and all(words.cut(said) == said for _, said in ailing)
    yield Fault(
        f"{words.asked(expectation)} names what is not ready: {brief}",
        f"Provide {names} to the job that runs the gate, or give it the address where it is.",
        expectation.location,
        proof=f"read in the body of {words.asked(expectation)}, answered {answer.status}",
        details=() if whole else (("not ready", "\n".join(f"{name}: {said}" for name, said in ailing)),),
        level=_level(expectation, answer, refused, says_no),
    )


def _level(expectation: Expectation, answer: Answer, refused: bool, says_no: bool) -> Level | None:
    """The level, where it is not an error."""
    if refused:
        return Level.WARNING if doubtful(expectation, answer) else None
    if not says_no:
        return Level.WARNING
    explained = list(wrong_body(expectation, (answer,)))
    if not explained:
        return Level.INFO  # the settings accept the status, or the body, that says so
    return None if any(fault.level is None for fault in explained) else Level.WARNING
