"""The project's lock file: ``pylock.toml`` (PEP 751), ``uv.lock``, ``poetry.lock`` or ``Pipfile.lock``.

One of them counts. Its entries are kept as far as they apply to the target: their markers hold there, and
their groups and extras are those that production installs. The project itself, and what comes from a path, an
address or a repository, has no version that could differ.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import Location, Lock, Locked, Requirement, Stale
from pytest_prodready.requirements.line import holds
from pytest_prodready.settings import Runtime
from pytest_prodready.toml_lines import table_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEADER = re.compile(r"^\[\[packages?\]\]", re.MULTILINE)
_NAME = re.compile(r"^name[ \t]*=", re.MULTILINE)
_GROUPS = re.compile(r"""['"]([^'"]+)['"]\s+(not\s+)?in\s+(extras|dependency_groups)""")
_SOURCES = {"editable", "directory", "virtual", "path", "git", "url"}
"""Of uv's sources, those that have no version of their own."""


class _UnknownError(ValueError):
    """A version of the format that is not known here."""


Entries = Iterator[Locked]
Read = Callable[[str, str, Runtime, Mapping[str, str]], Entries]


def read(
    root: Path, runtime: Runtime, markers: Mapping[str, str], declared: Iterable[Requirement], own: str
) -> Lock | None:
    """The lock file that counts, as far as it applies; ``None`` where there is none.

    Args:
        root: the project's directory.
        runtime: the extras and groups that production installs.
        markers: the target's marker environment.
        declared: the declared requirements, to tell whether the lock is older than they are.
        own: the project's canonical name.
    """
    there = [name for name in _order(root) if (root / name).is_file()]
    if not there:
        return None
    file, *others = there
    place = Location(file)
    try:
        text = (root / file).read_bytes().decode()
        packages = tuple(_FORMATS[file](text, file, runtime, markers))
    except _UnknownError as error:
        line = _line_of(text, r'^\s*"?(?:lock-version|version|pipfile-spec)"?\s*[=:]')
        return Lock(
            file, problem=str(error), location=Location(file, line), unknown=True, others=tuple(others)
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        said = str(error).partition("\n")[0]
        found = re.search(r"line (\d+)", said)
        place = Location(file, int(found[1])) if found else place
        problem = f"{file} cannot be read as a lock file: {said}"
        return Lock(file, problem=problem, location=place, others=tuple(others))
    packages = tuple(one for one in packages if one.name != own)
    known = _every_name(text)
    stale = tuple(_stale(packages, declared, known, own))
    return Lock(file, packages, location=place, stale=stale, others=tuple(others))


def _order(root: Path) -> list[str]:
    """The lock files, the one that production most likely installs from first.

    ``pylock.toml`` is what another tool's lock is exported to for an installation. Of two tools' own, that of
    the tool that pyproject.toml is configured for.
    """
    tools = table_at(_pyproject(root), "tool")
    poetry = "poetry" in tools and "uv" not in tools
    first = ["poetry.lock", "uv.lock"] if poetry else ["uv.lock", "poetry.lock"]
    return ["pylock.toml", *first, "Pipfile.lock"]


def overrides(root: Path) -> set[str]:
    """The canonical names whose versions the project decides, whatever other distributions require."""
    data = _pyproject(root)
    uv = table_at(data, "tool", "uv").get("override-dependencies", [])
    texts = [text for text in uv if isinstance(text, str)] if isinstance(uv, list) else []
    found = [re.match(r"[\w.-]+", text) for text in texts]
    pdm = table_at(data, "tool", "pdm", "resolution", "overrides")
    return {canonicalize_name(name) for name in (*(one[0] for one in found if one), *pdm)}


def _pyproject(root: Path) -> dict[str, object]:
    """pyproject.toml as far as it can be read: what is wrong with it is told where it is declared."""
    try:
        return tomllib.loads((root / "pyproject.toml").read_bytes().decode())
    except (OSError, ValueError):
        return {}


def _pylock(text: str, file: str, runtime: Runtime, markers: Mapping[str, str]) -> Entries:
    data = tomllib.loads(text)
    version = str(data["lock-version"])
    if version.partition(".")[0] != "1":
        raise _UnknownError(f"its lock-version is {version}, and 1.0 is the one that is known")
    groups = {canonicalize_name(one) for one in (*runtime.groups, *data.get("default-groups", ()))}
    extras = {canonicalize_name(one) for one in runtime.extras}
    several: dict[str, list[Locked]] = {}
    for entry, place in zip(data.get("packages", ()), _places(text, file), strict=True):
        name, version = canonicalize_name(entry["name"]), entry.get("version")
        selected = _selected(str(entry.get("marker", "")), extras, groups, markers)
        if not version or not selected or _SOURCES_OF_PYLOCK & entry.keys():
            continue
        several.setdefault(name, []).append(Locked(name, (str(version),), place, required=True))
    yield from _together(several)


_SOURCES_OF_PYLOCK = {"vcs", "directory", "archive"}


def _selected(
    text: str, extras: Collection[str], groups: Collection[str], markers: Mapping[str, str]
) -> bool:
    """Whether an entry's marker holds; ``"name" in extras`` and ``in dependency_groups`` are answered here.

    Not every supported version of ``packaging`` knows these two.
    """

    def answered(found: re.Match[str]) -> str:
        among = extras if found[3] == "extras" else groups
        holding = (canonicalize_name(found[1]) in among) is not bool(found[2])
        return "python_version >= '0'" if holding else "python_version < '0'"

    return _holds(_GROUPS.sub(answered, text), markers)


def _uv(text: str, file: str, runtime: Runtime, markers: Mapping[str, str]) -> Entries:
    data = tomllib.loads(text)
    if data["version"] != 1:
        raise _UnknownError(f"its version is {data['version']}, and 1 is the one that is known")
    several: dict[str, list[Locked]] = {}
    for entry, place in zip(data.get("package", ()), _places(text, file), strict=True):
        name, version = canonicalize_name(entry["name"]), entry.get("version")
        if not version or _SOURCES & entry.get("source", {}).keys():
            continue
        conditions = [str(one) for one in entry.get("resolution-markers", ())]
        if conditions and not any(_holds(one, markers) for one in conditions):
            continue
        several.setdefault(name, []).append(Locked(name, (str(version),), place))
    yield from _together(several)


def _poetry(text: str, file: str, runtime: Runtime, markers: Mapping[str, str]) -> Entries:
    data = tomllib.loads(text)
    version = str(data["metadata"]["lock-version"])
    if version.partition(".")[0] not in ("1", "2"):
        raise _UnknownError(f"its lock-version is {version}, and 1 and 2 are those that are known")
    groups = {"main", *map(canonicalize_name, runtime.groups)}
    several: dict[str, list[Locked]] = {}
    for entry, place in zip(data.get("package", ()), _places(text, file), strict=True):
        name = canonicalize_name(entry["name"])
        mine = {canonicalize_name(one) for one in entry.get("groups", ())} & groups
        if "groups" in entry and not mine:
            continue
        said = entry.get("markers", "")
        conditions = [said] if isinstance(said, str) else [str(said.get(one, "")) for one in sorted(mine)]
        applies = any(_holds(one, markers, extras=runtime.extras) for one in conditions)
        if not applies or entry.get("source", {}).get("type") in ("directory", "file", "git", "url"):
            continue
        required = "main" in mine and not entry.get("optional") and not any(conditions)
        several.setdefault(name, []).append(Locked(name, (str(entry["version"]),), place, required))
    yield from _together(several)


def _pipfile(text: str, file: str, runtime: Runtime, markers: Mapping[str, str]) -> Entries:
    data = json.loads(text)
    version = data["_meta"]["pipfile-spec"]
    if version != 6:
        raise _UnknownError(f"its pipfile-spec is {version}, and 6 is the one that is known")
    for section in ("default", *runtime.groups):
        for name, entry in data.get(section, {}).items():
            version = str(entry.get("version", ""))
            if version.startswith("==") and _holds(str(entry.get("markers", "")), markers):
                line = _line_of(text, rf'^\s*"{re.escape(name)}"\s*:')
                place = Location(file, line)
                yield Locked(canonicalize_name(name), (version[2:],), place, required=True)


_FORMATS: dict[str, Read] = {
    "pylock.toml": _pylock,
    "uv.lock": _uv,
    "poetry.lock": _poetry,
    "Pipfile.lock": _pipfile,
}
FILES = tuple(_FORMATS)


def _together(several: Mapping[str, list[Locked]]) -> Entries:
    """One entry for each name: where the lock has several for this environment, each of them is right."""
    for name, found in several.items():
        versions = tuple(dict.fromkeys(version for one in found for version in one.versions))
        yield Locked(name, versions, found[0].location, all(one.required for one in found))


def _holds(text: str, markers: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
    if not text:
        return True
    try:
        marker: Any = Marker(text)
    except InvalidMarker:
        return True  # nothing is proven, so nothing is left out
    return any(holds(marker, markers, canonicalize_name(extra)) for extra in ("", *extras))


def _places(text: str, file: str) -> Iterator[Location]:
    """The line of the name in each ``[[package]]``: a scan, as a lock may have ten thousands of lines."""
    line, before = 1, 0
    for header in _HEADER.finditer(text):
        named = _NAME.search(text, header.end())
        at = named.start() if named else header.start()
        line += text.count("\n", before, at)
        before = at
        yield Location(file, line)


def _line_of(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1 if found else None


def _every_name(text: str) -> set[str]:
    """All names that the lock speaks of, whether they apply here or not."""
    found = re.findall(r'^(?:name[ \t]*=[ \t]*"([^"]+)"|\s+"([^"]+)":\s*\{)', text, re.MULTILINE)
    return {canonicalize_name(one or other) for one, other in found}


def _stale(
    packages: Iterable[Locked], declared: Iterable[Requirement], known: set[str], own: str
) -> Iterator[Stale]:
    """The declared requirements that the lock was not made from."""
    by_name = {one.name: one for one in packages}
    for wanted in declared:
        if not wanted.name or not wanted.applies or wanted.constraint or wanted.name == own:
            continue
        found = by_name.get(wanted.name)
        if found is None and wanted.name not in known:
            yield Stale(wanted, "")
        elif found is not None and not any(_lies_in(one, wanted.specifier) for one in found.versions):
            yield Stale(wanted, found.versions[0])


def _lies_in(version: str, specifier: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True
