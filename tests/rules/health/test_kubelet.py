"""PRD510: what a kubelet's probe got, beside the gate's own request → findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Answer,
    Entry,
    EnvironmentRead,
    Expectation,
    Facts,
    Health,
    HttpProbe,
    InspectedEntry,
    KubeletProbe,
    Location,
    Server,
)
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from pytest_prodready.rules.health.kubelet import kubelet_probe

UP = Server("http://127.0.0.1:1", command="uvicorn shop:app", started=True)
REGISTRY = Registry([health.family])
HOST = "10.42.0.17:1"
LINE = Location("deploy.yaml", 4)
MANIFEST = HttpProbe("live", "/healthz", LINE, sure=True)
UNSURE = HttpProbe("live", "/healthz", LINE)
FOUND = Expectation("/healthz", found=True)
NAMED = Expectation("/healthz", location=LINE, role="live")
DJANGO = InspectedEntry(Entry("web", "shop.wsgi:app", "a test", settings_module="shop.settings"))


def got(status: int | None, target: str = "", body: str = "", error: str = "") -> Answer:
    return Answer("/healthz", status=status, location_header=target, body=body, error=error)


HTTPS = got(301, f"https://{HOST}/healthz")
ELSEWHERE = got(302, "https://login.example.com/")
REFUSED = got(400, body="Invalid host header")
LATE = got(None, error="no answer came within 1 s")


def facts(
    answer: Answer, ordinary: Answer | None = None, manifest: HttpProbe | None = MANIFEST, **more: Any
) -> Facts:
    place = manifest.location if manifest else None
    probe = KubeletProbe(answer, HOST, 1.0, 10, more.pop("late", 0), place)
    expectation = NAMED if manifest is not None and manifest.sure else FOUND
    seen: dict[str, Any] = {
        "root": "/app",
        "expectations": (expectation,),
        "http_probes": (manifest,) if manifest is not None else (),
        "health": Health(UP, (ordinary or got(200),), kubelet=(probe,)),
    }
    return Facts(**(seen | more))


def findings(seen: Facts) -> list[Finding]:
    return [
        finding
        for kind in REGISTRY.kinds
        for subject in kind.subjects(seen)
        for finding in REGISTRY.judge(kind, subject, seen).findings
    ]


def told(seen: Facts) -> list[tuple[str, Level]]:
    return [(finding.code, finding.level) for finding in findings(seen)]


@pytest.mark.parametrize("answer", [REFUSED, HTTPS, LATE, got(500)])
def test_an_endpoint_that_production_probes(answer: Answer) -> None:
    assert told(facts(answer)) == [("PRD510", Level.ERROR)]
    assert told(facts(answer, manifest=None, kubelet=True)) == [("PRD510", Level.ERROR)]
    # a manifest that may be about another container
    assert told(facts(answer, manifest=UNSURE)) == [("PRD510", Level.WARNING)]


def test_an_endpoint_that_is_only_named_so() -> None:
    assert told(facts(REFUSED, manifest=None)) == [("PRD510", Level.WARNING)]
    assert told(facts(HTTPS, manifest=None)) == [("PRD510", Level.WARNING)]
    assert told(facts(LATE, manifest=None)) == []
    assert told(facts(ELSEWHERE, manifest=None)) == []
    assert told(facts(got(200), manifest=None, late=3)) == []


def test_hosts_that_production_may_tell_otherwise() -> None:
    address = replace(MANIFEST, address="POD_IP")
    assert told(facts(REFUSED, manifest=address)) == [("PRD510", Level.WARNING)]
    (finding,) = findings(facts(REFUSED, manifest=address))
    assert finding.remedy.startswith(
        "The deployment tells the address in POD_IP: set it to 10.42.0.17 here. "
    )
    assert told(facts(REFUSED, manifest=replace(MANIFEST, hosts=True))) == [("PRD510", Level.WARNING)]
    for state, level in (("unset", Level.WARNING), ("set", Level.ERROR)):
        read = EnvironmentRead("SHOP_ALLOWED_HOSTS", "default", state, LINE)
        seen = facts(REFUSED, entries=(replace(DJANGO, environment_reads=(read,)),))
        assert told(seen) == [("PRD510", level)]


def test_what_counts_as_a_success_all_the_same() -> None:
    assert told(facts(ELSEWHERE)) == [("PRD510", Level.WARNING)]
    assert told(facts(got(200), late=3)) == [("PRD510", Level.WARNING)]
    assert told(facts(got(200))) == []
    # expected so: what the gate gets and a kubelet gets is one answer
    expected = Expectation("/healthz", status=(503,), location=Location("pyproject.toml", 8))
    assert told(facts(got(503), got(503), expectations=(expected,))) == []


@pytest.mark.parametrize("ordinary, answer", [(HTTPS, HTTPS), (REFUSED, REFUSED)])
def test_one_cause_is_told_once(ordinary: Answer, answer: Answer) -> None:
    assert told(facts(answer, ordinary)) == [("PRD510", Level.ERROR)]
    assert told(facts(answer, ordinary, manifest=None, kubelet=True)) == [("PRD510", Level.ERROR)]
    assert told(facts(answer, ordinary, manifest=None)) == [("PRD502", Level.WARNING)]
    # nobody has asked as a kubelet does: the rule is not selected
    unasked = facts(answer, ordinary, health=Health(UP, (ordinary,)))
    assert [code for code, _ in told(unasked)] == ["PRD502"]
    # production's probe is content
    assert told(facts(got(200), ordinary)) == []
    written = Expectation("/healthz", status=(200,), location=Location("pyproject.toml", 8))
    assert told(facts(got(200), ordinary, expectations=(written,))) == [("PRD502", Level.ERROR)]


def test_other_causes_are_left_to_others() -> None:
    assert [code for code, _ in told(facts(got(503), got(503)))] == ["PRD502"]
    (subject,) = kubelet_probe.subjects(facts(got(503), got(503)))
    judgement = REGISTRY.judge(kubelet_probe, subject, facts(got(503), got(503)))
    reason = "GET /healthz did not answer as expected when it was asked as usual"
    assert (judgement.outcome, judgement.reason) == (Outcome.SKIPPED, reason)
    assert list(kubelet_probe.subjects(facts(REFUSED, url="https://shop.example.com"))) == []


def test_the_words_for_an_endpoint_that_is_only_named_so() -> None:
    """Nobody may ask for it so: the words say why it is judged, and there is a place to look at."""
    entry = replace(DJANGO, entry=replace(DJANGO.entry, location=LINE))
    (finding,) = findings(facts(REFUSED, manifest=None, entries=(entry,)))
    assert finding.level is Level.WARNING
    assert finding.message.endswith("(its name alone says that Kubernetes asks for it)")
    assert finding.location == LINE


def test_the_words() -> None:
    (finding,) = findings(facts(got(400), entries=(DJANGO,)))
    assert (finding.subject, finding.location) == ("kubelet /healthz", LINE)
    assert finding.message == f"a kubelet's probe of /healthz was answered 400: ALLOWED_HOSTS refuses {HOST}"
    assert "httpHeaders: [{name: Host, value: …}]" in finding.remedy
    assert finding.proof == f"sent GET /healthz over plain HTTP, Host {HOST}, within 1 s: got 400"
    (finding,) = findings(facts(HTTPS, entries=(DJANGO,)))
    assert finding.message.endswith(f"was redirected to https://{HOST}/healthz, where nobody speaks TLS")
    assert 'SECURE_REDIRECT_EXEMPT = [r"^healthz$"]' in finding.remedy
    (finding,) = findings(facts(REFUSED))
    assert "TrustedHostMiddleware" in finding.remedy
    (finding,) = findings(facts(HTTPS))
    assert "HTTPSRedirectMiddleware" in finding.remedy
    (finding,) = findings(facts(LATE))
    assert finding.message.endswith("got no answer three times in a row: no answer came within 1 s")
