"""What stands in the way of the application's modules: whose names they take, and who takes theirs."""

from __future__ import annotations

import sys

from . import compiled, copies, shadows, twins
from .project import Project
from .sources import module_file

Facts = dict[str, object]


def inspect(project: Project, pythonpath: tuple[str, ...]) -> list[Facts]:
    """A ``Module`` for each module of which there is something to say, with nothing else in it.

    Args:
        project: the application, loaded, with everything that its functions reach.
        pythonpath: the directories that the start command or the settings put on ``sys.path``.
    """
    found: dict[object, Facts] = {
        name: {"name": name, "file": project.relative(module_file(sys.modules[name])), "shadow": shadow}
        for name, shadow in shadows.find(project, pythonpath).items()
    }
    for gather in (twins.find, compiled.find, copies.find):
        for fact in gather(project):
            found.setdefault(fact["name"], {}).update(fact)
    return list(found.values())
