"""PRD204: each task of the registry can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import (
    BrokenImport,
    Facts,
    Task,
)
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import family, loaded, plain_name
from pytest_prodready.rules.failures import (
    Explanation,
    depends_on_state,
    explain,
    explain_lost,
)
from pytest_prodready.wording import joined


def _top(function: str) -> str:
    return function.partition(".")[0]


@dataclass(frozen=True)
class TaskInModule:
    """A task, with those imports of its module that did not resolve and may be on its way."""

    task: Task
    broken: tuple[BrokenImport, ...] = ()


@family.kind("task", "tasks", needs={"celery", "closure"})
def task(facts: Facts) -> Iterator[Subject[TaskInModule]]:
    """Every task in the worker's registry, Celery's own left out."""
    tasks = {task.name: task for seen in loaded(facts) if seen.celery for task in seen.celery.tasks}
    # by module and top-level function or class: a task must not look through all imports of a large module
    broken: dict[tuple[str, str], dict[BrokenImport, None]] = {}
    far: dict[str, dict[BrokenImport, None]] = {}
    for module in (module for seen in loaded(facts) for module in seen.modules):
        for statement in module.broken:
            broken.setdefault((module.name, _top(statement.function)), {})[statement] = None
            for name in statement.tasks:
                far.setdefault(name, {})[statement] = None
    for name, found in sorted(tasks.items()):
        tops = dict.fromkeys(_top(function) for function in (found.function, *found.reaches))
        near = {statement: None for top in tops for statement in broken.get((found.module, top), ())}
        near |= far.get(name, {})
        yield Subject(plain_name(name), TaskInModule(found, tuple(near)), location=found.location)
    for seen in facts.entries:
        if seen.entry.kind == "celery" and seen.failure is not None and not tasks:
            yield Subject(
                "tasks", TaskInModule(Task("", "", "", None)), skipped=f"{seen.entry.target} does not load"
            )
            return


@family.rule(
    "PRD204",
    "task-cannot-run",
    task,
    checks="Every import in a task's body, and in the application's functions that it calls, resolves.",
    reason="The worker registers the task and starts; the task dies with ImportError each time it is called.",
    remedy="Import a name that exists.",
)
def task_cannot_run(subject: TaskInModule, facts: Facts) -> Iterator[Fault]:
    """PRD204: only the application's own modules and names, which no installation can make exist."""
    found = subject.task
    statements: dict[tuple[object, str, bool, object], list[BrokenImport]] = {}
    for broken in subject.broken:
        failure, missing = broken.failure, broken.failure.missing
        raises = bool(failure.module) or missing is None
        optional = broken.guard == "try" or not broken.own or (raises and depends_on_state(failure))
        holder = _holder(found, broken)
        if holder and not optional:
            what = None if missing is None else (missing.module, bool(missing.name))
            statements.setdefault((broken.location, holder, raises, what), []).append(broken)
    for (_, holder, _, _), group in statements.items():
        first = group[0]
        where = "its body imports" if holder == found.function else f"it calls {holder}, which imports"
        how = "fails where a condition leads there" if first.guard == "condition" else "cannot run"
        lost, explanation = _lost(group)
        yield Fault(
            f"{found.name} {how}: {where} {lost}",
            explanation.remedy,
            first.location,
            "the task is registered; the import was tried on the real modules, in the worker's interpreter",
            (("way to the line", _way(found, holder, first)),),
        )


def _holder(found: Task, statement: BrokenImport) -> str:
    """The function of the task's reach that holds the statement; empty when none does."""
    if statement.module == found.module:
        functions = (found.function, *found.reaches)
        inside = (name for name in functions if f"{statement.function}.".startswith(f"{name}."))
        if holder := next(inside, ""):
            return holder
    return f"{statement.module}.{statement.function}" if found.name in statement.tasks else ""


def _lost(group: list[BrokenImport]) -> tuple[str, Explanation]:
    """What a statement imports in vain, and what to do about it."""
    failure = group[0].failure
    lost = [broken.failure.missing for broken in group if broken.failure.missing is not None]
    lost = [*{(missing.module, missing.name): missing for missing in lost}.values()]
    if not failure.module and not lost:
        return f"above its own package: {failure.message}", Explanation("", "Import by the full name.")
    if failure.module:
        explanation = explain(failure)
        return f"a module that does not import itself, {explanation.cause}", explanation
    names = [missing.name for missing in lost if missing.name]
    if not names:
        return f"{lost[0].module}, which does not exist", explain(failure)
    such = "name" if len(names) == 1 else "names"
    return f"{joined(names)} from {lost[0].module}, which has no such {such}", explain_lost(lost)


def _way(found: Task, holder: str, statement: BrokenImport) -> str:
    lines = [f"{found.location}  {found.function}"] if found.location else []
    if holder != found.function:
        lines.append(f"calls {holder}")
    return "\n".join([*lines, f"{statement.location}  {statement.statement}"])
