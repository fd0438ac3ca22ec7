"""What of the installed distributions is the application itself, and what its own metadata says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from pytest_prodready.distributions.graph import Root
from pytest_prodready.distributions.installed import Installed
from pytest_prodready.facts import Bringer, Entry, Interpreter, Location, Problem, Requirement
from pytest_prodready.requirements import Declarations
from pytest_prodready.requirements.line import for_development, requirement
from pytest_prodready.settings import Settings


def optional(settings: Settings, declarations: Declarations, own: Iterable[Installed]) -> set[str]:
    """What only extras of the application ask for; nothing where the settings name those that count."""
    if settings.runtime.extras:
        return set()
    extras = [(one, [extra for extra in one.extras if not for_development(extra)]) for one in own]
    asked = {
        canonicalize_name(wanted.name)
        for one, several in extras
        for wanted in one.requires(several)
        if wanted.marker is not None and "extra" in str(wanted.marker)
    }
    return asked | {wanted.name for wanted in declarations.possible}


def elsewhere(root: Path, found: Iterable[Installed]) -> list[Installed]:
    """Without those that merely bring a package of the same name as one of the project's directory."""
    here = {entry.name for place in (root, root / "src") if place.is_dir() for entry in place.iterdir()}
    return [one for one in found if here.isdisjoint({*one.modules, *(f"{name}.py" for name in one.modules)})]


def scripts_of(root: Path, settings: Settings, own: Iterable[Installed]) -> Iterator[Entry]:
    """The console scripts of the distributions that are the application itself, each target once."""
    given = tuple(str(root / place) for place in settings.pythonpath)
    known: set[str] = set()
    for one in own:
        for found in one.scripts:
            if found.target in known or not found.selected(settings.runtime.extras):
                continue
            known.add(found.target)
            words = f"{found.table}, {found.name}"
            yield Entry("script", found.target, words, found.location, pythonpath=given, started="console")


def providing(settings: Settings, present: Iterable[Installed]) -> list[Installed]:
    """The distributions that bring the application, where the project's directory does not hold it."""
    named = {settings.app, *settings.celery.app, *settings.packages} - {""}
    tops = {name.partition(":")[0].partition(".")[0] for name in named}
    return [one for one in present if tops & one.modules] if tops else []


def bringers(
    root: Path, settings: Settings, present: Iterable[Installed], own: Collection[Installed]
) -> Iterator[Bringer]:
    """The distributions besides ``own`` that bring packages of the application, and what they ask for."""
    for one in elsewhere(root, providing(settings, present)):
        if one not in own:
            extras = [extra for extra in one.extras if not for_development(extra)]
            requires = {canonicalize_name(wanted.name) for wanted in one.requires(extras)}
            yield Bringer(one.name, tuple(sorted(one.modules)), tuple(sorted(requires)))


def declared_by(one: Installed, settings: Settings, interpreter: Interpreter) -> list[Requirement]:
    """The requirements in the metadata of ``one``, the project itself."""
    place = Location(f"metadata of {one.name} {one.version}")
    extras = settings.runtime.extras
    found = [requirement(line, place, interpreter.markers, extras=extras) for line in one.lines]
    # "name[extra]" of itself gathers its extras; the closure follows them
    return [line for line in found if line.name != one.name]


def extras_of(one: Installed, settings: Settings) -> Collection[str]:
    """The extras with which production may have installed ``one``, a distribution of the project."""
    return settings.runtime.extras or [extra for extra in one.extras if not for_development(extra)]


def also_there(settings: Settings, interpreter: Interpreter, problems: list[Problem]) -> list[Requirement]:
    """What the image brings besides; names that cannot be read become problems."""
    place = settings.locations.get("runtime", Location("pyproject.toml"))
    found = [requirement(text, place, interpreter.markers) for text in settings.runtime.also]
    for one in found:
        if one.problem:
            message = f'{place}: "{one.text}" of runtime.also names no distribution: {one.problem}'
            problems.append(Problem("dependencies", message))
    return found


def local_roots(declarations: Declarations, present: Iterable[Installed]) -> list[Root] | None:
    """The distributions installed from the directories that are asked for; ``None`` if one is unknown."""
    roots: list[Root] = []
    for local in declarations.locals:
        names = [one.name for one in present if one.belongs_to(local.path)]
        if not names:
            return None
        roots += [(name, local.extras) for name in names]
    return roots
