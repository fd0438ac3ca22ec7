"""PRD301: would the application's mappings configure?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import Facts, InspectedEntry, MappingFailure
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database.family import family
from pytest_prodready.wording import nearest

UNLOCATED = re.compile(r"failed to locate a name \((?:\"name ')?'?(?:\w+\.)*(\w+)'")
"""SQLAlchemy 2 writes ``('Name')``, 1.4 ``("name 'Name' is not defined")``."""


@dataclass(frozen=True)
class MappedClass:
    """A mapped class with what SQLAlchemy said of it."""

    name: str
    failures: tuple[MappingFailure, ...] = ()


@family.kind("mapped class", "mapped classes", needs={"web", "celery", "mapping"})
def mapped_class(facts: Facts) -> Iterator[Subject[MappedClass]]:
    """Every mapped class of every entry point, once, with its failures."""
    failures: dict[str, dict[tuple[str, str], MappingFailure]] = {}
    for entry in facts.entries:
        if entry.mapping is None:
            continue
        for name in entry.mapping.classes:
            failures.setdefault(name, {})
        for failure in entry.mapping.failures:
            of_class = failures.setdefault(failure.model or "all mappers", {})
            of_class.setdefault((failure.attribute, failure.failure.message), failure)
    for name, found in sorted(failures.items()):
        seen = tuple(found.values())
        yield Subject(name, MappedClass(name, seen), location=seen[0].location if seen else None)


@family.rule(
    "PRD301",
    "mapping-does-not-configure",
    mapped_class,
    checks="Every mapped class can be defined, and its mapper configured.",
    reason="SQLAlchemy configures mappers at the first query: nothing fails before it, everything after.",
    remedy="Correct the attribute that the message names.",
)
def mapping_does_not_configure(mapped: MappedClass, facts: Facts) -> Iterator[Fault]:
    """One fault for each failure of the class."""
    if not mapped.failures:
        return
    known = {name for entry in facts.entries if entry.mapping is not None for name in entry.mapping.classes}
    for failed in mapped.failures:
        yield _doubted(_mapping_fault(failed, known), failed, facts)


def _doubted(fault: Fault, failed: MappingFailure, facts: Facts) -> Fault:
    """The fault as a warning where another entry point, or another failure, speaks against it."""
    if fault.level is Level.WARNING:
        return fault
    seen = [entry for entry in facts.entries if entry.mapping is not None]
    failing = [entry for entry in seen if entry.mapping is not None and failed in entry.mapping.failures]
    healthy = [entry for entry in seen if _maps_cleanly(entry, failed.model)]
    if failing and healthy:
        alone, other = failing[0].entry, healthy[0].entry.target
        return replace(
            fault,
            message=f"{fault.message.rstrip('.')}, in {_process(alone.kind)} alone ({alone.target}): "
            f"{other} maps it cleanly.",
            remedy=f"Import the models in {alone.target} as {other} does, before the first query.",
            level=Level.WARNING,
        )
    others = [
        other
        for entry in failing
        for other in (entry.mapping.failures if entry.mapping is not None else ())
        if other.model != failed.model and _raised_by_sqlalchemy(other)
    ]
    if others and not _raised_by_sqlalchemy(failed):
        message = f"{fault.message.rstrip('.')}; this may follow from the failure of {others[0].model}."
        return replace(fault, message=message, level=Level.WARNING)
    return fault


def _maps_cleanly(entry: InspectedEntry, model: str) -> bool:
    """Whether ``entry`` configured ``model``; without one, whether it configured all that it maps."""
    if entry.mapping is None or entry.failure is not None:
        return False
    failed = {failure.model for failure in entry.mapping.failures}
    return (
        (model in entry.mapping.classes and model not in failed)
        if model
        else bool(entry.mapping.classes) and not failed
    )


def _process(kind: str) -> str:
    return {"celery": "the worker", "web": "the web process"}.get(kind, "this process")


def _raised_by_sqlalchemy(failed: MappingFailure) -> bool:
    return any(base.startswith("sqlalchemy.exc.") for base in failed.failure.bases)


def _mapping_fault(failed: MappingFailure, known: set[str]) -> Fault:
    short = failed.model.rpartition(".")[2]
    attribute = f"{short}.{failed.attribute}" if failed.attribute else failed.model
    said = failed.failure.message.partition("\n")[0].partition("(Background on this error")[0].strip()
    name = failed.attribute or "value"
    level = Level.WARNING if failed.warned else None
    message = (
        f"{attribute} cannot be mapped: {said}" if attribute else f"the mappers do not configure: {said}"
    )
    remedy = "Correct the attribute that the message names."
    if "is reserved" in said or "left reserved" in said:
        verb = "is accepted with a warning by this SQLAlchemy only" if failed.warned else "cannot be mapped"
        message = f"{attribute} {verb}: declarative classes keep the name {name!r} for themselves."
        remedy = f'Rename the attribute and keep the column: {name}_ = mapped_column("{name}", …)'
    elif failed.failure.type == "MappedAnnotationError" or "Could not locate SQLAlchemy Core type" in said:
        annotation = _annotation(said)
        message = f"{attribute} cannot be mapped: no column type belongs to its annotation{annotation}."
        kind = "JSON" if re.search(r"(?i)\b(dict|list|any|mapping)\b", annotation) else "…"
        what = "" if kind == "JSON" else " with the column's type in the place of …"
        remedy = f'Name the column type: mapped_column("{name}", {kind}){what}'
    elif unlocated := UNLOCATED.search(failed.failure.message):
        message, remedy, level = _unlocated(attribute, unlocated[1], failed, known, level)
    return Fault(
        message=message,
        remedy=remedy,
        location=failed.location,
        proof=f"SQLAlchemy raised {failed.failure.type}" if not failed.warned else "SQLAlchemy warns of it",
        details=(("SQLAlchemy", failed.failure.message),)
        if said not in message and not failed.warned
        else (),
        level=level,
    )


def _annotation(said: str) -> str:
    found = re.search(r"indicated by ['\"]?(.+?)['\"]? inside the Mapped", said)
    return " " + found[1].replace("typing.", "") if found else ""


def _unlocated(
    attribute: str, name: str, failed: MappingFailure, known: set[str], level: Level | None
) -> tuple[str, str, Level | None]:
    """Words for a relationship to a class that no loaded module defines."""
    elsewhere = next((full for full in sorted(known) if full.rpartition(".")[2] == name), "")
    if failed.defined is not None or elsewhere:
        place = str(failed.defined or elsewhere)
        message = (
            f"{attribute} refers to the class {name}, whose module was not loaded "
            f"when the mappers configured ({place})."
        )
        # something may still load it before the first query: seen to fail now, not proven to fail then
        return message, f"Import the module of {name} where the models are imported.", Level.WARNING
    near = nearest(name, (full.rpartition(".")[2] for full in known))
    remedy = (
        f"Write {near} instead of {name}." if near else f"Name a mapped class that exists instead of {name}."
    )
    return f"{attribute} refers to {name}, and no mapped class has that name.", remedy, level
