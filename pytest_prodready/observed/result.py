"""What is known of one entry point once its child has ended, in whatever way."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready import child
from pytest_prodready.causes import of_entry
from pytest_prodready.codec import WireError
from pytest_prodready.facts import (
    BeatRows,
    Build,
    Database,
    Failure,
    InspectedEntry,
    Live,
    Migrations,
    Module,
    Problem,
)
from pytest_prodready.observed.breaking_off import closing_line, why_broken_off
from pytest_prodready.observed.decoding import decoded
from pytest_prodready.observed.seen import Seen

LOST = 83
"""The status with which the inspector's ``Events`` leaves when it cannot speak any more."""
MORE_TIME = (
    "Give it more than {limit:g} s: [tool.prodready.limits] load. If that changes nothing, report it with "
    "the details below; until then, this part of the target is not verified."
)


def result(seen: Seen, ending: child.Ending) -> tuple[InspectedEntry, list[Problem]]:
    """The facts of the entry point, and what could not be known of it."""
    if seen.seconds is None and ending.status == LOST:
        return InspectedEntry(seen.entry), [*seen.problems, _closed(seen, ending)]
    broken_off = None if seen.seconds is not None else why_broken_off(seen, ending)
    try:
        inspected = decoded(seen)
        if seen.settled and not seen.causes.unstopped:
            inspected = of_entry(inspected, [seen.causes])
    except WireError as error:
        problem = Problem(seen.entry.target, f"the inspector's facts cannot be read: {error}")
        return InspectedEntry(seen.entry, broken_off), [*seen.problems, problem]
    if inspected.failure is not None:
        output = seen.redactor.blank(ending.output)
        inspected = replace(inspected, failure=replace(inspected.failure, output=output))
    if broken_off is None:
        return inspected, seen.problems
    whole = _with_broken_off(inspected, broken_off, seen)
    if whole is not None:
        return whole, seen.problems
    if seen.step == "start":  # the application had not been touched yet
        place, message = seen.entry.target, f"the inspector did not start: {broken_off.message}"
    else:
        place, message = f"{seen.entry.target}, step {seen.step}", broken_off.message
    remedy = MORE_TIME.format(limit=seen.clock.limit) if broken_off.how == "hung" else ""
    return inspected, [*seen.problems, Problem(place, message, broken_off.output, remedy)]


def _closed(seen: Seen, ending: child.Ending) -> Problem:
    """The application has closed the way out of the facts."""
    doing = f", while {seen.importing[-1][1]} was being imported" if seen.importing else ""
    message = f"the application closed the descriptor that the facts travel on{doing}"
    if place := closing_line(seen):
        message += f": {place} closes descriptors"
    return Problem(f"{seen.entry.target}, step {seen.step}", message, seen.redactor.blank(ending.output))


def _with_broken_off(inspected: InspectedEntry, broken_off: Failure, seen: Seen) -> InspectedEntry | None:
    """``inspected`` with the failure at what was being done; ``None`` for no fact about it."""
    hung = broken_off.how == "hung"
    doing = "hung" if hung else f"ended the interpreter: {broken_off.message}"
    if seen.step == "start":
        return None
    if seen.step == "further":  # what the application does where it was made to go on says nothing
        return inspected
    if seen.step == "load":
        return replace(inspected, failure=inspected.failure or broken_off)
    if seen.step == "databases":
        detail = f"it gave no answer within {seen.limits.database:g} s" if hung else broken_off.message
        database = Database(seen.request.database, problem="unreachable", detail=detail)
        return replace(inspected, databases=(*inspected.databases, database))
    if seen.step == "migrations":
        return replace(inspected, migrations=Migrations(problem=f"reading the migrations {doing}"))
    if seen.step == "rows":
        how = "gave no answer in time" if hung else f"ended it: {broken_off.message}"
        problem = f"Reading the table of django-celery-beat {how}."
        return replace(inspected, beat_rows=BeatRows(chosen=True, problem=problem))
    if seen.step == "live":
        return replace(inspected, live=Live("", problem="unreachable", detail=f"asking it {doing}"))
    if seen.step.startswith("build ") and inspected.app is not None:
        kind, _, name = seen.step.removeprefix("build ").partition(" ")
        builds = (*inspected.app.builds, Build(kind, name, broken_off))
        return replace(inspected, app=replace(inspected.app, builds=builds))
    if seen.step == "closure" and (culprit := seen.own_module_in_progress()):
        module = Module(culprit, culprit.replace(".", "/") + ".py", failure=broken_off)
        return replace(inspected, modules=(*inspected.modules, module))
    if seen.command is not None:
        command = replace(seen.command, failure=broken_off)
        return replace(inspected, commands=(*inspected.commands, command))
    return None
