"""The workers that production starts, and the queues that they consume, as the deployment's files say."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """One worker command, or what the settings say in its place."""

    source: str
    """Where it is written, in words: ``Procfile, worker``."""
    location: Location
    app: str = ""
    """Target of the Celery entry point that it starts; empty when it is not known which one."""
    queues: tuple[str, ...] | None = None
    """The queues that it names; ``None`` for all that the app declares."""
    excluded: tuple[str, ...] = ()
    """The queues that it leaves out."""
    understood: bool = True
    """What it consumes is known; false where a variable or a template hides it."""
    lines: dict[str, Location] = field(default_factory=dict)
    """Queue → the line that names it, where that is another than the command's."""
    stated: bool = False
    """The settings say it, of all workers together."""
