"""PRD207: every queue that tasks are sent to is consumed, and every route is some task's."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Destination, Facts, Location, TaskPattern
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name
from pytest_prodready.rules.celery.queues import SIMILAR, Queue, Workers, place, queues
from pytest_prodready.wording import listed, nearest

_ASKED = "the app's own router was asked as apply_async asks it; the queues are those of the worker commands"


@family.kind("queue", "queues", needs={"celery", "closure", "calls", "web", "script", "commands"})
def queue(facts: Facts) -> Iterator[Subject[Queue]]:
    """Every queue that a task is sent to or a worker consumes, where the worker commands are known."""
    for name, found in queues(facts).items():
        yield Subject(plain_name(f"queue:{name}"), found)


@family.kind("route", "routes", needs={"celery"})
def route(facts: Facts) -> Iterator[Subject[TaskPattern]]:
    """Every name and pattern of ``task_routes`` and ``task_annotations``."""
    found: dict[tuple[str, str], TaskPattern] = {}
    for seen in loaded(facts):
        for pattern in seen.celery.routing.patterns if seen.celery else ():
            known = found.get((pattern.setting, pattern.name))
            if known is None or pattern.matched:  # one app whose task it matches is enough
                found[pattern.setting, pattern.name] = pattern
    for (setting, name), pattern in sorted(found.items()):
        kind = setting.removeprefix("task_").removesuffix("s")
        yield Subject(plain_name(f"{kind}:{name}"), pattern, location=pattern.location)


@family.rule(
    "PRD207",
    "queue-not-consumed",
    queue,
    route,
    checks="Every queue that a task is sent to is consumed by a worker, every queue that a worker names is "
    "some task's, and every route and annotation matches a task.",
    reason="Messages in a queue that nobody reads wait for ever, and no sender gets an error.",
    remedy="Let a worker consume the queue, or send the task to one that is consumed.",
)
def queue_not_consumed(value: Queue | TaskPattern, facts: Facts) -> Iterator[Fault]:
    """PRD207: an error where messages are lost or a worker does not start, else a warning."""
    if isinstance(value, TaskPattern):
        yield from _pattern(value, facts)
        return
    yield from _lost(value, facts)
    for workers, command in value.refused:
        near = nearest(value.name, workers.routing.declared)
        yield Fault(
            f"the worker of {command.source} names the queue {value.name}, which task_queues does not "
            "declare: as task_create_missing_queues is off, it refuses to start",
            f"Write {near}, the nearest declared queue." if near else "Declare the queue in task_queues.",
            place(command, value.name),
            AS_WORKER,
            (("declared queues", listed(workers.routing.declared)),),
        )
    for workers, command in value.idle[:1]:
        near = nearest(value.name, workers.routing.reached)
        spoken = command.queues is not None
        yield Fault(
            f"no task is sent to the queue {value.name}, which the worker of {command.source} consumes"
            if spoken
            else f"no task is sent to the queue {value.name}, which task_queues declares",
            f"Write {near}, the nearest queue that tasks are sent to, or leave it out."
            if near
            else "Leave the queue out, unless another program sends to it.",
            place(command, value.name) if spoken else workers.routing.lines.get(value.name, command.location),
            _ASKED,
            (("tasks are sent to", listed(workers.routing.reached)),),
            level=Level.WARNING,
        )


def _lost(value: Queue, facts: Facts) -> Iterator[Fault]:
    """Those that send to a queue nobody consumes: one fault for each line that decides it."""
    places = {task.name: task.location for seen in loaded(facts) if seen.celery for task in seen.celery.tasks}
    groups: dict[tuple[str, str, Location | None], list[tuple[Workers, Destination]]] = {}
    for workers, sent in value.lost:
        line = sent.location
        if line is None and sent.how == "default":
            line = workers.commands[0].location
        line = line or places.get(sent.task)
        groups.setdefault((sent.how, sent.named, line), []).append((workers, sent))
    for (how, named, line), group in groups.items():
        workers = group[0][0]
        tasks = list(dict.fromkeys(sent.task for _, sent in group))
        consumed = sorted(workers.consumed)
        near = nearest(value.name, consumed, at_least=SIMILAR)
        first = workers.commands[0]
        meant = (
            f"Write {near}, the nearest queue that a worker consumes, or"
            if near
            else "Send them elsewhere, or"
        )
        yield Fault(
            f"{listed(tasks, 3)} {'goes' if len(tasks) == 1 else 'go'} to the queue {value.name}, "
            f"which no worker consumes{_because(how, named)}{_instead(value)}",
            f"{meant} let a worker consume it: -Q {value.name} ({first.source}, {first.location}).",
            line,
            _ASKED,
            (
                ("tasks", "\n".join(tasks)),
                (
                    "workers consume",
                    "\n".join(f"{name}  {place(workers.consumed[name], name)}" for name in consumed),
                ),
            ),
            # each sender may well choose another queue itself
            level=Level.WARNING if how == "default" and workers.routing.chosen else None,
        )


def _instead(value: Queue) -> str:
    if value.instead is None:
        return ""
    name, command = value.instead
    return f"; nothing is sent to {name}, which {place(command, name)} has a worker consume"


def _because(how: str, named: str) -> str:
    words = {
        "route": f": task_routes sends '{named}' there",
        "entry": f": the beat entry '{named}' asks for it",
        "call": f": {named} asks for it",
        "option": ": the task's own options ask for it",
        "router": ": a router of task_routes answers so",
        "default": ": it is the default queue",
    }
    return words[how]


def _pattern(pattern: TaskPattern, facts: Facts) -> Iterator[Fault]:
    if pattern.matched:
        return
    names = sorted({task.name for seen in loaded(facts) if seen.celery for task in seen.celery.tasks})
    if pattern.setting == "task_annotations" and "*" in pattern.name:
        message = (
            f"the annotation of '{pattern.name}' does nothing: task_annotations takes whole names, or '*'"
        )
        message += " alone"
        remedy = "Write a task's whole name."
    else:
        what = "route" if pattern.setting == "task_routes" else "annotation"
        message = f"the {what} of '{pattern.name}' does nothing: no registered task is called so"
        near = _near(pattern, names)
        remedy = (
            f"Write {near}, the nearest there is." if near else "Leave it out, or name a registered task."
        )
    yield Fault(
        message,
        remedy,
        pattern.location,
        f"compared with every registered task, {AS_WORKER}",
        (("registered", listed(names)),) if names else (),
        level=Level.WARNING,
    )


def _near(pattern: TaskPattern, names: list[str]) -> str:
    if pattern.regular:
        return ""
    if not pattern.name.endswith(".*"):
        return nearest(pattern.name, names)
    parents = {name.rpartition(".")[0] for name in names} - {""}
    every = {
        ".".join(parent.split(".")[:length])
        for parent in parents
        for length in range(1, parent.count(".") + 2)
    }
    written = pattern.name.removesuffix(".*")
    near = nearest(written, (one for one in every if one.count(".") == written.count(".")))
    return f"{near}.*" if near else ""
