"""Two files of the application that claim one module name: only one of them can be imported."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator

from .needs import names_of
from .project import FOREIGN, Project
from .sources import members, module_file, search_path, tree_of

Facts = dict[str, object]
NEVER_IN_PRODUCTION = {"conftest", "setup", "test", "tests"}
NOT_MODULES = {"fixtures", "locale", "media", "static", "templates"}
"""Directories whose Python files are data, not modules."""


def find(project: Project) -> Iterator[Facts]:
    """Yield a ``Module`` with its ``twin`` for each name that two files claim, as far as one is in reach.

    Looked at are the directories of the loaded packages, and those on ``sys.path`` that expose the
    application, there only for its own top-level names.
    """
    loaded = {project.real(file) for file in map(module_file, list(sys.modules.values())) if file}
    for directory, package in _directories(project).items():
        for name, winner, loser, how in _twins(directory):
            full = _name(package, name)
            if how == "case" and full not in sys.modules:
                other = _name(package, os.path.basename(loser).removesuffix(".py"))
                if other in sys.modules:
                    full, winner, loser = other, loser, winner
            known = full in sys.modules
            if not package and not known and not project.owns_module(full):
                continue
            if name in NEVER_IN_PRODUCTION and not known:
                continue
            if how == "case" and _exists_once(winner, loser):
                continue
            if how != "case" and any(one == loser or one.startswith(loser + os.sep) for one in loaded):
                continue  # somebody loads it by its path, or extends the module's own
            yield {
                "name": full,
                "file": project.relative(_file(winner)),
                "twin": {"winner": _shown(winner, project), "loser": _shown(loser, project), "how": how},
            }


def _name(package: str, name: str) -> str:
    return f"{package}.{name}" if package else name


def twin_of(module: object, lost: str, project: Project) -> str:
    """What can never be imported beside ``module``, and may hold ``lost``; empty when nothing does."""
    file = module_file(module)
    stem = os.path.splitext(file)[0]
    if os.path.basename(stem) == "__init__":
        beside = os.path.dirname(file) + ".py"
        tree = tree_of(beside)
        known = names_of(tree) if tree is not None else None
        there = os.path.isfile(beside) and (known is None or lost in known)
        return project.relative(beside) if there else ""
    inside = any(os.path.isfile(os.path.join(stem, end)) for end in (f"{lost}.py", f"{lost}/__init__.py"))
    return project.relative(stem) + "/" if file and inside else ""


def _directories(project: Project) -> dict[str, str]:
    """Directory → the package whose modules lie in it, empty for one on ``sys.path``."""
    found: dict[str, str] = {}
    for name, module in project.modules():
        file = module_file(module)
        places = members(module).get("__path__")
        if places is not None and os.path.basename(file).startswith("__init__."):
            found.setdefault(os.path.realpath(os.path.dirname(file)), name)
    for entry in search_path():
        if project.owns_file(os.path.join(entry or os.curdir, "x")):
            found.setdefault(os.path.realpath(entry or os.curdir), "")
    return found


def _twins(directory: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, winner, loser and how, for the modules of one directory."""
    try:
        with os.scandir(directory) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries)
    except OSError:
        return
    files = [name[:-3] for name, is_dir in found if not is_dir and name.endswith(".py")]
    directories = [name for name, is_dir in found if is_dir and name.isidentifier() and name not in FOREIGN]
    for name in sorted(set(files) & set(directories)):
        file, inside = os.path.join(directory, f"{name}.py"), os.path.join(directory, name)
        if os.path.isfile(os.path.join(inside, "__init__.py")):
            if not _is_empty(file):
                yield name, inside, file, "package"
        elif name not in NOT_MODULES and _has_modules(inside):
            yield name, file, inside, "module"
    for names, end in ((files, ".py"), (directories, "")):
        seen: dict[str, str] = {}
        for name in names:
            path = os.path.join(directory, name + end)
            if not name.isidentifier() or (not end and not _has_modules(path)):
                continue
            other = seen.setdefault(name.lower(), name)
            if other != name:
                # an import of the first name in small letters is what most code means
                first, second = sorted((other, name), key=lambda one: (one != one.lower(), one))
                yield (
                    first,
                    os.path.join(directory, first + end),
                    os.path.join(directory, second + end),
                    "case",
                )


def _exists_once(one: str, other: str) -> bool:
    """On a file system that does not tell cases apart, or through a link, both are one."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return True


def _has_modules(directory: str) -> bool:
    try:
        entries = os.listdir(directory)
    except OSError:
        return False
    return any(entry.endswith(".py") and entry[:-3].isidentifier() for entry in entries)


def _is_empty(file: str) -> bool:
    """Nothing is lost with a file of comments and a docstring."""
    tree = tree_of(file)
    return tree is not None and all(
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        for statement in tree.body
    )


def _file(path: str) -> str:
    package = os.path.join(path, "__init__.py")
    return package if os.path.isfile(package) else path


def _shown(path: str, project: Project) -> str:
    return project.relative(path) + ("/" if os.path.isdir(path) else "")
