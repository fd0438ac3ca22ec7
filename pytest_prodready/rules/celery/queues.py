"""Which queues the workers of each app consume, as far as the deployment says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_prodready.facts import Destination, Facts, Location, Routing, Task, WorkerCommand
from pytest_prodready.rules.celery.family import loaded
from pytest_prodready.wording import nearest

SIMILAR = 0.6
"""How near the name of a queue must be to another to be the one that was meant."""
Identity = tuple[str, str]
"""Module and function of a task: two apps may have two tasks of one name, or share one."""


@dataclass(frozen=True)
class Workers:
    """The workers of one app, all of which are known."""

    target: str
    routing: Routing
    commands: tuple[WorkerCommand, ...]
    tasks: dict[str, Identity]
    """Name → which function it is that is registered in them."""

    @property
    def consumed(self) -> dict[str, WorkerCommand]:
        """Queue → the first command whose worker consumes it."""
        found: dict[str, WorkerCommand] = {}
        for command in self.commands:
            for name in consumed_by(command, self.routing):
                found.setdefault(name, command)
        return found


def consumed_by(command: WorkerCommand, routing: Routing) -> list[str]:
    """The queues that one worker consumes."""
    named = command.queues if command.queues is not None else routing.declared
    left_out = {routing.names.get(name, name) for name in command.excluded}
    return [name for one in named if (name := routing.names.get(one, one)) not in left_out]


def known(facts: Facts) -> list[Workers]:
    """The apps whose workers are all known; none where a command of unknown app is not understood."""
    found = []
    for seen in loaded(facts):
        commands = tuple(one for one in facts.workers if one.app in ("", seen.entry.target))
        complete = commands and all(one.understood for one in commands)
        stated = any(one.stated for one in commands)
        if seen.celery is not None and complete and (stated or not seen.celery.routing.consumes_more):
            tasks = _identities(seen.celery.tasks)
            found.append(Workers(seen.entry.target, seen.celery.routing, commands, tasks))
    return found


def _identities(tasks: Iterable[Task]) -> dict[str, Identity]:
    return {task.name: (task.module, task.function) for task in tasks}


@dataclass(frozen=True)
class Queue:
    """One queue, with who sends to it in vain, and which workers consume it for nothing."""

    name: str
    lost: tuple[tuple[Workers, Destination], ...] = ()
    idle: tuple[tuple[Workers, WorkerCommand], ...] = ()
    instead: tuple[str, WorkerCommand] | None = None
    """The nearest queue that is consumed, and by which worker, where no task is sent to it: either name may
    be the misspelt one."""
    refused: tuple[tuple[Workers, WorkerCommand], ...] = ()
    """Workers that name it although it is not declared, and none may be created."""


def queues(facts: Facts) -> dict[str, Queue]:
    """Every queue that a task is sent to or a worker consumes, where the workers are known."""
    workers = known(facts)
    consumed = {one.target: one.consumed for one in workers}
    names = {name for one in workers for name in (*one.routing.reached, *consumed[one.target])}
    # workers of these may consume anything
    not_known = [
        _identities(seen.celery.tasks)
        for seen in loaded(facts)
        if seen.celery is not None and seen.entry.target not in consumed
    ]
    lost: dict[str, list[tuple[Workers, Destination]]] = {}
    called = [*_called(facts)]
    for one in workers:
        for sent in (*one.routing.destinations, *(sent for sent in called if sent.task in one.tasks)):
            task = one.tasks.get(sent.task)
            having = [one, *(other for other in workers if task and other.tasks.get(sent.task) == task)]
            queue = one.routing.names.get(sent.queue, sent.queue)
            received = any(queue in consumed[other.target] for other in having)
            if not received and not any(task and other.get(sent.task) == task for other in not_known):
                lost.setdefault(queue, []).append((one, sent))
    # a queue whose name is misspelt where tasks are sent: one fault is one finding
    every = {one for known in consumed.values() for one in known}
    meant = {name: nearest(name, every, at_least=SIMILAR) for name in lost}
    idle = {name: tuple(_idle(name, workers, consumed)) for name in names | {*meant.values()}}
    return {
        name: Queue(
            name,
            tuple(lost.get(name, ())),
            () if name in meant.values() else idle.get(name, ()),
            next(((meant[name], command) for _, command in idle[meant[name]]), None)
            if name in lost
            else None,
            tuple(_refused(name, workers)),
        )
        for name in sorted(names | set(lost))
    }


def _called(facts: Facts) -> Iterator[Destination]:
    """The queues that calls choose themselves, where they write them out."""
    own = {task.name: task.own_methods for seen in loaded(facts) if seen.celery for task in seen.celery.tasks}
    sites = dict.fromkeys(site for seen in facts.entries for site in seen.call_sites)
    for site in sites:
        names = {option.name for option in site.options}
        for option in site.options:
            chosen = bool(option.text) and not names & {"exchange", "routing_key"}
            if chosen and (site.by_name or not {site.method, "apply_async"} & {*own.get(site.task, ())}):
                yield Destination(site.task, option.text, "call", site.function, option.location)


def _idle(
    name: str, workers: list[Workers], consumed: Mapping[str, Mapping[str, WorkerCommand]]
) -> Iterable[tuple[Workers, WorkerCommand]]:
    """Those that consume a queue to which nothing is sent, as far as the source tells."""
    routings = [one.routing for one in workers]
    used = any(
        name in (*routing.reached, *routing.mentioned, routing.default) or routing.computed
        for routing in routings
    )
    for one in workers:
        command = consumed[one.target].get(name)
        if (
            command is not None
            and not used
            and one not in [refused for refused, _ in _refused(name, workers)]
        ):
            yield one, command


def _refused(name: str, workers: list[Workers]) -> Iterable[tuple[Workers, WorkerCommand]]:
    for one in workers:
        for command in one.commands:
            named = {*(command.queues or ()), *command.excluded}
            undeclared = name not in (*one.routing.declared, *one.routing.names)
            if name in named and undeclared and not one.routing.create_missing and command.app:
                yield one, command


def place(command: WorkerCommand, name: str) -> Location:
    """The line of a command that names a queue, else the command's own."""
    return command.lines.get(name, command.location)
