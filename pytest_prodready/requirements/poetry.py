"""Poetry's own table of dependencies, put into PEP 508.

The rules are those of https://python-poetry.org/docs/dependency-specification/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from pytest_prodready.facts import Location, Requirement
from pytest_prodready.requirements.line import requirement, shown
from pytest_prodready.toml_lines import TomlLines

TABLE = ("tool", "poetry", "dependencies")
_ANY = re.compile(r"v?[xX*](\.[xX*])*")
_OR = re.compile(r"\|\|?")
# Poetry's own: a comma or a blank between two bounds, though not the blank behind an operator
_AND = re.compile(r"(?<!^)(?<![\^~=>< ,]) *(?<!-)[, ](?!-) *(?!,|$)")
_BOUND = re.compile(r"(\^|~=|~|<>|!=|>=|>|<=|<|==|=)?\s*([^*]+?)((?:\.[*xX])*)")
_PLATFORM = re.compile(r"(!=|==|=)?\s*([\w.-]+)")


@dataclass(frozen=True)
class Declared:
    """One entry of the table."""

    requirement: Requirement
    optional: bool
    """Installed only where an extra asks for it."""


def declared(
    table: Mapping[str, object], path: tuple[str, ...], lines: TomlLines, markers: Mapping[str, str]
) -> Iterator[tuple[str, Declared]]:
    """The entries of a table of dependencies by name, ``python`` left out; a name may have several.

    Args:
        table: the parsed table: :data:`TABLE`, or that of a group.
        path: where it stands.
        lines: where its keys stand.
        markers: the environment in which markers are evaluated.

    """
    for name, value in table.items():
        if canonicalize_name(name) == "python":
            continue
        several = isinstance(value, list)
        for index, entry in enumerate(value if isinstance(value, list) else [value]):
            location = lines.line(*path, name, *([index] if several else []))
            optional = isinstance(entry, dict) and entry.get("optional") is True
            yield name, Declared(dependency(name, entry, location, markers), optional)


def dependency(name: str, value: object, location: Location, markers: Mapping[str, str]) -> Requirement:
    """One dependency; what cannot be read says so in its ``problem``."""
    table = value if isinstance(value, dict) else {"version": value}
    version = table.get("version", "*")
    try:
        specifiers = alternatives(version)
        marker = _marker(table)
    except ValueError as error:
        return Requirement(shown(f"{name} {version}"), "", "", location, problem=str(error))
    extras = table.get("extras")
    bracket = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    # PEP 508 knows no "or" between bounds: of several alternatives none is claimed
    bounds = specifiers[0] if len(specifiers) == 1 else ""
    line = f"{name}{bracket}{bounds}" + (f" ; {marker}" if marker else "")
    found = requirement(line, location, markers)
    address = _address(name, table)
    if found.problem or not address:
        return found
    return replace(found, text=shown(address), specifier="")


def alternatives(constraint: object) -> list[str]:
    """The PEP 440 specifiers of a constraint, one for each side of ``||``; ``""`` admits every version.

    Raises:
        ValueError: it is none; the message says so in words.

    """
    if not isinstance(constraint, str):
        # one kind of mistake to the caller, as that of the text
        raise ValueError("the version is not a text in quotation marks")  # noqa: TRY004
    try:
        found = [_bounds(side.strip().rstrip(",").rstrip()) for side in _OR.split(constraint)]
    except ValueError:
        raise ValueError(f'"{shown(constraint)}" is no version constraint that Poetry knows') from None
    return [""] if "" in found else found


def requires_python(constraint: object) -> str:
    """The ``python`` of the table as ``requires-python`` would say it; empty where only "or" could.

    A constraint that cannot be read is returned as it stands.
    """
    try:
        found = alternatives(constraint)
    except ValueError:
        return shown(str(constraint))
    # Poetry writes a bare "3.11" into the metadata as 3.11 with every patch release
    return re.sub(r"^==(\d+(?:\.\d+)?)$", r"==\1.*", found[0]) if len(found) == 1 else ""


def _bounds(side: str) -> str:
    """The bounds that hold together."""
    found = [bound for part in _AND.split(side) if (bound := _bound(part.strip()))]
    return str(SpecifierSet(",".join(found)))


def _bound(text: str) -> str:
    """One bound; a ``ValueError`` where it is none."""
    if _ANY.fullmatch(text):
        return ""
    found = _BOUND.fullmatch(text)
    if not found:
        raise ValueError(text)
    operator, version, wild = found[1] or "=", Version(found[2]), found[3]
    if operator in ("=", "==", "!=", "<>"):
        sign = "!=" if operator in ("!=", "<>") else "=="
        return f"{sign}{version}{'.*' if wild else ''}"
    if operator in ("^", "~", "~="):
        if wild:
            raise ValueError(text)
        return f">={version.public},<{_above(version, _fixed(operator, version.release))}"
    return f"{operator}{version.public}"


def _fixed(operator: str, release: tuple[int, ...]) -> int:
    """The index of the first part that must not grow by one."""
    if operator == "^":
        return next((index for index, part in enumerate(release[:3]) if part), min(len(release), 3) - 1)
    return 0 if len(release) == (1 if operator == "~" else 2) else 1


def _above(version: Version, index: int) -> str:
    parts = (*version.release, 0)[: index + 1]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, (*parts[:-1], parts[-1] + 1)))


def _marker(table: Mapping[str, object]) -> str:
    """``markers``, ``python`` and ``platform`` of a dependency as one marker; empty without any."""
    found = [f"({table['markers']})"] if table.get("markers") else []
    if table.get("python"):
        sides = [" and ".join(_on_python(side)) for side in alternatives(table["python"])]
        found += [f"({' or '.join(sides)})"] if all(sides) else []
    if table.get("platform"):
        found.append(f"({' or '.join(map(_on_platform, _OR.split(str(table['platform']))))})")
    return " and ".join(found)


def _on_python(bounds: str) -> Iterator[str]:
    for one in SpecifierSet(bounds):
        # as Poetry has it: python_version knows no patch release
        name = "python_full_version" if one.version.removesuffix(".*").count(".") > 1 else "python_version"
        yield f'{name} {one.operator} "{one.version}"'


def _on_platform(text: str) -> str:
    found = _PLATFORM.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{shown(text)}" is no platform that Poetry knows')
    return f'sys_platform {"!=" if found[1] == "!=" else "=="} "{found[2]}"'


def _address(name: str, table: Mapping[str, object]) -> str:
    """What pip takes instead of the name where the dependency is an address or a path; else empty."""
    if isinstance(git := table.get("git"), str):
        reference = next((table[key] for key in ("rev", "tag", "branch") if table.get(key)), "")
        return f"{name} @ git+{git}" + (f"@{reference}" if reference else "")
    if isinstance(url := table.get("url"), str):
        return f"{name} @ {url}"
    return next((path for key in ("path", "file") if isinstance(path := table.get(key), str)), "")
