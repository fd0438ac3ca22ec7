"""What a person reads: counts with denominators, one line for a place, the reason behind every no."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import Location
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.reports import terminal
from pytest_prodready.reports.terminal import Judged

PLACE = Location("src/tasks.py", 12)
BROKEN = Finding("PRD104", Level.ERROR, "src.tasks", "f cannot run its import", "Write B.", PLACE, "tried")
TASK = Finding("PRD204", Level.ERROR, "src.tasks.f", "src.tasks.f cannot run", "Write B.", PLACE)
SUSPECT = Finding("PRD303", Level.WARNING, "places.status", "one label more", "Add it.")


def judged(
    outcome: Outcome, *findings: Finding, plural: str = "tasks", reason: str = "", subject: str = "x"
) -> Judged:
    """One subject with its judgement."""
    return Judged("celery", plural, subject, Judgement(outcome, findings, reason))


def test_a_finding_says_what_where_how_proven_and_what_to_write() -> None:
    found = Finding(
        "PRD304",
        Level.ERROR,
        "places.status",
        "names are sent",
        "Write this;\nthen that.",
        Location("src/models.py", 3),
        "read from the database",
        (("Python sends", "A\nB"),),
    )

    assert terminal.finding(found) == (
        "PRD304 error: names are sent\n"
        "  at      src/models.py:3\n"
        "  proven  read from the database\n"
        "  fix     Write this;\n"
        "          then that.\n"
        "  Python sends:\n"
        "    A\n"
        "    B"
    )


def test_a_place_stands_once_with_everything_that_fails_for_it() -> None:
    several = [judged(Outcome.FAILED, BROKEN), judged(Outcome.FAILED, TASK), judged(Outcome.PASSED, SUSPECT)]

    assert terminal.places(several, Level.ERROR) == [
        "src/tasks.py:12: PRD104 error: f cannot run its import\n    also: PRD204 src.tasks.f"
    ]
    twice = [
        judged(Outcome.FAILED, TASK),
        judged(Outcome.FAILED, replace(TASK, message="src.tasks.g cannot run")),
    ]
    assert terminal.places(twice, Level.ERROR) == [
        "src/tasks.py:12: PRD204 error: src.tasks.f cannot run\n    also: PRD204 src.tasks.g cannot run"
    ]
    assert terminal.places(several, Level.WARNING) == ["PRD303 warning: one label more\n    fix: Add it."]


def test_counts_have_denominators_and_say_what_was_skipped() -> None:
    several = [
        judged(Outcome.PASSED),
        judged(Outcome.FAILED, TASK),
        judged(Outcome.SKIPPED, reason="no database"),
        judged(Outcome.SKIPPED, plural="beat entries", reason="no schedule"),
    ]

    assert terminal.counts(several) == [("celery", "1 of 3 tasks (1 skipped), beat entries skipped")]
    assert terminal.skips(several) == ["1 skipped, celery: no database", "1 skipped, celery: no schedule"]


def test_a_strict_failure_keeps_the_reason_of_the_skip() -> None:
    strict = judged(Outcome.SKIPPED, reason="no database").judgement.taken_strictly()

    assert strict.outcome is Outcome.FAILED
    assert terminal.skips([Judged("database", "enum columns", "a.b", strict)]) == [
        "1 not checked, database: no database"
    ]
    assert "which --prodready-strict takes for a failure: no database" in terminal.judgement("a.b", strict)


def test_the_verdict_counts_everything_behind_it() -> None:
    several = [
        judged(Outcome.FAILED, BROKEN),
        judged(Outcome.PASSED, SUSPECT),
        judged(Outcome.ERRORED, reason="refused"),
        judged(Outcome.SKIPPED, reason="no database"),
    ]

    assert terminal.verdict(several, ready=False, verbose=False) == (
        "NOT READY: 1 of 4 checks passed, 1 error, 1 check that could not be judged, 1 warning, 1 skipped"
    )
    assert terminal.verdict([judged(Outcome.PASSED)], ready=True, verbose=False) == (
        "READY: 1 of 1 checks passed"
    )
