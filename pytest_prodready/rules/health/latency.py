"""How long an endpoint takes, against the budget that was set for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.findings import Fault
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health.acceptance import accepts


def too_slow(expectation: Expectation, answers: Sequence[Answer]) -> Iterator[Fault]:
    """PRD504: the median of the timed answers is above the budget; one with a wrong status is not judged."""
    answer = answers[0]
    if not judged(expectation, answer) or not answer.timed or answer.seconds <= expectation.within:
        return
    took, budget = _shown(answer.seconds), _shown(expectation.within)
    yield Fault(
        f"{words.asked(expectation)} takes {took}, more than the {budget} of its budget",
        "Do less in the endpoint: keep what its checks found for some seconds, and give each a time limit.",
        expectation.location,
        proof=f"the median of {answer.timed} answers, asked one after the other once it was warm, is {took}",
    )


def not_timed(expectation: Expectation, answer: Answer) -> str:
    """Why a budget could not be judged; empty where it can, or where there is none."""
    if answer.timed or not judged(expectation, answer):
        return ""
    return f"{expectation.path} could not be timed: it answers differently when it is asked again"


def judged(expectation: Expectation, answer: Answer) -> bool:
    """Whether there is a budget, and an answer as it was expected."""
    complete = answer.status is not None and not answer.error
    return bool(expectation.within) and complete and accepts(expectation, answer.status or 0)


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
