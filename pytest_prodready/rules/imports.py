"""PRD1xx: what production starts imports, and so does everything that its functions import later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_prodready.facts import Command, Facts, Failure, InspectedEntry, Missing, Module
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules import imports_commands, imports_deferred, imports_modules
from pytest_prodready.rules.celery import celery_app
from pytest_prodready.rules.failures import (
    IN_PRODUCTION,
    depends_on_state,
    evidence,
    explain,
    explain_load,
    explain_together,
    fault,
    further_faults,
    outside_closure,
    root_causes,
    stopped,
    with_dependents,
)
from pytest_prodready.rules.imports_commands import name_of
from pytest_prodready.rules.imports_modules import ELSEWHERE, SET_UP
from pytest_prodready.wording import listed, nearest

family = Family("imports")


@family.kind("entry point", "entry points", needs={"web", "script", "commands"})
def entry_point(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """The web application and the scripts; in a test, whatever it asks to import."""
    return imports_commands.entry_points(facts)


@family.kind("management command", "management commands", needs={"commands"})
def command(facts: Facts) -> Iterator[Subject[Command]]:
    """The application's own management commands."""
    return imports_commands.commands(facts)


@family.kind("module", "modules", needs={"web", "worker", "script", "commands", "closure"})
def module(facts: Facts) -> Iterator[Subject[Module]]:
    """The application's modules in the production closure, each once, as all entry points together saw it."""
    return imports_modules.subjects(facts)


@family.rule(
    "PRD101",
    "entry-point-does-not-import",
    entry_point,
    command,
    checks="The web application, each console script and each management command imports in a fresh "
    "interpreter, and the application's factory runs.",
    reason="Production starts with exactly this import; when it fails, nothing is served.",
    remedy="Correct the line that raises.",
)
def entry_point_does_not_import(seen: InspectedEntry | Command, facts: Facts) -> Iterator[Fault]:
    """PRD101: a warning for a management command that may lack an optional distribution alone."""
    failure = seen.failure
    if failure is None:
        return
    if not stopped(failure) and not outside_closure(failure):
        yield _of_command(seen, failure) if isinstance(seen, Command) else _of_entry(seen, failure, facts)
    if isinstance(seen, InspectedEntry):
        for further, found in further_faults(seen, _fails(seen), outside=False):
            level = imports_commands.entry_level(seen, further, facts)
            yield replace(with_dependents(found, further, facts), level=level)


def _of_command(seen: Command, failure: Failure) -> Fault:
    if unclassed := imports_commands.without_class(seen, failure):
        return unclassed
    explanation = explain(failure)
    message = f"{name_of(seen)} does not import: {explanation.cause}"
    found = fault(message, failure, explanation.remedy, location=failure.location or seen.location)
    return replace(found, level=imports_commands.command_level(failure))


def _of_entry(seen: InspectedEntry, failure: Failure, facts: Facts) -> Fault:
    level = imports_commands.entry_level(seen, failure, facts)
    explanation, place = explain_load(seen, failure)
    if seen.entry.kind == "commands" and not any(frame.own for frame in failure.frames):
        place = None  # Django reads the settings: its own line says nothing
    missing = failure.missing
    if (
        missing is not None
        and not missing.name
        and not place
        and f"{seen.entry.module}.".startswith(f"{missing.module}.")
    ):
        return replace(_names_nothing(seen, missing), level=level)
    if len(together := root_causes(seen)[0]) > 1:
        explanation = explain_together(together)
    message = f"{_fails(seen)}: {explanation.cause}"
    found = fault(message, failure, explanation.remedy, location=place or seen.entry.location)
    return replace(with_dependents(found, failure, facts), level=level)


def _fails(seen: InspectedEntry) -> str:
    does = "cannot set Django up" if seen.entry.kind == "commands" else "does not import"
    return f"{seen.entry.target} {does}"


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
    if failure is not None and not stopped(failure) and not outside_closure(failure):
        explanation = explain_together(root_causes(seen)[0])
        found = fault(f"{seen.name} does not import: {explanation.cause}", failure, explanation.remedy)
        reached = (("reached by", seen.reached),) if seen.reached else ()
        found = with_dependents(found, failure, facts, seen.name)
        yield replace(found, details=(*reached, *found.details), level=_level(seen, failure))
    for further, found in further_faults(seen, f"{seen.name} does not import", outside=False):
        yield replace(with_dependents(found, further, facts, seen.name), level=_level(seen, further))


def _level(seen: Module, failure: Failure) -> Level | None:
    if seen.guard == SET_UP:
        return Level.INFO
    return Level.WARNING if _optional(seen, failure) else None


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
    checks="Every import of the production closure that runs later than its module, in a function or lazily, "
    "resolves on the real modules, and no try hides that a module which is there does not import.",
    reason="The module itself imports cleanly; the call dies with ImportError.",
    remedy="Import a name that exists.",
)
def deferred_import_does_not_resolve(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD104: an error for the application's own names, which no installation can make exist, and for what is
    required and not installed; a warning where a ``try`` hides that a module does not import.
    """
    yield from imports_deferred.unresolved(seen, facts)
    yield from imports_deferred.swallowed(seen, facts)


@family.rule(
    "PRD105",
    "outside-the-runtime-closure",
    entry_point,
    command,
    celery_app,
    module,
    checks="Nothing that production imports comes from a distribution outside the declared "
    "runtime requirements.",
    reason="Such a distribution is on the developer's machine and in CI, and not in the image.",
    remedy="Declare the distribution as a runtime requirement.",
)
def outside_the_runtime_closure(seen: InspectedEntry | Command | Module, facts: Facts) -> Iterator[Fault]:
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
        name = name_of(seen)
        explanation = explain(seen.failure)
        message = f"{name} does not import: {explanation.cause}"
        place = seen.failure.location
        if isinstance(seen, InspectedEntry) and not any(frame.own for frame in seen.failure.frames):
            place = seen.entry.location
        found = fault(message, seen.failure, explanation.remedy, location=place)
        level = None if isinstance(seen, InspectedEntry) else Level.WARNING
        yield replace(found, details=(*found.details, *_declared(facts)), level=level)
    if isinstance(seen, Module):
        for found in imports_deferred.unresolved(seen, facts, outside=True):
            yield replace(found, details=(*found.details, *_declared(facts)))
    if not isinstance(seen, Command):
        level = None if isinstance(seen, InspectedEntry) else Level.WARNING
        for _, found in further_faults(seen, f"{name_of(seen)} does not import", outside=True):
            yield replace(found, details=(*found.details, *_declared(facts)), level=level)


def _declared(facts: Facts) -> tuple[tuple[str, str], ...]:
    sources = facts.dependencies.sources if facts.dependencies else ()
    return (("declared in", listed(sources)),) if sources else ()


@family.rule(
    "PRD109",
    "import-stops-the-interpreter",
    entry_point,
    command,
    celery_app,
    module,
    checks="No import hangs, crashes the interpreter, or leaves it through sys.exit, os._exit or os.exec.",
    reason="Production restarts such a process for ever, often without a line in its log.",
    remedy="Move the work out of import time, behind a function that the start calls.",
)
def import_stops_the_interpreter(seen: InspectedEntry | Command | Module, facts: Facts) -> Iterable[Fault]:
    """PRD109."""
    failure = seen.failure
    if failure is None or not (how := stopped(failure)):
        return
    name = name_of(seen)
    remedies = {
        "hung": "Move what blocks out of import time, or raise [tool.prodready.limits] load.",
        "crashed": "Find the compiled module at this line that kills the interpreter, and replace it.",
    }
    remedy = remedies.get(failure.how, "Raise an exception instead of leaving, or give what it asks for.")
    place = failure.location or (seen.entry.location if isinstance(seen, InspectedEntry) else None)
    yield Fault(f"{name} does not import: {how}", remedy, place, IN_PRODUCTION, evidence(failure))
