"""PRD402 beyond the project's own lines: what each installed distribution requires of the others."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import INSTALLED, POSSIBLE, PRODUCTION, Bound, Dependencies, Distribution, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import declared_at, family, installed, satisfies, way

GRAPH = "graph"


@family.kind("dependency graph", "dependency graphs", needs={"dependencies"})
def graph(facts: Facts) -> Iterator[Subject[Dependencies]]:
    """All that the installed distributions require of each other; one subject."""
    if facts.dependencies is not None and facts.dependencies.declared:
        yield Subject(GRAPH, facts.dependencies)


def broken(dependencies: Dependencies) -> Iterator[Fault]:
    """The requirements of installed distributions that what is installed does not satisfy."""
    told: set[tuple[str, str]] = set()
    for bound in dependencies.bounds:
        if bound.extra or (bound.distribution, bound.name) in told:
            continue
        found = unsatisfied(bound, dependencies)
        if found is not None:
            told.add((bound.distribution, bound.name))
            yield found


def unsatisfied(bound: Bound, dependencies: Dependencies) -> Fault | None:
    """What is wrong with one requirement of an installed distribution; ``None`` when it is satisfied."""
    asking, found = installed(bound.distribution, dependencies), installed(bound.name, dependencies)
    if asking is None or bound.name in dependencies.also:
        return None
    with_extra = f" with the extra {bound.extra}" if bound.extra else ""
    who = f"{asking.name} {asking.version}{with_extra}"
    place = declared_at(bound.way, dependencies)
    # another declared line may well say what to do; the one that pulls it in is the place to begin
    details = (("comes with", way((*bound.way, bound.name))),) if len(bound.way) > 1 else ()
    proof = f"the metadata of {asking.name} {asking.version} in {asking.place} requires it"
    if found is not None:
        if satisfies(found.version, bound.specifier):
            return None
        return Fault(
            f"{who} requires {bound.name}{bound.specifier}, but {found.name} {found.version} is installed",
            f'Install versions that fit together: pip install "{bound.name}{bound.specifier}", '
            f"or a release of {asking.name} that takes {found.name} {found.version}.",
            place,
            proof,
            details,
            _level(bound),
        )
    if bound.within == POSSIBLE or any(
        one.name == bound.name and not one.leftover for one in dependencies.unreadable
    ):
        return None  # nobody says that production installs that extra; or PRD406 says what is wrong with it
    stand_in = _provides(bound.name, dependencies)
    instead = f"; {stand_in.name}, which is installed, brings a module of that name" if stand_in else ""
    return Fault(
        f"{who} requires {bound.name}{bound.specifier}, which is not installed{instead}",
        f'Install it: pip install "{bound.name}{bound.specifier}".',
        place,
        proof,
        details,
        Level.WARNING if stand_in else _level(bound),
    )


def _level(bound: Bound) -> Level | None:
    """A warning for what nothing declared for production pulls in."""
    return None if bound.within == PRODUCTION else Level.WARNING


def _provides(name: str, dependencies: Dependencies) -> Distribution | None:
    """The distribution that brings the module of this name: psycopg2-binary for psycopg2."""
    module = name.replace("-", "_")
    return next(
        (
            one
            for one in dependencies.installed
            if one.within != INSTALLED and module in (found.lower() for found in one.modules)
        ),
        None,
    )
