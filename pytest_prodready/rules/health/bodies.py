"""The body and the headers of an answer whose status was right, against what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health.routes import says_health
from pytest_prodready.redaction import BLANK
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import readiness
from pytest_prodready.rules.health.acceptance import accepts
from pytest_prodready.rules.health.json_subset import differences
from pytest_prodready.wording import joined, listed

HEALTH_JSON = "application/health+json"


def wrong_body(expectation: Expectation, answers: Sequence[Answer]) -> Iterator[Fault]:
    """PRD503: the status was right, and the body or a header was not."""
    answer = answers[0]
    if answer.error or answer.status is None or not accepts(expectation, answer.status):
        return
    if expectation.json is not None:
        yield from _unmet_json(expectation, answer, expectation.json)
    elif 200 <= answer.status < 300 and is_health(expectation, answer):
        yield from _unready(expectation, answer)
    if expectation.text and not answer.contains:
        yield from _unmet_text(expectation, answer)
    yield from _unmet_headers(expectation, answer)


def is_health(expectation: Expectation, answer: Answer) -> bool:
    """Whether the answer tells of health: by the endpoint's role or name, or by its own type."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    return bool(expectation.role) or says_health(expectation.path) or kind == HEALTH_JSON


def _unmet_json(expectation: Expectation, answer: Answer, wanted: dict[str, object]) -> Iterator[Fault]:
    asked = words.asked(expectation)
    if answer.json_error:
        yield Fault(
            f"{asked} answered {answer.status}, but not with JSON ({_kind(answer)}): {answer.json_error}",
            "Register the endpoint before any route that catches every path, and let it answer JSON.",
            expectation.location,
            proof=words.proof(answer),
            details=words.body_block(answer),
        )
        return
    differing = list(differences(wanted, answer.json))
    if not differing:
        return
    ailing = readiness.failing(answer.json)
    yield Fault(
        f"{asked} answered {answer.status}, but its body differs: {'; '.join(differing[:3])}",
        "Provide what is not ready to the job that runs the gate, or correct the json that is expected."
        if ailing
        else "Correct the endpoint's body, or the json that is expected.",
        expectation.location,
        proof=words.proof(answer),
        details=(("differences", "\n".join(differing)), *words.body_block(answer)),
    )


def _unready(expectation: Expectation, answer: Answer) -> Iterator[Fault]:
    """A success whose body says otherwise; an error only where the gate found it and words are clear."""
    asked = words.asked(expectation)
    # by the body alone: text/html is what Flask and Django call every text
    if expectation.found and answer.body.lstrip()[:1] == "<":
        yield Fault(
            f"{asked} answered {answer.status} with a page of HTML, which says nothing of its health",
            f"Let the endpoint answer JSON, or say what to expect in {words.TABLE}.",
            expectation.location,
            proof=words.proof(answer),
            details=words.body_block(answer),
            level=Level.WARNING,
        )
        return
    word = readiness.verdict(answer.json)
    if not word:
        return
    ailing = readiness.failing(answer.json)
    start = (
        "Provide what is not ready to the job that runs the gate"
        if ailing
        else "Find out why it is not ready"
    )
    yield Fault(
        f'{asked} answered {answer.status}, but its body says "{word}"',
        f"{start}, answer 503 when the application is not ready, or expect this in {words.TABLE}.",
        expectation.location,
        proof=words.proof(answer),
        details=(*words.body_block(answer), *words.expect_block(expectation, answer)),
        level=None if expectation.found and not readiness.is_half(word) else Level.WARNING,
    )


def _unmet_text(expectation: Expectation, answer: Answer) -> Iterator[Fault]:
    has = "has" if answer.body.strip() else "is empty and has"
    yield Fault(
        f'{words.asked(expectation)} answered {answer.status}, but its body {has} no "{expectation.text}"',
        "Correct the endpoint's body, or the text that is expected.",
        expectation.location,
        proof=words.proof(answer),
        details=words.body_block(answer),
    )


def _unmet_headers(expectation: Expectation, answer: Answer) -> Iterator[Fault]:
    """All headers that are missing or hold something else, in one fault."""
    unmet = []
    for name, wanted in expectation.answer_headers.items():
        got = answer.headers.get(name.lower())
        if got is None:
            unmet.append(f"without the header {name}")
        # what was blanked cannot be compared, and is not held against it
        elif wanted.lower() not in got.lower() and BLANK not in got:
            unmet.append(f'with {name}: {words.cut(got) or "nothing"}, which lacks "{wanted}"')
    if unmet:
        yield Fault(
            f"{words.asked(expectation)} answered {answer.status}, but {joined(unmet)}",
            f"Let the application send {listed(expectation.answer_headers)}, or correct answer_headers.",
            expectation.location,
            proof=words.proof(answer),
        )


def _kind(answer: Answer) -> str:
    return answer.content_type.partition(";")[0].strip() or "no content type"
