"""PRD206: the effective beat schedule, judged on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    BeatEntry,
    BeatHandler,
    BeatRows,
    Facts,
    Failure,
    Frame,
    Location,
    LostSchedule,
)
from pytest_prodready.findings import Level, Outcome
from tests.rules.celery.support import SEND, findings, judgements, loaded, only

ALWAYS = "beat entry 'nightly' is always due, and beat sends it without a pause"
OTHER = "one with another schedule or arguments"
NIGHTLY = BeatEntry(
    "nightly", "mail.send", registered=True, signature="(to)", location=Location("src/celery_app.py", 17)
)


@pytest.mark.parametrize(
    "entry, message, remedy",
    [
        (
            replace(NIGHTLY, task="mail.sned", registered=False),
            "beat entry 'nightly' sends mail.sned, which no worker of this app has registered",
            "Write mail.send, the nearest registered task.",
        ),
        (
            replace(NIGHTLY, task="", registered=False),
            "beat entry 'nightly' names no task",
            "Write the task's name as a string.",
        ),
        (
            replace(NIGHTLY, task="", registered=False, task_given="Task"),
            "beat entry 'nightly' gives its task as an object of type Task, which beat cannot send",
            "Write the task's name as a string.",
        ),
        (
            replace(NIGHTLY, args_error="args is a dict"),
            "beat entry 'nightly' passes no arguments that a task can take: args is a dict",
            "Write args as a tuple: (value,).",
        ),
        (
            replace(NIGHTLY, option_error="Queue 'x' missing from task_queues"),
            "beat entry 'nightly' cannot be sent: Queue 'x' missing from task_queues",
            "Write options as a dict of what apply_async takes, with a queue that task_queues declares.",
        ),
        (
            replace(NIGHTLY, unknown_options=("tenant", "count_down")),
            "beat entry 'nightly' has the option count_down, which nothing reads when it is sent",
            "Write countdown, the nearest option there is.",
        ),
        (
            replace(NIGHTLY, schedule_error="its interval is 0 seconds"),
            f"{ALWAYS}: its interval is 0 seconds",
            'Give it a schedule such as crontab(minute="*/10"), timedelta(hours=1) or 3600.0.',
        ),
        (
            replace(NIGHTLY, bind_error="send() missing 'to'"),
            "beat entry 'nightly' passes arguments that mail.send refuses: send() missing 'to'",
            "Pass what the task takes: (to).",
        ),
        (
            replace(NIGHTLY, schedule_error="it has no schedule"),
            "beat entry 'nightly' never runs: it has no schedule",
            'Give it a schedule such as crontab(minute="*/10"), timedelta(hours=1) or 3600.0.',
        ),
        (
            replace(NIGHTLY, lost="mail.fetch"),
            "beat entry 'nightly' has overwritten the one for mail.fetch: that one never runs",
            "Give each entry a name of its own.",
        ),
        (
            replace(NIGHTLY, lost="mail.send"),
            f"beat entry 'nightly' has overwritten {OTHER}: that one never runs",
            "Give each entry a name of its own.",
        ),
    ],
    ids=[
        "unknown task",
        "no task",
        "object",
        "shape",
        "options",
        "unknown option",
        "no pause",
        "arguments",
        "schedule",
        "lost",
        "lost of the same task",
    ],
)
def test_a_broken_beat_entry_is_an_error_at_its_line(entry: BeatEntry, message: str, remedy: str) -> None:
    """Each way in which an entry fails has its sentence and its remedy."""
    finding = only(loaded(tasks=(SEND,), beat=(entry,), known_options=("countdown", "queue")))
    assert (finding.code, finding.level, finding.subject) == ("PRD206", Level.ERROR, "beat:nightly")
    assert (finding.message, finding.remedy, finding.location) == (message, remedy, NIGHTLY.location)


def test_a_task_that_another_app_has_is_a_warning() -> None:
    """That app's workers may read the queue."""
    entry = replace(NIGHTLY, task="reports.make", registered=False, elsewhere=("reports",))
    finding = only(loaded(tasks=(SEND,), beat=(entry,)))
    assert finding.level is Level.WARNING
    assert finding.message == (
        "beat entry 'nightly' sends reports.make, which this app has not registered, but another has: reports"
    )


SETUP = BeatHandler(
    "src.celery_app.setup", "on_after_configure", "late", schedules=True, location=Location("src/a.py", 9)
)


@pytest.mark.parametrize(
    "handler, message, remedy",
    [
        (
            SETUP,
            "it was connected to on_after_configure after that signal had been sent",
            "Connect it to on_after_finalize, in the module that makes the app.",
        ),
        (
            replace(SETUP, problem="gone"),
            "the signal on_after_configure holds the function only weakly, and nothing else held it",
            "Define it at the top of a module, or connect it with weak=False.",
        ),
    ],
    ids=["late", "gone"],
)
def test_a_handler_that_never_ran_is_an_error(handler: BeatHandler, message: str, remedy: str) -> None:
    """At its definition."""
    finding = only(loaded(beat_handlers=(handler,)))
    message = f"src.celery_app.setup never ran: {message}, so its entries are not in the schedule"
    assert (finding.code, finding.subject) == ("PRD206", "beat handler:src.celery_app.setup")
    assert (finding.message, finding.remedy, finding.location) == (message, remedy, handler.location)


def test_a_handler_that_has_nothing_to_do_with_beat_is_no_concern() -> None:
    """Metrics, logging and the like."""
    assert findings(loaded(beat_handlers=(replace(SETUP, schedules=False),))) == []


FRAME = Frame("src/a.py", 12, "setup", "sender.add_periodic_task(5, undefined.s())", own=True)
NAME = Failure(
    "raised", "name 'undefined' is not defined", "NameError", ("builtins.NameError",), frames=(FRAME,)
)
REFUSED = Failure("raised", "refused", "ConnectionRefusedError", ("builtins.OSError",), frames=(FRAME,))


@pytest.mark.parametrize(
    "failure, schedules, level",
    [(NAME, True, Level.ERROR), (NAME, False, Level.WARNING), (REFUSED, True, Level.WARNING)],
    ids=["entries lost", "no entries", "depends on the state"],
)
def test_a_handler_that_raised_is_told_at_the_line_that_raised(
    failure: Failure, schedules: bool, level: Level
) -> None:
    """Celery only logs it."""
    handler = replace(SETUP, problem="raised", failure=failure, schedules=schedules)
    finding = only(loaded(beat_handlers=(handler,)))
    assert (finding.level, finding.location) == (level, Location("src/a.py", 12))
    assert finding.message.startswith(
        "src.celery_app.setup raised when the app sent on_after_configure, and Celery only logs that: "
    )
    assert ("the entries that it had yet to add are not in the schedule" in finding.message) is schedules


OLD = LostSchedule("CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE", ("a", "b"), location=Location("s.py", 3))


@pytest.mark.parametrize(
    "lost, level, message",
    [
        (
            OLD,
            Level.ERROR,
            f"the beat entries a, b never run: {OLD.where} holds them, and {OLD.wins} wins over it",
        ),
        (
            replace(OLD, wins="", read=False, entries=("a",)),
            Level.ERROR,
            "the beat entry a never runs: CELERYBEAT_SCHEDULE holds it, and this app does not read that key",
        ),
        (
            replace(OLD, read=False, entries=("a",)),
            Level.WARNING,
            "the beat entry a never runs: CELERYBEAT_SCHEDULE holds it, and this app does not read that key",
        ),
        (
            replace(OLD, where="", entries=("a",)),
            Level.WARNING,
            "the beat entry a never runs: the schedule with it was replaced by the one that is assigned here",
        ),
    ],
    ids=["wins over", "not read, no other", "not read", "replaced"],
)
def test_entries_of_a_schedule_that_does_not_count_are_told(
    lost: LostSchedule, level: Level, message: str
) -> None:
    """What is certainly meant to run is an error; what may have been left behind on purpose a warning."""
    finding = only(loaded(lost_schedules=(lost,)))
    assert (finding.code, finding.level, finding.location) == ("PRD206", level, lost.location)
    assert finding.message == message


def with_rows(rows: BeatRows) -> Facts:
    seen = loaded(tasks=(SEND,))
    return replace(seen, entries=(replace(seen.entries[0], beat_rows=rows),))


ROW = replace(NIGHTLY, row=True, location=None)


@pytest.mark.parametrize("chosen, level", [(True, Level.ERROR), (False, Level.WARNING)])
def test_a_broken_row_of_django_celery_beat_is_told(chosen: bool, level: Level) -> None:
    """An error where the configuration names its scheduler; else nobody may read the table."""
    rows = BeatRows(chosen, (replace(ROW, task="mail.sned", registered=False),))
    finding = only(with_rows(rows))
    assert (finding.code, finding.level, finding.subject) == ("PRD206", level, "beat row:nightly")
    assert finding.message == "beat row 'nightly' sends mail.sned, which no worker of this app has registered"


def test_rows_that_cannot_be_read_are_skipped_with_the_reason() -> None:
    """As a subject of its own."""
    judged = judgements(with_rows(BeatRows(True, problem="Nothing listens at db:5432.")))
    found = judged["beat rows of django-celery-beat"]
    assert (found.outcome, found.reason) == (Outcome.SKIPPED, "Nothing listens at db:5432.")


def test_entries_of_one_name_in_two_apps_are_two_subjects() -> None:
    """The second one is called with its app."""
    seen = loaded(tasks=(SEND,), beat=(NIGHTLY,))
    second = replace(seen.entries[0], entry=replace(seen.entries[0].entry, target="src.other:app"))
    both = replace(seen, entries=(seen.entries[0], second))
    assert {"beat:nightly", "beat:nightly of src.other:app"} <= set(judgements(both))
