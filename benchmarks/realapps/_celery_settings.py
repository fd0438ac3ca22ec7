"""Faults in the configuration: its keys, beat's schedule, routes and queues, addresses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from _celery_source import TaskSource
from _faults import Kind, misspelling
from _sketches import ALL, APPENDED, Making, Sketch, Way

KEY = Kind("configuration key misspelt", ("PRD209",), 2)
RENAMED = Kind("task renamed, still in beat under its old name", ("PRD206",), 2)
BEAT_NAME = Kind("task misspelt in beat", ("PRD206",), 1)
BEAT_ARGUMENTS = Kind("beat passes arguments that the task refuses", ("PRD206",), 2)
# newer releases of Celery refuse such a crontab when it is made
NEVER = Kind("crontab that never comes", ("PRD206", "PRD201"), 1, stops=True)
NO_SCHEDULE = Kind("beat entry without a schedule", ("PRD206",), 1)
ROUTE_QUEUE = Kind("queue misspelt in a route", ("PRD207",), 1)
ROUTE_NAME = Kind("task misspelt in a route", ("PRD207",), 1)
CONSUMED = Kind("queue misspelt where workers consume it", ("PRD207",), 1)
EAGER = Kind("task_always_eager left on", ("PRD211",), 1)
BROKER = Kind("broker's scheme misspelt", ("PRD211",), 1)
BACKEND = Kind("result backend's scheme misspelt", ("PRD211",), 1)


class SettingFaults(Making):
    """Those of one application."""

    @property
    def ways(self) -> list[Way]:
        """Each kind of them, and how they are made."""
        return [
            (KEY, self._key),
            (RENAMED, self._renamed),
            (BEAT_NAME, self._beat_name),
            (BEAT_ARGUMENTS, self._beat_arguments),
            (NEVER, self._never),
            (NO_SCHEDULE, self._no_schedule),
            (ROUTE_QUEUE, self._route_queue),
            (ROUTE_NAME, self._route_name),
            (CONSUMED, self._consumed),
            (EAGER, self._eager),
            (BROKER, lambda _: self._setting(BROKER, "broker_url", "reddis://127.0.0.1:6379/0")),
            (BACKEND, lambda _: self._setting(BACKEND, "result_backend", "reddis://127.0.0.1:6379/1")),
        ]

    def _key(self, dice: random.Random) -> Iterator[Sketch]:
        for key, value in (("task_rotes", {}), ("worker_prefetch_multplier", 1), ("task_ack_late", True)):
            yield from self._setting(KEY, key, value)

    def _eager(self, dice: random.Random) -> Iterator[Sketch]:
        if not self.app.eager:
            yield from self._setting(EAGER, "task_always_eager", value=True)

    def _route_queue(self, dice: random.Random) -> Iterator[Sketch]:
        for name in self._own_names(dice):
            wrong = misspelling(dice.choice(self.app.queues), dice)
            for sketch in self._setting(ROUTE_QUEUE, "task_routes", {name: {"queue": wrong}}):
                yield replace(sketch, about=sketch.about | {name})

    def _route_name(self, dice: random.Random) -> Iterator[Sketch]:
        for name in self._own_names(dice):
            wrong, queue = misspelling(name, dice), dice.choice(self.app.queues)
            yield from self._setting(ROUTE_NAME, "task_routes", {wrong: {"queue": queue}})

    def _consumed(self, dice: random.Random) -> Iterator[Sketch]:
        lines = (self.app.project / "pyproject.toml").read_text(encoding="utf-8").split("\n")
        at = max(at for at, line in enumerate(lines) if line.startswith("consumes = "))
        for queue in dice.sample(self.app.queues, len(self.app.queues)):
            wrong = misspelling(queue, dice)
            new = [*lines[:at], lines[at].replace(f'"{queue}"', f'"{wrong}"'), *lines[at + 1 :]]
            yield Sketch(
                CONSUMED,
                f"workers consume {wrong}",
                (("pyproject.toml", at + 1),),
                whole={"pyproject.toml": "\n".join(new)},
                about=ALL,
            )

    def _beat(self, kind: Kind, what: str, task: str, given: str) -> Sketch:
        entry = (self.app.file, f"{self.app.variable}.conf.beat_schedule", f'{{"task": "{task}", {given}}}')
        return Sketch(kind, what, ((self.app.file, APPENDED),), entry=entry, about=frozenset({task}))

    def _valid(self, task: TaskSource) -> str:
        """Arguments that a beat entry may give it."""
        values = ", ".join(f'"{name}": 1' for name in task.required)
        return f'"kwargs": {{{values}}}, ' if values else ""

    def _renamed(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            if not task.required and task.takes_options:
                new = f"{task.name}_v2"
                sketch = self._beat(RENAMED, f"{task.name} is {new}", task.name, '"schedule": 3600.0')
                brings = (*self._sent(task), *self._mentions(task.name))
                yield replace(sketch, spans=(task.with_options(name=new),), brings=brings)

    def _beat_name(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            wrong = misspelling(task.name, dice) if len(task.name) > 3 else "unknown"
            yield self._beat(BEAT_NAME, f"beat sends {wrong}", wrong, '"schedule": 3600.0')

    def _beat_arguments(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            if not task.plain or task.node.args.kwarg:
                continue
            kwargs = '"kwargs": {"dry_run_": True}, "schedule": 3600.0'
            given = dice.choice([kwargs, '"schedule": 3600.0']) if task.required else kwargs
            yield self._beat(BEAT_ARGUMENTS, f"beat sends {task.name} with {given}", task.name, given)

    def _never(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            given = f'{self._valid(task)}"schedule": crontab(day_of_month="31", month_of_year="2")'
            yield self._beat(NEVER, f"{task.name} on 31 February", task.name, given)

    def _no_schedule(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            given = f'{self._valid(task)}"shedule": 3600.0'
            yield self._beat(NO_SCHEDULE, f"{task.name} with a shedule", task.name, given)
