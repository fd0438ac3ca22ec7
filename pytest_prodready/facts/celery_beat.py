"""The effective beat schedule, and what was meant to be in it and is not."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class BeatEntry:
    """One entry of the effective beat schedule."""

    name: str
    task: str
    registered: bool
    schedule: str = ""
    arguments: str = ""
    """As it would be called, ``(7, dry=True)``."""
    bind_error: str = ""
    """Why the real task refuses the entry's arguments; empty when it takes them."""
    args_error: str = ""
    """What is wrong with the arguments for any task; else empty."""
    signature: str = ""
    schedule_error: str = ""
    task_given: str = ""
    """The type of what stands in the place of the task's name; empty for a text, and for nothing."""
    elsewhere: tuple[str, ...] = ()
    """Other apps of the same process that have the task, which this one has not."""
    option_error: str = ""
    """Why its options are refused when it is sent; else empty."""
    unknown_options: tuple[str, ...] = ()
    lost: str = ""
    """For an entry that another of the same name has overwritten: the task that was lost."""
    row: bool = False
    """It is a row of django-celery-beat's table."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class BeatHandler:
    """A function that waits for the app to be configured or finalized, and did not do its work."""

    name: str
    """``src.celery_app.setup_periodic_tasks``."""
    signal: str
    """``on_after_configure`` or ``on_after_finalize``."""
    problem: str
    """``raised``; ``late``: connected after the signal was sent; ``gone``: nothing held it any more."""
    schedules: bool
    """Its source speaks of a schedule."""
    location: Location | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class LostSchedule:
    """Entries of a schedule that is not the one that counts."""

    where: str
    """The key of the configuration; empty for a schedule that was assigned, and replaced later."""
    wins: str
    """The key of the schedule that counts; empty where there is none."""
    entries: tuple[str, ...]
    read: bool = True
    """Celery looks at ``where`` at all."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class BeatRows:
    """The table of django-celery-beat."""

    chosen: bool
    """``beat_scheduler`` names its scheduler; else that is up to beat's command line."""
    entries: tuple[BeatEntry, ...] = ()
    """Of the rows that are enabled and not due for the last time."""
    problem: str = ""
    """Why it could not be read, in a sentence; else empty."""
