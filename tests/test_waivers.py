from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pytest_prodready import waivers
from pytest_prodready.facts import Location
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.settings import Waiver

TODAY = date(2026, 6, 15)
ERROR = Finding(
    "PRD302", Level.ERROR, "orders.status", "a label is missing", "Add it.", details=(("a", "b"),)
)
WARNING = replace(ERROR, level=Level.WARNING)
FAILED = Judgement(Outcome.FAILED, (ERROR,))
WAIVER = Waiver(
    "PRD302", "orders.status", "ships with the next release", TODAY, Location("pyproject.toml", 9)
)


def test_a_waived_error_is_a_note() -> None:
    """It fails nothing any more, and says until when and why."""
    judged = waivers.apply(FAILED, (WAIVER,), TODAY)
    assert judged.outcome is Outcome.PASSED
    (finding,) = judged.findings
    assert finding.level is Level.INFO
    assert finding.details == (("waived", "until 2026-06-15: ships with the next release"), ("a", "b"))
    assert replace(finding, level=Level.ERROR, details=ERROR.details) == ERROR


@pytest.mark.parametrize(
    "waiver",
    [
        replace(WAIVER, code="PRD303"),
        replace(WAIVER, code="PRD30"),
        replace(WAIVER, subject="orders"),
        replace(WAIVER, subject="public.orders.status"),
        replace(WAIVER, until=TODAY - timedelta(days=1)),
    ],
)
def test_only_the_exact_finding_is_waived_until_its_date(waiver: Waiver) -> None:
    """Another code or subject, or a date that has passed, waives nothing."""
    assert waivers.apply(FAILED, (waiver,), TODAY) == FAILED


def test_an_expired_waiver_does_not_stand_before_a_valid_one() -> None:
    """Of two for the same finding the valid one counts."""
    expired = replace(WAIVER, until=TODAY - timedelta(days=1))
    assert waivers.apply(FAILED, (expired, WAIVER), TODAY).outcome is Outcome.PASSED


def test_the_other_errors_still_fail() -> None:
    """A waiver lifts what it names, and nothing beside it."""
    other = replace(ERROR, code="PRD303")
    judged = waivers.apply(replace(FAILED, findings=(ERROR, other)), (WAIVER,), TODAY)
    assert judged.outcome is Outcome.FAILED
    assert [finding.level for finding in judged.findings] == [Level.INFO, Level.ERROR]


def test_warnings_are_waived_and_other_outcomes_stay() -> None:
    """A warning becomes a note; what could not be judged stays so."""
    passed = Judgement(Outcome.PASSED, (WARNING,))
    assert [finding.level for finding in waivers.apply(passed, (WAIVER,), TODAY).findings] == [Level.INFO]
    errored = Judgement(Outcome.ERRORED, (ERROR,), "rule PRD303 itself failed")
    assert waivers.apply(errored, (WAIVER,), TODAY).outcome is Outcome.ERRORED
    skipped = Judgement(Outcome.SKIPPED, reason="no database")
    assert waivers.apply(skipped, (WAIVER,), TODAY) == skipped


def test_a_waiver_counts_as_used_when_its_finding_is_there() -> None:
    """Before and after it was applied."""
    assert waivers.waives(WAIVER, FAILED)
    assert waivers.waives(WAIVER, waivers.apply(FAILED, (WAIVER,), TODAY))
    assert not waivers.waives(replace(WAIVER, subject="x"), FAILED)


def test_what_became_of_a_waiver() -> None:
    """Its words, its place, and whether its date has passed."""
    use = waivers.use(replace(WAIVER, until=TODAY), used=True, today=TODAY)
    assert (use.code, use.subject, use.reason, use.location) == (
        "PRD302",
        "orders.status",
        "ships with the next release",
        WAIVER.location,
    )
    assert use.used
    assert not use.expired
    assert waivers.use(replace(WAIVER, until=TODAY - timedelta(days=1)), used=False, today=TODAY).expired
