"""PRD406 and PRD408: the installation itself is whole, and no distribution lies over another."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import (
    INSTALLED,
    PRODUCTION,
    Dependencies,
    Distribution,
    Facts,
    Location,
    SharedModule,
    Unreadable,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import declared_at, family, installed
from pytest_prodready.wording import joined, listed

MODULES = (".py", ".so", ".pyd", ".dylib", ".dll")


@family.kind("installation", "installations", needs={"dependencies"})
def installation(facts: Facts) -> Iterator[Subject[Dependencies]]:
    """Everything that is installed; one subject."""
    if facts.dependencies is not None and facts.dependencies.declared:
        yield Subject("installation", facts.dependencies)


@family.rule(
    "PRD406",
    "installation-broken",
    installation,
    checks="The metadata of what is installed can be read, its files are there, and it was built for this "
    "interpreter.",
    reason="What an interrupted or foreign installation left fails when its missing part is used.",
    remedy="Install the distribution again.",
)
def installation_broken(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD406: a warning about what production does not install."""
    for one in value.unreadable:
        yield _unreadable(one, value)
    for found in value.installed:
        yield from _of_distribution(found, value)


def _unreadable(one: Unreadable, dependencies: Dependencies) -> Fault:
    known = installed(one.name, dependencies)
    what = "is a leftover" if one.leftover else "is no readable distribution"
    remains = f"; {known.name} {known.version} is installed as well" if known else ""
    again = f", and install {one.name} again" if one.name and known is None else ""
    grave = one.within == PRODUCTION and not one.leftover
    return Fault(
        f"{one.place} {what}: {one.reason}{remains}",
        f"Remove the directory{again}.",
        Location(one.place),
        level=None if grave else Level.WARNING,
    )


def _of_distribution(found: Distribution, dependencies: Dependencies) -> Iterator[Fault]:
    who, production = f"{found.name} {found.version}", found.within == PRODUCTION
    place = declared_at(found.way, dependencies) if found.within != INSTALLED else None
    again = f'Install it again: pip install --force-reinstall "{found.name}=={found.version}".'
    level = None if production else Level.WARNING
    if found.problem:
        version_is_known = "version" not in found.problem
        yield Fault(
            f"the metadata of {who} is broken: {found.problem}",
            again,
            place,
            f"read in {found.place}",
            level=Level.WARNING if version_is_known else level,
        )
    if found.lacking:
        modules = [file for file in found.lacking if file.endswith(MODULES)]
        shown = modules or list(found.lacking)
        yield Fault(
            f"{who} lacks files that it was installed with: {listed(shown, 3)}",
            again,
            place,
            f"its list of files names them, and {found.place} does not have them",
            (("missing", "\n".join(found.lacking)),),
            level if modules else Level.WARNING,
        )
    if found.tags:
        yield Fault(
            f"{who} was built for another interpreter or machine: {listed(found.tags, 3)}",
            f"{again} Build the environment with the interpreter and on the machine that runs it.",
            place,
            f"none of the tags of its wheel is one that Python {dependencies.python} takes here",
            level=level,
        )
    if found.beside:
        others = joined(f"{found.name} {version}" for version in found.beside)
        yield Fault(
            f"the metadata of {who} and of {others} lies in one directory: "
            "which version is read depends on chance",
            f"Remove all and install one: pip uninstall {found.name} until it is gone, then install it.",
            place,
            f"seen in {found.place}",
            level=level,
        )
    if found.further and found.within != INSTALLED:
        yield Fault(
            f"{who} in {found.place} hides {listed(f'{found.name} {one}' for one in found.further)}",
            "Remove the version that is not meant.",
            place,
            "sys.path has both, and the first wins",
            level=Level.WARNING,
        )


@family.rule(
    "PRD408",
    "two-distributions-one-module",
    installation,
    checks="No two distributions bring the same module with different content.",
    reason="The one that was installed last wins, which differs from one image to the next.",
    remedy="Keep one of them.",
    level=Level.WARNING,
)
def two_distributions_one_module(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD408: a note where production installs only one of them."""
    for one in value.shared:
        several = [found for name in one.distributions if (found := installed(name, value)) is not None]
        here = [found for found in several if found.within != INSTALLED]
        if here:
            yield _shared(one, several, value, Level.INFO if len(here) < 2 else None)


def _shared(
    one: SharedModule, several: list[Distribution], dependencies: Dependencies, level: Level | None
) -> Fault:
    names = joined(f"{found.name} {found.version}" for found in several)
    place = next((found for each in several if (found := declared_at(each.way, dependencies))), None)
    wins = f"; what lies there now is of {one.wins}" if one.wins else ""
    return Fault(
        f"{names} both bring the module {one.module}, and have overwritten each other{wins}",
        f"Keep one of them: remove the others, then install the one that stays again, as {one.module} loses "
        "files with them.",
        place,
        f"their lists of files name {one.count} files with different content",
        (("files", "\n".join(one.files)),),
        level,
    )
