"""The Celery app as the worker has it after loading."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Task:
    """One task in the registry of the loaded Celery app; Celery's own tasks are left out."""

    name: str
    module: str
    function: str
    location: Location | None
    signature: str = ""
    """As a caller meets it, without ``self``: ``(job_id, tenant=None)``."""
    reaches: tuple[str, ...] = ()
    """Qualified names of functions of the same module that the task's body reaches by direct calls."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """One package that autodiscovery was asked to search."""

    package: str
    related: str
    found: bool
    exists: bool
    explicit: bool
    """Named in the call, rather than taken from Django's installed apps."""
    failure: Failure | None = None
    """What importing the package raised, and Celery swallowed."""
    available: tuple[str, ...] = ()
    """For a package that does not exist: its would-be siblings."""
    location: Location | None = None
    """The line that names it."""


@dataclass(frozen=True, slots=True)
class SourceTask:
    """A task that the source defines with a decorator at the top level of a module."""

    module: str
    function: str
    location: Location
    loaded: bool
    """The worker imported the module."""
    registered: str = ""
    """The name under which this very function is registered; empty when it is not."""
    other_app: str = ""
    """The task is bound to this other Celery app; empty when it is not."""
    replaced_by: str = ""
    """Its name belongs to another function: ``src/b.py:10 b.run``; else empty."""
    discovery: str = ""
    """The explicitly discovered package that the module lies in, where discovery did not load it."""


@dataclass(frozen=True, slots=True)
class BeatEntry:
    """One entry of the effective beat schedule."""

    name: str
    task: str
    registered: bool
    schedule: str = ""
    bind_error: str = ""
    """Why the real task refuses the entry's arguments; empty when it takes them."""
    signature: str = ""
    schedule_error: str = ""
    lost: str = ""
    """For an entry that another of the same name has overwritten: the task that was lost."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Celery:
    """The Celery app as the worker has it after loading."""

    name: str
    version: str
    tasks: tuple[Task, ...] = ()
    discoveries: tuple[Discovery, ...] = ()
    sources: tuple[SourceTask, ...] = ()
    beat: tuple[BeatEntry, ...] = ()
    failures: tuple[Failure, ...] = ()
    """What loading raised, as the worker would see it."""
    queues: tuple[str, ...] = ()
    routes: dict[str, str] = field(default_factory=dict)
    """Task name → queue, as the app's own router answers."""
