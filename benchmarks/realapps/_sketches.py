"""Faults as changes that can be put in together, and what they are made from."""

from __future__ import annotations

import ast
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from _celery_source import Sent, Span, TaskSource
from _faults import Fault, Kind
from _sites import Module

Place = tuple[str, int]
ALL = frozenset({"everything"})
APPENDED = 0
"""Stands for the line that a fault appends."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """One fault, as changes that can be put in beside those of others."""

    kind: Kind
    what: str
    places: tuple[Place, ...]
    spans: tuple[Span, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    """Files and the lines that are put at their ends."""
    entry: tuple[str, str, str] | None = None
    """The app's module, its schedule there, and an entry for that."""
    whole: dict[str, str | None] = field(default_factory=dict)
    """File → its new text, or `None` for a file that is gone."""
    setting: tuple[str, object] | None = None
    """The key of Celery's that it sets, and to what."""
    starts: bool = False
    """It counts only where the worker starts all the same."""
    about: frozenset[str] = frozenset()
    """What it is about: two faults about one thing are not put in together."""
    brings: tuple[Place, ...] = ()
    """Other lines that fail by it."""

    @property
    def lined(self) -> set[Place]:
        """The lines that it changes or is seen in."""
        changed = {(one.file, line) for one in self.spans for line in range(one.start[0], one.end[0] + 1)}
        return changed | {place for place in self.places if place[1] != APPENDED}

    def beside(self, other: Sketch) -> bool:
        """Both can be put in together."""
        brought = {*self.brings} & {*other.places} or {*other.brings} & {*self.places}
        together = self.about & other.about or self.lined & other.lined or brought
        return self.whole == other.whole and not together


def put(sketches: Sequence[Sketch], project: Path) -> list[Fault]:
    """The faults of one group, each with the edits of all."""
    edits: dict[str, str | None] = {}
    for sketch in sketches:
        edits.update(sketch.whole)
    spans = [one for sketch in sketches for one in sketch.spans]
    added: list[tuple[str, str, Sketch | None]] = [
        (file, line, sketch) for sketch in sketches for file, line in sketch.lines
    ]
    schedule = [(sketch.entry, sketch) for sketch in sketches if sketch.entry]
    for (file, head, _), _ in schedule[:1]:
        added += [(file, f"from celery.schedules import crontab\n{head} = {{", None)]
        added += [(file, f'    "nightly-{at}": {one[2]},', of) for at, (one, of) in enumerate(schedule)]
        added += [(file, "}", None)]
    ends: dict[str, int] = {}
    for file in {one.file for one in spans} | {file for file, *_ in added}:
        text = _with((project / file).read_text(encoding="utf-8"), [one for one in spans if one.file == file])
        edits[file] = text.rstrip("\n") + "\n"
        ends[file] = len(text.rstrip("\n").split("\n"))
    seen = {id(sketch): sketch.places for sketch in sketches}
    for file, line, of in added:
        edits[file] = f"{edits[file]}{line}\n"
        ends[file] += line.count("\n") + 1
        if of is not None:
            seen[id(of)] = tuple(
                (at, ends[file] if (at, given) == (file, APPENDED) else given) for at, given in of.places
            )
    return [
        Fault(one.kind, one.what, seen[id(one)], edits, either=True, brings=one.brings) for one in sketches
    ]


def _with(text: str, spans: Iterable[Span]) -> str:
    lines = text.split("\n")
    for one in sorted(spans, key=lambda one: one.start, reverse=True):
        (first, column), (last, end) = one.start, one.end
        before, after = lines[first - 1].encode()[:column], lines[last - 1].encode()[end:]
        lines[first - 1 : last] = f"{before.decode()}{one.text}{after.decode()}".split("\n")
    return "\n".join(lines)


def groups(sketches: Iterable[Sketch], together: int) -> list[list[Sketch]]:
    """Sketches that can be told apart when they are put in together."""
    found: list[list[Sketch]] = []
    for sketch in sketches:
        for group in [] if sketch.kind.alone else found:
            first = group[0].kind
            room = len(group) < together and not first.alone and first.stops is sketch.kind.stops
            if room and all(sketch.beside(other) for other in group):
                group.append(sketch)
                break
        else:
            found.append([sketch])
    return found


@dataclass(frozen=True)
class App:
    """What of an application the faults are made from."""

    name: str
    modules: dict[str, Module]
    tasks: list[TaskSource]
    calls: list[Sent]
    file: str
    """The module that the worker is started with."""
    target: str
    """As the worker's ``-A`` names it."""
    variable: str
    """The app in it."""
    queues: list[str]
    eager: bool
    contract: str
    """The contract's text."""
    django_settings: str
    """The module of its Django settings; empty for none."""
    project: Path


def appended(kind: Kind, what: str, file: str, line: str, *about: str) -> Sketch:
    """A fault in one line at the end of a file."""
    return Sketch(kind, what, ((file, APPENDED),), lines=((file, line),), about=frozenset(about))


Way = tuple[Kind, Callable[[random.Random], Iterator[Sketch]]]


class Making(ABC):
    """What makes faults of some kinds in one application."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.sent = {task.function: [one for one in app.calls if one.task is task] for task in app.tasks}

    @property
    @abstractmethod
    def ways(self) -> list[Way]:
        """Each kind of them, and how they are made."""

    def _setting(self, kind: Kind, key: str, value: object) -> Iterator[Sketch]:
        """A setting of the app; Django's where it has one, which prevails over what is set on the app."""
        name = f"CELERY_{key.upper()}"
        if any(re.search(rf"^{name}\b", one.text, re.MULTILINE) for one in self.app.modules.values()):
            file, line = self.app.django_settings, f"{name} = {value!r}"
        else:
            file, line = self.app.file, f"{self.app.variable}.conf.{key} = {value!r}"
        yield replace(appended(kind, f"{key} = {value!r}", file, line, key), setting=(key, value))

    def _own_names(self, dice: random.Random) -> Iterator[str]:
        names = [task.name for task in self.app.tasks if len(task.name) > 3]
        yield from dice.sample(names, len(names))

    def _tasks(self, dice: random.Random) -> Iterator[TaskSource]:
        yield from dice.sample(self.app.tasks, len(self.app.tasks))

    def _sent(self, task: TaskSource) -> list[Place]:
        return [one.place for one in self.sent.get(task.function, ())]

    def _mentions(self, name: str) -> Iterator[Place]:
        """The lines that name a task in a text, and those above, where the name of a beat entry stands."""
        for module in self.app.modules.values():
            if name in module.text:
                for node in ast.walk(module.tree):
                    if isinstance(node, ast.Constant) and node.value == name:
                        yield module.file, node.lineno
                        yield module.file, node.lineno - 1
