"""PRD506: a protected endpoint refuses who has no right to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import Answer, Facts, Operation
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health import guarded
from pytest_prodready.registry import Subject
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health.family import (
    Endpoint,
    endpoint,
    family,
    is_django,
    lost,
    not_asked,
    routes,
)
from pytest_prodready.rules.health.openings import openings, refuses, succeeds

_SPEAKS_OF_LOGIN = (
    *("unauthor", "unauthenticated", "not authenticated", "authentication", "forbidden", "denied"),
    *("login", "log in", "log_in", "signin", "sign in", "sign_in", 'type="password"', "not logged"),
)


@dataclass(frozen=True)
class Door:
    """A guarded operation, and what came of knocking at it."""

    operation: Operation
    without: Answer | None = None
    """To a request without a credential."""
    wrong: Answer | None = None
    """To one with a credential that nobody issued; ``None`` where no way to send one is known."""


@family.kind("protected endpoint", "protected endpoints", needs=("web", "health", "doors"), late=True)
def protected(facts: Facts) -> Iterator[Subject[Door | None]]:
    """Every operation whose dependencies or decorators ask for a credential, and that can be asked for it."""
    if facts.url:
        return
    web = facts.entry("web")
    every = web.app.operations if web is not None and web.app is not None else ()
    asked, more = guarded.asked(every, facts.expectations)
    answers = {(one.path, one.wrong): one.answer for one in (facts.health.knocks if facts.health else ())}
    skipped = not_asked(facts)
    for operation in asked:
        door = Door(operation, answers.get((operation.path, False)), answers.get((operation.path, True)))
        silent = "" if skipped else lost(facts, "knocks") or _not_answered(door)
        unheard = skipped or _not_reached(door, is_django(facts))
        yield Subject(f"protected {operation.path}", door, unheard, silent, operation.location)
    if more:
        reason = f"{more} more than the {guarded.MOST} that are asked in one run"
        yield Subject("protected endpoints beyond these", None, reason)


@family.rule(
    "PRD506",
    "protected-endpoint-open",
    endpoint,
    protected,
    checks="An endpoint that needs a credential refuses a request without it, and one with a wrong one.",
    reason="An endpoint that lost its guard answers everybody, and nothing fails.",
    remedy="Check the credential before anything else is done.",
)
def protected_endpoint_open(seen: Endpoint | Door, facts: Facts) -> Iterator[Fault]:
    """PRD506."""
    if isinstance(seen, Door):
        yield from _open_door(seen)
    elif seen.answers:
        yield from openings(seen.expectation, seen.answers, routes(facts))


def _not_answered(door: Door) -> str:
    """Why nothing is known of a door: the answer to who has nothing says most."""
    if door.without is None:
        return f"{door.operation.path} was not asked"
    error = door.without.error if door.without.status is None else ""
    return f"{door.operation.path} was not answered without a credential: {error}" if error else ""


def _not_reached(door: Door, django: bool) -> str:
    """Why an answer says nothing of the guard: everybody got it before the guard was asked."""
    answer = door.without
    if answer is None or answer.status is None:
        return ""
    if answer.status == 400 and django:
        return f"{answer.path} answered 400: ALLOWED_HOSTS may refuse 127.0.0.1"
    moved = 300 <= answer.status < 400 and not refuses(answer)
    return f"{answer.path} leads to {answer.location_header}, which was not asked" if moved else ""


def _open_door(door: Door) -> Iterator[Fault]:
    operation, without, wrong = door.operation, door.without, door.wrong
    if without is None:
        return
    if not operation.optional and succeeds(without):
        doubt = f"the application's own {operation.decided_by} let it pass" if operation.decided_by else ""
        yield _fault(operation, without, "without a credential", "everybody may call it", doubt)
    # where no credential is needed, a wrong one proves nothing; where it is refused, it is needed
    elif without.status in words.REFUSALS and wrong is not None and succeeds(wrong):
        yield _fault(operation, wrong, "to a credential that nobody issued", "any will do")


def _fault(operation: Operation, answer: Answer, sent: str, so: str, doubt: str = "") -> Fault:
    doubt = operation.doubt or doubt or _speaks_of_login(answer)
    message = f"GET {operation.path} answered {answer.status} {sent}, although {operation.source} guards it"
    return Fault(
        f"{message} ({doubt})" if doubt else f"{message}: {so}",
        "Let the guard refuse with 401 or 403, or take it away from what everybody may see.",
        operation.location,
        proof=f"sent GET {operation.path} to the running server: got {answer.status}",
        details=words.body_block(answer),
        level=Level.WARNING if doubt else None,
    )


def _speaks_of_login(answer: Answer) -> str:
    """A success may be the page that asks for a login, or may say in its body that it refuses."""
    body = answer.body.lower()
    return "its body speaks of a login" if any(word in body for word in _SPEAKS_OF_LOGIN) else ""
