"""The Celery app as the worker has it after loading."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.celery_beat import BeatEntry, BeatHandler, LostSchedule
from pytest_prodready.facts.celery_calls import Keys
from pytest_prodready.facts.celery_options import TaskOption
from pytest_prodready.facts.celery_routing import Routing
from pytest_prodready.facts.celery_wiring import Setup
from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a task, as a caller meets it: without ``self``."""

    name: str
    kind: str
    """``positional-only``, ``positional`` (or by keyword), ``*args``, ``keyword-only`` or ``**kwargs``."""
    required: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One of several tasks that were registered under one name."""

    function: str
    """Dotted name of the function or class."""
    location: Location | None
    own: bool
    """It is the application's, not that of an installed distribution."""
    named: bool
    """Its author has written the name, rather than leave it to Celery."""
    registered: bool
    """It is the one that the worker calls."""
    replaces: bool = False
    """It was put into the registry whether or not its name was taken."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task in the registry of the loaded Celery app; Celery's own tasks are left out."""

    name: str
    module: str
    function: str
    location: Location | None
    signature: str = ""
    """As a caller meets it, without ``self``: ``(job_id, tenant=None)``; empty when that cannot be known."""
    parameters: tuple[Parameter, ...] = ()
    """Those of the signature, in its order."""
    options: tuple[TaskOption, ...] = ()
    """Its own options that are refused where they are used, or that do nothing."""
    takes: tuple[Parameter, ...] | None = None
    """The parameters that arguments provably meet; ``None`` where wrappers make that unknown."""
    own_methods: tuple[str, ...] = ()
    """``delay``, ``apply_async`` … where the application has its own, which may change the arguments."""
    claims: tuple[Claim, ...] = ()
    """All that were registered under its name, where there are several."""


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
    """A task that the source defines at the top level of a module: a function or a class."""

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
    """The package searched for tasks that the module lies in, where discovery did not load it."""
    of_class: bool = False
    """It is a class of tasks that nothing registers."""
    task_name: str = ""
    """The name that such a class gives itself."""


@dataclass(frozen=True, slots=True)
class Celery:
    """The Celery app as the worker has it after loading."""

    name: str
    version: str
    tasks: tuple[Task, ...] = ()
    discoveries: tuple[Discovery, ...] = ()
    sources: tuple[SourceTask, ...] = ()
    beat: tuple[BeatEntry, ...] = ()
    beat_handlers: tuple[BeatHandler, ...] = ()
    """What should have filled the schedule and did not."""
    lost_schedules: tuple[LostSchedule, ...] = ()
    failures: tuple[Failure, ...] = ()
    """What loading raised, as the worker would see it."""
    queues: tuple[str, ...] = ()
    routes: dict[str, str] = field(default_factory=dict)
    """Task name → queue, as the app's own router answers."""
    routing: Routing = field(default_factory=Routing)
    setup: Setup = field(default_factory=Setup)
    known_options: tuple[str, ...] = ()
    """What ``apply_async`` takes besides the task's arguments."""
    keys: Keys = field(default_factory=Keys)
    """Its configuration."""
    options: tuple[TaskOption, ...] = ()
    """Keys of the configuration that fail every task without a value of its own."""
