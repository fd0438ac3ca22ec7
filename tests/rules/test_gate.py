from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_prodready.facts import Facts, Location, Problem, WaiverUse
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Kind, Registry
from pytest_prodready.rules.gate import family, inspection, nothing, waiver

REGISTRY = Registry([family])
LINE = Location("pyproject.toml", 9)
USE = WaiverUse(
    "PRD302", "orders.status", "ships soon", "2026-12-31", expired=False, used=True, location=LINE
)


def judge(kind: Kind[Any], facts: Facts) -> dict[str, Judgement]:
    """Subject → judgement by the rules of this family."""
    return {subject.name: REGISTRY.judge(kind, subject, facts) for subject in kind.subjects(facts)}


def test_a_run_without_problems_has_no_subject() -> None:
    """The gate speaks of itself only when there is something to say."""
    facts = Facts("/", judgeable=3)
    assert judge(inspection, facts) == judge(nothing, facts) == judge(waiver, facts) == {}
    assert judge(nothing, Facts("/")) == {}


def test_what_could_not_be_inspected_is_an_error() -> None:
    """PRD901 with what the gate saw."""
    facts = Facts("/", problems=(Problem("src.main:app, step app", "KeyError: 'x'", "the trace"),))
    (judgement,) = judge(inspection, facts).values()
    (finding,) = judgement.findings
    assert (finding.code, finding.level, finding.subject) == ("PRD901", Level.ERROR, "src.main:app, step app")
    assert finding.message == "src.main:app, step app could not be inspected: KeyError: 'x'"
    assert finding.remedy.endswith(".")
    assert finding.details == (("what the gate saw", "the trace"),)


def test_nothing_to_check_is_an_error_that_says_what_was_looked_for() -> None:
    """PRD902 with every reason once."""
    facts = Facts(
        "/", judgeable=0, skip_reasons=("no database", "no database"), looked_for=("no web application",)
    )
    judgement = judge(nothing, facts)["something-to-check"]
    assert judgement.outcome is Outcome.FAILED
    (finding,) = judgement.findings
    assert finding.code == "PRD902"
    assert finding.message == "nothing was there to check: no database, no web application"
    assert "[tool.prodready]" in finding.remedy
    (finding,) = judge(nothing, Facts("/", judgeable=0))["something-to-check"].findings
    assert finding.message == "nothing was there to check: no family is selected"


def test_waivers() -> None:
    """PRD903 for one that has expired or that nothing needs; a valid one that is used passes."""
    expired, stale = replace(USE, subject="a", expired=True), replace(USE, subject="b", used=False)
    judged = judge(waiver, Facts("/", waivers=(USE, expired, stale)))
    assert judged["waiver:PRD302:orders.status"] == Judgement(Outcome.PASSED)
    assert judged["waiver:PRD302:a"].findings == (
        Finding(
            "PRD903",
            Level.ERROR,
            "waiver:PRD302:a",
            "the waiver of PRD302 for a expired on 2026-12-31; it was accepted because: ships soon",
            "Correct what it waived, or decide on a new date.",
            LINE,
        ),
    )
    (finding,) = judged["waiver:PRD302:b"].findings
    assert (finding.code, finding.location) == ("PRD903", LINE)
    assert finding.message == "the waiver of PRD302 for b matches no finding of this run"
