"""The installed distributions of the target, and which of them its runtime requirements do not pull in.

Only metadata files are read, from the target's own ``sys.path``: none of the target's code runs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
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

from pytest_prodready.facts import Dependencies, Entry, Interpreter, Location, Problem, Requirement
from pytest_prodready.facts import Distribution as Seen
from pytest_prodready.requirement_line import for_development, holds, requirement
from pytest_prodready.requirements import Declarations, read
from pytest_prodready.scripts import GROUPS, Script, script
from pytest_prodready.settings import Settings

TOOLS = ("pip", "setuptools", "wheel")
"""What an environment has without being asked; ``pkg_resources`` and ``distutils`` belong to one of them."""
_FOREIGN = {"site-packages", "dist-packages"}
_IMPORTABLE = {".py", ".pyc", ".so", ".pyd"}
_HEADERS = {"name", "version", "requires-dist"}
_MAPPING = re.compile(r"^MAPPING\b[^=\n]*=\s*\{(.*?)\}", re.MULTILINE | re.DOTALL)
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

_NOTHING = "no runtime requirements are declared (looked at pyproject.toml, setup.cfg, requirements files)"
_SETUP_PY = "setup.py is not run; install the project, so that its metadata says what it needs"

Root = tuple[str, Collection[str]]
"""A distribution's canonical name, and the extras that are asked of it."""


class Installed:
    """One installed distribution; name and version are read at once, the rest when it is asked for.

    Raises:
        ValueError: it has no readable metadata; a removal that did not finish leaves such a directory.

    """

    def __init__(self, distribution: importlib_metadata.Distribution) -> None:
        self._distribution = distribution
        try:
            text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
            headers = _headers(text) if text else _parsed(distribution.metadata)
            name, version = (next(iter(headers["name"]), ""), next(iter(headers["version"]), ""))
        except Exception as error:
            raise ValueError("metadata that cannot be read") from error
        if not name or not version:
            raise ValueError("metadata without name or version")
        self.name: str = canonicalize_name(name)
        self.version: str = version
        self._requires_dist = headers["requires-dist"]
        self.place = Path(str(distribution.locate_file("")))

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

    @property
    def extras(self) -> set[str]:
        """The extras that its requirements stand behind."""
        return {canonicalize_name(extra) for line in self.lines for extra in _EXTRA.findall(line)}

    @cached_property
    def modules(self) -> frozenset[str]:
        """The top-level modules in its list of files, or where that leads; empty without a usable list."""
        record = self._distribution.read_text("RECORD")
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

    @cached_property
    def exposed(self) -> tuple[Path, ...]:
        """The directories that its ``.pth`` files put on ``sys.path``: those of an editable install."""
        record = self._distribution.read_text("RECORD") or ""
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
            place.is_relative_to(directory) and not _FOREIGN & set(place.relative_to(directory).parts)
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


def installed(path: Iterable[str]) -> list[Installed]:
    """The distributions on ``path``; of two versions of one, the first, as import does."""
    found: dict[str, Installed] = {}
    for distribution in importlib_metadata.distributions(path=list(path)):
        try:
            one = Installed(cast("importlib_metadata.Distribution", distribution))
        except ValueError:
            continue
        found.setdefault(one.name, one)
    return list(found.values())


def closure(roots: Iterable[Root], present: Iterable[Installed], markers: Mapping[str, str]) -> set[str]:
    """The canonical names that ``roots`` pull in, themselves included, with their extras and markers.

    A distribution that is not installed stays in the result and leads no further.
    """
    by_name = {one.name: one for one in present}
    reached: dict[str, set[str]] = {}
    waiting = [(name, {"", *extras}) for name, extras in roots]
    while waiting:
        name, extras = waiting.pop()
        new = extras - reached.setdefault(name, set())
        reached[name] |= new
        if not new or name not in by_name:
            continue
        for required in by_name[name].requires(new):
            if any(holds(required.marker, markers, extra) for extra in new):
                wanted = {"", *map(canonicalize_name, required.extras)}
                waiting.append((canonicalize_name(required.name), wanted))
    return set(reached)


def hidden(present: Iterable[Installed], inside: set[str], search: Iterable[Path] = ()) -> dict[str, str]:
    """Top-level module → distribution, for the modules that only distributions outside ``inside`` provide.

    Args:
        present: every installed distribution.
        inside: canonical names of those that stay visible.
        search: directories whose own modules stay visible, whatever a distribution claims to bring.

    """
    outside: dict[str, str] = {}
    visible = set(sys.stdlib_module_names)
    for one in present:
        if one.name in inside:
            visible |= one.modules
        else:
            outside.update((module, one.name) for module in one.modules)
    for directory in search:
        try:
            entries = list(directory.iterdir())
        except OSError:
            continue
        # a script without a suffix is no module: bin/hypothesis must not keep hypothesis visible
        importable = (entry for entry in entries if entry.suffix in _IMPORTABLE or entry.is_dir())
        visible.update(entry.name.partition(".")[0] for entry in importable)
    return {module: name for module, name in sorted(outside.items()) if module not in visible}


def inspect(root: Path, settings: Settings, interpreter: Interpreter) -> tuple[Dependencies, list[Problem]]:
    """What the project in ``root`` declares, what ``interpreter`` has, and what to hide from the target."""
    root = root.resolve()
    declarations = read(root, settings.runtime, interpreter.markers)
    present = installed(interpreter.path)
    problems = list(declarations.problems)
    own = [one for one in present if one.name == declarations.name or one.belongs_to(root)]
    requirements, sources = declarations.requirements, declarations.sources
    scripts = tuple(_scripts(root, settings, own or _elsewhere(root, _providing(settings, present))))
    if not declarations.declared:
        own = own or _providing(settings, present)
        # a workspace has several: none of them speaks for the whole
        metadata = [one for one in own if one.name == declarations.name] or (own if len(own) == 1 else [])
        requirements = tuple(line for one in metadata for line in _declared(one, settings, interpreter))
        sources = tuple(f"metadata of the installed {one.name} {one.version}" for one in metadata)
    also = _also(settings, interpreter, problems)
    roots = _local_roots(declarations, present)
    concealed: dict[str, str] = {}
    if sources and declarations.complete and roots is not None and (own or not declarations.setup_py):
        every = (*requirements, *declarations.possible, *also)
        asked = (wanted for wanted in every if wanted.applies and not wanted.constraint)
        roots += [(wanted.name, wanted.extras) for wanted in asked if wanted.name]
        # where pyproject.toml lists the project's dependencies, its installed metadata can only be older
        stale = declarations.name if declarations.static else ""
        roots += [(one.name, _extras(one, settings)) for one in own if one.name != stale]
        inside = closure(roots, present, interpreter.markers) | {one.name for one in own} | set(TOOLS)
        exposed = {place for one in present if one.name not in inside for place in one.exposed}
        concealed = hidden(present, inside, _search(root, interpreter) - exposed)
    dependencies = Dependencies(
        declared=bool(sources),
        sources=sources,
        requirements=requirements,
        installed=tuple(Seen(one.name, one.version, str(one.place)) for one in present),
        python=interpreter.version,
        requires_python=declarations.requires_python,
        requires_python_location=declarations.requires_python_location,
        hidden=concealed,
        undeclared="" if sources else _SETUP_PY if declarations.setup_py else _NOTHING,
        optional=tuple(sorted(_optional(settings, declarations, own))),
        scripts=scripts,
    )
    return dependencies, problems


def _optional(settings: Settings, declarations: Declarations, own: Iterable[Installed]) -> set[str]:
    """What only extras of the application ask for; nothing where the settings name those that count."""
    if settings.runtime.extras:
        return set()
    extras = [(one, [extra for extra in one.extras if not for_development(extra)]) for one in own]
    asked = {
        canonicalize_name(wanted.name)
        for one, several in extras
        for wanted in one.requires(several)
        if wanted.marker is not None and "extra" in str(wanted.marker)
    }
    return asked | {wanted.name for wanted in declarations.possible}


def _elsewhere(root: Path, found: Iterable[Installed]) -> list[Installed]:
    """Without those that merely bring a package of the same name as one of the project's directory."""
    here = {entry.name for place in (root, root / "src") if place.is_dir() for entry in place.iterdir()}
    return [one for one in found if here.isdisjoint({*one.modules, *(f"{name}.py" for name in one.modules)})]


def _scripts(root: Path, settings: Settings, own: Iterable[Installed]) -> Iterator[Entry]:
    """The console scripts of the distributions that are the application itself, each target once."""
    given = tuple(str(root / place) for place in settings.pythonpath)
    known: set[str] = set()
    for one in own:
        for found in one.scripts:
            if found.target in known or not found.selected(settings.runtime.extras):
                continue
            known.add(found.target)
            words = f"{found.table}, {found.name}"
            yield Entry("script", found.target, words, found.location, pythonpath=given, started="console")


def _providing(settings: Settings, present: Iterable[Installed]) -> list[Installed]:
    """The distributions that bring the application, where the project's directory does not hold it."""
    named = {settings.app, settings.celery, *settings.packages} - {""}
    tops = {name.partition(":")[0].partition(".")[0] for name in named}
    return [one for one in present if tops & one.modules] if tops else []


def _declared(one: Installed, settings: Settings, interpreter: Interpreter) -> list[Requirement]:
    """The requirements in the metadata of ``one``, the project itself."""
    place = Location(f"metadata of {one.name} {one.version}")
    extras = settings.runtime.extras
    found = [requirement(line, place, interpreter.markers, extras=extras) for line in one.lines]
    # "name[extra]" of itself gathers its extras; the closure follows them
    return [line for line in found if line.name != one.name]


def _extras(one: Installed, settings: Settings) -> Collection[str]:
    """The extras with which production may have installed ``one``, a distribution of the project."""
    return settings.runtime.extras or [extra for extra in one.extras if not for_development(extra)]


def _also(settings: Settings, interpreter: Interpreter, problems: list[Problem]) -> list[Requirement]:
    """What the image brings besides; names that cannot be read become problems."""
    place = settings.locations.get("runtime", Location("pyproject.toml"))
    found = [requirement(text, place, interpreter.markers) for text in settings.runtime.also]
    for one in found:
        if one.problem:
            message = f'{place}: "{one.text}" of runtime.also names no distribution: {one.problem}'
            problems.append(Problem("dependencies", message))
    return found


def _local_roots(declarations: Declarations, present: Iterable[Installed]) -> list[Root] | None:
    """The distributions installed from the directories that are asked for; ``None`` if one is unknown."""
    roots: list[Root] = []
    for local in declarations.locals:
        names = [one.name for one in present if one.belongs_to(local.path)]
        if not names:
            return None
        roots += [(name, local.extras) for name in names]
    return roots


def _search(root: Path, interpreter: Interpreter) -> set[Path]:
    """The directories that modules come from and that hold no installed distributions."""
    path = [root, root / "src", *map(Path, interpreter.path)]
    return {directory for directory in path if not _FOREIGN & set(directory.parts)}
