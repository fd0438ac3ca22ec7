"""PRD2xx: the worker loads, has every task that the source defines, and each of them can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import (
    BeatEntry,
    BrokenImport,
    Discovery,
    Facts,
    Failure,
    InspectedEntry,
    SourceTask,
    Task,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules.failures import (
    Explanation,
    depends_on_state,
    evidence,
    explain,
    explain_load,
    explain_lost,
    explain_together,
    fault,
    further_faults,
    outside_closure,
    root_causes,
    stopped,
    with_dependents,
)
from pytest_prodready.wording import joined, listed, nearest

family = Family("celery")

AS_WORKER = (
    "loaded in a fresh interpreter as a worker loads it: modules imported, autodiscovery run, finalized"
)


def _loaded(facts: Facts) -> Iterator[InspectedEntry]:
    return (seen for seen in facts.entries if seen.entry.kind == "celery" and seen.celery is not None)


def _plain(name: str) -> str:
    """A name that is safe in a node id: no brackets, no double colon."""
    return name.replace("[", "(").replace("]", ")").replace("::", ":")


@family.kind("Celery app", "Celery apps", needs={"celery"})
def celery_app(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """The Celery app that the worker is started with."""
    for seen in facts.entries:
        if seen.entry.kind == "celery":
            yield Subject(_plain(seen.entry.target), seen, location=seen.entry.location)


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
    tasks = {task.name: task for seen in _loaded(facts) if seen.celery for task in seen.celery.tasks}
    # by module and top-level function or class: a task must not look through all imports of a large module
    broken: dict[tuple[str, str], dict[BrokenImport, None]] = {}
    far: dict[str, dict[BrokenImport, None]] = {}
    for module in (module for seen in _loaded(facts) for module in seen.modules):
        for statement in module.broken:
            broken.setdefault((module.name, _top(statement.function)), {})[statement] = None
            for name in statement.tasks:
                far.setdefault(name, {})[statement] = None
    for name, found in sorted(tasks.items()):
        tops = dict.fromkeys(_top(function) for function in (found.function, *found.reaches))
        near = {statement: None for top in tops for statement in broken.get((found.module, top), ())}
        near |= far.get(name, {})
        yield Subject(_plain(name), TaskInModule(found, tuple(near)), location=found.location)
    for seen in facts.entries:
        if seen.entry.kind == "celery" and seen.failure is not None and not tasks:
            yield Subject(
                "tasks", TaskInModule(Task("", "", "", None)), skipped=f"{seen.entry.target} does not load"
            )
            return


@family.kind("discovered package", "discovered packages", needs={"celery"})
def discovery(facts: Facts) -> Iterator[Subject[tuple[Discovery, ...]]]:
    """Every package that a call of ``autodiscover_tasks`` names."""
    found: dict[str, list[Discovery]] = {}
    for search in (search for seen in _loaded(facts) if seen.celery for search in seen.celery.discoveries):
        if search.explicit and search not in found.setdefault(search.package, []):
            found[search.package].append(search)
    for package, searches in sorted(found.items()):
        yield Subject(_plain(f"discovery:{package}"), tuple(searches), location=searches[0].location)


@family.kind("unregistered task", "unregistered tasks", needs={"celery", "closure"})
def unregistered_task(facts: Facts) -> Iterator[Subject[SourceTask]]:
    """Tasks that the source defines and that no Celery entry point has registered."""
    sources: dict[str, SourceTask] = {}
    for source in (source for seen in _loaded(facts) if seen.celery for source in seen.celery.sources):
        name = f"{source.module}.{source.function}"
        known = sources.get(name)
        # one worker that has it is enough; else the one that says most is kept
        if known is None or (source.registered, source.loaded) > (known.registered, known.loaded):
            sources[name] = source
    for name, source in sorted(sources.items()):
        if not source.registered:
            yield Subject(_plain(name), source, location=source.location)


@family.kind("beat entry", "beat entries", needs={"celery"})
def beat_entry(facts: Facts) -> Iterator[Subject[BeatEntry]]:
    """Every entry of the effective beat schedule."""
    entries = {entry.name: entry for seen in _loaded(facts) if seen.celery for entry in seen.celery.beat}
    for name, entry in sorted(entries.items()):
        yield Subject(_plain(f"beat:{name}"), entry, location=entry.location)


@family.rule(
    "PRD201",
    "celery-app-does-not-load",
    celery_app,
    checks="The Celery app loads as a worker loads it: found, configured, its modules imported, finalized.",
    reason="A worker that cannot load its app dies at start, and no task runs.",
    remedy="Correct the line that raises.",
)
def celery_app_does_not_load(seen: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD201; what hangs, crashes or leaves is PRD109's, what is not declared is PRD105's."""
    failure, target = seen.failure, seen.entry.target
    if failure is not None and not stopped(failure) and not outside_closure(failure):
        for found in _first_failure(seen, failure):
            yield with_dependents(found, failure, facts)
    for further, found in further_faults(seen, f"{target} does not load", outside=False):
        yield with_dependents(found, further, facts)


def _first_failure(seen: InspectedEntry, failure: Failure) -> Iterator[Fault]:
    target = seen.entry.target
    source = (("found in", seen.entry.source),)
    if failure.type == "NotACeleryAppError":
        remedy = "Name the object that Celery(…) made, as in src.celery_app:app."
        yield Fault(failure.message, remedy, seen.entry.location, AS_WORKER, source)
        return
    if failure.type == "MisnamedModuleError":
        parent, _, last = failure.missing.module.rpartition(".") if failure.missing else ("", "", "")
        near = nearest(last, failure.missing.available) if failure.missing else ""
        meant = ".".join(part for part in (parent, near) if part)
        remedy = f"Write {meant}, the nearest there is." if near else "Name what exists; packages in a list."
        yield Fault(
            f"{target} does not load: {failure.message}", remedy, seen.entry.location, AS_WORKER, source
        )
        return
    explanation, place = explain_load(seen, failure)
    if len(together := root_causes(seen)[0]) > 1:
        explanation = explain_together(together)
    found = fault(
        f"{target} does not load: {explanation.cause}", failure, explanation.remedy, AS_WORKER, place
    )
    if not any(frame.own for frame in failure.frames):
        # none of the application's code was running: the line to change is where the name is written
        output = tuple(block for block in found.details if block[0] == "last output")
        found = replace(found, location=seen.entry.location, details=(*source, *output))
    yield found


@family.rule(
    "PRD202",
    "discovery-dropped-a-module",
    discovery,
    checks="Every package that autodiscover_tasks names exists and imports.",
    reason="Celery takes a package that is missing, or whose __init__ lacks a module, for one without tasks: "
    "the worker starts and has none of them.",
    remedy="Correct the package's name.",
)
def discovery_dropped_a_module(searches: tuple[Discovery, ...], facts: Facts) -> Iterator[Fault]:
    """PRD202."""
    search = searches[0]
    if not search.exists:
        parent, _, last = search.package.rpartition(".")
        near = nearest(last, search.available)
        meant = f"{parent}.{near}" if parent else near
        remedy = f"Write {meant}, the nearest package there is." if near else "Name a package that exists."
        yield Fault(
            f"autodiscovery is told to search {search.package}, which does not exist, and silently skips it",
            remedy,
            search.location,
            AS_WORKER,
            (("there is", listed(search.available)),) if search.available else (),
        )
    elif search.failure is not None:
        explanation = explain(search.failure)
        named = (("named for discovery at", str(search.location)),) if search.location else ()
        yield Fault(
            f"autodiscovery dropped {search.package} and its tasks in silence: importing the package fails: "
            f"{explanation.cause}",
            explanation.remedy,
            search.failure.location or search.location,
            AS_WORKER,
            (*named, *evidence(search.failure)),
        )


@family.rule(
    "PRD203",
    "task-not-registered",
    unregistered_task,
    checks="Every function with a task decorator is in the worker's registry.",
    reason="Whoever sends such a task gets no error; the worker discards the message as unregistered.",
    remedy="Import its module where the worker loads its tasks.",
)
def task_not_registered(source: SourceTask, facts: Facts) -> Iterator[Fault]:
    """PRD203: an error where the worker loads the module or is told to search its package, else a warning."""
    name = f"{source.module}.{source.function}"
    if source.replaced_by:
        yield Fault(
            f"{name} is not registered: another task has its name, {source.replaced_by}",
            f'Give one of the two a name of its own: name="{name}".',
            source.location,
            AS_WORKER,
            (("the task that runs instead", source.replaced_by),),
        )
    elif source.other_app:
        yield Fault(
            f"{name} belongs to another Celery app, {source.other_app}, and this worker does not have it",
            "Define it with @shared_task or with this worker's app, unless another worker runs it.",
            source.location,
            AS_WORKER,
            level=Level.WARNING,
        )
    elif source.loaded:
        yield Fault(
            f"{name} is not registered, although the worker loads {source.module}",
            "Look for what takes it out of the registry again, or drop the decorator.",
            source.location,
            AS_WORKER,
        )
    elif source.discovery:
        related = _related(source.discovery, facts)
        last = source.module.rpartition(".")[2]
        yield Fault(
            f"{name} is not registered: autodiscovery looks for {source.discovery}.{related}, "
            f"which does not exist, and nothing imports {source.module}",
            f"Rename the module to {related}.py, call autodiscover_tasks with related_name={last!r}, "
            f"or add {source.module!r} to the app's include.",
            source.location,
            AS_WORKER,
        )
    else:
        modules = (module for seen in _loaded(facts) for module in seen.modules)
        reached = next((module.reached for module in modules if module.name == source.module), "")
        later = (
            f"imports {source.module} only when {reached} runs"
            if reached
            else f"never imports {source.module}"
        )
        yield Fault(
            f"{name} is not registered when the worker starts: it {later}",
            f"Add {source.module!r} to the app's include, unless the task is switched off on purpose.",
            source.location,
            AS_WORKER,
            level=Level.WARNING,
        )


def _related(package: str, facts: Facts) -> str:
    searches = (search for seen in _loaded(facts) if seen.celery for search in seen.celery.discoveries)
    return next((search.related for search in searches if search.package == package), "tasks")


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


@family.rule(
    "PRD206",
    "beat-entry-broken",
    beat_entry,
    checks="Every entry of the effective beat schedule names a registered task, passes arguments that it "
    "takes, has a schedule that comes due, and has overwritten no other entry.",
    reason="Beat sends what it is told; the failure shows only as a job that did not run.",
    remedy="Correct the entry.",
)
def beat_entry_broken(entry: BeatEntry, facts: Facts) -> Iterator[Fault]:
    """PRD206."""
    proof = f"the schedule as beat reads it, {AS_WORKER}"
    if not entry.registered:
        known = [task.name for seen in _loaded(facts) if seen.celery for task in seen.celery.tasks]
        near = nearest(entry.task, known)
        if not entry.task:
            message, remedy = "names no task", "Write the task's name as a string."
        else:
            message = f"sends {entry.task}, which no worker of this app has registered"
            remedy = f"Write {near}, the nearest registered task." if near else "Name a registered task."
        yield Fault(
            f"beat entry '{entry.name}' {message}",
            remedy,
            entry.location,
            proof,
            (("registered", listed(sorted(known))),) if known else (),
        )
    if entry.bind_error:
        yield Fault(
            f"beat entry '{entry.name}' passes arguments that {entry.task} refuses: {entry.bind_error}",
            f"Pass what the task takes: {entry.signature or 'see its definition'}.",
            entry.location,
            "checked as apply_async itself checks them, against the registered task",
        )
    if entry.schedule_error:
        yield Fault(
            f"beat entry '{entry.name}' never runs: {entry.schedule_error}",
            'Give it a schedule such as crontab(minute="*/10"), timedelta(hours=1) or 3600.0.',
            entry.location,
            proof,
        )
    if entry.lost:
        other = (
            f"the one for {entry.lost}"
            if entry.lost != entry.task
            else "one with another schedule or arguments"
        )
        yield Fault(
            f"beat entry '{entry.name}' has overwritten {other}: that one never runs",
            "Give each entry a name of its own.",
            entry.location,
            proof,
        )
