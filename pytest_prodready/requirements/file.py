"""Requirements files as pip reads them, with the line of everything that is found.

The syntax is pip's (https://pip.pypa.io/en/stable/reference/requirements-file-format/) with one difference:
``${VARIABLE}`` is never expanded, because what stands behind it is often a secret.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from pytest_prodready.facts import Location, Problem, Requirement
from pytest_prodready.requirements.line import archive_name, is_path, requirement, shown

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[^\]]*\])?")
_EXTRAS = re.compile(r"^(.*?)\s*(?:\[([^\[\]]*)\])?$", re.DOTALL)
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s+--?[A-Za-z].*$", re.DOTALL)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TAKES = {
    "-r": "include", "--requirement": "include",
    "-c": "constraint", "--constraint": "constraint",
    "-e": "editable", "--editable": "editable",
}  # fmt: skip


@dataclass(frozen=True)
class Local:
    """A requirement that names a directory instead of a distribution."""

    path: Path
    extras: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """What one requirements file, with all its includes, asks for."""

    requirements: tuple[Requirement, ...] = ()
    locals: tuple[Local, ...] = ()
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    """Every requirement's distribution is known; false for a VCS address without a name, say."""


def decoded(data: bytes) -> str:
    """The text of a requirements file: UTF-8, or what its byte order mark says (PowerShell writes UTF-16)."""
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "utf-8")
    # no path holds a NUL, and the operating system's functions raise for it
    return data.decode(encoding, errors="replace").replace("\0", "")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of ``text``, continuations joined and comments removed, each with its first line's number."""
    pending, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += line[:-1]
            continue
        joined = _COMMENT.sub("", f"{pending} {line}" if line.lstrip().startswith("#") else pending + line)
        if joined.strip():
            yield first, joined.strip()
        pending, first = "", 0
    if joined := _COMMENT.sub("", pending).strip():
        yield first, joined


class Reader:
    """Reads requirements files, each once, and gathers what they hold.

    Args:
        root: the project's directory: places are shown relative to it.
        markers: the environment in which markers are evaluated.

    """

    def __init__(self, root: Path, markers: Mapping[str, str]) -> None:
        self._root = root
        self._markers = markers
        self._done: set[tuple[Path, bool]] = set()
        self.contents = Contents()

    def read(self, path: Path, included: Location | None = None, *, constraint: bool = False) -> None:
        """Read ``path`` and its includes; ``included`` is the line that asks for it."""
        self._read(path.resolve(), included, constraint, ())

    def take(self, line: str, location: Location) -> None:
        """Read one requirement that stands in a file of another kind, put into the form of such a line."""
        self._requirement(line, location, self._root / location.file, constraint=False)

    def _read(
        self, path: Path, included: Location | None, constraint: bool, within: tuple[Path, ...]
    ) -> None:
        file = self._file(path)
        if path in within:
            self._problem(
                f"{included} includes {file}, which includes it in turn",
                "Remove one of the includes.",
                included,
            )
            return
        if (path, constraint) in self._done:
            return
        self._done.add((path, constraint))
        try:
            text = decoded(path.read_bytes())
        except OSError as error:
            what = (
                "does not exist"
                if isinstance(error, FileNotFoundError)
                else f"cannot be read: {error.strerror}"
            )
            self._problem(
                f"{included} includes {file}, which {what}"
                if included
                else f"requirements file {file} {what}",
                location=included,
            )
            self._add(complete=constraint and self.contents.complete)
            return
        for number, line in logical_lines(text):
            location = Location(file, number)
            if line.startswith("-"):
                self._options(line, location, path, (*within, path))
            else:
                self._requirement(_OPTION.sub("", line), location, path, constraint)

    def _options(self, line: str, location: Location, path: Path, within: tuple[Path, ...]) -> None:
        try:
            words = shlex.split(line)
        except ValueError:
            self._problem(f"{location} cannot be read: a quotation mark is not closed", location=location)
            return
        while words:
            option, value = words.pop(0), ""
            name, equals, rest = option.partition("=")
            if name in _TAKES:
                value = rest if equals else (words.pop(0) if words else "")
            elif option[:2] in _TAKES and not option.startswith("--"):
                name, value = option[:2], option[2:]
            what = _TAKES.get(name)
            if what == "editable" and value:
                self._requirement(value, location, path, constraint=False)
            elif what and "://" in value:
                # nothing is fetched; bounds that are not known only judge less
                self._add(complete=what == "constraint" and self.contents.complete)
            elif what and value:
                self._read((path.parent / value).resolve(), location, what == "constraint", within)

    def _requirement(self, text: str, location: Location, path: Path, constraint: bool) -> None:
        address, _, marker = text.partition(";")
        if _SCHEME.match(text):
            url, _, marker = text.partition(" ;")
            self._unnamed(url.strip(), marker, location, constraint)
        elif is_path(address.strip()):
            self._path(address.strip(), location, path, constraint)
        else:
            found = requirement(text, location, self._markers, constraint=constraint)
            if found.problem and "${" in text:
                known = _NAME.match(text)
                tail = f" ;{marker}" if marker and "${" not in marker else ""
                found = requirement(f"{known[0] if known else text}{tail}", location, self._markers)
                found = replace(found, text=shown(text), constraint=constraint)
            self._add(found, complete=self.contents.complete and not (found.problem and not constraint))

    def _unnamed(self, url: str, marker: str, location: Location, constraint: bool) -> None:
        """A URL without ``name @``: the name stands in ``#egg=``, or in the file's name."""
        try:
            parts = urlsplit(url)
        except ValueError:
            self._add(complete=constraint and self.contents.complete)
            return
        if parts.scheme == "file" and not archive_name(parts.path):
            self._path(unquote(parts.path).replace("\0", ""), location, self._root, constraint)
            return
        egg = next((word[4:] for word in parts.fragment.split("&") if word.startswith("egg=")), "")
        # some write a version behind the name, "#egg=ujson==1.35+git", which pip never compared
        known = _NAME.match(unquote(egg))
        self._named(known[0] if known else archive_name(parts.path), url, location, constraint, marker)

    def _path(self, text: str, location: Location, path: Path, constraint: bool) -> None:
        found = _EXTRAS.match(text)
        where, extras = (found[1], found[2] or "") if found else (text, "")
        if name := archive_name(where):
            self._named(f"{name}[{extras}]" if extras else name, text, location, constraint)
        elif not constraint:
            # pip resolves local paths from where it is started, which for a project is its root
            places = [self._root / where, path.parent / where]
            place = next(filter(_is_directory, places), places[0]).resolve()
            wanted = tuple(canonicalize_name(extra.strip()) for extra in extras.split(",") if extra.strip())
            self._add(local=Local(place, wanted))

    def _named(self, name: str, text: str, location: Location, constraint: bool, marker: str = "") -> None:
        line = f"{name} ;{marker}" if marker else name
        found = requirement(line, location, self._markers, constraint=constraint) if name else None
        if found and not found.problem:
            self._add(replace(found, text=f"{name} @ {shown(text)}", specifier=""))
        else:
            self._add(complete=constraint and self.contents.complete)

    def _add(
        self, found: Requirement | None = None, *, local: Local | None = None, complete: bool | None = None
    ) -> None:
        seen = self.contents
        self.contents = replace(
            seen,
            requirements=(*seen.requirements, found) if found else seen.requirements,
            locals=(*seen.locals, local) if local else seen.locals,
            complete=seen.complete if complete is None else complete,
        )

    def _problem(self, message: str, detail: str = "", location: Location | None = None) -> None:
        problem = Problem("dependencies", message, detail, location=location)
        self.contents = replace(self.contents, problems=(*self.contents.problems, problem))

    def _file(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False
