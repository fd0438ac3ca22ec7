"""What an endpoint answered, against what was expected: for the rules, the fixture and the marker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health_routes import says_health
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import readiness
from pytest_prodready.rules.health.json_subset import differences
from pytest_prodready.rules.health.routes import RouteGap, route_gap
from pytest_prodready.wording import listed


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
    if answer.status is None or accepts(expectation, answer.status) or _gap(expectation, answer, routes):
        return
    doubtful = expectation.found and answer.status < 500
    ailing = readiness.failing(answer.json)
    names = listed(name for name, _ in ailing)
    target = f" to {answer.location_header}" if answer.location_header else ""
    not_ready = (
        f": {names} {'is' if len(ailing) == 1 else 'are'} not ready" if ailing else words.quotation(answer)
    )
    message = f"{asked} answered {answer.status}{target}, expected {words.expected(expectation)}{not_ready}"
    host = answer.status == 400 and (django or "host" in answer.body.lower())
    if host and django:
        message += ": ALLOWED_HOSTS may refuse 127.0.0.1"
    elif doubtful:
        message += " (asked without credentials)"
    yield Fault(
        message,
        words.host_remedy(django) if host else words.status_remedy(expectation, answer, names),
        expectation.location,
        proof=words.proof(answer),
        details=(
            *words.ailing_block(ailing),
            *words.body_block(answer),
            *words.expect_block(expectation, answer, 'headers = { Host = "…" }' if host else "", bool(names)),
        ),
        level=Level.WARNING if doubtful else None,
    )


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
    asked = words.asked(expectation)
    if answer.json_error:
        kind = answer.content_type.partition(";")[0].strip() or "no content type"
        yield Fault(
            f"{asked} answered {answer.status}, but not with JSON ({kind}): {answer.json_error}",
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
    names = listed(name for name, _ in ailing)
    yield Fault(
        f"{asked} answered {answer.status}, but its body differs: {'; '.join(differing[:3])}"
        + (f" (not ready: {names})" if names else ""),
        f"Provide {names} to the job that runs the gate, or correct the json that is expected."
        if names
        else "Correct the endpoint's body, or the json that is expected.",
        expectation.location,
        proof=words.proof(answer),
        details=(
            ("differences", "\n".join(differing)),
            *words.ailing_block(ailing),
            *words.body_block(answer),
        ),
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
    names = listed(name for name, _ in ailing)
    yield Fault(
        f'{asked} answered {answer.status}, but its body says "{word}"'
        + (f": not ready is {names}" if names else ""),
        (f"Provide {names} to the job that runs the gate" if names else "Find out why it is not ready")
        + f", answer 503 when the application is not ready, or expect this in {words.TABLE}.",
        expectation.location,
        proof=words.proof(answer),
        details=(
            *words.ailing_block(ailing),
            *words.body_block(answer),
            *words.expect_block(expectation, answer),
        ),
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
    asked = words.asked(expectation)
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
    yield Fault(
        message, remedy, expectation.location, proof=words.proof(answer), details=words.body_block(answer)
    )


def open_endpoint(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> Iterator[Fault]:
    """PRD506: the endpoint answers although a header that must protect it was left out."""
    full = answers[0]
    for answer in answers[1:]:
        status = answer.status
        if status is None or status in words.REFUSALS or _gap(expectation, answer, routes):
            continue
        if full.status == status and not accepts(expectation, status):
            continue  # the endpoint fails in both cases: that is 502's, and proves nothing of its protection
        answered = f"{words.asked(expectation)} answered {status} without the header {answer.without}"
        open_ = 200 <= status < 300
        yield Fault(
            f"{answered}: everybody may call it" if open_ else f"{answered} rather than 401 or 403",
            f"Check {answer.without} before anything else is done, and answer 401 or 403 without it.",
            expectation.location,
            proof=f"sent the same request without {answer.without}, and got {status}",
            details=words.body_block(answer),
        )


def _gap(expectation: Expectation, answer: Answer, routes: tuple[Route, ...] | None) -> RouteGap | None:
    if expectation.found or answer.status is None or accepts(expectation, answer.status):
        return None
    return route_gap(expectation.path, expectation.method, answer.status, routes)
