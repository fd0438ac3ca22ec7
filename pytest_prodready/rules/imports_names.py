"""PRD106 and 107: names of modules that two files claim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pytest_prodready.facts import (
    Command,
    Facts,
    Failure,
    Importer,
    InspectedEntry,
    Location,
    Missing,
    Module,
    Shadow,
    Twin,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.celery import celery_app
from pytest_prodready.rules.failures import IN_PRODUCTION, LOADED, evidence, explain_missing
from pytest_prodready.rules.imports import command, entry_point, family, module
from pytest_prodready.rules.imports_commands import name_of
from pytest_prodready.wording import joined, listed

BECAUSE = {
    "directory": "the working directory",
    "start": "the start command or the settings put it on sys.path",
    "environment": "PYTHONPATH puts it on sys.path",
}
Failing = InspectedEntry | Command | Module


@family.rule(
    "PRD106",
    "local-module-hides-another",
    entry_point,
    command,
    celery_app,
    module,
    checks="No module of the application takes the name of a standard library or an installed module that "
    "somebody else imports.",
    reason="A library that imports the hidden module gets the application's, and fails at import or, worse, "
    "at the first call.",
    remedy="Rename the local module, or take its directory off sys.path.",
)
def local_module_hides_another(seen: Failing, facts: Facts) -> Iterator[Fault]:
    """PRD106: an error where something failed for it, a warning where a library gets the local module."""
    if isinstance(seen, Module) and seen.shadow is not None:
        yield _shadow(seen, seen.shadow, facts)
    for failure in _once(seen, "shadow"):
        missing = failure.missing
        if missing is None or (isinstance(seen, Module) and _has_its_own(missing.shadow, facts)):
            continue
        top = missing.module.partition(".")[0]
        what, entry = _placed(missing.shadow)
        yield Fault(
            f"{name_of(seen)} fails for a local module of the same name: {explain_missing(missing).cause}",
            _rename(what, top, entry),
            Location(missing.shadow, 1),
            IN_PRODUCTION,
            (
                ("wins through", _on_path(entry)),
                ("needed by", _needed_by(failure)),
                *evidence(failure),
            ),
        )


def _shadow(seen: Module, shadow: Shadow, facts: Facts) -> Fault:
    what, _ = _placed(seen.file)
    hidden = f"the standard library's {seen.name}"
    if not shadow.standard:
        hidden = f"{seen.name} of the installed {shadow.distribution}".removesuffix(" of the installed ")
    failed = [
        failure
        for failure in _all_failures(facts)
        if failure.missing is not None and failure.missing.shadow == seen.file
    ]
    broken = [importer for importer in shadow.importers if importer.missing]
    libraries = [importer for importer in shadow.importers if not importer.own]
    level: Level | None = None
    if failed:
        missing = failed[0].missing
        assert missing is not None
        lost = f"'{missing.name}' of {missing.module}" if missing.name else f"'{missing.module}'"
        says = f"{_needed_by(failed[0])} needs {lost}, which it does not have"
    elif broken:
        names = joined(f"{seen.name}.{name}" for name in broken[0].missing[:3])
        says = f"{broken[0].module} uses {names}, which it does not have"
    elif libraries:
        level = Level.WARNING
        says = f"{listed([one.module for one in libraries], 3)} imports it, and gets the application's"
    else:
        of_its_name = seen.name.lower() in shadow.distribution.lower()
        level = Level.WARNING if of_its_name and not shadow.standard else Level.INFO
        says = "only the application's own modules import it so far"
    importers = "\n".join(map(_shown, (*libraries, *(one for one in shadow.importers if one.own))))
    because = BECAUSE.get(shadow.because, "")
    blocks = (
        ("wins through", _on_path(shadow.path_entry) + (f": {because}" if because else "")),
        ("hidden", shadow.hidden),
        ("imported by", importers),
    )
    return Fault(
        f"{what} hides {hidden}: {says}",
        _rename(what, seen.name, shadow.path_entry),
        Location(seen.file, 1),
        LOADED,
        tuple(block for block in blocks if block[1]),
        level,
    )


def _shown(importer: Importer) -> str:
    lost = f"  (not there: {listed(importer.missing, 5)})" if importer.missing else ""
    return f"{importer.location}  {importer.module}{lost}"


def _placed(file: str) -> tuple[str, str]:
    """A top-level module as it is to be renamed, and the directory that exposes it."""
    path = PurePosixPath(file)
    if path.stem == "__init__":
        return f"{path.parent}/", str(path.parent.parent)
    return file, str(path.parent)


def _on_path(entry: str) -> str:
    return "the project's directory, which is on sys.path" if entry == "." else f"{entry} on sys.path"


def _rename(what: str, name: str, entry: str) -> str:
    other = "move it into a package" if entry == "." else f"take {entry} off sys.path"
    return f"Rename {what} to app_{name}, say, with the imports of it, or {other}."


def _needed_by(failure: Failure) -> str:
    """The innermost line that asked for what is missing."""
    frames = failure.frames[-1:]
    return next((f"{frame.file}:{frame.line}" for frame in frames), "") or failure.module or "an import"


def _has_its_own(shadow: str, facts: Facts) -> bool:
    """Whether the module that throws the shadow is a subject itself."""
    every = (one for entry in facts.entries for one in entry.modules)
    return any(one.shadow is not None and one.file == shadow for one in every)


@family.rule(
    "PRD107",
    "two-files-of-one-name",
    entry_point,
    command,
    celery_app,
    module,
    checks="No two files claim one module name: x.py beside x/, or names that differ only in case.",
    reason="Only one of them can be imported; the other is dead code that looks alive, and its names are "
    "not there.",
    remedy="Rename one of them, or merge them.",
)
def two_files_of_one_name(seen: Failing, facts: Facts) -> Iterator[Fault]:
    """PRD107: an error where something failed for it."""
    if isinstance(seen, Module) and seen.twin is not None:
        yield _twin(seen, seen.twin, facts)
    for failure in _once(seen, "twin"):
        missing = failure.missing
        if missing is None or (isinstance(seen, Module) and _is_told(missing.twin, facts)):
            continue
        explanation = explain_missing(missing)
        place = failure.location if missing.twin.endswith("/") else Location(missing.twin, 1)
        yield Fault(
            f"{name_of(seen)} fails for two files of one name: {explanation.cause}",
            explanation.remedy,
            place,
            IN_PRODUCTION,
            evidence(failure),
        )


def _twin(seen: Module, twin: Twin, facts: Facts) -> Fault:
    lost = [one.missing for one in _all_failures(facts) if one.missing is not None]
    failed = [missing for missing in lost if missing.twin == twin.loser]
    place = Location(seen.file if twin.loser.endswith("/") else twin.loser, 1)
    if twin.how == "case":
        message = f"{twin.winner} and {twin.loser} differ only in case"
        message += ": where the file system does not tell them apart, one replaces the other"
        remedy = f"Rename {twin.loser}."
    elif twin.how == "module":
        message = f"nothing in {twin.loser} can be imported: {twin.winner} has the same name, and wins"
        remedy = f"Move what {twin.winner} holds into {twin.loser}__init__.py, or rename one of them."
    else:
        message = f"{twin.loser} can never be imported: the package {twin.winner} has the same name, and wins"
        remedy = f"Rename {twin.loser}, or move what it holds into {twin.winner}__init__.py."
    if failed:
        names = dict.fromkeys(_lost(missing) for missing in failed)
        message += f"; {listed(names, 3)} cannot be found for it"
    return Fault(message, remedy, place, LOADED, level=None if failed else Level.WARNING)


def _lost(missing: Missing) -> str:
    return f"{missing.module}.{missing.name}" if missing.name else missing.module


def _is_told(twin: str, facts: Facts) -> bool:
    every = (one.twin for entry in facts.entries for one in entry.modules)
    return any(one is not None and one.loser == twin for one in every)


def _failures(seen: Failing) -> Iterator[Failure]:
    """Why something does not import: the first root cause, and those that were found by going on."""
    if seen.failure is not None:
        yield seen.failure
    yield from getattr(seen, "further", ())


def _once(seen: Failing, why: str) -> Iterator[Failure]:
    """The failures of ``seen`` for a ``shadow`` or a ``twin``, the first for each."""
    known = {""}
    for failure in _failures(seen):
        place = getattr(failure.missing, why, "")
        if place not in known:
            known.add(place)
            yield failure


def _all_failures(facts: Facts) -> Iterator[Failure]:
    """Everything that failed to import in this run, statements in functions included."""
    for entry in facts.entries:
        yield from _failures(entry)
        for one in entry.commands:
            yield from _failures(one)
        for seen in entry.modules:
            yield from _failures(seen)
            yield from (broken.failure for broken in seen.broken)
