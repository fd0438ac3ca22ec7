"""What the rules about dependencies share: their family, versions against bounds, and the words for a way."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import Dependencies, Distribution, Location
from pytest_prodready.registry import Family

family = Family("dependencies")


_indexed: list[tuple[tuple[Distribution, ...], dict[str, Distribution]]] = []
"""The distributions that were looked through last, by name: each of thousands of bounds asks for two."""


def installed(name: str, dependencies: Dependencies) -> Distribution | None:
    """The installed distribution of this canonical name."""
    if not _indexed or _indexed[0][0] is not dependencies.installed:
        _indexed[:] = [(dependencies.installed, {one.name: one for one in dependencies.installed})]
    return _indexed[0][1].get(name)


def satisfies(version: str, specifier: str) -> bool:
    """Whether ``version`` lies in the range; a pre-release that is installed was installed on purpose."""
    if not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        # a version that is none by today's rules can only be compared as text, which "===" does
        exact = specifier.removeprefix("===")
        return exact in (specifier, version)


def too_old(version: str, specifier: str) -> bool:
    """Whether ``version`` lies below a lower bound, not merely above what the other was tested with."""
    try:
        bounds, found = SpecifierSet(specifier), Version(version)
    except (InvalidVersion, InvalidSpecifier):
        return False
    return any(
        one.operator in (">=", ">", "~=")
        and not one.contains(found, prereleases=True)
        and found <= Version(one.version)
        for one in bounds
    )


def way(names: Sequence[str]) -> str:
    """How one distribution comes with another: ``shop → pandas(excel)``."""
    return " → ".join(names)


def declared_at(names: Sequence[str], dependencies: Dependencies) -> Location | None:
    """Where the first of a way is declared."""
    first = names[0].partition("[")[0] if names else ""
    return next(
        (one.location for one in dependencies.requirements if one.name == first and not one.constraint), None
    )
