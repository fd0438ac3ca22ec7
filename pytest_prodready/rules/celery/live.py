"""PRD212: the live workers are those of this build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_prodready.facts import Facts, InspectedEntry, Live, LiveQueue, LiveWorker, Location, Task
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import family, loaded, plain_name
from pytest_prodready.wording import joined, listed

NEEDS = ("celery", "live")
ASKED = "asked over the broker's remote control, as celery inspect does"
BUILTIN = "celery."
"""What begins so a worker leaves out when it is asked for its tasks."""


@dataclass(frozen=True)
class Workers:
    """All workers behind the broker of one app."""

    app: str
    live: Live
    location: Location | None


@dataclass(frozen=True)
class Destination:
    """A queue that this build sends tasks to."""

    queue: LiveQueue
    live: Live
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Worker:
    """A live worker that has to do with this build."""

    worker: LiveWorker
    software: dict[str, str]
    lacks: dict[str, tuple[Task, ...]] = field(default_factory=dict)
    """Queue that it consumes → tasks that this build sends there, and the worker does not have."""
    more: tuple[str, ...] = ()
    """Tasks that no app of this build has."""


@family.kind("live Celery app", "live Celery apps", needs=NEEDS)
def live_app(facts: Facts) -> Iterator[Subject[Workers]]:
    """Every Celery app whose broker was to be asked."""
    for seen in facts.entries if facts.live else ():
        if seen.entry.kind == "celery":
            live = seen.live or Live("")
            dead = f"{seen.entry.target} does not load" if seen.failure is not None else ""
            yield Subject(
                plain_name(f"live:{seen.entry.target}"),
                Workers(seen.entry.target, live, seen.entry.location),
                skipped=dead or (live.detail if live.problem == "unsupported" else ""),
                errored="" if dead or seen.live is not None else "the broker was not asked",
                location=seen.entry.location,
            )


@family.kind("live queue", "live queues", needs=NEEDS)
def live_queue(facts: Facts) -> Iterator[Subject[Destination]]:
    """Every queue that the router of an app of this build sends tasks to."""
    for seen, live in _asked(facts):
        tasks = _by_queue(seen)
        for queue in live.destinations:
            yield Subject(
                plain_name(f"live:{seen.entry.target}:{queue.name}"),
                Destination(queue, live, tasks.get(queue.name, ())),
                skipped=_unheard(live),
            )


@family.kind("live worker", "live workers", needs=NEEDS)
def live_worker(facts: Facts) -> Iterator[Subject[Worker]]:
    """Every worker that consumes a queue of this build, or has one of its tasks."""
    asked = [*_asked(facts)]
    known = {task.name for seen in loaded(facts) if seen.celery for task in seen.celery.tasks}
    found: dict[str, Worker] = {}
    for seen, live in asked:
        tasks = _by_queue(seen)
        for worker in live.workers:
            own = {queue.name for queue in worker.queues or ()}
            consumed = [queue for queue in live.destinations if queue.name in own]
            if not consumed and known.isdisjoint(worker.tasks):
                continue  # another application's: the broker is shared
            lacks = {
                queue.name: missing
                for queue in consumed
                if (missing := _missing(tasks.get(queue.name, ()), worker))
            }
            name = plain_name(f"live:{worker.name}")
            before = found[name].lacks if name in found else {}
            more = tuple(task for task in worker.tasks if task not in known)
            found[name] = Worker(worker, live.software, {**before, **lacks}, more)
    for name, one in sorted(found.items()):
        yield Subject(name, one)


@family.rule(
    "PRD212",
    "live-workers-differ",
    live_app,
    live_queue,
    live_worker,
    checks="With --prodready-live: the broker answers, each queue that this build sends tasks to has a live "
    "consumer, and the live workers have the tasks and versions of this build.",
    reason="A worker discards a message whose task it does not have; a queue without a consumer only grows.",
    remedy="Restart the workers with this build.",
)
def live_workers_differ(subject: Workers | Destination | Worker, facts: Facts) -> Iterator[Fault]:
    """PRD212."""
    if isinstance(subject, Workers):
        yield from _app(subject)
    elif isinstance(subject, Destination):
        yield from _queue(subject)
    else:
        yield from _worker(subject)


def _app(subject: Workers) -> Iterator[Fault]:
    live = subject.live
    if live.problem:
        broker = f"the broker {live.broker}" if live.broker else "the broker"
        yield Fault(
            f"{broker} of {subject.app} could not be reached: {live.detail}",
            "Start the broker, or correct the app's broker_url in this environment.",
            subject.location,
            "connected to with the app's own settings",
        )
    elif not live.workers:
        yield Fault(
            f"no live worker answers at the broker {live.broker} of {subject.app}",
            "Start a worker with this build; see that it is asked at the broker that it is connected to.",
            subject.location,
            f"{ASKED}; no answer came within {live.waited:g} s",
        )
    for worker in live.workers:
        if worker.answers > 1:
            yield Fault(
                f"{worker.answers} live workers share the name {worker.name}, so they cannot be told apart",
                "Give each a name of its own: celery worker -n name@%h.",
                subject.location,
                ASKED,
                level=Level.WARNING,
            )


def _queue(subject: Destination) -> Iterator[Fault]:
    queue, live = subject.queue, subject.live
    silent = [worker.name for worker in live.workers if worker.queues is None]
    if any(_consumes(worker, queue) for worker in live.workers):
        return
    if silent:
        yield Fault(
            f"it is not known whether a live worker consumes the queue {queue.name}: "
            f"{joined(silent)} did not say which queues it consumes",
            "Look at the log of that worker.",
            proof=ASKED,
            level=Level.WARNING,
        )
        return
    consumed = sorted({one.name for worker in live.workers for one in worker.queues or ()})
    names = [task.name for task in subject.tasks]
    yield Fault(
        f"no live worker consumes the queue {queue.name}, where this build sends {listed(names)}",
        f"Start a worker with -Q {queue.name}, or route these tasks to a queue that is consumed.",
        next((task.location for task in subject.tasks if task.location), None),
        f"{ASKED}; {len(live.workers)} answered at {live.broker}",
        (("consumed", listed(consumed)),) if consumed else (),
    )


def _worker(subject: Worker) -> Iterator[Fault]:
    worker = subject.worker
    for queue, tasks in sorted(subject.lacks.items()):
        names = [task.name for task in tasks]
        yield Fault(
            f"the live worker {worker.name} consumes the queue {queue}, and does not have {listed(names)}, "
            "which this build sends there: it discards such a message",
            "Restart it with this build before anything sends to it.",
            next((task.location for task in tasks if task.location), None),
            ASKED,
        )
    if subject.more:
        yield Fault(
            f"the live worker {worker.name} has {listed(subject.more)}, which this build does not have: "
            "what is on its way for it is lost with the last worker of the old build",
            "Keep an alias of a renamed or removed task for one release, unless nothing sends it any more.",
            proof=ASKED,
            level=Level.WARNING,
        )
    versions = worker.software or {}
    differing = [
        f"{name} {versions[name]} (this build: {own})"
        for name, own in subject.software.items()
        if versions.get(name, own) != own
    ]
    if differing:
        yield Fault(
            f"the live worker {worker.name} runs {joined(differing)}",
            "Restart it with this build.",
            proof=ASKED,
            level=Level.WARNING,
        )


def _asked(facts: Facts) -> Iterator[tuple[InspectedEntry, Live]]:
    """The apps whose broker was to be asked, and could be where it answers."""
    for seen in loaded(facts):
        if facts.live and seen.live is not None and seen.live.problem != "unsupported":
            yield seen, seen.live


def _unheard(live: Live) -> str:
    if live.problem:
        return "the broker could not be reached"
    return "" if live.workers else "no live worker answers"


def _by_queue(seen: InspectedEntry) -> dict[str, tuple[Task, ...]]:
    found: dict[str, list[Task]] = {}
    for task in seen.celery.tasks if seen.celery else ():
        found.setdefault(seen.celery.routes.get(task.name, "") if seen.celery else "", []).append(task)
    return {queue: tuple(tasks) for queue, tasks in found.items()}


def _consumes(worker: LiveWorker, queue: LiveQueue) -> bool:
    """Whether what this build sends to ``queue`` reaches the worker, as far as can be told from here."""
    return any(
        one.name == queue.name
        or (
            # several queues may be bound to one exchange, and a broadcast has a queue for each worker
            bool(queue.exchange)
            and one.exchange == queue.exchange
            and (queue.kind not in ("", "direct") or one.routing_key == queue.routing_key)
        )
        for one in worker.queues or ()
    )


def _missing(tasks: tuple[Task, ...], worker: LiveWorker) -> tuple[Task, ...]:
    has = {*worker.tasks}
    return tuple(task for task in tasks if task.name not in has and not task.name.startswith(BUILTIN))
