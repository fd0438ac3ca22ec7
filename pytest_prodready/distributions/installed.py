"""One installed distribution, read from its metadata alone: none of its code runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_string
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import importlib_metadata
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from pytest_prodready.facts import Location
from pytest_prodready.requirements.line import for_development
from pytest_prodready.scripts import GROUPS, Script, script

FOREIGN = {"site-packages", "dist-packages"}
"""Directories that hold installed distributions."""
_HEADERS = {"name", "version", "requires-dist"}
_MAPPING = re.compile(r"^MAPPING\b[^=\n]*=\s*\{(.*?)\}", re.MULTILINE | re.DOTALL)
_DIRECTORY = re.compile(r"(?P<name>[^-]+)(?:-(?P<version>[^-]+))?.*\.(?:dist|egg)-info")
_NOT_INSTALLED = {
    "tests",
    "test",
    "docs",
    "examples",
    "setup",
    "conftest",
    "noxfile",
    "tasks",
    "build",
    "dist",
}
"""What lies beside the modules of a source directory, and is none of them."""
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)""")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
SET_ASIDE = ("~", "-")
"""How pip begins the name of what it is about to remove, and leaves behind when it is interrupted."""


class Installed:
    """One installed distribution; name and version are read at once, the rest when it is asked for.

    Raises:
        ValueError: it has no readable metadata; a removal that did not finish leaves such a directory.

    """

    def __init__(self, distribution: importlib_metadata.Distribution) -> None:
        self._distribution = distribution
        self.problem = ""
        """What is wrong with its metadata, although it can be told what it is; else empty."""
        try:
            text = self._metadata()
            headers = _headers(text) if text else _parsed(distribution.metadata)
            name, version = (next(iter(headers["name"]), ""), next(iter(headers["version"]), ""))
        except Exception as error:
            raise ValueError("its metadata cannot be read") from error
        said = _DIRECTORY.fullmatch(_directory(distribution).name)
        if name and not version and said and said["version"]:
            version, self.problem = said["version"], "its metadata has no version"
        if not name or not version:
            raise ValueError("its metadata has no name" if not name else "its metadata has no version")
        self.name: str = canonicalize_name(name)
        self.version: str = version
        self._requires_dist = headers["requires-dist"]
        self.place = Path(str(distribution.locate_file("")))
        self.directory = _directory(distribution)
        """The directory of its metadata."""

    def _metadata(self) -> str:
        """Its metadata file; what is not UTF-8 in it is replaced, and said."""
        try:
            return self._distribution.read_text("METADATA") or self._distribution.read_text("PKG-INFO") or ""
        except UnicodeDecodeError as error:
            for name in ("METADATA", "PKG-INFO"):
                file = _directory(self._distribution) / name
                if file.is_file():
                    self.problem = f"its metadata is not written in UTF-8 ({error.reason})"
                    return file.read_bytes().decode("utf-8", "replace")
            raise

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its ``Requires-Dist`` lines as they stand in the metadata."""
        if not self._requires_dist and self._distribution.read_text("requires.txt"):
            return tuple(self._distribution.requires or ())  # an egg-info directory
        return tuple(self._requires_dist)

    def requires(self, extras: Collection[str]) -> Iterator[Parsed]:
        """What it may require with ``extras``, canonical; a line that cannot be read pulls nothing in."""
        for line in self.lines:
            behind = set(map(canonicalize_name, _EXTRA.findall(line)))
            if behind and " or " not in line and behind.isdisjoint(extras):
                continue  # parsing is what takes the time, and most lines stand behind an extra
            try:
                yield Parsed(line)
            except InvalidRequirement:
                continue

    def bounds(self, present: Collection[str]) -> Iterator[tuple[Parsed, list[str]]]:
        """What it requires of distributions that are ``present`` with its extras, and which these are.

        Without those whose extras are plainly for its developers alone.
        """
        for line in self.lines:
            if "extra" not in line:
                continue
            named = _NAME.match(line)
            if named is None or canonicalize_name(named[1]) not in present:
                continue
            behind: list[str] = [canonicalize_name(extra) for extra in _EXTRA.findall(line)]
            if all(map(for_development, behind)):
                continue  # most of them, and parsing is what takes the time
            try:
                yield Parsed(line), behind
            except InvalidRequirement:
                continue

    @property
    def extras(self) -> set[str]:
        """The extras that its requirements stand behind."""
        return {canonicalize_name(extra) for line in self.lines for extra in _EXTRA.findall(line)}

    @cached_property
    def record(self) -> str | None:
        """Its list of files; ``None`` where the system's installer keeps none, or it cannot be read."""
        return self.text("RECORD")

    def text(self, name: str) -> str | None:
        """A file of its metadata; ``None`` where there is none that can be read."""
        try:
            return self._distribution.read_text(name)
        except (OSError, ValueError):
            return None

    @cached_property
    def modules(self) -> frozenset[str]:
        """The top-level modules in its list of files, or where that leads; empty without a usable list."""
        record = self.record
        if record is None:
            return frozenset((self._distribution.read_text("top_level.txt") or "").split())
        tops: set[str] = set()
        known = "/"
        for line in record.splitlines():
            # most lines lie in the directory of the line before
            if line.startswith(known) or not (".py" in line or ".so" in line):
                continue
            head, slash, _ = line.partition("/")
            # a directory is its own name, a file is named before its first dot: "name.cpython-311-….so"
            tops.add(head if slash else head.partition(",")[0].partition(".")[0])
            known = f"{head}/"
        tops |= self._mapped(record) | {top for place in self.exposed for top in _modules_in(place)}
        return frozenset(top for top in tops if top.isidentifier() and not top.startswith("__"))

    @property
    def importable(self) -> bool:
        """Whether it brings anything: modules, files besides its metadata, entry points, or requirements."""
        if self.modules or self._requires_dist or self.record is None or self.text("entry_points.txt"):
            return True
        names = (line.partition(",")[0] for line in self.record.splitlines())
        return any(not name.partition("/")[0].endswith((".dist-info", ".egg-info")) for name in names if name)

    @cached_property
    def exposed(self) -> tuple[Path, ...]:
        """The directories that its ``.pth`` files put on ``sys.path``: those of an editable install."""
        record = self.record or ""
        files = [line.partition(",")[0] for line in record.splitlines() if ".pth," in line]
        lines = [line.strip() for file in files for line in self._text(file).splitlines()]
        places = [self.place / line for line in lines if line and not line.startswith(("#", "import "))]
        return tuple(place.resolve() for place in places if place.is_dir())

    def _mapped(self, record: str) -> set[str]:
        """The modules that the finder of an editable install maps to their sources."""
        files = [line.partition(",")[0] for line in record.splitlines() if line.startswith("__editable__")]
        found = [_MAPPING.search(self._text(file)) for file in files if "_finder.py" in file]
        names = [re.findall(r"""['"](\w+)['"]\s*:""", mapping[1]) for mapping in found if mapping]
        return {name for several in names for name in several}

    def _text(self, file: str) -> str:
        try:
            return (self.place / file).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    @property
    def scripts(self) -> list[Script]:
        """Its console scripts; none where their list cannot be read."""
        words = f"metadata of {self.name} {self.version}"
        try:
            found = [one for one in self._distribution.entry_points if one.group in GROUPS]
            made = [script(one.name, one.value, words, Location(words)) for one in found]
        except Exception:
            return []
        return [one for one in made if one is not None]

    @cached_property
    def source(self) -> Path | None:
        """The local directory that it was installed from, editable or not (PEP 610); else ``None``."""
        try:
            origin = json.loads(self._distribution.read_text("direct_url.json") or "{}")
            parts = urlsplit(origin["url"]) if "dir_info" in origin else None
        except (ValueError, TypeError, KeyError):
            return None
        return Path(unquote(parts.path)).resolve() if parts and parts.scheme == "file" else None

    def belongs_to(self, directory: Path) -> bool:
        """Whether it was installed from ``directory`` or lies there; an environment inside does not count."""
        return any(
            place.is_relative_to(directory) and not FOREIGN & set(place.relative_to(directory).parts)
            for place in (self.place.resolve(), self.source)
            if place is not None
        )


def _modules_in(directory: Path) -> Iterator[str]:
    """The modules and packages in a source directory, but for those that are there for its development."""
    for entry in directory.iterdir():
        importable = entry.suffix == ".py" or (entry / "__init__.py").is_file()
        if importable and entry.stem not in _NOT_INSTALLED:
            yield entry.stem


def _headers(text: str) -> dict[str, list[str]]:
    """The headers of ``text`` that are asked for, up to its first empty line.

    A plain scan, in a fraction of the email parser's time; that one reads what is folded or odd.
    """
    # behind the blank line stands the whole README
    head = text.partition("\n\n")[0]
    found: dict[str, list[str]] = {header: [] for header in _HEADERS}
    last = ""
    for line in head.split("\n"):
        header, colon, value = line.partition(":")
        if line[:1] in (" ", "\t"):
            if last in found:
                return _parsed(message_from_string(head))
        elif not colon or " " in header:
            return _parsed(message_from_string(head))
        else:
            last = header.lower()
            if last in found:
                found[last].append(value.strip())
    return found


def _parsed(message: Message | importlib_metadata.PackageMetadata) -> dict[str, list[str]]:
    return {header: message.get_all(header) or [] for header in _HEADERS}


@dataclass
class Environment:
    """Everything on a path that says that it is an installed distribution."""

    present: list[Installed] = field(default_factory=list)
    """Of two versions of one distribution, the first on the path, as import has it."""
    further: dict[str, list[Installed]] = field(default_factory=dict)
    """Canonical name → those behind the first, of another version."""
    unreadable: list[tuple[Path, str, str, bool]] = field(default_factory=list)
    """The directory of metadata, the name in its name, what is wrong, and whether it is a leftover."""


def environment(path: Iterable[str]) -> Environment:
    """The distributions on ``path``."""
    found = Environment()
    known: dict[str, Installed] = {}
    seen: set[str] = set()
    for distribution in importlib_metadata.distributions(path=list(path)):
        one = cast("importlib_metadata.Distribution", distribution)
        directory = _directory(one)
        real = os.path.realpath(directory)
        if real in seen:  # lib64 is lib, a path is on the path twice
            continue
        seen.add(real)
        named = _DIRECTORY.fullmatch(directory.name)
        name = canonicalize_name(named["name"]) if named else ""
        if directory.name.startswith(SET_ASIDE):
            found.unreadable.append(
                (directory, "", "pip set it aside to remove it, and was interrupted", True)
            )
            continue
        try:
            read = Installed(one)
        except ValueError as error:
            leftover = directory.is_dir() and not any(
                (directory / file).is_file() for file in ("METADATA", "PKG-INFO", "RECORD")
            )
            reason = "it has no metadata" if leftover or not _has_metadata(directory) else str(error)
            found.unreadable.append((directory, name, reason, leftover))
            continue
        first = known.setdefault(read.name, read)
        if first is read:
            found.present.append(read)
        elif first.version != read.version:
            found.further.setdefault(read.name, []).append(read)
    return found


def installed(path: Iterable[str]) -> list[Installed]:
    """The distributions on ``path``; of two versions of one, the first, as import does."""
    return environment(path).present


def _has_metadata(directory: Path) -> bool:
    return directory.is_file() or any((directory / name).is_file() for name in ("METADATA", "PKG-INFO"))


def _directory(distribution: importlib_metadata.Distribution) -> Path:
    # the one implementation for files keeps its place here, and no public name gives it
    return Path(str(getattr(distribution, "_path", distribution.locate_file(""))))
