"""What endpoints answer against what is expected of them: text, headers, time, and named dependencies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.findings import Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from tests.rules.health.support import SETTINGS, expect, facts, found, json, judged, only, outcomes

NOT_READY = {"status": "not_ready", "checks": {"database": "refused", "redis": "timeout", "s3": "ok"}}
CACHE_DOWN = {"status": "ok", "checks": {"cache": {"status": "down"}}}


def named(expectation: Expectation, answer: Answer) -> list[tuple[Level, str]]:
    """What PRD507 says."""
    return [
        (finding.level, finding.message)
        for finding in judged(expectation, answer)
        if finding.code == "PRD507"
    ]


# ------------------------------------------------------------------------------------------ 503


def test_a_text_that_the_body_lacks() -> None:
    """It is quoted, with the body as evidence."""
    said = Answer("/health", status=200, body="ping")
    finding = only(expect(text="pong"), said)
    assert (finding.code, finding.level, finding.location) == ("PRD503", Level.ERROR, SETTINGS)
    assert finding.message == 'GET /health answered 200, but its body has no "pong"'
    assert finding.details == (("body", "ping"),)
    assert judged(expect(text="pong"), replace(said, contains=True)) == []
    empty = only(expect(text="pong"), replace(said, body=""))
    assert empty.message == 'GET /health answered 200, but its body is empty and has no "pong"'


def test_headers_that_lack_or_differ() -> None:
    """All of them in one finding; letters may be large or small, and a mere presence may be asked for."""
    wanted = expect(
        answer_headers={"Content-Type": "application/json", "X-Version": "", "Cache-Control": "no-store"}
    )
    sent = {"content-type": "Application/JSON; charset=utf-8", "x-version": "1", "cache-control": "No-Store"}
    assert judged(wanted, Answer("/health", status=200, headers=sent)) == []
    assert judged(wanted, Answer("/health", status=200, headers={**sent, "cache-control": "•••"})) == []
    finding = only(
        wanted, Answer("/health", status=200, headers={"content-type": "text/html", "x-version": ""})
    )
    assert (finding.code, finding.location) == ("PRD503", SETTINGS)
    assert finding.message == (
        'GET /health answered 200, but with Content-Type: text/html, which lacks "application/json" '
        "and without the header Cache-Control"
    )


# ------------------------------------------------------------------------------------------ 504


def test_an_endpoint_above_its_budget() -> None:
    """The median and the budget are told, and how it was measured."""
    answer = Answer("/health", status=200, seconds=0.75, timed=5)
    finding = only(expect(within=0.5), answer)
    assert (finding.code, finding.level, finding.location) == ("PRD504", Level.ERROR, SETTINGS)
    assert finding.message == "GET /health takes 750 ms, more than the 500 ms of its budget"
    assert finding.proof == "the median of 5 answers, asked one after the other once it was warm, is 750 ms"
    assert judged(expect(within=1), answer) == []
    assert judged(expect(), answer) == []


def test_a_budget_is_judged_only_by_answers_as_expected() -> None:
    """A wrong status is 502's alone, and an endpoint that could not be timed is no pass."""
    assert only(expect(within=0.5), Answer("/health", status=500, seconds=9, timed=5)).code == "PRD502"
    outcome = outcomes(facts(expect(within=0.5), answers=(Answer("/health", status=200),)))["/health"]
    assert outcome == (
        Outcome.ERRORED,
        "/health could not be timed: it answers differently when it is asked again",
    )


# ------------------------------------------------------------------------------------------ 505


@pytest.mark.parametrize("method, other", [("HEAD", "GET"), ("OPTIONS", "GET"), ("GET", "HEAD")])
def test_a_method_that_is_not_taken(method: str, other: str) -> None:
    """The answer's own Allow decides, whether the routes are known or not."""
    wanted, answer = expect("/orders", method=method), Answer("/orders", method, status=405)
    allowed = replace(answer, headers={"allow": f"POST, {other.lower()}"})
    for routes in (None, ()):
        finding = only(wanted, allowed, routes=routes)
        assert finding.code == "PRD505"
        listed = ", ".join(sorted(["POST", other]))
        assert finding.message == f"{method} /orders is not registered: /orders takes {listed} only"
        assert finding.remedy == f'Expect method = "{other}", or register {method} for this path.'
    silent = only(wanted, answer, routes=None)
    assert silent.message == f"{method} /orders answered 405: the path does not take this method"


def test_a_method_that_the_gate_never_asks_with_is_not_suggested() -> None:
    """POST is named among what is taken, and never as the method to expect."""
    finding = only(expect("/orders"), Answer("/orders", status=405, headers={"allow": "POST"}))
    assert finding.message == "GET /orders is not registered: /orders takes POST only"
    assert finding.remedy == "Register GET for this path."


def test_a_405_although_the_method_is_allowed_is_a_wrong_status() -> None:
    """What the application says itself is not taken for a route that lacks."""
    answer = Answer("/health", status=405, headers={"allow": "GET"})
    assert only(expect("/health"), answer).code == "PRD502"


# ------------------------------------------------------------------------------------------ 507


def test_every_failing_dependency_is_named_once_with_what_is_said_of_it() -> None:
    """502 says the status, 507 says what is behind it."""
    status, dependencies = judged(
        expect("/ready", status=(200,)), json("/ready", 503, NOT_READY), routes=None
    )
    assert (status.code, dependencies.code) == ("PRD502", "PRD507")
    assert status.message == "GET /ready answered 503, expected 200"
    assert dependencies.message == "GET /ready names what is not ready: database (refused), redis (timeout)"
    assert dependencies.remedy.startswith("Provide database, redis to the job that runs the gate")
    assert dependencies.proof == "read in the body of GET /ready, answered 503"
    assert (dependencies.level, dependencies.location, dependencies.details) == (Level.ERROR, SETTINGS, ())


def test_many_or_long_ones_are_listed_below() -> None:
    """The message stays one that can be read."""
    body = {"status": "down", "checks": {f"part{at}": "down: " + "x" * 100 for at in range(9)}}
    ((_, message),) = named(found(), json("/health", 503, body))
    assert message.endswith("…) and 4 more")
    (_, dependencies) = judged(found(), json("/health", 503, body))
    ((title, listed),) = dependencies.details
    assert (title, len(listed.splitlines())) == ("not ready", 9)


@pytest.mark.parametrize(
    "expectation, status, body, level",
    [
        (found(), 503, NOT_READY, Level.ERROR),
        (found(), 429, NOT_READY, Level.WARNING),
        (found(), 200, NOT_READY, Level.ERROR),
        (found(), 200, {**NOT_READY, "status": "degraded"}, Level.WARNING),
        (found(), 200, CACHE_DOWN, Level.WARNING),
        (expect(status=(200,)), 200, NOT_READY, Level.WARNING),
        (expect(json={"status": "ready"}), 200, NOT_READY, Level.ERROR),
        (expect(json={"status": "ok"}), 200, CACHE_DOWN, Level.WARNING),
        (expect(status=(200, 503)), 503, NOT_READY, Level.INFO),
        (expect(json={"status": "not_ready"}), 200, NOT_READY, Level.INFO),
        (expect(json={"status": "ok", "checks": {"cache": {"status": "down"}}}), 200, CACHE_DOWN, None),
        (found(), 401, {"status": "error", "auth": "failed"}, None),
        (found(), 307, NOT_READY, None),
        (found(), 404, NOT_READY, None),
        (expect("/orders/1"), 200, NOT_READY, None),
        (expect("/orders/1", role="ready"), 200, NOT_READY, Level.WARNING),
        (found(), 200, {"status": "ok", "debug": False}, None),
        (found(), 200, ["down"], None),
    ],
)
def test_it_is_as_grave_as_what_it_explains(
    expectation: Expectation, status: int, body: object, level: Level | None
) -> None:
    """An error beside an error, a note where the settings accept it, silence where nothing is plain."""
    assert [seen for seen, _ in named(expectation, json("/health", status, body))] == (
        [level] if level else []
    )


def test_health_json_is_health_by_its_type() -> None:
    """Whatever the path is called."""
    body = {"status": "fail", "checks": {"db:connections": [{"status": "fail", "output": "too many"}]}}
    answer = replace(json("/system", 200, body), content_type="application/health+json; charset=utf-8")
    first, second = judged(expect("/system"), answer)
    assert (first.code, first.level) == ("PRD503", Level.WARNING)
    assert (second.code, second.level) == ("PRD507", Level.WARNING)
    assert second.message == "GET /system names what is not ready: db:connections (fail: too many)"
    assert judged(expect("/system"), replace(answer, content_type="application/json")) == []


def test_it_stands_alone_when_it_alone_is_selected() -> None:
    """``--prodready-select PRD507`` needs no other rule."""
    seen = facts(expect("/ready", status=(200,)), answers=(json("/ready", 503, NOT_READY),))
    chosen = Registry([health.family]).select(["PRD507"])
    (kind,) = chosen.kinds
    (subject,) = kind.subjects(seen)
    judgement = chosen.judge(kind, subject, seen)
    assert (judgement.outcome, [finding.code for finding in judgement.findings]) == (
        Outcome.FAILED,
        ["PRD507"],
    )


def test_a_warning_does_not_hide_what_could_not_be_judged() -> None:
    """An open question is no pass because something else is doubtful."""
    wanted = expect(headers={"X-Token": "env:T"}, refuse_without=("X-Token",))
    silent = Answer("/health", without="X-Token", error="no answer came within 5 s")
    outcome, reason = outcomes(facts(wanted, answers=(json("/health", 200, CACHE_DOWN), silent)))["/health"]
    assert (outcome, reason) == (
        Outcome.ERRORED,
        "/health was not answered without X-Token: no answer came within 5 s",
    )
