"""PRD204: each task of the registry can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import BrokenImport, Facts, Task, TaskOption, Way
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery import task_options
from pytest_prodready.rules.celery.family import family, loaded, plain_name
from pytest_prodready.rules.failures import Explanation, depends_on_state, explain, explain_lost
from pytest_prodready.rules.imports_deferred import level_of_others
from pytest_prodready.wording import joined

ALWAYS = ("", "__call__", "before_start")
"""Parts of a task that run whenever it runs."""
NO_TASK = Task("", "", "", None)


@dataclass(frozen=True)
class TaskInModule:
    """A task, with the broken imports that it can reach; or what the configuration gives all tasks."""

    task: Task
    broken: tuple[tuple[BrokenImport, Way], ...] = ()
    configured: tuple[TaskOption, ...] = ()


@family.kind("task", "tasks", needs={"celery", "closure"})
def task(facts: Facts) -> Iterator[Subject[TaskInModule]]:
    """Every task in the worker's registry, Celery's own left out."""
    tasks: dict[str, Task] = {}
    reached: dict[str, dict[tuple[BrokenImport, Way], None]] = {}
    for seen in loaded(facts):
        names = {}
        for found in seen.celery.tasks if seen.celery else ():
            known = tasks.get(found.name)
            # another app's task of this name is another subject; one that both have is the same
            same = known is None or (known.module, known.function) == (found.module, found.function)
            name = names[found.name] = found.name if same else f"{found.name} of {seen.entry.target}"
            tasks.setdefault(name, found)
        # by task: none must look through all imports of a large application
        for statement in (statement for module in seen.modules for statement in module.broken):
            for way in statement.ways:
                reached.setdefault(names.get(way.task, way.task), {})[statement, way] = None
    for name, found in sorted(tasks.items()):
        subject = TaskInModule(found, tuple(reached.get(name, ())))
        yield Subject(plain_name(name), subject, location=found.location)
    for seen in facts.entries:
        if seen.celery is not None and seen.celery.options:
            subject = TaskInModule(NO_TASK, configured=seen.celery.options)
            name = plain_name(f"tasks of {seen.entry.target}")
            yield Subject(name, subject, location=seen.entry.location)
        if seen.entry.kind == "celery" and seen.failure is not None and not tasks:
            yield Subject("tasks", TaskInModule(NO_TASK), skipped=f"{seen.entry.target} does not load")
            return


@family.rule(
    "PRD204",
    "task-cannot-run",
    task,
    checks="Every import in a task's body, and in the application's functions that it calls, resolves; "
    "its own options are taken where Celery uses them.",
    reason="The worker registers the task and starts; the task dies each time it is called.",
    remedy="Import a name that exists.",
)
def task_cannot_run(subject: TaskInModule, facts: Facts) -> Iterator[Fault]:
    """PRD204: only what cannot be otherwise in production: the application's own modules and names."""
    yield from _imports(subject, facts)
    yield from task_options.faults(subject.task, subject.configured)


def _imports(subject: TaskInModule, facts: Facts) -> Iterator[Fault]:
    found = subject.task
    statements: dict[tuple[object, ...], list[tuple[BrokenImport, Way]]] = {}
    for broken, way in subject.broken:
        failure, missing = broken.failure, broken.failure.missing
        raises = bool(failure.module) or missing is None
        provided = broken.guard == "try" or (raises and depends_on_state(failure))
        own = broken.own or (
            missing is not None and not raises and level_of_others(broken, [missing], facts) is None
        )
        if own and not provided:
            what = None if missing is None else (missing.module, bool(missing.name))
            key = (broken.location, way.steps[-1:], way.part, raises, what)
            statements.setdefault(key, []).append((broken, way))
    for group in statements.values():
        (first, way), several = group[0], [broken for broken, _ in group]
        lost, explanation = _lost(several)
        yield Fault(
            f"{found.name} {_how(first, way)}: {_where(found, way)} {lost}",
            explanation.remedy,
            first.location,
            "the task is registered; the import was tried on the real modules, in the worker's interpreter",
            (("way to the line", _way(found, first, way)),),
        )


def _how(statement: BrokenImport, way: Way) -> str:
    if way.part not in ALWAYS:
        return f"fails in its {way.part}"
    return "fails where a condition leads there" if statement.guard == "condition" else "cannot run"


def _where(found: Task, way: Way) -> str:
    if not way.steps:
        return f"its {way.part or 'body'} imports"
    last = way.steps[-1]
    name = last.function if last.module == found.module else f"{last.module}.{last.function}"
    return f"{f'its {way.part}' if way.part else 'it'} calls {name}, which imports"


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
        what = "which does not exist" if lost[0].own else "which is not installed"
        return f"{lost[0].module}, {what}", explain(failure)
    such = "name" if len(names) == 1 else "names"
    return f"{joined(names)} from {lost[0].module}, which has no such {such}", explain_lost(lost)


def _way(found: Task, statement: BrokenImport, way: Way) -> str:
    """From the task to the broken line: each call, with the place where it stands."""
    lines = [f"{found.location}  {found.function}{f', {way.part}' if way.part else ''}"]
    lines = lines if found.location else []
    lines += [f"{step.location}  calls {step.module}.{step.function}" for step in way.steps]
    return "\n".join([*lines, f"{statement.location}  {statement.statement}"])
