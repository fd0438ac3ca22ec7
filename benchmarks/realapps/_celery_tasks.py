"""Faults in tasks: their options, their imports, and what the last release promised of them."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from _celery_source import Span, TaskSource, Value
from _faults import Kind, misspelling
from _sites import Module
from _sketches import Making, Place, Sketch, Way

TASK_OPTION = Kind("option of a task misspelt", ("PRD204", "PRD209"), 2)
DUPLICATE = Kind("two tasks of one name", ("PRD205",), 2)
BODY_IMPORT = Kind("import misspelt in a task", ("PRD204",), 3)
REACHED_IMPORT = Kind("import misspelt in a function that a task calls", ("PRD204",), 2)
SERIALIZER = Kind("serializer misspelt", ("PRD204",), 1)
RATE = Kind("rate limit that does not parse", ("PRD204",), 1)
LIMITS = Kind("soft time limit above the hard one", ("PRD204",), 1)
COROUTINE = Kind("task made a coroutine", ("PRD204",), 1)
BIND = Kind("bind=True on a function without self", ("PRD204", "PRD208"), 2)
TASK_QUEUE = Kind("queue misspelt in a task's options", ("PRD207",), 1)
GONE = Kind("task of the last release renamed", ("PRD210",), 2)
NEEDED = Kind("parameter of the last release made required", ("PRD210",), 2)
TAKEN = Kind("parameter of the last release taken away", ("PRD210",), 2)
CONTRACT = "prodready-tasks.toml"


class TaskFaults(Making):
    """Those of one application."""

    @property
    def ways(self) -> list[Way]:
        """Each kind of them, and how they are made."""
        return [
            (TASK_OPTION, self._task_option),
            (DUPLICATE, self._duplicate),
            (BODY_IMPORT, self._body_import),
            (REACHED_IMPORT, self._reached_import),
            (SERIALIZER, lambda dice: self._option(SERIALIZER, dice, serializer="jsn")),
            (RATE, lambda dice: self._option(RATE, dice, rate_limit="10/x")),
            (LIMITS, lambda dice: self._option(LIMITS, dice, soft_time_limit=600, time_limit=300)),
            (COROUTINE, self._coroutine),
            (BIND, self._bind),
            (TASK_QUEUE, self._task_queue),
            (GONE, self._gone),
            (NEEDED, self._needed),
            (TAKEN, self._taken),
        ]

    def _of_task(
        self, kind: Kind, what: str, task: TaskSource, *spans: Span, brings: Iterable[Place] = ()
    ) -> Sketch:
        calls = (*self._sent(task), *self._mentions(task.name))
        places = (*task.lines, *(calls if kind is BIND else ()))
        return Sketch(kind, what, places, spans, about=frozenset({task.name}), brings=(*brings, *calls))

    def _option(self, kind: Kind, dice: random.Random, **options: Value) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            if task.takes_options:
                shown = ", ".join(f"{name}={value!r}" for name, value in options.items())
                yield self._of_task(kind, f"{task.name} with {shown}", task, task.with_options(**options))

    def _task_option(self, dice: random.Random) -> Iterator[Sketch]:
        wrong = dice.choice(["max_retires", "ignore_results", "time_limits"])
        yield from self._option(TASK_OPTION, dice, **{wrong: 60})

    def _task_queue(self, dice: random.Random) -> Iterator[Sketch]:
        yield from self._option(TASK_QUEUE, dice, queue=misspelling(dice.choice(self.app.queues), dice))

    def _duplicate(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            others = [one for one in self.app.tasks if one.module is not task.module and one is not task]
            if others and task.takes_options:
                other = dice.choice(others)
                # who is said to have lost depends on which is loaded first
                brings = (*self._sent(other), *other.lines)
                sketch = self._of_task(
                    DUPLICATE,
                    f"{task.function} is called {other.name}",
                    task,
                    task.with_options(name=other.name),
                    brings=brings,
                )
                yield replace(
                    sketch, places=(*task.lines, *other.lines), about=frozenset({task.name, other.name})
                )

    def _body_import(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            for statement, span in self._import_at(task.module, task.node, dice):
                place = (task.module.file, span.start[0])
                yield Sketch(
                    BODY_IMPORT,
                    f"{statement} in {task.name}",
                    (place,),
                    (span,),
                    about=frozenset({task.name}),
                )

    def _reached_import(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            called = {
                one.func.id
                for one in ast.walk(ast.Module(task.node.body, []))
                if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
            }
            for node in task.module.functions:
                if node.name in called:
                    for statement, span in self._import_at(task.module, node, dice):
                        place = (task.module.file, span.start[0])
                        what = f"{statement} in {node.name}, which {task.name} calls"
                        yield Sketch(REACHED_IMPORT, what, (place,), (span,), about=frozenset({task.name}))
                    break

    def _import_at(
        self, module: Module, node: ast.FunctionDef, dice: random.Random
    ) -> Iterator[tuple[str, Span]]:
        """A misspelt import before the first statement of a function that is no docstring."""
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        holders = [one for one in self.app.modules.values() if one.functions and one.at_start]
        simple = (
            ast.Assign,
            ast.AnnAssign,
            ast.Expr,
            ast.Return,
            ast.Import,
            ast.ImportFrom,
            ast.Raise,
            ast.Assert,
        )
        if body and isinstance(body[0], simple) and body[0].lineno > node.lineno and holders:
            holder = dice.choice(holders)
            wrong = misspelling(f"{dice.choice(holder.functions).name}_of_it", dice)
            statement = f"from {holder.name} import {wrong}"
            at = (body[0].lineno, body[0].col_offset)
            yield statement, Span(module.file, at, at, f"{statement}; ")

    def _coroutine(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            at = (task.node.lineno, task.node.col_offset)
            yield self._of_task(
                COROUTINE, f"async def {task.node.name}", task, Span(task.module.file, at, at, "async ")
            )

    def _bind(self, dice: random.Random) -> Iterator[Sketch]:
        for task in self._tasks(dice):
            # where it takes parameters, its calls tell
            told = not task.positional or (task.plain and self.sent.get(task.function))
            free = "bind" not in task.options and not task.node.args.vararg
            if told and free and task.takes_options:
                span = task.with_options(bind=True)
                yield self._of_task(BIND, f"{task.name} with bind=True", task, span)

    def _promised(self, dice: random.Random) -> Iterator[tuple[TaskSource, int]]:
        lines = self.app.contract.split("\n")
        for task in self._tasks(dice):
            for at, line in enumerate(lines, 1):
                if line.startswith(f'"{task.name}" ='):
                    yield task, at

    def _broken(
        self, kind: Kind, what: str, task: TaskSource, *spans: Span, places: tuple[Place, ...] = ()
    ) -> Sketch:
        sketch = self._of_task(kind, what, task, *spans)
        return replace(
            sketch,
            places=places or task.lines,
            whole={CONTRACT: self.app.contract},
        )

    def _gone(self, dice: random.Random) -> Iterator[Sketch]:
        for task, line in self._promised(dice):
            if task.takes_options:
                span = task.with_options(name=f"{task.name}_v2")
                yield self._broken(
                    GONE, f"{task.name} is {task.name}_v2", task, span, places=((CONTRACT, line),)
                )

    def _needed(self, dice: random.Random) -> Iterator[Sketch]:
        for task, _ in self._promised(dice):
            args = task.node.args
            if (
                task.plain
                and not args.vararg
                and not args.kwarg
                and (default := next(iter(args.defaults), None))
            ):
                assert default.end_lineno is not None
                assert default.end_col_offset is not None
                # all of them: one without a default does not follow one with
                spans = [_without_default(task, one) for one in args.defaults]
                yield self._broken(NEEDED, f"{task.name} takes its parameters without defaults", task, *spans)

    def _taken(self, dice: random.Random) -> Iterator[Sketch]:
        for task, _ in self._promised(dice):
            args = [*task.node.args.args, *task.node.args.kwonlyargs][1 if task.bound else 0 :]
            if task.plain and not task.node.args.kwarg and args:
                one = dice.choice(args)
                assert one.end_col_offset is not None
                end = (one.lineno, one.col_offset + len(one.arg.encode()))
                span = Span(task.module.file, (one.lineno, one.col_offset), end, f"{one.arg}_new")
                yield self._broken(TAKEN, f"{task.name} takes {one.arg}_new instead of {one.arg}", task, span)


def _without_default(task: TaskSource, default: ast.expr) -> Span:
    """The parameter's default and its equals sign, which stand on one line."""
    line = task.module.text.split("\n")[default.lineno - 1].encode()
    start = line.rindex(b"=", 0, default.col_offset)
    assert default.end_lineno is not None
    assert default.end_col_offset is not None
    lines = "\n" * (default.end_lineno - default.lineno)
    return Span(
        task.module.file, (default.lineno, start), (default.end_lineno, default.end_col_offset), lines
    )
