"""PRD206: the effective beat schedule."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import (
    BeatEntry,
    Facts,
)
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name
from pytest_prodready.wording import listed, nearest


@family.kind("beat entry", "beat entries", needs={"celery"})
def beat_entry(facts: Facts) -> Iterator[Subject[BeatEntry]]:
    """Every entry of the effective beat schedule."""
    entries = {entry.name: entry for seen in loaded(facts) if seen.celery for entry in seen.celery.beat}
    for name, entry in sorted(entries.items()):
        yield Subject(plain_name(f"beat:{name}"), entry, location=entry.location)


@family.rule(
    "PRD206",
    "beat-entry-broken",
    beat_entry,
    checks="Every entry of the effective beat schedule names a registered task, passes arguments that it "
    "takes, has a schedule that comes due, and has overwritten no other entry.",
    reason="Beat sends what it is told; the failure shows only as a job that did not run.",
    remedy="Correct the entry.",
)
def beat_entry_broken(entry: BeatEntry, facts: Facts) -> Iterator[Fault]:
    """PRD206."""
    proof = f"the schedule as beat reads it, {AS_WORKER}"
    if not entry.registered:
        known = [task.name for seen in loaded(facts) if seen.celery for task in seen.celery.tasks]
        near = nearest(entry.task, known)
        if not entry.task:
            message, remedy = "names no task", "Write the task's name as a string."
        else:
            message = f"sends {entry.task}, which no worker of this app has registered"
            remedy = f"Write {near}, the nearest registered task." if near else "Name a registered task."
        yield Fault(
            f"beat entry '{entry.name}' {message}",
            remedy,
            entry.location,
            proof,
            (("registered", listed(sorted(known))),) if known else (),
        )
    if entry.bind_error:
        yield Fault(
            f"beat entry '{entry.name}' passes arguments that {entry.task} refuses: {entry.bind_error}",
            f"Pass what the task takes: {entry.signature or 'see its definition'}.",
            entry.location,
            "checked as apply_async itself checks them, against the registered task",
        )
    if entry.schedule_error:
        yield Fault(
            f"beat entry '{entry.name}' never runs: {entry.schedule_error}",
            'Give it a schedule such as crontab(minute="*/10"), timedelta(hours=1) or 3600.0.',
            entry.location,
            proof,
        )
    if entry.lost:
        other = (
            f"the one for {entry.lost}"
            if entry.lost != entry.task
            else "one with another schedule or arguments"
        )
        yield Fault(
            f"beat entry '{entry.name}' has overwritten {other}: that one never runs",
            "Give each entry a name of its own.",
            entry.location,
            proof,
        )
