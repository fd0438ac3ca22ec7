"""What PRD204 says of the options of tasks."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Task, TaskOption
from pytest_prodready.findings import Fault, Level
from pytest_prodready.wording import nearest

GIVEN = "given to the code of Celery and kombu that uses it; the task was not run"
BREAKS_EVERY_CALL = ("delay", "apply_async")


def faults(task: Task, configured: tuple[TaskOption, ...]) -> Iterator[Fault]:
    """What is wrong with a task's own options, or with those that the configuration gives all tasks."""
    for option in task.options:
        if found := _judge(option, task.name):
            message, remedy, level = found
            location = option.location or task.location
            yield Fault(f"{task.name} {message}", remedy, location, GIVEN, level=level)
    for option in configured:
        if found := _judge(option, "each task"):
            message, remedy, level = found
            yield Fault(
                f"each task without an own value {message}", remedy, option.location, GIVEN, level=level
            )


def _judge(option: TaskOption, task: str) -> tuple[str, str, Level | None] | None:
    """What is wrong, what to write, and the level where it is no error; ``None`` when nothing is proven."""
    name, value, detail = option.name, option.value, option.detail
    given = f"{name}={value}"
    if option.problem == "unused":
        return _unused(option)
    if option.problem == "hides":
        level = None if name in BREAKS_EVERY_CALL else Level.WARNING
        return f"has {given}, which takes the place of its method {name}()", f"Leave {name} out.", level
    if option.problem == "coroutine":
        return (
            "is a coroutine function, and Celery's own worker pools do not await it: its body never runs",
            "Write def instead of async def, and asyncio.run(…) around the part that awaits.",
            Level.WARNING,
        )
    if option.problem in ("serializer", "compression"):
        near = nearest(value.strip("'\""), detail.split(", "))
        return (
            f"cannot be sent: {given}, and kombu has no such {option.problem}",
            f"Write {near!r}, the nearest there is." if near else f"Write one of: {detail}.",
            None,
        )
    said, remedy = SAID[option.problem]
    return said.format(given=given, name=name, detail=detail), remedy.format(name=name, detail=detail), None


SAID = {
    "package": (
        "cannot be sent: {given}, whose package is not installed ({detail})",
        "Add the package to the requirements.",
    ),
    "content": (
        "is refused by the worker: {given}, and accept_content takes only {detail}",
        "Take a serializer that accept_content lists, or add this one to it.",
    ),
    "rate": (
        "stops the worker when it starts: {given} is no rate ({detail})",
        'Write it as "10/s", "100/m" or "1000/h", or as a number a second.',
    ),
    "message": (
        "cannot be sent: {given} is refused ({detail})",
        "Give the seconds as a number, or a datetime.",
    ),
    "limits": (
        "cannot be sent: its soft time limit is not below its hard one ({detail})",
        "Make soft_time_limit the smaller one.",
    ),
    "queue": (
        "cannot be sent: {detail}, and task_create_missing_queues is off",
        "Name a queue of task_queues, or declare this one there.",
    ),
    "exceptions": (
        "fails when it raises: {name} holds {detail}, which is no exception class",
        "Write a tuple of exception classes, such as {name}=(ConnectionError,).",
    ),
    "number": (
        "fails when it is used: {given} is a {detail}, where Celery needs a number",
        "Write {name} as a number.",
    ),
    "symbol": (
        "stops the worker when it starts: its {name} names what does not import ({detail})",
        "Write the full import name of a class, such as proj.requests:Request.",
    ),
    "run": (
        "cannot run: its class {detail} has no run method",
        "Define run(self, …) in the class, or leave the class out of register_task.",
    ),
    "self": (
        "cannot run: bind=True gives it the task as first argument, and its function takes none",
        "Take self as the first parameter, or leave bind=True out.",
    ),
}


def _unused(option: TaskOption) -> tuple[str, str, Level | None] | None:
    given = f"{option.name}={option.value}"
    if option.detail == "apply_async":
        return (
            f"is declared with {given}, which does nothing there: it is an option of apply_async",
            f"Pass {option.name} where the task is sent: apply_async(…, {option.name}=…).",
            Level.WARNING,
        )
    near = nearest(option.name, option.detail.split(", "), at_least=0.75)
    if not near:
        return None
    return (
        f"is declared with {given}, which neither Celery nor the application reads",
        f"Write {near}, the nearest option there is.",
        Level.WARNING,
    )
