"""The source files of the application that nothing has reached: counted by their places, never executed."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator

from .project import FOREIGN, Project, source_file

MOST = 20_000
"""Files that are named; a tree beyond that is no application's package."""


def files(project: Project, failed: Collection[str]) -> list[str]:
    """Places of the ``.py`` files of the application's packages that were not imported.

    Args:
        project: the application.
        failed: places of modules that were imported and raised.
    """
    known = {file for module in list(sys.modules.values()) if (file := source_file(module))}
    failed = {*failed}
    found = dict.fromkeys(
        shown
        for name in project.packages
        for place in _places(name, project)
        for file, shown in _sources(place, project)
        if file not in known and shown not in failed
    )
    return sorted(found)[:MOST]


def _places(name: str, project: Project) -> Iterator[str]:
    """Where a top-level package or module lies: where it was loaded from, else where it would be."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        path = vars(loaded).get("__path__")
        places = [*path] if path is not None else [source_file(loaded)]
    else:
        bases = [os.path.join(entry, name) for entry in map(str, sys.path)]
        places = [place for base in bases for place in (base, f"{base}.py") if os.path.exists(place)][:1]
    for place in places:
        if isinstance(place, str) and place and project.owns_file(os.path.join(place, "x")):
            yield place


def _sources(place: str, project: Project) -> Iterator[tuple[str, str]]:
    """Path and place of each source file in a directory, or of the file itself."""
    if os.path.isfile(place):
        yield place, project.relative(place)
        return
    base = project.relative(place)
    for directory, directories, names in os.walk(place):
        directories[:] = [
            one for one in directories if one not in FOREIGN and one != "__pycache__" and one[0] != "."
        ]
        below = base + directory[len(place) :].replace(os.sep, "/")
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(directory, name), f"{below}/{name}"
