"""Tasks and the calls that send them, read from an application's source without the gate's own reading."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from _sites import Module, Statement

Value = str | int | bool
SENDS = ("delay", "apply_async", "si", "delay_on_commit")
CALLS = (*SENDS, "s", "apply", "apply_async_on_commit")


@dataclass(frozen=True)
class Span:
    """A part of a file and what stands there instead, with as many lines."""

    file: str
    start: tuple[int, int]
    end: tuple[int, int]
    """Line and column, which counts bytes as syntax trees do."""
    text: str


@dataclass(frozen=True)
class TaskSource:
    """One task: the name that the worker knows it by, and where the source defines it."""

    name: str
    module: Module
    node: ast.FunctionDef
    decorator: ast.expr

    @property
    def function(self) -> str:
        """Its function's dotted name."""
        return f"{self.module.name}.{self.node.name}"

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """The lines of its head."""
        return tuple(
            (self.module.file, line) for line in range(self.decorator.lineno, self.node.body[0].lineno)
        )

    @cached_property
    def options(self) -> dict[str, ast.expr]:
        """What its decorator is given."""
        given = self.decorator.keywords if isinstance(self.decorator, ast.Call) else []
        return {one.arg: one.value for one in given if one.arg}

    @property
    def bound(self) -> bool:
        """Its function gets the task first."""
        bind = self.options.get("bind")
        return isinstance(bind, ast.Constant) and bind.value is True

    @property
    def takes_options(self) -> bool:
        """Options can be put into its decorator."""
        return not (isinstance(self.decorator, ast.Call) and self.decorator.args)

    @property
    def plain(self) -> bool:
        """Nothing but its decorator and its parameters says what it takes."""
        return len(self.node.decorator_list) == 1 and "typing" not in self.options

    @property
    def positional(self) -> list[str]:
        """The parameters that can be given by position, as a caller meets them."""
        names = [one.arg for one in (*self.node.args.posonlyargs, *self.node.args.args)]
        return names[1:] if self.bound else names

    @property
    def required(self) -> list[str]:
        """The parameters that have no default."""
        args = self.node.args
        names = self.positional[: len(self.positional) - len(args.defaults)]
        pairs = zip(args.kwonlyargs, args.kw_defaults, strict=True)
        return names + [one.arg for one, default in pairs if default is None]

    @property
    def every(self) -> list[str]:
        """All of its parameters by name."""
        return self.positional + [one.arg for one in self.node.args.kwonlyargs]

    def with_options(self, **options: Value) -> Span:
        """Its decorator with other options."""
        old = self.decorator
        call = old if isinstance(old, ast.Call) else ast.Call(old, [], [])
        kept = [one for one in call.keywords if one.arg not in options]
        new = [ast.keyword(name, ast.Constant(value)) for name, value in options.items()]
        return rewritten(self.module, old, ast.Call(call.func, call.args, [*new, *kept]))


@dataclass(frozen=True)
class Sent:
    """One call that sends a task."""

    module: Module
    node: ast.Call
    task: TaskSource
    method: str

    @property
    def place(self) -> tuple[str, int]:
        """File and line of the call."""
        return self.module.file, self.node.lineno

    def rewritten(self, method: str, args: list[ast.expr], keywords: list[ast.keyword]) -> Span:
        """The call with another method and other arguments."""
        assert isinstance(self.node.func, ast.Attribute)
        func = ast.Attribute(self.node.func.value, method, ast.Load())
        return rewritten(self.module, self.node, ast.Call(func, args, keywords))


def rewritten(module: Module, old: ast.expr, new: ast.Call) -> Span:
    """A call instead of an expression, on as many lines."""
    assert old.end_lineno is not None
    assert old.end_col_offset is not None
    text = ast.unparse(ast.fix_missing_locations(new))[:-1] + "\n" * (old.end_lineno - old.lineno) + ")"
    return Span(module.file, (old.lineno, old.col_offset), (old.end_lineno, old.end_col_offset), text)


def tasks_of(worker: dict[str, Any], modules: dict[str, Module]) -> list[TaskSource]:
    """The worker's tasks that are decorated functions at the top level of the application's modules."""
    found = []
    for fact in worker["celery"]["tasks"]:
        module = modules.get(fact["module"])
        nodes = [
            node
            for node in (module.tree.body if module is not None else ())
            if isinstance(node, ast.FunctionDef) and node.name == fact["function"]
        ]
        if module is None or len(nodes) != 1:
            continue
        decorators = [
            one
            for one in nodes[0].decorator_list
            if "task" in ast.unparse(one.func if isinstance(one, ast.Call) else one)
        ]
        if len(decorators) == 1:
            found.append(TaskSource(fact["name"], module, nodes[0], decorators[0]))
    return found


def calls_of(tasks: list[TaskSource], modules: dict[str, Module]) -> list[Sent]:
    """The calls that send one of the tasks under the name of its function."""
    known = {task.function: task for task in tasks}
    found = []
    for module in modules.values():
        names = dict(_names(module))
        for call in ast.walk(module.tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                task = known.get(_dotted(call.func.value, names))
                if task is not None and call.func.attr in CALLS:
                    found.append(Sent(module, call, task, call.func.attr))
    return found


def _names(module: Module) -> Iterator[tuple[str, str]]:
    """Name in the module → the dotted name that it stands for."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, f"{module.name}.{node.name}"
    for part in ast.walk(module.tree):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            for base, alias in module.names(Statement(part, "")):
                if isinstance(part, ast.ImportFrom):
                    yield alias.asname or alias.name, f"{base}.{alias.name}"
                elif alias.asname:
                    yield alias.asname, base


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value, names)
        return f"{above}.{node.attr}" if above else ""
    return ""
