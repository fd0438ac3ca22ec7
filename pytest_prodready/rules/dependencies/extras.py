"""PRD403 and PRD404: the bounds that the extras of dependencies set, which pip check passes over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_prodready.facts import (
    INSTALLED,
    PRODUCTION,
    Bound,
    Dependencies,
    Distribution,
    Facts,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import (
    declared_at,
    family,
    installed,
    satisfies,
    too_old,
    way,
)
from pytest_prodready.rules.dependencies.graph import graph, unsatisfied
from pytest_prodready.rules.dependencies.uses import Use, imported_modules
from pytest_prodready.wording import listed

_EVERYTHING = {"all", "full", "complete", "everything", "extras", "extra", "optional", "recommended"}
"""Words in the names of extras that gather others."""
_NEEDED_BY: Mapping[tuple[str, str], frozenset[str]] = {
    ("pandas", "openpyxl"): frozenset({"read_excel", "ExcelFile"}),
    ("pandas", "tables"): frozenset({"read_hdf", "to_hdf", "HDFStore"}),
    ("pandas", "xarray"): frozenset({"to_xarray"}),
    ("pandas", "tabulate"): frozenset({"to_markdown"}),
}
"""Library and optional distribution → functions of the library that refuse another version of it."""


@family.kind(
    "set of optional bounds",
    "sets of optional bounds",
    needs={"dependencies", "web", "worker", "script", "commands", "closure"},
)
def optional_bounds(facts: Facts) -> Iterator[Subject[Dependencies]]:
    """What the extras that nobody asked for bound; one subject."""
    dependencies = facts.dependencies
    if dependencies is None or not dependencies.declared:
        return
    if not any(seen.modules for seen in facts.entries):
        return  # what production imports is not known
    yield Subject("graph:extras", dependencies)


@family.rule(
    "PRD403",
    "requested-extra-broken",
    graph,
    checks="What the extras that were asked for require is installed, in the versions that they take.",
    reason="No other check of an environment looks at extras; the feature that was asked for fails in use.",
    remedy="Install versions that fit together.",
)
def requested_extra_broken(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD403."""
    told: set[tuple[str, str]] = set()
    for bound in value.bounds:
        if bound.extra and bound.asked and (bound.distribution, bound.name) not in told:
            found = unsatisfied(bound, value)
            if found is not None:
                told.add((bound.distribution, bound.name))
                yield found


@family.rule(
    "PRD404",
    "optional-extra-broken",
    optional_bounds,
    checks="What production uses together fits together, also where only an extra that nobody asked for "
    "says so.",
    reason="A library looks at the version of an optional one when its feature is used, and refuses it then.",
    remedy="Install a version that the library takes.",
    level=Level.WARNING,
)
def optional_extra_broken(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD404: an error where one side is too old, and there for no other's sake than that of the library."""
    uses = imported_modules(facts)
    loaded = {name for entry in facts.entries for name in entry.libraries} | set(uses)
    declared = {one.name for one in value.requirements if not one.constraint and one.applies}
    for (name, bound_name), bounds in _by_pair(value).items():
        asking, found = installed(name, value), installed(bound_name, value)
        if asking is None or found is None or INSTALLED in (asking.within, found.within):
            continue
        calls = _calls(asking, found, uses)
        chosen = {asking.name, found.name} <= declared and not loaded.isdisjoint(asking.modules)
        if not (calls or chosen or _both(asking, found, loaded)):
            continue
        first = bounds[0]
        old = too_old(found.version, first.specifier)
        together, required = _together(asking, found, uses), _required(found, value)
        certain = {asking.within, found.within} == {PRODUCTION}
        direct = _both(asking, found, [one for one in uses if any(not use.guard for use in uses[one])])
        pinned = not old and first.specifier.startswith("==")  # to what it was last tested with
        if old and certain and (calls or (together and not required)):
            level = Level.ERROR
        elif calls or together or (old and not required) or (direct and not required):
            level = Level.INFO if pinned else Level.WARNING
        else:
            level = Level.INFO  # newer than what was tested, or there for another's sake
        yield _fault(first, bounds, asking, found, calls, value, level)


def _by_pair(value: Dependencies) -> dict[tuple[str, str], list[Bound]]:
    """The broken bounds of extras that nobody asked for, by the two distributions."""
    pairs: dict[tuple[str, str], list[Bound]] = {}
    for bound in value.bounds:
        if bound.asked or not _EVERYTHING.isdisjoint(bound.extra.split("-")):
            continue
        found = installed(bound.name, value)
        if found is not None and not satisfies(found.version, bound.specifier):
            pairs.setdefault((bound.distribution, bound.name), []).append(bound)
    return pairs


def _both(one: Distribution, other: Distribution, modules: Iterable[str]) -> bool:
    names = set(modules)
    return not names.isdisjoint(one.modules) and not names.isdisjoint(other.modules)


def _together(one: Distribution, other: Distribution, uses: Mapping[str, list[Use]]) -> bool:
    """Whether a module of the application imports both, unguarded: it uses the one with the other."""
    first, second = (
        {use.module for module in each.modules for use in uses.get(module, ()) if not use.guard}
        for each in (one, other)
    )
    return not first.isdisjoint(second)


def _required(found: Distribution, dependencies: Dependencies) -> bool:
    """Whether another distribution requires it: then it may be there for that one's sake."""
    return any(one.asked and one.name == found.name for one in dependencies.bounds)


def _calls(asking: Distribution, found: Distribution, uses: Mapping[str, list[Use]]) -> list[Use]:
    """Where the application calls what needs the optional distribution."""
    needing = _NEEDED_BY.get((asking.name, found.name), frozenset())
    return [use for module in asking.modules for use in uses.get(module, ()) if needing & set(use.calls)]


def _fault(
    first: Bound,
    bounds: list[Bound],
    asking: Distribution,
    found: Distribution,
    calls: list[Use],
    dependencies: Dependencies,
    level: Level,
) -> Fault:
    extras = listed(dict.fromkeys(bound.extra for bound in bounds))
    plural = "s" if len(bounds) > 1 else ""
    needing = _NEEDED_BY.get((asking.name, found.name), frozenset())
    details: list[tuple[str, str]] = []
    if calls:
        names = (f"{use.location}: {listed(sorted(needing & set(use.calls)))}" for use in calls)
        details.append(("used at", "\n".join(names)))
    brought = (one for one in (asking, found) if len(one.way) > 1)
    details += [(f"{one.name} comes with", way(one.way)) for one in brought]
    place = calls[0].location if calls else declared_at((found.name,), dependencies)
    return Fault(
        f"{asking.name} {asking.version} takes {first.name}{first.specifier} (its extra{plural} {extras}), "
        f"but {found.name} {found.version} is installed",
        f'Install a version that it takes: pip install "{first.name}{first.specifier}"; '
        f"and ask for the extra, {asking.name}[{first.extra}], so that installers see to it.",
        place or declared_at(found.way, dependencies),
        f"the metadata of {asking.name} in {asking.place} says so, and "
        + ("the application calls what needs it" if calls else "production uses both"),
        tuple(details),
        level,
    )
