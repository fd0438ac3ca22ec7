"""PRD203: every task that the source defines is in the worker's registry."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import (
    Facts,
    SourceTask,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name


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
        modules = (module for seen in loaded(facts) for module in seen.modules)
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
    searches = (search for seen in loaded(facts) if seen.celery for search in seen.celery.discoveries)
    return next((search.related for search in searches if search.package == package), "tasks")
