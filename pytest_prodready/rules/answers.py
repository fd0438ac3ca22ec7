"""What an endpoint answered, against what was expected: for the rules, the fixture and the marker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health_routes import says_health
from pytest_prodready.rules import readiness
from pytest_prodready.rules.json_subset import differences
from pytest_prodready.rules.routes import RouteGap, route_gap
from pytest_prodready.wording import listed

REFUSALS = (401, 403)
_EXCERPT = 600
_QUOTED = 80
_TABLE = "[[tool.prodready.health]]"


def check_expectation(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> list[Fault]:
    """All that is wrong with one endpoint: rules 502, 503, 505 and 506 one after the other.

    Args:
        expectation: what was asked for.
        answers: the one to the full request first, then those without a header.
        routes: those of the application, ``None`` when they are not known.
    """
    return [
        *wrong_status(expectation, answers, routes),
        *wrong_body(expectation, answers),
        *missing_route(expectation, answers, routes),
        *open_endpoint(expectation, answers, routes),
    ]


def accepts(expectation: Expectation, status: int) -> bool:
    """Whether ``status`` is one that was expected; without any in the settings, every success is."""
    return status in expectation.status if expectation.status else 200 <= status < 300


def wrong_status(
    expectation: Expectation,
    answers: Sequence[Answer],
    routes: tuple[Route, ...] | None,
    django: bool = False,
) -> Iterator[Fault]:
    """PRD502: another status than expected, or no full answer; ``django`` when Django gives the answers."""
    answer, asked = answers[0], _asked(expectation)
    if answer.unset:
        return
    if answer.error:
        got = f", after the status {answer.status}" if answer.status is not None else ""
        yield Fault(
            f"{asked} was not answered: {answer.error}{got}",
            "Make the endpoint answer at once, whatever it depends on: give each of its checks a time limit.",
            expectation.location,
            proof=_proof(answer),
        )
        return
    if answer.status is None or accepts(expectation, answer.status) or _gap(expectation, answer, routes):
        return
    doubtful = expectation.found and answer.status < 500
    ailing = readiness.failing(answer.json)
    names = listed(name for name, _ in ailing)
    target = f" to {answer.location_header}" if answer.location_header else ""
    not_ready = f": {names} {'is' if len(ailing) == 1 else 'are'} not ready" if ailing else _quotation(answer)
    message = f"{asked} answered {answer.status}{target}, expected {_expected(expectation)}{not_ready}"
    host = answer.status == 400 and (django or "host" in answer.body.lower())
    if host and django:
        message += ": ALLOWED_HOSTS may refuse 127.0.0.1"
    elif doubtful:
        message += " (asked without credentials)"
    yield Fault(
        message,
        _host_remedy(django) if host else _status_remedy(expectation, answer, names),
        expectation.location,
        proof=_proof(answer),
        details=(
            *_ailing_block(ailing),
            *_body_block(answer),
            *_expect_block(expectation, answer, 'headers = { Host = "…" }' if host else "", bool(names)),
        ),
        level=Level.WARNING if doubtful else None,
    )


def _quotation(answer: Answer) -> str:
    """What the body says, where it is short; not when it only repeats the status in words."""
    text = readiness.words(answer.json) or answer.body.strip()
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    shown = 0 < len(text) <= _QUOTED and text[:1] != "<" and "\n" not in text and text.lower() != phrase.lower()
    return f': "{text}"' if shown else ""


def _host_remedy(django: bool) -> str:
    if django:
        return (
            "Add a host to send that ALLOWED_HOSTS lists: "
            f'headers = {{ Host = "…" }} in the {_TABLE} table; Django answers 400 to every other.'
        )
    return f'The application refuses the host 127.0.0.1: allow it, or send headers = {{ Host = "…" }} in {_TABLE}.'


def _status_remedy(expectation: Expectation, answer: Answer, names: str) -> str:
    failing = answer.status is not None and answer.status >= 500
    if names:
        expect = f", or expect this in {_TABLE}" if answer.status != 500 else ""
        return f"Provide {names} to the job that runs the gate{expect}."
    if answer.status in REFUSALS:
        return f'Send what it asks for: headers = {{ Authorization = "env:NAME" }} in {_TABLE}.'
    if expectation.found and failing:
        return f"Correct what fails in {expectation.path}, or provide what it needs to the job that runs the gate."
    if expectation.found:
        return f"Say what to expect in {_TABLE}."
    return f"Make {expectation.path} answer {_expected(expectation)}, or correct the status that is expected."


def wrong_body(expectation: Expectation, answers: Sequence[Answer]) -> Iterator[Fault]:
    """PRD503: the status was right, and the body was not."""
    answer = answers[0]
    if answer.error or answer.status is None or not accepts(expectation, answer.status):
        return
    if expectation.json is not None:
        yield from _unmet_json(expectation, answer, expectation.json)
    elif 200 <= answer.status < 300 and says_health(expectation.path):
        yield from _unready(expectation, answer)


def _unmet_json(expectation: Expectation, answer: Answer, wanted: dict[str, object]) -> Iterator[Fault]:
    asked = _asked(expectation)
    if answer.json_error:
        kind = answer.content_type.partition(";")[0].strip() or "no content type"
        yield Fault(
            f"{asked} answered {answer.status}, but not with JSON ({kind}): {answer.json_error}",
            "Register the endpoint before any route that catches every path, and let it answer JSON.",
            expectation.location,
            proof=_proof(answer),
            details=_body_block(answer),
        )
        return
    differing = list(differences(wanted, answer.json))
    if not differing:
        return
    ailing = readiness.failing(answer.json)
    names = listed(name for name, _ in ailing)
    yield Fault(
        f"{asked} answered {answer.status}, but its body differs: {'; '.join(differing[:3])}"
        + (f" (not ready: {names})" if names else ""),
        f"Provide {names} to the job that runs the gate, or correct the json that is expected."
        if names
        else "Correct the endpoint's body, or the json that is expected.",
        expectation.location,
        proof=_proof(answer),
        details=(("differences", "\n".join(differing)), *_ailing_block(ailing), *_body_block(answer)),
    )


def _unready(expectation: Expectation, answer: Answer) -> Iterator[Fault]:
    """A success whose body says otherwise; an error only where the gate found it and words are clear."""
    asked = _asked(expectation)
    # by the body alone: text/html is what Flask and Django call every text
    if expectation.found and answer.body.lstrip()[:1] == "<":
        yield Fault(
            f"{asked} answered {answer.status} with a page of HTML, which says nothing of its health",
            f"Let the endpoint answer JSON, or say what to expect in {_TABLE}.",
            expectation.location,
            proof=_proof(answer),
            details=_body_block(answer),
            level=Level.WARNING,
        )
        return
    word = readiness.verdict(answer.json)
    if not word:
        return
    ailing = readiness.failing(answer.json)
    names = listed(name for name, _ in ailing)
    yield Fault(
        f'{asked} answered {answer.status}, but its body says "{word}"'
        + (f": not ready is {names}" if names else ""),
        (f"Provide {names} to the job that runs the gate" if names else "Find out why it is not ready")
        + f", answer 503 when the application is not ready, or expect this in {_TABLE}.",
        expectation.location,
        proof=_proof(answer),
        details=(*_ailing_block(ailing), *_body_block(answer), *_expect_block(expectation, answer)),
        level=None if expectation.found and not readiness.is_half(word) else Level.WARNING,
    )


def missing_route(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD505: the settings name an endpoint that the application does not have."""
    answer = answers[0]
    gap = _gap(expectation, answer, routes)
    if gap is None:
        return
    asked = _asked(expectation)
    near = f"; the nearest is {gap.nearest}" if gap.nearest else ""
    if gap.methods:
        message = f"{asked} is not registered: {expectation.path} takes {listed(gap.methods)} only"
        remedy = f"Expect the method {gap.methods[0]}, or register {expectation.method} for this path."
    elif routes is None:
        message = f"{asked} answered {answer.status}: no such endpoint there"
        remedy = "Correct the path, or register the route that serves it."
    else:
        message = f"{asked} answered {answer.status}: no route of the application serves it{near}"
        remedy = (
            f'Expect path = "{gap.nearest}", or register {expectation.path}.'
            if gap.nearest
            else f"Register a route for {expectation.path}, or include the router that has it."
        )
    yield Fault(message, remedy, expectation.location, proof=_proof(answer), details=_body_block(answer))


def open_endpoint(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD506: the endpoint answers although a header that must protect it was left out."""
    full = answers[0]
    for answer in answers[1:]:
        status = answer.status
        if status is None or status in REFUSALS or _gap(expectation, answer, routes):
            continue
        if full.status == status and not accepts(expectation, status):
            continue  # the endpoint fails in both cases: that is 502's, and proves nothing of its protection
        answered = f"{_asked(expectation)} answered {status} without the header {answer.without}"
        open_ = 200 <= status < 300
        yield Fault(
            f"{answered}: everybody may call it" if open_ else f"{answered} rather than 401 or 403",
            f"Check {answer.without} before anything else is done, and answer 401 or 403 without it.",
            expectation.location,
            proof=f"sent the same request without {answer.without}, and got {status}",
            details=_body_block(answer),
        )


def _gap(expectation: Expectation, answer: Answer, routes: tuple[Route, ...] | None) -> RouteGap | None:
    if expectation.found or answer.status is None or accepts(expectation, answer.status):
        return None
    return route_gap(expectation.path, expectation.method, answer.status, routes)


def _asked(expectation: Expectation) -> str:
    return f"{expectation.method} {expectation.path}"


def _expected(expectation: Expectation) -> str:
    return " or ".join(map(str, expectation.status)) if expectation.status else "a success (2xx)"


def _proof(answer: Answer) -> str:
    got = answer.error or f"got {answer.status}"
    return f"sent {answer.method} {answer.path} over HTTP: {got}"


def _body_block(answer: Answer) -> tuple[tuple[str, str], ...]:
    text = answer.body.strip()
    return (("body", text if len(text) <= _EXCERPT else text[:_EXCERPT] + " …"),) if text else ()


def _ailing_block(ailing: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return (("not ready", "\n".join(f"{name}: {said}" for name, said in ailing)),) if ailing else ()


def _expect_block(
    expectation: Expectation, answer: Answer, instead: str = "", named: bool = False
) -> tuple[tuple[str, str], ...]:
    """The settings that would accept this answer, for an endpoint that has none yet.

    ``instead`` of the status another line may help. A server's error is worth expecting only as a 503 that
    is ``named``: it tells which dependency the job lacks.
    """
    failing = answer.status is not None and answer.status >= 500
    if not expectation.found or (failing and not (named and answer.status == 503)):
        return ()
    lines = [_TABLE, f'path = "{expectation.path}"', instead or f"status = {answer.status}"]
    return (("to send it" if instead else "to expect it", "\n".join(lines)),)
