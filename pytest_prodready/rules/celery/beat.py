"""PRD206: the effective beat schedule, and what was meant to be in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import BeatEntry, BeatHandler, Facts, InspectedEntry, LostSchedule
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery import beat_losses
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name
from pytest_prodready.wording import listed, nearest

ROWS = "beat rows of django-celery-beat"
SCHEDULE = f"the schedule as beat reads it, {AS_WORKER}"
TABLE = "the rows of django-celery-beat as its scheduler reads them, in a read-only transaction"


@dataclass(frozen=True)
class Scheduled:
    """An entry of a schedule, or what keeps one out of it, with the app that beat is started with."""

    what: BeatEntry | BeatHandler | LostSchedule
    app: InspectedEntry
    doubtful: bool = False
    """A row of a table that this app's beat may not read."""


@family.kind("beat entry", "beat entries", needs={"celery", "rows"})
def beat_entry(facts: Facts) -> Iterator[Subject[Scheduled]]:
    """Every entry of the effective beat schedule, and whatever was meant to add some and did not."""
    given: set[str] = set()
    for seen in loaded(facts):
        for name, scheduled in _subjects(seen):
            several = name in given
            given.add(name)
            yield Subject(
                plain_name(f"{name} of {seen.entry.target}" if several else name),
                scheduled,
                location=scheduled.what.location,
            )
        if seen.beat_rows is not None and seen.beat_rows.problem:
            several = ROWS in given
            given.add(ROWS)
            name = f"{ROWS} of {seen.entry.target}" if several else ROWS
            nothing = Scheduled(BeatEntry("", "", registered=True), seen)
            yield Subject(plain_name(name), nothing, skipped=seen.beat_rows.problem)


def _subjects(seen: InspectedEntry) -> Iterator[tuple[str, Scheduled]]:
    if seen.celery is None:
        return
    for entry in sorted(seen.celery.beat, key=lambda entry: entry.name):
        yield f"beat:{entry.name}", Scheduled(entry, seen)
    for handler in seen.celery.beat_handlers:
        yield f"beat handler:{handler.name}", Scheduled(handler, seen)
    for lost in seen.celery.lost_schedules:
        yield f"beat schedule:{lost.where or lost.entries[0]}", Scheduled(lost, seen)
    if rows := seen.beat_rows:
        for row in rows.entries:
            yield f"beat row:{row.name}", Scheduled(row, seen, doubtful=not rows.chosen)


@family.rule(
    "PRD206",
    "beat-entry-broken",
    beat_entry,
    checks="Every entry of the effective beat schedule names a registered task, passes arguments that it "
    "takes, has options that are known and a schedule that comes due; none was overwritten or left out.",
    reason="Beat sends what it is told; the failure shows only as a job that did not run.",
    remedy="Correct the entry.",
)
def beat_entry_broken(scheduled: Scheduled, facts: Facts) -> Iterator[Fault]:
    """PRD206."""
    what = scheduled.what
    if isinstance(what, BeatHandler):
        yield from beat_losses.of_handler(what)
    elif isinstance(what, LostSchedule):
        yield beat_losses.of_schedule(what)
    else:
        for fault in _entry(what, scheduled.app, facts):
            yield replace(fault, level=Level.WARNING) if scheduled.doubtful else fault


def _entry(entry: BeatEntry, app: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    proof = TABLE if entry.row else SCHEDULE
    what = f"beat row '{entry.name}'" if entry.row else f"beat entry '{entry.name}'"
    if not entry.registered:
        yield _unknown_task(entry, what, proof, facts)
    if entry.args_error:
        yield Fault(
            f"{what} passes no arguments that a task can take: {entry.args_error}",
            "Write the arguments as a list, [value]." if entry.row else "Write args as a tuple: (value,).",
            entry.location,
            proof,
        )
    if entry.bind_error:
        yield Fault(
            f"{what} passes arguments that {entry.task} refuses: {entry.bind_error}",
            f"Pass what the task takes: {entry.signature or 'see its definition'}.",
            entry.location,
            "checked as apply_async itself checks them, against the registered task",
        )
    if entry.schedule_error:
        yield Fault(
            f"{what} {_never(entry)}: {entry.schedule_error}",
            "Correct its schedule in the admin, or disable the row."
            if entry.row
            else 'Give it a schedule such as crontab(minute="*/10"), timedelta(hours=1) or 3600.0.',
            entry.location,
            proof,
        )
    if entry.option_error:
        yield Fault(
            f"{what} cannot be sent: {entry.option_error}",
            "Write options as a dict of what apply_async takes, with a queue that task_queues declares.",
            entry.location,
            proof,
        )
    yield from _unknown_options(entry, what, app)
    if entry.lost:
        other = (
            f"the one for {entry.lost}"
            if entry.lost != entry.task
            else "one with another schedule or arguments"
        )
        yield Fault(
            f"{what} has overwritten {other}: that one never runs",
            "Give each entry a name of its own.",
            entry.location,
            proof,
        )


def _never(entry: BeatEntry) -> str:
    always = entry.schedule_error.startswith("its interval")
    return "is always due, and beat sends it without a pause" if always else "never runs"


def _unknown_task(entry: BeatEntry, what: str, proof: str, facts: Facts) -> Fault:
    known = sorted(task.name for seen in loaded(facts) if seen.celery for task in seen.celery.tasks)
    details = (("registered", listed(known)),) if known else ()
    if entry.elsewhere:
        apps = listed(entry.elsewhere)
        return Fault(
            f"{what} sends {entry.task}, which this app has not registered, but another has: {apps}",
            f"Put the entry into the schedule of {entry.elsewhere[0]}, if its workers read another queue.",
            entry.location,
            proof,
            details,
            level=Level.WARNING,
        )
    near = nearest(entry.task, known)
    if entry.task_given:
        message = f"gives its task as an object of type {entry.task_given}, which beat cannot send"
        remedy = "Write the task's name as a string."
    elif not entry.task:
        message, remedy = "names no task", "Write the task's name as a string."
    else:
        message = f"sends {entry.task}, which no worker of this app has registered"
        remedy = f"Write {near}, the nearest registered task." if near else "Name a registered task."
    return Fault(f"{what} {message}", remedy, entry.location, proof, details)


def _unknown_options(entry: BeatEntry, what: str, app: InspectedEntry) -> Iterator[Fault]:
    """Only those that were meant to be known ones: others may be for a signal handler or a broker."""
    known = app.celery.known_options if app.celery is not None else ()
    for name in entry.unknown_options:
        if near := nearest(name, known, at_least=0.75):
            yield Fault(
                f"{what} has the option {name}, which nothing reads when it is sent",
                f"Write {near}, the nearest option there is.",
                entry.location,
                "looked for among what Celery and kombu take, as they are installed",
            )
