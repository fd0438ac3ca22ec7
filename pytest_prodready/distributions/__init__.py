"""The installed distributions of the target, and which of them its runtime requirements do not pull in.

Only metadata files are read, from the target's own ``sys.path``: none of the target's code runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_prodready.distributions.files import lacking, shared
from pytest_prodready.distributions.graph import Graph, Root, closure, graph, required
from pytest_prodready.distributions.hiding import hidden, search
from pytest_prodready.distributions.installed import Environment, Installed, environment, installed
from pytest_prodready.distributions.project import (
    also_there,
    bringers,
    declared_by,
    elsewhere,
    extras_of,
    local_roots,
    optional,
    providing,
    scripts_of,
)
from pytest_prodready.distributions.wheel import foreign_tags
from pytest_prodready.facts import INSTALLED, Dependencies, Interpreter, Problem, Requirement, Unreadable
from pytest_prodready.facts import Distribution as Seen
from pytest_prodready.requirements import lock_files, read
from pytest_prodready.settings import Settings

__all__ = ["Installed", "closure", "hidden", "inspect", "installed", "required"]

TOOLS = ("pip", "setuptools", "wheel")
"""What an environment has without being asked; ``pkg_resources`` and ``distutils`` belong to one of them."""
_NOTHING = (
    "no runtime requirements are declared (looked at pyproject.toml, setup.cfg, requirements files, Pipfile)"
)
_SETUP_PY = "setup.py is not run; install the project, so that its metadata says what it needs"


def inspect(root: Path, settings: Settings, interpreter: Interpreter) -> tuple[Dependencies, list[Problem]]:
    """What the project in ``root`` declares, what ``interpreter`` has, and what to hide from the target."""
    root = root.resolve()
    declarations = read(root, settings.runtime, interpreter.markers)
    everything = environment(interpreter.path)
    present = everything.present
    problems = list(declarations.problems)
    own = [one for one in present if one.name == declarations.name or one.belongs_to(root)]
    requirements, sources = declarations.requirements, declarations.sources
    metadata: list[Installed] = []
    scripts = tuple(scripts_of(root, settings, own or elsewhere(root, providing(settings, present))))
    if not declarations.declared:
        own = own or providing(settings, present)
        # a workspace has several: none of them speaks for the whole
        metadata = [one for one in own if one.name == declarations.name] or (own if len(own) == 1 else [])
        requirements = tuple(line for one in metadata for line in declared_by(one, settings, interpreter))
        sources = tuple(f"metadata of the installed {one.name} {one.version}" for one in metadata)
    also = also_there(settings, interpreter, problems)
    locals_here = local_roots(declarations, present)
    # where pyproject.toml lists the project's dependencies, its installed metadata can only be older
    stale = declarations.name if declarations.static else ""
    certain = [*(locals_here or ()), *_asked((*requirements, *also))]
    certain += [(one.name, settings.runtime.extras) for one in own if one.name != stale]
    possible = list(_asked(declarations.possible))
    possible += [(one.name, extras_of(one, settings)) for one in own if one.name != stale]
    judged_as_declared = {stale, *(one.name for one in metadata)}
    found = graph(certain, possible, present, interpreter.markers, judged_as_declared)
    overridden = lock_files.overrides(root)
    concealed: dict[str, str] = {}
    known = declarations.complete and locals_here is not None and bool(own or not declarations.setup_py)
    if sources and known:
        inside = {*found.within, *(one.name for one in own), *TOOLS}
        exposed = {place for one in present if one.name not in inside for place in one.exposed}
        concealed = hidden(present, inside, search(root, interpreter) - exposed)
    dependencies = Dependencies(
        declared=bool(sources),
        sources=sources,
        requirements=requirements,
        installed=tuple(_seen(one, found, everything, interpreter, own) for one in present),
        python=interpreter.version,
        requires_python=declarations.requires_python,
        requires_python_location=declarations.requires_python_location,
        hidden=concealed,
        undeclared="" if sources else _SETUP_PY if declarations.setup_py else _NOTHING,
        optional=tuple(sorted(optional(settings, declarations, own))),
        scripts=scripts,
        bounds=tuple(one for one in found.bounds if one.name not in overridden),
        own=tuple(one.name for one in own),
        bringers=tuple(bringers(root, settings, present, own)),
        also=tuple(one.name for one in also if one.name),
        unreadable=tuple(_unreadable(everything, found)),
        shared=tuple(shared([one for one in present if not one.source])),
        lock=lock_files.read(
            root, settings.runtime, interpreter.markers, declarations.requirements, declarations.name
        ),
        complete=known,
    )
    return dependencies, problems


def _asked(requirements: Iterable[Requirement]) -> Iterable[Root]:
    for wanted in requirements:
        if wanted.name and wanted.applies and not wanted.constraint:
            yield wanted.name, wanted.extras


def _seen(
    one: Installed, found: Graph, everything: Environment, interpreter: Interpreter, own: Iterable[Installed]
) -> Seen:
    """What the rules are told of one distribution; the files of those that production installs."""
    within = found.within.get(one.name, INSTALLED)
    local = one in own or one.source is not None
    others = () if local else everything.further.get(one.name, ())
    beside = [other for other in others if other.place.resolve() == one.place.resolve()]
    return Seen(
        one.name,
        one.version,
        str(one.place),
        within,
        found.way.get(one.name, (one.name,)),
        tuple(sorted(one.modules)),
        () if local or within == INSTALLED else lacking(one),
        foreign_tags(one, interpreter),
        one.problem,
        tuple(f"{other.version} in {other.place}" for other in others if other not in beside),
        tuple(other.version for other in beside),
        importable=one.importable,
    )


def _unreadable(everything: Environment, found: Graph) -> Iterable[Unreadable]:
    for directory, name, reason, leftover in everything.unreadable:
        yield Unreadable(str(directory), name, reason, leftover, found.within.get(name, INSTALLED))
