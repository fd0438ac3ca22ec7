"""PRD401 and PRD402: what the project declares is installed, in the versions it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pytest_prodready.facts import Bound, Dependencies, Facts, Location, Requirement
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.requirements.line import requirement as read_requirement
from pytest_prodready.rules.dependencies.family import family, installed, satisfies
from pytest_prodready.rules.dependencies.graph import broken, graph, unsatisfied

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
    graph,
    checks="The installed version lies in the declared range, in that of the constraints files, and in that "
    "of every installed distribution that requires it.",
    reason="The application was written for other behaviour than that of the version it would run with.",
    remedy="Install a version in the range, or correct the range.",
)
def requirement_version(value: Required | Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD402."""
    if isinstance(value, Dependencies):
        yield from broken(value)
    elif facts.dependencies is not None:
        yield from _out_of_range(value, facts.dependencies)


def require(
    text: str, dependencies: Dependencies, markers: Mapping[str, str], bounds: Iterable[Bound] = ()
) -> list[Fault]:
    """What is wrong with the requirement ``text`` in the inspected environment; empty when it is satisfied.

    Args:
        text: ``openpyxl>=3.1``, extras and a marker as needed; one whose marker does not hold is satisfied.
        dependencies: what is installed, and the constraints that apply.
        markers: the target's marker environment (:attr:`pytest_prodready.facts.Interpreter.markers`).
        bounds: what the distribution requires with these extras, and what that leads to.

    """
    one = read_requirement(text, Location("this test"), markers)
    if not one.problem and not one.applies:
        return []
    value = Required(one.name, (one,), _constraints(one.name, dependencies))
    return [
        *_not_installed(value, dependencies),
        *_out_of_range(value, dependencies),
        *(found for bound in bounds if bound.extra and (found := unsatisfied(bound, dependencies))),
    ]


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
    if installed(value.name, dependencies):
        return
    if any(one.name == value.name and not one.leftover for one in dependencies.unreadable):
        return  # PRD406 says what is wrong with it
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
    found = installed(value.name, dependencies)
    if found is None:
        return
    for one in (*value.declarations, *value.constraints):
        if satisfies(found.version, one.specifier):
            continue
        verb = "constrained to" if one.constraint else "declared as"
        yield Fault(
            f"{found.name} {found.version} is installed, but {verb} {one.specifier}",
            f'Install a version in the range: pip install "{_bare(one)}"; or correct {one.location}.',
            one.location,
            f"the metadata in {found.place} says {found.version}",
            (("declared", one.text), ("installed", f"{found.name} {found.version} in {found.place}")),
        )


def _bare(one: Requirement) -> str:
    """The requirement as pip takes it, without its marker."""
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    return f"{one.name}{extras}{one.specifier}"


def _declared_at(declarations: Iterable[Requirement]) -> tuple[tuple[str, str], ...]:
    places = "\n".join(f"{one.location}: {one.text}" for one in declarations)
    return (("declared", places),)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
