"""PRD601: the variables that are required are set, and not empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import EnvironmentRead, Facts, Failure, InspectedEntry, Location, SettingsField
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.environment.family import family, give, missing
from pytest_prodready.rules.failures import IN_PRODUCTION, evidence
from pytest_prodready.wording import joined

THERE = ("set", "file")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHOUTED = re.compile(r"[A-Z][A-Z0-9_]{3,}")


@dataclass(frozen=True)
class Variable:
    """One variable, and who requires it."""

    name: str
    declared: bool = False
    reads: tuple[EnvironmentRead, ...] = ()
    """The lines that read it without a default; of one that is blamed, all."""
    fields: tuple[SettingsField, ...] = ()
    """The fields of settings classes that it alone sets, or it before others."""
    blamed: tuple[tuple[str, Failure], ...] = ()
    """Entry points that do not load without it, each with what was raised."""


@family.kind("variable", "variables", needs={"environment", "web", "worker"})
def variable(facts: Facts) -> Iterator[Subject[Variable]]:
    """Those of ``required_env``, and those that the application needs by what it did while it was loaded."""
    blamed: dict[str, dict[str, Failure]] = {}
    for seen in facts.entries:
        for name in _blamed(seen):
            assert seen.failure is not None
            blamed.setdefault(name, {})[seen.entry.target] = seen.failure
    reads: dict[str, dict[EnvironmentRead, None]] = {}
    fields: dict[str, dict[SettingsField, None]] = {}
    for seen in facts.entries:
        for read in seen.environment_reads:
            # the application has caught what an absent one raises
            if read.name in blamed or (read.how == "required" and read.state != "unset"):
                reads.setdefault(read.name, {})[read] = None
        for one in seen.settings_fields:
            if one.built or one.variables[0] in blamed or _later(one):
                fields.setdefault(one.variables[0], {})[one] = None
    for name in dict.fromkeys((*facts.required_env, *blamed, *reads, *fields)):
        yield Subject(
            name,
            Variable(
                name,
                name in facts.required_env,
                tuple(reads.get(name, ())),
                tuple(fields.get(name, ())),
                tuple(blamed.get(name, {}).items()),
            ),
        )


def _later(one: SettingsField) -> bool:
    """Whether a function builds the class when it is called, not the module's body."""
    return not one.built and any(call.function for call in one.calls)


def _blamed(seen: InspectedEntry) -> Iterator[str]:
    """The variables whose absence is why an entry point does not load: the exception names them."""
    failure = seen.failure
    if failure is None or failure.how not in ("raised", "exited") or failure.missing is not None:
        return
    words = set(WORD.findall(f"{failure.message}\n{failure.output if failure.how == 'exited' else ''}"))
    if any(base.endswith(".ValidationError") and "pydantic" in base for base in failure.bases):
        # "2 validation errors for Settings": a field's name stands at the start of its line
        head, _, rest = failure.message.strip().partition("\n")
        model = head.rpartition(" for ")[2].partition(" ")[0]
        lines = rest.splitlines()
        for one in seen.settings_fields:
            shown = {one.field, *one.variables, *(name.lower() for name in one.variables)}
            lacking = one.state not in THERE and one.settings.rpartition(".")[2] == model
            if lacking and any(line in shown or line.replace(" -> ", ".") in shown for line in lines):
                yield one.variables[0]
        return
    for read in seen.environment_reads:
        if read.state in THERE or read.name not in words:
            continue
        own_check = failure.type != "KeyError" and (read.how == "required" or SHOUTED.fullmatch(read.name))
        if own_check or (read.how == "required" and read.state == "unset"):
            yield read.name


@family.rule(
    "PRD601",
    "required-variable-missing",
    variable,
    checks="Every variable of [tool.prodready] required_env, and every one that the application needs to "
    "load or to build its settings, is set and not empty.",
    reason="An absent key is found hours later, by the first call that needs it.",
    remedy="Set the variable where the gate runs, as production sets it.",
)
def required_variable_missing(subject: Variable, facts: Facts) -> Iterator[Fault]:
    """PRD601."""
    name = subject.name
    if subject.declared and name in facts.unset_env and not _supplied(name, facts):
        place = facts.settings_locations.get("required_env")
        lines = _lines(subject)
        details = (("read at", lines),) if lines else ()
        yield Fault(missing(name, empty=name in facts.empty_env), f"Set {name}.", place, details=details)
    elif subject.blamed:
        yield _refused(subject, facts)
    elif lacking := [one for one in subject.fields if one.state == "unset"]:
        yield from _not_built(subject, lacking)
    elif empty := [one.location for one in _uses(subject) if one.state == "empty"]:
        yield Fault(
            f"{missing(name, empty=True)}, and is read without a default",
            f"{give(name)} Or read it with a default, where the application can do without it.",
            empty[0],
            IN_PRODUCTION,
            level=Level.WARNING,
        )


def _uses(subject: Variable) -> list[EnvironmentRead | SettingsField]:
    return [*subject.reads, *subject.fields]


def _supplied(name: str, facts: Facts) -> bool:
    """Whether the application gets it from a file of its own: its environment alone does not have it."""
    return any(
        (read.name == name and read.state in THERE)
        for seen in facts.entries
        for read in seen.environment_reads
    ) or any(
        name in one.variables and one.state in THERE for seen in facts.entries for one in seen.settings_fields
    )


def _refused(subject: Variable, facts: Facts) -> Fault:
    """An entry point that does not load for it."""
    targets = [target for target, _ in subject.blamed]
    failure = subject.blamed[0][1]
    empty = any(
        read.name == subject.name and read.state == "empty"
        for seen in facts.entries
        for read in seen.environment_reads
    ) or any(one.state == "empty" for one in subject.fields)
    do = "does" if len(targets) == 1 else "do"
    place = failure.location or next((one.location for one in _uses(subject)), None)
    return Fault(
        f"{missing(subject.name, empty=empty)}: {joined(targets)} {do} not load without it",
        f"{give(subject.name)} With required_env in [tool.prodready] the gate asks for it by name.",
        place,
        IN_PRODUCTION,
        details=evidence(failure),
    )


def _not_built(subject: Variable, lacking: list[SettingsField]) -> Iterator[Fault]:
    """A settings class that a function builds when it is called: then it raises."""
    one = lacking[0]
    calls = sorted(
        (call for call in one.calls if call.function),
        key=lambda call: (call.conditional, not call.accessor, str(call.location)),
    )
    if not calls:
        return
    call = calls[0]
    sure = call.accessor and not call.conditional
    others = one.variables[1:]
    either = f" (nor {joined(others)})" if others else ""
    yield Fault(
        f"{missing(subject.name, empty=False)}{either}: {one.settings} needs it for {one.field}, and "
        f"{call.function}() at {call.location} will raise",
        give(subject.name),
        one.location or call.location,
        "the class was read in a fresh interpreter: the field has no default, and neither the environment "
        "nor a file of the class sets it",
        level=Level.ERROR if sure else Level.WARNING,
    )


def _lines(subject: Variable) -> str:
    places: list[Location | None] = [read.location for read in subject.reads]
    places += [one.location for one in subject.fields]
    return "\n".join(dict.fromkeys(str(place) for place in places if place is not None))
