"""Files of the application that were executed more than once, under different module names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import FunctionType

from .project import Project
from .sources import members, module_file

Facts = dict[str, object]
KEPT_IMPORTERS = 10


def find(project: Project) -> Iterator[Facts]:
    """Yield a ``Module`` with its ``also`` for each file that was found on ``sys.path`` by two names.

    A file that was loaded by its path, under a name of its own, is meant to be.
    """
    names: dict[str, dict[int, str]] = {}
    for name, module in list(sys.modules.items()):
        file = module_file(module)
        if file.endswith(".py") and _leads_to(name, file) and members(module).get("__name__") == name:
            names.setdefault(file, {}).setdefault(id(module), name)
    # a link leads to the same file by another path
    real: dict[str, dict[int, str]] = {}
    for file, known in names.items():
        if project.owns_file(file):
            real.setdefault(project.real(file), {}).update(known)
    for file, known in real.items():
        if len(known) > 1:
            ordered = sorted(known.values(), key=lambda name: (not project.owns_module(name), name))
            yield {
                "name": ordered[0],
                "file": project.relative(file),
                "also": [{"name": name, "importers": _importers(name, project)} for name in ordered],
            }


def _leads_to(name: str, file: str) -> bool:
    """Whether ``import name`` finds ``file`` from some directory."""
    stem = os.path.splitext(file)[0]
    stem = stem.removesuffix(os.sep + "__init__")
    return f"{os.sep}{stem}".endswith(os.sep + name.replace(".", os.sep))


def _importers(name: str, project: Project) -> list[str]:
    """The application's modules that hold the module ``name`` or a function or class of it."""
    module = sys.modules[name]
    taken = {id(module)} | {
        id(value)
        for value in members(module).values()
        if type(value) in (FunctionType, type) and getattr(value, "__module__", "") == name
    }
    found = [
        importer
        for importer, other in project.modules()
        if other is not module and any(id(value) in taken for value in list(members(other).values()))
    ]
    # a package holds its submodules, whoever imported them
    return [one for one in found if one != name.rpartition(".")[0]][:KEPT_IMPORTERS]
