"""What the live workers of a Celery app answered over the broker's remote control."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LiveQueue:
    """A queue as one side has declared it."""

    name: str
    exchange: str = ""
    kind: str = ""
    """The exchange's type: ``direct``, ``topic``, ``fanout``; empty where it is not known."""
    routing_key: str = ""


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """One worker that answered."""

    name: str
    """Its node name: ``celery@host``."""
    answers: int = 1
    """How many workers answered under this name; what they have is put together."""
    tasks: tuple[str, ...] = ()
    """The tasks that it has registered, Celery's own left out."""
    queues: tuple[LiveQueue, ...] | None = None
    """The queues that it consumes; ``None`` when it did not answer that."""
    software: dict[str, str] | None = None
    """``celery``, ``kombu``, ``Python`` → version; ``None`` when it did not answer that."""


@dataclass(frozen=True, slots=True)
class Live:
    """The broker of an app, asked for the workers that are connected to it."""

    broker: str
    """Its address without a login: ``redis://127.0.0.1:6379/0``."""
    problem: str = ""
    """``unreachable``, or ``unsupported`` where workers cannot be asked at all; empty when they were."""
    detail: str = ""
    waited: float = 0.0
    """Seconds without a further answer after which no more was awaited."""
    workers: tuple[LiveWorker, ...] = ()
    destinations: tuple[LiveQueue, ...] = ()
    """The queues that this build's router sends its tasks to, as this build declares them."""
    software: dict[str, str] = field(default_factory=dict)
    """This build's versions, as :attr:`LiveWorker.software`."""
