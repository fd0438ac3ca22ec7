"""Scripts and management commands: which of them are judged, and how sure a failure of theirs is."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Command, Entry, Facts, Failure, InspectedEntry, Module
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.failures import depends_on_state
from pytest_prodready.settings.checks import normal
from pytest_prodready.wording import nearest


def commands(facts: Facts) -> Iterator[Subject[Command]]:
    """The application's management commands; those that fail for one reason are judged once."""
    causes: dict[object, str] = {}
    for entry in facts.entries:
        if entry.entry.kind != "commands":
            continue
        for found in entry.commands:
            name, why = command_name(found), cause(found.failure)
            first = causes.setdefault(why, name) if why is not None else name
            skipped = f"does not import for the same reason as {first}" if first != name else ""
            yield Subject(name, found, skipped=skipped, location=found.location)
        if entry.failure is not None:
            reason = (
                _brought_along(entry, facts)
                or _without_django(entry)
                or f"{entry.entry.target} cannot set Django up"
            )
            yield Subject("management commands", Command("", ""), skipped=reason)


def entry_points(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """What production starts, but for Celery apps; those that fail for one reason are judged once."""
    causes: dict[object, str] = {}
    further: set[object] = set()
    for seen in facts.entries:
        if seen.entry.kind == "commands" and _without_django(seen):
            continue
        if seen.entry.kind in ("web", "module", "script", "commands"):
            name, why = entry_name(seen.entry), cause(seen.failure)
            first = causes.setdefault(why, name) if why is not None else name
            told = first != name and further >= {failure.cause for failure in seen.further}
            further |= {failure.cause for failure in seen.further}
            skipped = f"does not load for the same reason as {first}" if told else ""
            yield Subject(name, seen, skipped=skipped, location=seen.entry.location)


def entry_name(entry: Entry) -> str:
    """The entry point as a subject: a module alone must not be taken for the subject that it is itself."""
    alone = entry.kind == "script" and ":" not in entry.target
    return f"python -m {entry.target}" if alone else entry.target


def cause(failure: Failure | None) -> object:
    """What makes two failures one: the innermost line, whosever it is, and what was said there."""
    if failure is None or not failure.frames:
        return None
    innermost = failure.frames[-1]
    return (innermost.file, innermost.line, failure.type, failure.message)


def command_name(command: Command) -> str:
    """The command as it is typed."""
    return f"manage.py {command.name}"


def name_of(seen: InspectedEntry | Command | Module) -> str:
    """What does not import, in a sentence."""
    if isinstance(seen, InspectedEntry):
        return seen.entry.target
    return command_name(seen) if isinstance(seen, Command) else seen.name


def without_class(command: Command, failure: Failure) -> Fault | None:
    """The fault of a module that Django lists as a command and that has no class ``Command``.

    It is a warning where it may well be a module that several commands share.
    """
    missing = failure.missing
    if missing is None or (missing.module, missing.name) != (command.module, "Command"):
        return None
    # a class that is called …Command is imported, or a base of others
    near = nearest("Command", (name for name in missing.available if "command" not in name.lower()))
    return Fault(
        f"{command_name(command)} does not run: {command.module} has no class 'Command'",
        f"Call the class {near} Command."
        if near
        else "Call its class Command; if it has none, move the file out of management/commands, or begin its "
        "name with an underscore.",
        command.location,
        "Django lists every module of management/commands as a command",
        level=None if near else Level.WARNING,
    )


def command_level(failure: Failure) -> Level | None:
    """A warning where an optional command may be all that fails; else the rule's own level."""
    missing = failure.missing
    if missing is None:
        return Level.WARNING if depends_on_state(failure) else None
    certain = missing.own or missing.shadow or missing.twin or missing.name
    return None if certain else Level.WARNING


def entry_level(seen: InspectedEntry, failure: Failure, facts: Facts) -> Level | None:
    """A warning where what is missing may be the gate's own view; else the rule's own level.

    Management commands get their environment from manage.py, which is not run: where the same settings load
    for another entry point, it may be all that is missing. A script's package may be built, or installed, in
    the image alone, and so may what only an extra of the project asks for.
    """
    missing = failure.missing
    if seen.entry.kind == "commands":
        others = [
            other for other in facts.entries if other.entry.settings_module == seen.entry.settings_module
        ]
        return Level.WARNING if any(other.failure is None for other in others) else None
    if seen.entry.kind == "script" and missing is not None and not missing.name:
        optional = facts.dependencies.optional if facts.dependencies is not None else ()
        if normal(missing.module.partition(".")[0]) in optional:
            return Level.WARNING
        top = seen.entry.module.partition(".")[0]
        unknown = missing.module == top and top not in facts.packages and not nearest(top, facts.packages)
        return Level.WARNING if unknown else None
    return None


def _brought_along(seen: InspectedEntry, facts: Facts) -> str:
    """Why no command is loaded where another entry point has found Django, which the project brings along."""
    others = [one.entry.target for one in facts.entries if one.django is not None and one.failure is None]
    if not others or not _without_django(seen):
        return ""
    return f"{others[0]} puts Django on sys.path itself, and {seen.entry.target}, which may do so, is not run"


def _without_django(seen: InspectedEntry) -> str:
    """Why no command is loaded where Django itself is not there: manage.py may be a leftover."""
    missing = seen.failure.missing if seen.failure is not None else None
    if missing is not None and missing.module.partition(".")[0] == "django" and not missing.name:
        inside = any(frame.own for frame in seen.failure.frames) if seen.failure is not None else False
        return "" if inside else "Django is not installed, or not among the runtime requirements"
    return ""
