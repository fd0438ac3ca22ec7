"""Finds the directory of the project that a run is about, and a file of it that stands for it."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_prodready.discovery.source import candidates
from pytest_prodready.discovery.tree import Tree

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MARKERS = ("requirements.txt", "Pipfile", "Procfile", "manage.py", "setup.py", "setup.cfg")
"""Files that only a project has; a pyproject.toml may hold the settings of tools alone."""
_DEEPEST = 3


def project_root(start: Path, top: Path) -> Path:
    """The project's directory: ``start``, or the one nearest above it, up to and including ``top``.

    A directory with a ``[tool.prodready]`` comes first: what the user wrote counts from everywhere below.
    Otherwise it is the nearest one that holds a project: a service of a monorepo has its own requirements,
    while pytest takes the directory of its own configuration file.

    Args:
        start: where pytest was started.
        top: the directory that pytest takes for the root.
    """
    if not start.is_relative_to(top):
        return top
    places = [place for place in (start, *start.parents) if place.is_relative_to(top)]
    for wanted in (_has_settings, _holds_project):
        if found := next(filter(wanted, places), None):
            return found
    return top


def likeliest_file(root: Path) -> str:
    """The file of the likeliest application, else the first Python file, not deeper than two directories."""
    tree = Tree(root)
    paths = [*(one.path for one in candidates(tree)), *tree.files]
    return next((path for path in paths if path.count("/") < _DEEPEST), "")


def document(data: bytes) -> dict[str, object]:
    """The content of a pyproject.toml; empty when it is no TOML: reading the settings says so."""
    try:
        return tomllib.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        return {}


def tool(content: dict[str, object], name: str) -> dict[str, object] | None:
    """The table ``[tool.name]``; ``None`` when there is none."""
    tools = content.get("tool")
    table = tools.get(name) if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


def _has_settings(place: Path) -> bool:
    return tool(_pyproject(place), "prodready") is not None


def _holds_project(place: Path) -> bool:
    if any((place / name).is_file() for name in MARKERS):
        return True
    content = _pyproject(place)
    return "project" in content or tool(content, "poetry") is not None


def _pyproject(place: Path) -> dict[str, object]:
    try:
        return document((place / "pyproject.toml").read_bytes())
    except OSError:
        return {}
