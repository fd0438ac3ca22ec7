"""PRD110 to 112: modules and their source: not there or another, executed twice, with a definition twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pytest_prodready.facts import Facts, Location, Module
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.failures import LOADED
from pytest_prodready.rules.imports import family, module
from pytest_prodready.wording import joined, listed


@family.rule(
    "PRD110",
    "compiled-without-its-source",
    module,
    checks="Every module of the application has its source, and runs what the source says.",
    reason="What runs is not what was reviewed, and is gone, or another, in the next clean checkout.",
    remedy="Delete the compiled file, and build from the sources.",
)
def compiled_without_its_source(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD110: a warning where a whole directory is shipped without sources, and for what nothing loaded."""
    place = Location(seen.file, 1)
    if seen.compiled == "stale":
        yield Fault(
            f"{seen.name} runs from a compiled file that was made from another source than {seen.file}",
            f"Delete {PurePosixPath(seen.file).parent}/__pycache__, and compile the sources as the last step "
            "of the build, if at all.",
            place,
            "the compiled file that the interpreter used was compared with its source",
        )
    elif seen.compiled == "sourceless":
        directory = PurePosixPath(seen.file).parent
        every = (PurePosixPath(one.file) for entry in facts.entries for one in entry.modules)
        alone = any(file.suffix == ".py" and file.parent == directory for file in every)
        yield Fault(
            f"{seen.name} runs from {seen.file}, and its source is not there",
            f"Bring its source back, or delete {seen.file} and the imports of {seen.name}.",
            place,
            LOADED,
            level=None if alone else Level.WARNING,
        )
    elif seen.compiled == "unloaded":
        yield Fault(
            f"{seen.file} has no source, and would run for whatever imports {seen.name} or walks over its "
            "package, as migrations and plugins do",
            f"Delete {seen.file}.",
            place,
            "found beside the application's sources; nothing loaded it here",
            level=Level.WARNING,
        )


@family.rule(
    "PRD111",
    "file-under-two-names",
    module,
    level=Level.WARNING,
    checks="No file of the application is executed under two module names.",
    reason="Each of its classes, globals, signal handlers and registrations exists twice: isinstance fails, "
    "and what one half stores the other does not see.",
    remedy="Import it by one name everywhere.",
)
def file_under_two_names(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD111."""
    if not seen.also:
        return
    names = [one.name for one in seen.also]
    exposed = {name: _exposed_by(name, seen.file) for name in names}
    shown = "\n".join(
        f"{one.name}, found through {exposed[one.name]}"
        + (f", imported by {listed(one.importers, 5)}" if one.importers else "")
        for one in seen.also
    )
    kept = _name_to_keep(names, facts)
    others = dict.fromkeys(_directory(exposed[name]) for name in names if exposed[name] != exposed[kept])
    off = f", and take {joined(others)} off sys.path" if others else ""
    yield Fault(
        f"{seen.file} is executed more than once, as {joined(names)}: each of its classes and globals exists "
        "as often",
        f"Import it as {kept} everywhere{off}.",
        Location(seen.file, 1),
        LOADED,
        (("its names", shown),),
    )


def _name_to_keep(names: list[str], facts: Facts) -> str:
    """The name in the package of an entry point, else the first one."""
    started = [entry.entry.settings_module or entry.entry.module for entry in facts.entries]
    tops = [module.partition(".")[0] for module in started]
    return next((name for top in tops for name in names if name.partition(".")[0] == top), names[0])


def _exposed_by(name: str, file: str) -> str:
    """The directory on ``sys.path`` from which ``import name`` finds ``file``."""
    path = PurePosixPath(file)
    path = path.parent if path.stem == "__init__" else path
    for _ in name.split("."):
        path = path.parent
    return str(path)


@family.rule(
    "PRD112",
    "definition-replaced",
    module,
    level=Level.WARNING,
    checks="No function or class of a module is silently replaced by a later one of its name.",
    reason="Whoever reads or mends the first one changes nothing: the second silently wins.",
    remedy="Rename one of them, or delete the one that is not meant.",
)
def definition_replaced(seen: Module, facts: Facts) -> Iterator[Fault]:
    """PRD112."""
    for found in seen.replaced:
        same = ", and both are the same code" if found.identical else ""
        yield Fault(
            f"{seen.name} defines {found.name} twice: {found.second} silently replaces {found.first}{same}",
            "Delete one of them." if found.identical else "",
            found.second,
            "both stand at the top of the module"
            + ("" if found.identical else ", and nothing in between uses the first"),
            (("replaced", str(found.first)), ("wins", str(found.second))),
        )


def _directory(entry: str) -> str:
    return "the project's directory" if entry == "." else entry
