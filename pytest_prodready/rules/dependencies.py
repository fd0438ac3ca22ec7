"""PRD4xx: what production declares is installed, in the versions it declares, on the Python it declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import Dependencies, Distribution, Facts, Location, Requirement
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Family, Subject
from pytest_prodready.requirement_line import requirement as read_requirement

family = Family("dependencies")

_SHOWN_FORM = 'Write it as "name>=1.0", "name[extra]==1.2.3" or "name @ https://…".'


@dataclass(frozen=True)
class Required:
    """Everything that is declared about one distribution."""

    name: str
    """Canonical; empty for a line that cannot be read."""
    declarations: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...] = ()


@family.kind("requirement", "requirements", needs={"dependencies"})
def requirement(facts: Facts) -> Iterator[Subject[Required]]:
    """Each distribution that is declared for this environment, once; each line that cannot be read."""
    dependencies = facts.dependencies
    if dependencies is None:
        return
    if not dependencies.declared:
        looked = "no runtime requirements are declared (looked at pyproject.toml, requirements files)"
        reason = dependencies.undeclared or looked
        yield Subject("requirements", Required("", ()), skipped=reason)
        return
    asked: dict[str, list[Requirement]] = {}
    for one in dependencies.requirements:
        if one.problem:
            yield Subject(str(one.location), Required("", (one,)), location=one.location)
        elif one.applies and not one.constraint:
            asked.setdefault(one.name, []).append(one)
    for name, declarations in asked.items():
        bounds = _constraints(name, dependencies)
        yield Subject(name, Required(name, tuple(declarations), bounds), location=declarations[0].location)


@family.kind("Python version", "Python versions", needs={"dependencies"})
def python(facts: Facts) -> Iterator[Subject[Dependencies]]:
    """The interpreter, where the project says which it needs."""
    if facts.dependencies is not None and facts.dependencies.requires_python:
        location = facts.dependencies.requires_python_location
        yield Subject("python", facts.dependencies, location=location)


@family.rule(
    "PRD401",
    "requirement-not-installed",
    requirement,
    checks="Every declared runtime requirement is installed where the application runs.",
    reason="The first import of it fails: at start, or weeks later where a function imports it.",
    remedy="Install it, or remove the declaration.",
)
def requirement_not_installed(value: Required, facts: Facts) -> Iterator[Fault]:
    """PRD401."""
    if facts.dependencies is not None:
        yield from _not_installed(value, facts.dependencies)


@family.rule(
    "PRD402",
    "requirement-version",
    requirement,
    checks="The installed version lies in the declared range, and in that of the constraints files.",
    reason="The application was written for other behaviour than that of the version it would run with.",
    remedy="Install a version in the range, or correct the range.",
)
def requirement_version(value: Required, facts: Facts) -> Iterator[Fault]:
    """PRD402."""
    if facts.dependencies is not None:
        yield from _out_of_range(value, facts.dependencies)


@family.rule(
    "PRD407",
    "python-version",
    python,
    checks="The target's Python is one that the project says it runs on.",
    reason="Installers refuse the project there, and what they let through was never tested with it.",
    remedy="Use an interpreter in the range, or correct requires-python.",
)
def python_version(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD407."""
    wanted, place = value.requires_python, value.requires_python_location
    # as pip does: without a pre-release suffix, so that 3.15.0b1 is tried as 3.15.0
    release = re.match(r"\d+(\.\d+)*", value.python)
    try:
        accepted = SpecifierSet(wanted)
    except InvalidSpecifier:
        yield Fault(f'requires-python cannot be read: "{wanted}"', 'Write it as ">=3.10".', place)
        return
    if release and not accepted.contains(release[0], prereleases=True):
        yield Fault(
            f"Python {value.python} runs the application, but the project requires {wanted}",
            f"Run it with a Python {wanted}, or widen requires-python once it is tested with {release[0]}.",
            place,
            "the interpreter named its own version",
        )


def require(text: str, dependencies: Dependencies, markers: Mapping[str, str]) -> list[Fault]:
    """What is wrong with the requirement ``text`` in the inspected environment; empty when it is satisfied.

    Args:
        text: ``openpyxl>=3.1``, extras and a marker as needed; one whose marker does not hold is satisfied.
        dependencies: what is installed, and the constraints that apply.
        markers: the target's marker environment (:attr:`pytest_prodready.facts.Interpreter.markers`).

    """
    one = read_requirement(text, Location("this test"), markers)
    if not one.problem and not one.applies:
        return []
    value = Required(one.name, (one,), _constraints(one.name, dependencies))
    return [*_not_installed(value, dependencies), *_out_of_range(value, dependencies)]


def _constraints(name: str, dependencies: Dependencies) -> tuple[Requirement, ...]:
    return tuple(
        one
        for one in dependencies.requirements
        if one.constraint and one.applies and name and one.name == name
    )


def _not_installed(value: Required, dependencies: Dependencies) -> Iterator[Fault]:
    first = value.declarations[0]
    if first.problem:
        message = f'"{first.text}" cannot be read as a requirement: {_lowered(first.problem)}'
        yield Fault(message, _SHOWN_FORM, first.location, "read by the rules that pip follows")
        return
    if _installed(value.name, dependencies):
        return
    names = [one.name for one in dependencies.installed]
    remedy = f'Install it: pip install "{first.text}"'
    # no substring match here: a plugin's name contains that of what it extends
    near = get_close_matches(value.name, names, n=1, cutoff=0.8)
    if near:
        remedy += f"; if {near[0]} was meant, which is installed, correct the name"
    yield Fault(
        f"{value.name} is declared, but not installed",
        f"{remedy}.",
        first.location,
        f"none of the {len(names)} distributions that Python {dependencies.python} finds has this name",
        _declared_at(value.declarations),
    )


def _out_of_range(value: Required, dependencies: Dependencies) -> Iterator[Fault]:
    found = _installed(value.name, dependencies)
    if found is None:
        return
    for one in (*value.declarations, *value.constraints):
        if _satisfies(found.version, one.specifier):
            continue
        verb = "constrained to" if one.constraint else "declared as"
        yield Fault(
            f"{found.name} {found.version} is installed, but {verb} {one.specifier}",
            f'Install a version in the range: pip install "{_bare(one)}"; or correct {one.location}.',
            one.location,
            f"the metadata in {found.place} says {found.version}",
            (("declared", one.text), ("installed", f"{found.name} {found.version} in {found.place}")),
        )


def _installed(name: str, dependencies: Dependencies) -> Distribution | None:
    return next((one for one in dependencies.installed if name and one.name == name), None)


def _satisfies(version: str, specifier: str) -> bool:
    """Whether ``version`` lies in the range; a pre-release that is installed was installed on purpose."""
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        # a version that is none by today's rules can only be compared as text, which "===" does
        exact = specifier.removeprefix("===")
        return exact in (specifier, version)


def _bare(one: Requirement) -> str:
    """The requirement as pip takes it, without its marker."""
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    return f"{one.name}{extras}{one.specifier}"


def _declared_at(declarations: Iterable[Requirement]) -> tuple[tuple[str, str], ...]:
    places = "\n".join(f"{one.location}: {one.text}" for one in declarations)
    return (("declared", places),)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
