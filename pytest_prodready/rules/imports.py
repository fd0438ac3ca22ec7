"""PRD1xx: what production starts imports, and so does everything that its functions import later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_prodready.facts import BrokenImport, Facts, Failure, InspectedEntry, Missing, Module
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules.celery import celery_app
from pytest_prodready.rules.failures import (
    IN_PRODUCTION,
    depends_on_state,
    evidence,
    explain,
    explain_load,
    explain_lost,
    fault,
    outside_closure,
    stopped,
)
from pytest_prodready.wording import listed, nearest

family = Family("imports")

ELSEWHERE = "elsewhere"
"""The guard of a module that one entry point imports cleanly and another does not."""


@family.kind("entry point", "entry points", needs={"web"})
def entry_point(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """The web application; in a test, whatever it asks to import."""
    for seen in facts.entries:
        if seen.entry.kind in ("web", "module"):
            yield Subject(seen.entry.target, seen, location=seen.entry.location)


@family.kind("module", "modules", needs={"web", "celery", "closure"})
def module(facts: Facts) -> Iterator[Subject[Module]]:
    """The application's modules in the production closure, each once, as all entry points together saw it."""
    merged: dict[str, Module] = {}
    for seen in (seen for entry in facts.entries for seen in entry.modules):
        known = merged.get(seen.name)
        merged[seen.name] = seen if known is None else _both(known, seen)
    causes: dict[object, str] = {}
    for name, seen in sorted(merged.items()):
        cause = _cause(seen.failure)
        if cause is not None and causes.setdefault(cause, name) != name:
            yield Subject(name, seen, skipped=f"does not import for the same reason as {causes[cause]}")
        else:
            yield Subject(name, seen)
    for entry in facts.entries:
        if entry.failure is not None and not merged:
            yield Subject("modules", Module("", ""), skipped=f"{entry.entry.target} does not load")
            return


def _both(first: Module, second: Module) -> Module:
    guards = [seen.guard for seen in (first, second) if seen.failure is not None]
    guard = guards[0] if guards and all(guards) else ""
    return replace(
        first,
        guard=ELSEWHERE if len(guards) == 1 else guard,
        failure=first.failure or second.failure,
        broken=tuple(dict.fromkeys((*first.broken, *second.broken))),
        reached=first.reached and second.reached,
    )


def _cause(failure: Failure | None) -> object:
    """What makes two failures one: the innermost line of the application and what was said there."""
    return None if failure is None else (failure.location, failure.type, failure.message)


@family.rule(
    "PRD101",
    "entry-point-does-not-import",
    entry_point,
    checks="The web application's module imports, and its factory runs, in a fresh interpreter.",
    reason="Production starts with exactly this import; when it fails, nothing is served.",
    remedy="Correct the line that raises.",
)
def entry_point_does_not_import(seen: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD101."""
    failure = seen.failure
    if failure is None or stopped(failure) or outside_closure(failure):
        return
    explanation, place = explain_load(seen, failure)
    missing = failure.missing
    if (
        missing is not None
        and not missing.name
        and not place
        and f"{seen.entry.module}.".startswith(f"{missing.module}.")
    ):
        yield _names_nothing(seen, missing)
        return
    message = f"{seen.entry.target} does not import: {explanation.cause}"
    yield fault(message, failure, explanation.remedy, location=place)


def _names_nothing(seen: InspectedEntry, missing: Missing) -> Fault:
    """The import string itself is wrong: the line to change is where it is written."""
    parent, _, last = missing.module.rpartition(".")
    near = nearest(last, missing.available)
    name = seen.entry.target.partition(":")[2]
    written = f"{parent}.{near}".lstrip(".") + (f":{name}" if name else "")
    return Fault(
        f"{seen.entry.target} does not import: there is no module {missing.module}",
        f"Write {written}, the nearest module there is." if near else "Name a module that exists.",
        seen.entry.location,
        f"{IN_PRODUCTION}; the name was found in {seen.entry.source}",
    )


@family.rule(
    "PRD102",
    "entry-point-is-no-app",
    entry_point,
    checks="The web application's import string names an ASGI or WSGI application, "
    "or a factory that makes one.",
    reason="A server that is given anything else exits, or answers every request with an error.",
    remedy="Name the application object in the import string.",
)
def entry_point_is_no_app(seen: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD102."""
    app = seen.app
    if app is None or not app.problem:
        return
    module_name, _, name = seen.entry.target.partition(":")
    target = seen.entry.target
    if app.problem == "missing":
        near = nearest(name, app.available, at_least=0.6)
        message = f"{target} names nothing: the module {module_name} imports, but has no '{app.detail}'"
        remedy = f"Write {module_name}:{near}." if near else f"Name one of: {listed(app.available)}."
    elif app.problem == "factory":
        message = f"{target} is a factory that is not called, not an application"
        remedy = f'Write "{target}()", so that the factory is called.'
    elif app.problem == "needs-arguments":
        message = f"the factory of {target} needs arguments that nobody gives: {app.detail}"
        remedy = "Give its parameters defaults, or name a function without required parameters."
    else:
        message = f"{target} imports, but is no ASGI or WSGI application: it is {app.detail}"
        remedy = "Name the application object in the import string."
    place = seen.entry.location if app.problem == "missing" else app.location or seen.entry.location
    yield Fault(message, remedy, place, IN_PRODUCTION, (("found in", seen.entry.source),))


@family.rule(
    "PRD103",
    "module-does-not-import",
    module,
    checks="Every module that function bodies of the production closure import does import.",
    reason="The function that imports it fails when it is called, hours after a deploy that looked well.",
    remedy="Correct the line that raises.",
)
def module_does_not_import(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD103: a warning where an optional integration may be all that is missing."""
    failure = seen.failure
    if failure is None or stopped(failure) or outside_closure(failure):
        return
    explanation = explain(failure)
    found = fault(f"{seen.name} does not import: {explanation.cause}", failure, explanation.remedy)
    same = [
        other.name
        for entry in facts.entries
        for other in entry.modules
        if other.name != seen.name and _cause(other.failure) == _cause(failure)
    ]
    blocks = [("reached by", seen.reached), ("also failing for it", listed(dict.fromkeys(same)))]
    level = Level.WARNING if _optional(seen, failure) else None
    yield replace(found, details=(*(block for block in blocks if block[1]), *found.details), level=level)


def _optional(seen: Module, failure: Failure) -> bool:
    """Production may well never meet it.

    It imports for another entry point, stands behind a condition, needs what nothing requires, or raises
    something that depends on the state in which a function imports it.
    """
    if seen.guard == ELSEWHERE:
        return True
    missing = failure.missing
    if missing is None:
        return bool(seen.guard) or depends_on_state(failure)
    if missing.own or missing.shadow or missing.twin:
        return False
    return bool(seen.guard) or not missing.name


@family.rule(
    "PRD104",
    "deferred-import-does-not-resolve",
    module,
    checks="Every import statement inside a function of the production closure resolves on the real modules.",
    reason="The module itself imports cleanly; the call dies with ImportError.",
    remedy="Import a name that exists.",
)
def deferred_import_does_not_resolve(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD104: an error only for the application's own names, which no installation can make exist."""
    statements: dict[tuple[object, ...], list[BrokenImport]] = {}
    for broken in seen.broken:
        if broken.failure.missing is not None and not broken.failure.module:
            # where the imported module itself raises, PRD103 says so, once
            key = (broken.location, broken.function, broken.failure.missing.module, broken.own)
            statements.setdefault(key, []).append(broken)
    for group in statements.values():
        first = group[0]
        lost = [broken.failure.missing for broken in group if broken.failure.missing is not None]
        explanation = explain_lost(lost)
        yield Fault(
            f"{first.function} cannot run its import: {explanation.cause}",
            explanation.remedy,
            first.location,
            "tried on the real modules, in the interpreter that had loaded the application",
            level=None
            if first.own
            else Level.WARNING
            if lost[0].name or lost[0].distribution
            else Level.INFO,
        )


@family.rule(
    "PRD105",
    "outside-the-runtime-closure",
    entry_point,
    celery_app,
    module,
    checks="Nothing that production imports comes from a distribution outside the declared "
    "runtime requirements.",
    reason="Such a distribution is on the developer's machine and in CI, and not in the image.",
    remedy="Declare the distribution as a runtime requirement.",
)
def outside_the_runtime_closure(seen: InspectedEntry | Module, facts: Facts) -> Iterator[Fault]:
    """PRD105: a warning where only a function or a library imports it, not the start of the application."""
    if isinstance(seen, InspectedEntry):
        for name in seen.revealed:
            yield Fault(
                f"{seen.entry.target} needs {name}, which an installed library imports and which is not "
                "among the declared runtime requirements",
                f"Declare {name} as a runtime requirement, or name it in [tool.prodready] runtime.also "
                "if the image brings it.",
                seen.entry.location,
                IN_PRODUCTION,
                level=Level.WARNING,
            )
    if seen.failure is not None and outside_closure(seen.failure):
        name = seen.name if isinstance(seen, Module) else seen.entry.target
        explanation = explain(seen.failure)
        sources = facts.dependencies.sources if facts.dependencies else ()
        message = f"{name} does not import: {explanation.cause}"
        place = seen.failure.location
        if isinstance(seen, InspectedEntry) and not any(frame.own for frame in seen.failure.frames):
            place = seen.entry.location
        found = fault(message, seen.failure, explanation.remedy, location=place)
        level = Level.WARNING if isinstance(seen, Module) else None
        declared = (("declared in", listed(sources)),) if sources else ()
        yield replace(found, details=(*found.details, *declared), level=level)


@family.rule(
    "PRD109",
    "import-stops-the-interpreter",
    entry_point,
    celery_app,
    module,
    checks="No import hangs, crashes the interpreter, or leaves it through sys.exit or os._exit.",
    reason="Production restarts such a process for ever, often without a line in its log.",
    remedy="Move the work out of import time, behind a function that the start calls.",
)
def import_stops_the_interpreter(seen: InspectedEntry | Module, facts: Facts) -> Iterable[Fault]:
    """PRD109."""
    failure = seen.failure
    if failure is None or not (how := stopped(failure)):
        return
    name = seen.name if isinstance(seen, Module) else seen.entry.target
    remedies = {
        "hung": "Move what blocks out of import time, or raise [tool.prodready.limits] load.",
        "crashed": "Find the compiled module at this line that kills the interpreter, and replace it.",
    }
    remedy = remedies.get(failure.how, "Raise an exception instead of leaving, or give what it asks for.")
    place = failure.location or (seen.entry.location if isinstance(seen, InspectedEntry) else None)
    yield Fault(f"{name} does not import: {how}", remedy, place, IN_PRODUCTION, evidence(failure))
