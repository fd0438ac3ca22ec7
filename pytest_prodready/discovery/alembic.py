"""Finds the environments of Alembic: alembic.ini, ``[tool.alembic]``, or a directory that only code names."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pytest_prodready.discovery.tree import Tree

_PLACES = (
    "migrations",
    "alembic",
    "db_migrations",
    "database/migrations",
    "db/migrations",
    "migrations/alembic",
)
"""Directories that an environment usually has for itself; the walk over the sources leaves some out."""
_SECTION = "alembic"
_MOST = 20
_DEEPEST = 4
"""Directories below the root in which environments are looked for."""


def environments(tree: Tree) -> tuple[tuple[str, str], ...]:
    """Each environment: the file that configures it, or its env.py, and the section of one that has several.

    A configuration that stands for the production of another project (in tests, examples) is not looked for.
    """
    found: dict[tuple[str, str], None] = {}
    directories: set[str] = set()
    places = [*_directories(tree)]
    for path in _configurations(tree, places):
        for section, script in _sections(tree, path):
            found.setdefault((path, section))
            parent = str(PurePosixPath(path).parent)
            directories |= {tree.inside(f"{base}/{script}") for base in ("", parent)} if script else {parent}
    for directory in places:
        for place in _PLACES:
            env = str(PurePosixPath(directory, place, "env.py"))
            known = str(PurePosixPath(env).parent) in directories
            if not known and b"alembic" in tree.data(env) and tree.directory(f"{directory}/{place}/versions"):
                found.setdefault((env, ""))
    return tuple(found)[:_MOST]


def _directories(tree: Tree) -> Iterator[str]:
    """The directories with sources, those nearest to the root first, each as its path and a slash."""
    seen = dict.fromkeys([""])
    for path in (*tree.files, *tree.deployment):
        parent = PurePosixPath(path).parent
        if len(parent.parts) <= _DEEPEST:
            for directory in (parent, *parent.parents):
                seen.setdefault("" if str(directory) == "." else f"{directory}")
    return iter(seen)


def _configurations(tree: Tree, directories: list[str]) -> Iterator[str]:
    for directory in directories:
        for name in ("alembic.ini", *(f"{place}/alembic.ini" for place in _PLACES), "pyproject.toml"):
            path = str(PurePosixPath(directory, name))
            data = tree.data(path)
            if data and (name != "pyproject.toml" or re.search(rb"(?m)^\s*\[tool\.alembic\]", data)):
                yield path


def _sections(tree: Tree, path: str) -> Iterator[tuple[str, str]]:
    """The sections of a configuration that name a script location, each with it."""
    text = tree.data(path).decode(errors="replace")
    if path.endswith(".toml"):
        found = re.search(r"(?m)^\s*script_location\s*=\s*[\"']([^\"']+)", text)
        yield "", _expanded(found[1] if found else "", path)
        return
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        yield "", ""
        return
    usual = parser.get(_SECTION, "script_location", fallback="")
    if parser.has_section(_SECTION) or not parser.sections():
        yield "", _expanded(usual, path)
    for section in parser.sections():
        written = parser.get(section, "script_location", fallback="")
        if section != _SECTION and written and (written != usual or not parser.has_section(_SECTION)):
            yield section, _expanded(written, path)


def _expanded(location: str, path: str) -> str:
    """A script location as a path: ``%(here)s`` filled in, ``package:directory`` as one."""
    parent = str(PurePosixPath(path).parent)
    text = location.replace("%(here)s/", "").replace("%(here)s", parent)
    package, colon, rest = text.partition(":")
    return f"{package.replace('.', '/')}/{rest}" if colon else text
