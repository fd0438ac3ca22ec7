"""PRD509: readiness fails while a dependency is dead, and liveness does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import Answer, Control, Expectation, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health import claims
from pytest_prodready.registry import Subject
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health import readiness
from pytest_prodready.rules.health.family import (
    NOT_PROBED,
    app_place,
    by_expectation,
    family,
    lost,
    not_asked,
)

_CALLED = {"database": "the database", "redis": "the Redis", "broker": "the broker", "cache": "the cache"}

_ON_PURPOSE = "dependencies in [tool.prodready.health] names what it needs, [] for nothing."


@dataclass(frozen=True)
class Pair:
    """One endpoint: what it answered with the dependency there, and without it."""

    expectation: Expectation
    there: Answer
    dead: Answer


@dataclass(frozen=True)
class Trial:
    """One dependency, and every endpoint that had answered a success with it."""

    control: Control
    pairs: tuple[Pair, ...] = ()

    @property
    def meanwhile(self) -> str:
        """``while the database of DATABASE_URL was out of reach``."""
        called = _CALLED.get(self.control.kind, "the service")
        return f"while {called} of {self.control.dependency} was out of reach"


@family.kind("dependency", "dependencies", needs=("web", "health", "controls"), late=True)
def dependency(facts: Facts) -> Iterator[Subject[Trial]]:
    """Every dependency that is declared or was found, where an endpoint may notice that it is dead."""
    if facts.url:
        return
    known = claims.asked_without(facts.expectations)
    for at, planned in enumerate(facts.controls):
        if known:
            yield _subject(facts, at, planned, known)
        elif planned.declared:
            reason = "no endpoint is known that tells whether the application is ready or lives"
            yield Subject(_name(planned), Trial(planned), skipped=reason, location=planned.location)


def _name(control: Control) -> str:
    return f"without {control.dependency}"


def _subject(facts: Facts, at: int, planned: Control, known: list[int]) -> Subject[Trial]:
    skipped = planned.skipped or not_asked(facts)
    if skipped or facts.health is None:
        return Subject(_name(planned), Trial(planned), skipped or NOT_PROBED, location=planned.location)
    if at >= len(facts.health.controls):
        why = lost(facts, "controls") or lost(facts, "answers") or "it was not tried"
        return Subject(_name(planned), Trial(planned), errored=why, location=planned.location)
    control = facts.health.controls[at]
    answered = by_expectation(facts)
    pairs = tuple(
        Pair(facts.expectations[place], answered[place][0], dead)
        for place, dead in zip(known, control.answers, strict=False)
        if place < len(answered) and claims.succeeds(answered[place][0])
    )
    skipped = control.skipped
    if not pairs and not skipped and control.failure is None:
        skipped = f"no endpoint answered a success with {control.dependency} there: nothing to compare"
    return Subject(_name(planned), Trial(control, pairs), skipped, location=planned.location)


@family.rule(
    "PRD509",
    "ready-without-dependency",
    dependency,
    checks="With a dependency pointed at a port where nobody listens, readiness fails and liveness does not.",
    reason="An instance that says it is ready while its database is dead gets traffic that it cannot serve; "
    "one whose liveness asks the database is restarted for ever while that is down.",
    remedy="Let readiness ask what the application cannot do without, and liveness ask nothing.",
)
def ready_without_dependency(seen: Trial, facts: Facts) -> Iterator[Fault]:
    """PRD509; a server that does not start without the dependency is not ready, either."""
    for pair in seen.pairs:
        if claims.succeeds(pair.dead):
            yield from _content(seen, pair, facts)
        elif "live" in _roles(pair.expectation, facts):
            yield _not_alive(seen, pair, facts)


def _roles(expectation: Expectation, facts: Facts) -> set[str]:
    """What production asks an endpoint for; manifests may name one for several."""
    probes = (probe.role for probe in facts.http_probes if probe.path == expectation.path)
    return {expectation.role, *probes}


def _content(seen: Trial, pair: Pair, facts: Facts) -> Iterator[Fault]:
    """A success although the dependency is dead."""
    control, asked = seen.control, words.asked(pair.expectation)
    said, verdict = claims.claim(pair.dead, control), readiness.verdict(pair.dead.json)
    ready = "ready" in _roles(pair.expectation, facts)
    proven = control.pointed is True and not control.others
    if said:
        level = None if proven or (ready and control.declared) else Level.WARNING
        message = f"{asked} answered {pair.dead.status} and said {said} {seen.meanwhile}"
    elif ready and (control.declared or (control.kind == "database" and not control.others)):
        level = None if control.declared else Level.WARNING
        message = f"{asked} answered {pair.dead.status} {seen.meanwhile}"
        if verdict:
            message += f': its body says "{verdict}", and a probe looks at the status alone'
    else:
        return
    remedy = (
        "Let it ask for something small, such as SELECT 1 or PING, within a time limit, and answer 503 when "
        "that fails."
    )
    if not said and not control.declared:
        remedy += f" Where it leaves that out on purpose: {_ON_PURPOSE}"
    yield Fault(
        message,
        remedy,
        pair.expectation.location or app_place(facts),
        proof=_proof(seen, pair),
        details=words.body_block(pair.dead),
        level=level,
    )


def _not_alive(seen: Trial, pair: Pair, facts: Facts) -> Fault:
    expectation, roles = pair.expectation, _roles(pair.expectation, facts)
    by_name_alone = expectation.found and not any(
        probe.role == "live" and probe.path == expectation.path for probe in facts.http_probes
    )
    got = pair.dead.error or f"it answered {pair.dead.status}"
    return Fault(
        f"{words.asked(expectation)} tells of life and failed {seen.meanwhile}: {got}",
        "Let liveness ask nothing but the process itself: every instance is restarted while the dependency "
        "is down, and none of that brings it back. Readiness is the one to fail.",
        expectation.location or app_place(facts),
        proof=_proof(seen, pair),
        details=words.body_block(pair.dead),
        level=Level.WARNING if by_name_alone or "ready" in roles else None,
    )


def _proof(seen: Trial, pair: Pair) -> str:
    variables = " and ".join(seen.control.variables)
    return (
        f"started the server once more with {variables} pointed at a port of 127.0.0.1 where nobody listens; "
        f"with the real address the same request got {pair.there.status}"
    )
