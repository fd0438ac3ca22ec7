"""PRD203: every task that the source defines is in the worker's registry."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Discovery, Facts, SourceTask
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name
from pytest_prodready.rules.failures import explain
from pytest_prodready.wording import nearest

NEAR_FILE = 0.75
"""How near a file's name must be to the one that is searched to be a misspelling: ``task`` and ``tasks``."""


@family.kind("unregistered task", "unregistered tasks", needs={"celery", "closure"})
def unregistered_task(facts: Facts) -> Iterator[Subject[SourceTask]]:
    """Tasks that the source defines and that no Celery entry point has registered."""
    sources: dict[str, SourceTask] = {}
    for source in (source for seen in loaded(facts) if seen.celery for source in seen.celery.sources):
        name = f"{source.module}.{source.function}"
        known = sources.get(name)
        # one worker that has it is enough; else the one that says most is kept
        if known is None or (source.registered, source.loaded) > (known.registered, known.loaded):
            sources[name] = source
    for name, source in sorted(sources.items()):
        if not source.registered:
            yield Subject(plain_name(name), source, location=source.location)


@family.rule(
    "PRD203",
    "task-not-registered",
    unregistered_task,
    checks="Every task that the source defines is in the worker's registry.",
    reason="Whoever sends such a task gets no error; the worker discards the message as unregistered.",
    remedy="Import its module where the worker loads its tasks.",
)
def task_not_registered(source: SourceTask, facts: Facts) -> Iterator[Fault]:
    """PRD203: an error where the worker loads the module or is told to search its package, else a warning."""
    yield _of_loaded(source) if source.loaded else _of_unloaded(source, facts)


def _of_loaded(source: SourceTask) -> Fault:
    name = f"{source.module}.{source.function}"
    if source.replaced_by:
        return Fault(
            f"{name} is not registered: another task has its name, {source.replaced_by}",
            f'Give one of the two a name of its own: name="{name}".',
            source.location,
            AS_WORKER,
            (("the task that runs instead", source.replaced_by),),
        )
    if source.other_app:
        return Fault(
            f"{name} belongs to another Celery app, {source.other_app}, and this worker does not have it",
            "Define it with @shared_task or with this worker's app, unless another worker runs it.",
            source.location,
            AS_WORKER,
            level=Level.WARNING,
        )
    if source.of_class:
        called = f", which calls itself {source.task_name}," if source.task_name else ""
        return Fault(
            f"the task {name}{called} is not registered: a class of tasks is not registered by itself",
            f"Register it: app.register_task({source.function}()).",
            source.location,
            AS_WORKER,
            level=None if source.task_name else Level.WARNING,  # without a name it may be a base of others
        )
    return Fault(
        f"{name} is not registered, although the worker loads {source.module}",
        "Look for what takes it out of the registry again, or drop the decorator.",
        source.location,
        AS_WORKER,
    )


def _of_unloaded(source: SourceTask, facts: Facts) -> Fault:
    name = f"{source.module}.{source.function}"
    searches = [search for seen in loaded(facts) if seen.celery for search in seen.celery.discoveries]
    include = f"add {source.module!r} to the app's include"
    search = next((search for search in searches if search.package == source.discovery), None)
    if search is not None and search.failure is not None:
        explanation = explain(search.failure)
        return Fault(
            f"{name} is not registered: autodiscovery dropped {search.package} in silence, because importing "
            f"it fails: {explanation.cause}",
            explanation.remedy,
            source.location,
            AS_WORKER,
            (("fails at", str(search.failure.location or search.location)),),
        )
    package = source.module.rpartition(".")[0]
    # a module named beside it that is not there may well have been what loads all of them: PRD202's error
    beside = any(not one.exists and one.package.rpartition(".")[0] == package for one in searches)
    if search is not None and not beside:
        return _in_another_file(source, search, include)
    if misspelt := _misspelt(source, searches):
        there = f" at {misspelt.location}" if misspelt.location else ""
        return Fault(
            f"{name} is not registered: nothing imports {source.module}, and autodiscovery is told to search "
            f"{misspelt.package}, which does not exist",
            f"Correct {misspelt.package}{there}, or {include}.",
            source.location,
            AS_WORKER,
            level=Level.WARNING,  # PRD202 is the error
        )
    inside = (f"{search.package}.{search.related}" for search in searches if search.found)
    holder = next((module for module in inside if source.module.startswith(f"{module}.")), "")
    modules = (module for seen in loaded(facts) for module in seen.modules)
    reached = next((module.reached for module in modules if module.name == source.module), "")
    if reached:
        why = f"it imports {source.module} only when {reached} runs"
    elif holder:
        why = f"autodiscovery loads {holder}, which does not import {source.module}"
    else:
        why = f"it never imports {source.module}"
    return Fault(
        f"{name} is not registered when the worker starts: {why}",
        f"{include[0].upper()}{include[1:]}, unless the task is switched off on purpose.",
        source.location,
        AS_WORKER,
        level=Level.WARNING,
    )


def _in_another_file(source: SourceTask, search: Discovery, include: str) -> Fault:
    """A task in a package that is searched, in a file of another name than the one looked for."""
    last = source.module.rpartition(".")[2]
    misspelt = nearest(last, [search.related], at_least=NEAR_FILE)
    related = f"call autodiscover_tasks with related_name={last!r}, or " if search.explicit else ""
    return Fault(
        f"{source.module}.{source.function} is not registered: autodiscovery looks for "
        f"{search.package}.{search.related}, which does not exist, and nothing imports {source.module}",
        f"Rename the module to {search.related}.py, {related or 'or '}{include}.",
        source.location,
        AS_WORKER,
        (("named for discovery at", str(search.location)),) if search.location else (),
        # Django's apps are searched all of them, and most need no tasks
        level=None if search.explicit or misspelt else Level.WARNING,
    )


def _misspelt(source: SourceTask, searches: list[Discovery]) -> Discovery | None:
    """The entry without a package that was most likely meant for what holds the task: package or module."""
    package, _, module = source.module.rpartition(".")
    above, _, own = package.rpartition(".")
    for search in searches:
        parent, _, last = search.package.rpartition(".")
        meant = own if parent == above else module if parent == package else ""
        if not search.exists and meant and nearest(last, [meant]):
            return search
    return None
