"""PRD201: the Celery app loads as the worker loads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import (
    Facts,
    Failure,
    InspectedEntry,
)
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, plain_name
from pytest_prodready.rules.failures import (
    explain_load,
    explain_together,
    fault,
    further_faults,
    outside_closure,
    root_causes,
    stopped,
    with_dependents,
)
from pytest_prodready.wording import nearest


@family.kind("Celery app", "Celery apps", needs={"celery"})
def celery_app(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """The Celery app that the worker is started with."""
    for seen in facts.entries:
        if seen.entry.kind == "celery":
            yield Subject(plain_name(seen.entry.target), seen, location=seen.entry.location)


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
            f"{target} does not load: {failure.message}",
            remedy,
            failure.location if any(frame.own for frame in failure.frames) else seen.entry.location,
            AS_WORKER,
            source,
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
