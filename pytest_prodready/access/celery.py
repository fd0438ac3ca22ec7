"""What ``prodready_celery`` gives: the worker's tasks, queues and schedule in a test's hands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from pytest_prodready import facts
from pytest_prodready.access.common import fail, judged
from pytest_prodready.gate import Gate
from pytest_prodready.reports import show
from pytest_prodready.rules import celery
from pytest_prodready.rules.celery.family import plain_name, signature
from pytest_prodready.wording import nearest


class Listing(dict[str, str]):
    """A dict that prints as two columns."""

    def __str__(self) -> str:
        return "\n".join(show.aligned(sorted(self.items())))


class CeleryTasks:
    """The tasks, beat schedule, routes and queues as the workers see them, of all Celery apps together.

    ``print(prodready_celery)`` lists all of it. Skips the test when the project has no Celery app; fails it
    when one does not load.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        workers = gate.workers()
        if not workers:
            pytest.skip("no Celery app was found; name it in [tool.prodready] celery")
        for seen, problems in workers:
            if seen.celery is None:
                faults = [problem.message for problem in problems]
                faults += judged(gate, celery.celery_app, lambda _: True, seen)
                fail(faults or [f"{seen.entry.target} could not be inspected"])
        self._workers = tuple(seen for seen, _ in workers)
        self.apps = tuple(seen.celery for seen in self._workers if seen.celery is not None)
        """What was seen of each app."""
        self.tasks: dict[str, facts.Task] = {}
        """Registered tasks by name, without Celery's own."""
        self.beat: dict[str, facts.BeatEntry] = {}
        """The effective beat schedule by entry name."""
        self.routes = Listing()
        """Task name → queue, as the app's own router answers."""
        for app in reversed(self.apps):  # of two with one name the first app's counts
            self.tasks |= {task.name: task for task in app.tasks}
            self.beat |= {entry.name: entry for entry in app.beat}
            self.routes |= app.routes

    def __str__(self) -> str:
        return show.celery(replace(self._gate.facts, entries=self._workers))

    @property
    def schedule(self) -> Listing:
        """Beat entry → when it comes due, in Celery's words: ``crontab: 0 3 * * * (m/h/dM/MY/d)``."""
        return Listing({name: entry.schedule for name, entry in self.beat.items()})

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that the apps declare, and those that their tasks are routed to."""
        return tuple(sorted({queue for app in self.apps for queue in app.queues}))

    def check(self, name: str) -> None:
        """Fail the test when the task is not registered, or cannot run."""
        fail(self.faults(name))

    def faults(self, *names: str) -> list[str]:
        """What keeps the tasks of these names from running, as texts; empty when nothing does."""
        unknown = [self._unknown(name) for name in names if name not in self.tasks]
        return unknown + self._errors(set(names) & self.tasks.keys())

    def matching(self, pattern: str) -> list[str]:
        """The names of the registered tasks that match a pattern such as ``finance.tasks.*``."""
        return sorted(name for name in self.tasks if fnmatchcase(name, pattern))

    def unregistered(self, pattern: str = "*") -> list[str]:
        """What is wrong with tasks of such names that the source defines and no worker has, as texts."""
        kind = celery.registration.unregistered_task
        return judged(self._gate, kind, lambda name: fnmatchcase(name, pattern), *self._workers)

    def bind(self, name: str, /, *args: object, **keywords: object) -> dict[str, object]:
        """The arguments of a message by the task's own parameters; the task is not called.

        Fails the test when the task is not registered, or refuses these arguments.
        """
        if name not in self.tasks:
            fail([self._unknown(name)])
        task = self.tasks[name]
        if not task.signature:
            fail([f"the signature of {name} cannot be known"])
        try:
            return signature(task.parameters).bind(*args, **keywords).arguments
        except TypeError as error:
            place = f", {task.location}" if task.location else ""
            pytest.fail(f"{name}{task.signature}{place} refuses the arguments: {error}", pytrace=False)

    def _errors(self, names: Collection[str]) -> list[str]:
        # what the configuration of an app does to all its tasks has a subject of its own
        wanted = {plain_name(name) for name in names}
        wanted |= {plain_name(f"tasks of {seen.entry.target}") for seen in self._workers if names}
        return judged(self._gate, celery.task, wanted.__contains__, *self._workers)

    def _unknown(self, name: str) -> str:
        near = nearest(name, self.tasks)
        meant = f"did you mean {near}?" if near else f"it has {', '.join(self.tasks) or 'none'}"
        return f"the worker has no task {name}; {meant}"
