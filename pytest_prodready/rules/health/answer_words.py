"""The words for what an endpoint answered: what was asked, what to do, and the evidence."""

from __future__ import annotations

from http import HTTPStatus

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.rules.health import readiness

REFUSALS = (401, 403)
TABLE = "[[tool.prodready.health]]"
_EXCERPT = 600
_QUOTED = 80


def asked(expectation: Expectation) -> str:
    """The request: ``GET /health``."""
    return f"{expectation.method} {expectation.path}"


def expected(expectation: Expectation) -> str:
    """The statuses that are accepted."""
    return " or ".join(map(str, expectation.status)) if expectation.status else "a success (2xx)"


def proof(answer: Answer) -> str:
    """What was sent, and what came."""
    got = answer.error or f"got {answer.status}"
    return f"sent {answer.method} {answer.path} over HTTP: {got}"


def quotation(answer: Answer) -> str:
    """What the body of an error says, where it is short; not when it only repeats the status in words."""
    if answer.status is None or answer.status < 400:
        return ""
    text = readiness.words(answer.json) or answer.body.strip()
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    shown = (
        0 < len(text) <= _QUOTED and text[:1] != "<" and "\n" not in text and text.lower() != phrase.lower()
    )
    return (f": {text}" if text[0] in "{[" else f': "{text}"') if shown else ""


def status_remedy(expectation: Expectation, answer: Answer, named: bool) -> str:
    """What to do about another status; ``named``: the body names what is not ready."""
    failing = answer.status is not None and answer.status >= 500
    if named:
        expect = f", or expect this in {TABLE}" if answer.status != 500 else ""
        return f"Provide what is not ready to the job that runs the gate{expect}."
    if answer.status in REFUSALS:
        return f'Send what it asks for: headers = {{ Authorization = "env:NAME" }} in {TABLE}.'
    if expectation.found and failing:
        needs = "provide what it needs to the job that runs the gate"
        return f"Correct what fails in {expectation.path}, or {needs}."
    if expectation.found:
        return f"Say what to expect in {TABLE}."
    return f"Make {expectation.path} answer {expected(expectation)}, or correct the status that is expected."


def host_remedy(django: bool) -> str:
    """What to do where the application refuses the address that it is asked by."""
    if django:
        return (
            f'Send a host that ALLOWED_HOSTS lists: headers = {{ Host = "…" }} in the {TABLE} table; '
            "Django answers 400 to every other."
        )
    send = f'send headers = {{ Host = "…" }} in {TABLE}'
    return f"The application refuses the host 127.0.0.1: allow it, or {send}."


def cut(text: str) -> str:
    """``text``, or as much of it as a message can hold."""
    return text if len(text) <= _QUOTED else text[:_QUOTED] + " …"


def body_block(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The body as evidence, as much as is worth showing."""
    text = answer.body.strip()
    return (("body", text if len(text) <= _EXCERPT else text[:_EXCERPT] + " …"),) if text else ()


def expect_block(
    expectation: Expectation, answer: Answer, instead: str = "", named: bool = False
) -> tuple[tuple[str, str], ...]:
    """The settings that would accept this answer, for an endpoint that has none yet.

    ``instead`` of the status another line may help. A server's error is worth expecting only as a 503 that
    is ``named``: it tells which dependency the job lacks.
    """
    failing = answer.status is not None and answer.status >= 500
    if not expectation.found or (failing and not (named and answer.status == 503)):
        return ()
    lines = [TABLE, f'path = "{expectation.path}"', instead or f"status = {answer.status}"]
    return (("to send it" if instead else "to expect it", "\n".join(lines)),)
