"""PRD509: answers with a dependency there and without it → findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Answer,
    Control,
    Expectation,
    Facts,
    Failure,
    Health,
    HttpProbe,
    Location,
    Server,
)
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from pytest_prodready.rules.health.controls import dependency

SETTING = Location("pyproject.toml", 9)
UP = Server("http://127.0.0.1:1", command="uvicorn shop:app", started=True)
REGISTRY = Registry([health.family])
DATABASE = Control("DATABASE_URL", "database", variables=("DATABASE_URL",))
DECLARED = replace(DATABASE, declared=True, location=SETTING)
REDIS = Control("REDIS_URL", "redis", variables=("REDIS_URL",))
READY = Expectation("/ready", role="ready", found=True)
LIVE = Expectation("/live", role="live", found=True)
HEALTH = Expectation("/health", found=True)
FINE: object = {"database": "ok", "redis": "ok"}
LIVENESS = HttpProbe("live", "/live", Location("deploy.yaml", 4))


def answer(status: int | None, body: object = None, error: str = "") -> Answer:
    return Answer("/ready", status=status, json=body, error=error)


def facts(
    control: Control, expectation: Expectation, dead: Answer, there: Answer | None = None, **more: Any
) -> Facts:
    tried = replace(control, answers=(dead,))
    planned = replace(control, pointed=None, others=False, failure=None)
    probed = Health(UP, (there or answer(200),), controls=(tried,))
    return Facts("/app", expectations=(expectation,), controls=(planned,), health=probed, **more)


def judged(seen: Facts) -> tuple[Outcome, str, list[Finding]]:
    (subject,) = dependency.subjects(seen)
    judgement = REGISTRY.judge(dependency, subject, seen)
    return judgement.outcome, judgement.reason, list(judgement.findings)


def level(control: Control, expectation: Expectation, dead: Answer, **more: Any) -> Level | None:
    findings = judged(facts(control, expectation, dead, **more))[2]
    assert len(findings) <= 1
    return findings[0].level if findings else None


@pytest.mark.parametrize(
    "control, expected",
    [
        (DECLARED, Level.ERROR),
        (replace(REDIS, declared=True), Level.ERROR),
        (DATABASE, Level.WARNING),
        (replace(DATABASE, others=True), None),
        (REDIS, None),
    ],
)
def test_readiness_that_does_not_notice(control: Control, expected: Level | None) -> None:
    assert level(control, READY, answer(200)) is expected
    assert level(control, READY, answer(200, {"status": "degraded"})) is expected
    assert level(control, HEALTH, answer(200)) is None


@pytest.mark.parametrize("dead", [answer(503, FINE), answer(None, error="no answer came within 5 s")])
def test_readiness_that_fails_or_hangs(dead: Answer) -> None:
    assert judged(facts(DECLARED, READY, dead)) == (Outcome.PASSED, "", [])


@pytest.mark.parametrize(
    "control, expectation, expected",
    [
        (replace(REDIS, pointed=True), HEALTH, Level.ERROR),
        (replace(DATABASE, pointed=True), READY, Level.ERROR),
        # not proven that the application asks there, or nowhere else
        (replace(DATABASE, pointed=True, others=True), HEALTH, Level.WARNING),
        (REDIS, HEALTH, Level.WARNING),
        (DECLARED, HEALTH, Level.WARNING),
        (DECLARED, READY, Level.ERROR),
    ],
)
def test_a_body_that_claims_that_it_is_fine(
    control: Control, expectation: Expectation, expected: Level
) -> None:
    assert level(control, expectation, answer(200, FINE)) is expected


def test_liveness_that_asks_the_dependency() -> None:
    failing, gone = answer(503), answer(None, error="no answer came within 5 s")
    assert level(DATABASE, LIVE, failing) is Level.WARNING
    assert level(DATABASE, replace(LIVE, found=False), failing) is Level.ERROR
    assert level(REDIS, LIVE, gone, http_probes=(LIVENESS,)) is Level.ERROR
    assert level(REDIS, LIVE, answer(200), http_probes=(LIVENESS,)) is None
    # one path for both: what readiness must do is wrong for liveness, and nobody can do both
    both = (LIVENESS, replace(LIVENESS, role="ready"))
    assert level(REDIS, LIVE, failing, http_probes=both) is Level.WARNING


def test_the_words() -> None:
    written = replace(READY, location=Location("pyproject.toml", 20), found=False)
    outcome, _, (finding,) = judged(facts(replace(DECLARED, pointed=True), written, answer(200, FINE)))
    assert outcome is Outcome.FAILED
    assert (finding.code, finding.subject) == ("PRD509", "without DATABASE_URL")
    assert finding.location == written.location
    assert finding.message == (
        'GET /ready answered 200 and said "database": "ok" '
        "while the database of DATABASE_URL was out of reach"
    )
    assert "DATABASE_URL pointed at a port of 127.0.0.1 where nobody listens" in finding.proof


def test_what_is_not_judged() -> None:
    control, dead = DECLARED, answer(200)
    reason = "no endpoint answered a success with DATABASE_URL there: nothing to compare"
    assert judged(facts(control, READY, dead, answer(503))) == (Outcome.SKIPPED, reason, [])
    skipped = replace(control, skipped="DATABASE_URL is not set")
    assert judged(facts(skipped, READY, dead))[:2] == (Outcome.SKIPPED, "DATABASE_URL is not set")
    nobody = Expectation("/reports")
    reason = "no endpoint is known that tells whether the application is ready or lives"
    assert judged(facts(control, nobody, dead))[:2] == (Outcome.SKIPPED, reason)
    assert list(dependency.subjects(facts(DATABASE, nobody, dead))) == []
    assert list(dependency.subjects(facts(control, READY, dead, url="https://shop.example.com"))) == []
    before = replace(facts(control, READY, dead), health=None)
    assert judged(before)[:2] == (Outcome.SKIPPED, "the endpoints were not probed")
    seen = facts(control, READY, dead)
    assert seen.health is not None
    down = replace(seen, health=replace(seen.health, server=Server(""), controls=()))
    assert judged(down)[:2] == (Outcome.SKIPPED, "the server did not start")
    lost = replace(seen, health=replace(seen.health, controls=()))
    assert judged(lost)[:2] == (Outcome.ERRORED, "it was not tried")
    assert lost.health is not None
    failed = replace(lost, health=replace(lost.health, mistakes={"answers": "KeyError: 1"}))
    assert judged(failed)[:2] == (Outcome.ERRORED, "a mistake of the gate's own, worth a report: KeyError: 1")


def test_readiness_may_leave_a_database_out_on_purpose() -> None:
    """What was only found is a warning, which says how to answer it."""
    for control, said in ((DATABASE, True), (DECLARED, False)):
        _, _, (finding,) = judged(facts(control, READY, answer(200)))
        assert ("on purpose: dependencies in [tool.prodready.health]" in finding.remedy) is said


def test_a_server_that_does_not_start_without_it() -> None:
    seen = facts(DECLARED, READY, answer(200))
    assert seen.health is not None
    refused = replace(DECLARED, failure=Failure("exited", "it exited with status 3"))
    assert judged(replace(seen, health=replace(seen.health, controls=(refused,))))[0] is Outcome.PASSED
