"""Top-level modules of the application that win over a standard or an installed one of their name."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from importlib.machinery import PathFinder
from types import FunctionType

from .needs import names_of, needs
from .project import Project
from .sources import members, module_file, search_path, tree_of

Facts = dict[str, object]
KEPT_IMPORTERS = 20
SITE = ("site-packages", "dist-packages")


def find(project: Project, pythonpath: tuple[str, ...]) -> dict[str, Facts]:
    """Module → the ``Shadow`` that it throws, for the application's modules that were loaded.

    Args:
        project: the application.
        pythonpath: the directories that the start command or the settings put on ``sys.path``.
    """
    found = {}
    for name, module in sorted(sys.modules.items()):
        if "." in name or name.startswith("__"):
            continue
        file = module_file(module)
        hidden = _hidden(name, file, project) if file and project.owns_file(file) else None
        if hidden is None:
            continue
        lost, standard, distribution = hidden
        entry = _entry(file)
        found[name] = {
            "path_entry": project.relative(entry),
            "because": _because(entry, pythonpath),
            "standard": standard,
            "hidden": lost,
            "distribution": distribution,
            "importers": _importers(name, module, lost, project),
        }
    return found


def hides_standard(project: Project) -> bool:
    """Whether a module of the application that is loaded has the name of a standard one."""
    names = sys.stdlib_module_names.intersection(sys.modules)
    return any(project.owns_loaded(sys.modules.get(name)) for name in names)


def hides(name: str, lost: str, project: Project) -> str:
    """The application's file that takes ``lost`` away; empty when none does.

    Args:
        name: a top-level module that an import has asked for.
        lost: what was asked of it and is not there: a name, or a submodule's own name.
        project: the application.
    """
    # a module whose own body failed is not there any more
    file = module_file(sys.modules.get(name)) or _origin(name, search_path())
    hidden = _hidden(name, file, project) if file and project.owns_file(file) else None
    return project.relative(file) if hidden is not None and _may_have(hidden[0], lost) else ""


def _hidden(name: str, file: str, project: Project) -> tuple[str, bool, str] | None:
    """The file that loses against ``file``, whether it is the standard library's, and its distribution."""
    if name in sys.stdlib_module_names:
        lost = _origin(name, _standard_path(project))
        return (lost, True, "") if lost else None
    if name in project.hidden:
        return None  # it is not there in production
    own = os.path.realpath(_entry(file))
    for entry in search_path():
        if os.path.realpath(entry) == own:
            continue
        lost = _origin(name, [entry])
        if not lost or project.owns_file(lost) or not _is_installed(lost) or _is_copy(file, lost):
            continue
        distribution = _distribution(name, entry, project)
        if distribution is not None:
            return lost, False, distribution
    return None


def _standard_path(project: Project) -> list[str]:
    library = project.library.rstrip(os.sep)
    beside = [entry for entry in search_path() if os.path.basename(entry) in ("lib-dynload", "DLLs")]
    return [library, os.path.join(library, "lib-dynload"), *beside]


def _origin(name: str, path: list[str]) -> str:
    """The file that an import of ``name`` from ``path`` alone would run; empty for a namespace or nothing."""
    try:
        spec = PathFinder.find_spec(name, path)
    except Exception:  # an entry's own importer may raise anything
        return ""
    return spec.origin or "" if spec is not None and spec.has_location else ""


def _entry(file: str) -> str:
    """The directory on ``sys.path`` that exposes the top-level module of ``file``."""
    directory = os.path.dirname(file)
    is_package = os.path.basename(file).partition(".")[0] == "__init__"
    return os.path.dirname(directory) if is_package else directory


def _because(entry: str, pythonpath: tuple[str, ...]) -> str:
    real = os.path.realpath(entry)
    if real == os.path.realpath(os.getcwd()):
        return "directory"
    if any(real == os.path.realpath(place) for place in pythonpath):
        return "start"
    variable = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return "environment" if any(place and real == os.path.realpath(place) for place in variable) else ""


def _is_installed(file: str) -> bool:
    return any(part in SITE for part in file.split(os.sep))


def _is_copy(file: str, other: str) -> bool:
    """Whether two modules of one name are the same code, perhaps of two releases: no stranger is hidden."""
    if os.path.realpath(file) == os.path.realpath(other):
        return True
    if os.path.basename(file).partition(".")[0] == "__init__":
        ours, theirs = _names_in(os.path.dirname(file)), _names_in(os.path.dirname(other))
        if ours & theirs and len(ours & theirs) * 2 >= len(ours | theirs):
            return True
    try:
        with open(file, "rb") as one, open(other, "rb") as two:
            text = one.read()
            return bool(text.strip()) and text == two.read()
    except OSError:
        return False


def _names_in(directory: str) -> set[str]:
    try:
        return set(os.listdir(directory)) - {"__pycache__", "__init__.py"}
    except OSError:
        return set()


def _distribution(name: str, entry: str, project: Project) -> str | None:
    """The distribution in ``entry`` that brings ``name``; ``None`` when that is the application itself."""
    own = _own_distribution(project)
    try:
        entries = sorted(os.listdir(entry))
    except OSError:
        return ""
    for found in entries:
        if found.endswith((".dist-info", ".egg-info")) and _brings(os.path.join(entry, found), name):
            distribution = found.partition("-")[0]
            return None if _canonical(distribution) == own else distribution.replace("_", "-")
    return ""


def _brings(metadata: str, name: str) -> bool:
    for file, pattern in (
        ("top_level.txt", rf"^{re.escape(name)}$"),
        ("RECORD", rf"^{re.escape(name)}(/|\.[\w.-]+,)"),
    ):
        try:
            with open(os.path.join(metadata, file), encoding="utf-8", errors="replace") as text:
                if re.search(pattern, text.read(), re.MULTILINE):
                    return True
        except OSError:
            continue
    return False


def _own_distribution(project: Project) -> str:
    """The name that the project gives itself, canonical; empty when it has none."""
    for file in ("pyproject.toml", "setup.cfg", "setup.py"):
        try:
            with open(os.path.join(project.root, file), encoding="utf-8", errors="replace") as text:
                found = re.search(r"^\s*name\s*=\s*[\"']?([\w.-]+)", text.read(), re.MULTILINE)
        except OSError:
            continue
        if found:
            return _canonical(found[1])
    return ""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _importers(name: str, winner: object, hidden: str, project: Project) -> list[Facts]:
    """An ``Importer`` for each loaded module that holds the winner or something of it; libraries first."""
    taken = {id(module) for key, module in sys.modules.items() if key == name or key.startswith(f"{name}.")}
    taken |= {
        id(value)
        for value in members(winner).values()
        if type(value) in (FunctionType, type) and getattr(value, "__module__", "") == name
    }
    found = []
    for importer, module in sorted(sys.modules.items()):
        top = importer.partition(".")[0]
        if top in (name, "__main__", __name__.partition(".")[0]):
            continue
        if any(id(value) in taken for value in list(members(module).values())):
            file = module_file(module)
            if file.endswith(".py"):
                found.append((project.owns_file(file), importer, file))
    found.sort()
    libraries = [one for one in found if not one[0]][:KEPT_IMPORTERS]
    own = [one for one in found if one[0]][:KEPT_IMPORTERS]
    facts = (_importer(name, winner, hidden, *one, project) for one in (*libraries, *own))
    return [fact for fact in facts if fact is not None]


def _importer(
    name: str, winner: object, hidden: str, own: bool, module: str, file: str, project: Project
) -> Facts | None:
    tree = tree_of(file)
    line, names = needs(tree, name) if tree is not None else (0, set())
    if not line:
        return None  # it got it from somebody else
    missing = sorted(one for one in names if not _has(winner, one) and _may_have(hidden, one))
    return {"module": module, "location": project.location(file, line), "own": own, "missing": missing}


def _has(module: object, name: str) -> bool:
    """Whether ``module`` has ``name``, as an attribute or as a submodule, or may make it."""
    known = members(module)
    if name in known or "__getattr__" in known:
        return True
    path = known.get("__path__")
    places = [place for place in path if isinstance(place, str)] if isinstance(path, Iterable) else []
    return any(name == one.partition(".")[0] for place in places for one in _names_in(place))


def _may_have(file: str, name: str) -> bool:
    """Whether the module in ``file``, which was not loaded, has ``name``; a compiled one may have any."""
    if not file.endswith(".py"):
        return True
    directory, base = os.path.split(file)
    if base == "__init__.py" and any(one.partition(".")[0] == name for one in _names_in(directory)):
        return True
    tree = tree_of(file)
    known = names_of(tree) if tree is not None else None
    return known is None or name in known
