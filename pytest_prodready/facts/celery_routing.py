"""Where the app's own router sends its tasks, and what of its configuration names no task."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class Destination:
    """The one queue that messages of a task go to, as one sender sends them."""

    task: str
    queue: str
    how: str
    """What decides: ``route`` (an entry of ``task_routes``), ``router`` (a function or class there),
    ``option`` (the task's own), ``entry`` (the beat entry's own), ``call`` or ``default``
    (``task_default_queue``)."""
    named: str = ""
    """The pattern of the route, the beat entry, or the function that calls."""
    location: Location | None = None
    """The line that decides; ``None`` where it is not known."""


@dataclass(frozen=True, slots=True)
class TaskPattern:
    """A name or pattern of ``task_routes`` or ``task_annotations``."""

    setting: str
    name: str
    matched: bool
    """It matches a registered task, Celery's own included."""
    regular: bool = False
    """It is a regular expression."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """How the messages of one app find their queues."""

    destinations: tuple[Destination, ...] = ()
    """Of every task but Celery's own, and of beat entries with a destination of their own."""
    reached: tuple[str, ...] = ()
    """Every queue that some task is sent to, Celery's own tasks included."""
    declared: tuple[str, ...] = ()
    """What a worker consumes that names no queues."""
    names: dict[str, str] = field(default_factory=dict)
    """Another name of a declared queue → its name: a broadcast queue has two."""
    default: str = ""
    create_missing: bool = True
    """A queue that is not declared is created when it is asked for."""
    lines: dict[str, Location] = field(default_factory=dict)
    """Declared or default queue → the line that names it."""
    mentioned: tuple[str, ...] = ()
    """What the source names as a queue anywhere else: in a call, in a variable."""
    computed: bool = False
    """Some queue is computed when a task is sent: what is sent where is not known completely."""
    chosen: bool = False
    """Some call chooses the queue itself: ``apply_async(queue=…)``."""
    consumes_more: bool = False
    """The application starts workers or adds queues to them itself."""
    patterns: tuple[TaskPattern, ...] = ()
