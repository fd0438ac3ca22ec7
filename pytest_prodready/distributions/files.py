"""What the lists of installed files say, compared with the disk and with each other."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pytest_prodready.distributions.installed import Installed
from pytest_prodready.facts import SharedModule

MODULES = (".py", ".so", ".pyd", ".dylib", ".dll")
"""What an import may load."""
SHOWN = 20
"""Files that are named."""
_UNIMPORTANT = (".pyc", ".pyo", ".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".hpp", ".md", ".rst")
_STRIPPED = {"__pycache__", "tests", "test", "testing", "docs", "doc", "examples", "benchmarks", "licenses"}
"""Directories that images are made smaller by."""
_ANYBODYS = _STRIPPED | {"scripts", "tools", "setup", "conftest", "example", "benchmark", "samples", "src"}
"""Top-level modules that are installed by mistake, by many, and imported by none."""
_NAMESPACE = (b"extend_path", b"declare_namespace")


def lacking(one: Installed) -> tuple[str, ...]:
    """The files of its list that the disk lacks, in the list's order; bounded in number.

    Only what an import or its data needs: no bytecode, tests or documentation, nothing of the metadata, and
    no module whose compiled form lies in its place. Each directory is read once.
    """
    found: list[str] = []
    listings: dict[str, set[str] | None] = {}
    place = str(one.place)
    for file, _ in _files(one.record or ""):
        directory, _, name = file.rpartition("/")
        if not _matters(file, directory, name):
            continue
        if directory not in listings:
            listings[directory] = _listing(f"{place}/{directory}")
        there = listings[directory]
        if there is None and not directory and not one.place.is_dir():
            return ()  # an archive
        if there is None or (name not in there and f"{name}c" not in there):
            found.append(file)
            if len(found) == SHOWN:
                break
    return tuple(found)


def _matters(file: str, directory: str, name: str) -> bool:
    if file.startswith(("../", "/")) or name.endswith(_UNIMPORTANT) or not name:
        return False
    parts = directory.split("/")
    return not (parts[0].endswith((".dist-info", ".data", ".egg-info")) or not _STRIPPED.isdisjoint(parts))


def _listing(directory: str) -> set[str] | None:
    try:
        return set(os.listdir(directory))  # noqa: PTH208  # names are all that is asked for, of many
    except OSError:
        return None


def shared(present: Collection[Installed]) -> Iterator[SharedModule]:
    """The top-level modules of which several distributions claim one file, with other contents each.

    Packages that several fill together (namespaces) have no file in common, or one that only says so.
    """
    claims: dict[str, list[Installed]] = {}
    for one in present:
        for module in one.modules:
            claims.setdefault(module, []).append(one)
    for module, several in sorted(claims.items()):
        if len(several) < 2 or module in _ANYBODYS:
            continue
        contents: dict[tuple[Path, str], dict[str, str]] = {}
        for one in several:
            for file, digest in _files(one.record or ""):
                top = file.partition("/")[0].partition(".")[0]
                if top == module and file.endswith(MODULES) and digest:
                    contents.setdefault((one.place, file), {})[one.name] = digest
        differing = [
            (place, file, claimed)
            for (place, file), claimed in contents.items()
            if len(set(claimed.values())) > 1 and not _is_namespace(place / file)
        ]
        if differing:
            names = sorted({name for _, _, claimed in differing for name in claimed})
            files = tuple(file for _, file, _ in differing[:SHOWN])
            yield SharedModule(module, tuple(names), files, len(differing), _wins(*differing[0]))


def _is_namespace(file: Path) -> bool:
    """A package's file that is empty, or only lets others add to the package."""
    if file.name != "__init__.py":
        return False
    try:
        text = file.read_bytes()
    except OSError:
        return False
    return not text.strip() or (len(text) < 2000 and any(word in text for word in _NAMESPACE))


def _wins(place: Path, file: str, claimed: dict[str, str]) -> str:
    """The distribution whose content the file on the disk has; empty when it is none's."""
    try:
        digest = hashlib.sha256((place / file).read_bytes()).digest()
    except OSError:
        return ""
    wanted = "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return next((name for name, known in sorted(claimed.items()) if known == wanted), "")


def _files(record: str) -> Iterable[tuple[str, str]]:
    """Path and hash of each line of a RECORD."""
    for line in record.splitlines():
        if line.startswith('"'):  # a comma in the name
            file, _, rest = line[1:].partition('",')
        else:
            file, _, rest = line.partition(",")
        yield file, rest.partition(",")[0]
