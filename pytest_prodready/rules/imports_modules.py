"""The application's modules, each once, as all entry points together saw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

from pytest_prodready.facts import Facts, Module, Shadow
from pytest_prodready.registry import Subject
from pytest_prodready.rules.failures import failures_of

ELSEWHERE = "elsewhere"
"""The guard of a module that one entry point imports cleanly, and the web or Celery app does not."""
SET_UP = "set up"
"""The guard of one that fails only for scripts or commands: its function runs once these have set it up."""
SERVING = ("web", "celery")


def subjects(facts: Facts) -> Iterator[Subject[Module]]:
    """Every module of the production closure; one that fails for the same cause as another is skipped."""
    several: dict[str, list[tuple[str, Module]]] = {}
    for kind, seen in ((entry.entry.kind, seen) for entry in facts.entries for seen in entry.modules):
        several.setdefault(seen.name, []).append((kind, seen))
    merged = {name: _merged(found) for name, found in several.items()}
    causes = {
        failure.cause: entry.entry.target
        for entry in reversed(facts.entries)
        for failure in failures_of(entry)
    }
    # a module that is reached without a condition says most about the others that fail for the same cause
    for name, seen in sorted(merged.items(), key=lambda found: (bool(found[1].guard), found[0])):
        if seen.failure is not None:
            causes.setdefault(seen.failure.cause, name)
    for name, seen in sorted(merged.items()):
        first = causes[seen.failure.cause] if seen.failure is not None else name
        if first == name:
            yield Subject(name, seen)
        elif (
            seen.further
            or seen.broken
            or seen.shadow
            or seen.twin
            or seen.compiled
            or seen.also
            or seen.replaced
        ):
            yield Subject(name, replace(seen, failure=None))
        else:
            yield Subject(name, seen, skipped=f"does not import for the same reason as {first}")
    for entry in facts.entries:
        if entry.failure is not None and not merged:
            yield Subject("modules", Module("", ""), skipped=f"{entry.entry.target} does not load")
            return


def _merged(several: list[tuple[str, Module]]) -> Module:
    """One module as entry points of these kinds saw it."""
    if len(several) == 1:
        return several[0][1]
    failing = [(kind, seen.guard) for kind, seen in several if seen.failure is not None]
    if failing and len(failing) < len(several):
        guard = ELSEWHERE if any(kind in SERVING for kind, _ in failing) else SET_UP
    else:
        guard = failing[0][1] if all(guard for _, guard in failing) and failing else ""
    return replace(reduce(_both, (seen for _, seen in several)), guard=guard)


def _both(first: Module, second: Module) -> Module:
    return replace(
        first,
        failure=first.failure or second.failure,
        broken=tuple(dict.fromkeys((*first.broken, *second.broken))),
        reached=first.reached and second.reached,
        further=tuple(dict.fromkeys((*first.further, *second.further))),
        shadow=_both_shadows(first.shadow, second.shadow),
        twin=first.twin or second.twin,
        compiled=first.compiled or second.compiled,
        also=first.also or second.also,
        replaced=first.replaced or second.replaced,
    )


def _both_shadows(first: Shadow | None, second: Shadow | None) -> Shadow | None:
    """Each entry point loads other modules that import the hidden one."""
    if first is None or second is None:
        return first or second
    importers = {one.module: one for one in (*second.importers, *first.importers)}
    return replace(first, importers=tuple(importers[name] for name in sorted(importers)))
