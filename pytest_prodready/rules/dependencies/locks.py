"""PRD405: what is installed is what the lock file says."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import INSTALLED, Dependencies, Facts, Lock, Locked
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import family, installed, satisfies
from pytest_prodready.wording import listed

MOST = 10
"""Differences that are told one by one; beyond that the environment was not made from this lock."""


@family.kind("lock file", "lock files", needs={"dependencies"})
def lock_file(facts: Facts) -> Iterator[Subject[Lock]]:
    """The lock file that counts."""
    if facts.dependencies is not None and facts.dependencies.lock is not None:
        lock = facts.dependencies.lock
        yield Subject(lock.file, lock, location=lock.location)


@family.rule(
    "PRD405",
    "installed-differs-from-the-lock",
    lock_file,
    checks="Every distribution that production installs has the version that the lock file says.",
    reason="What was tested is not what an installation from the lock runs.",
    remedy="Install from the lock file, or lock again.",
)
def installed_differs(value: Lock, facts: Facts) -> Iterator[Fault]:
    """PRD405."""
    dependencies = facts.dependencies
    if dependencies is None:
        return
    if value.problem:
        said = f"{value.file} is not understood: {value.problem}" if value.unknown else value.problem
        remedy = "Lock again with a version of the tool that writes the known form." if value.unknown else ""
        yield Fault(said, remedy, value.location, level=Level.WARNING if value.unknown else None)
        return
    found = [one for one in (_difference(one, value, dependencies) for one in value.packages) if one]
    if len(found) > MOST:
        yield Fault(
            f"{len(found)} installed distributions differ from {value.file}: "
            "this environment was not installed from it",
            f"Install from {value.file}, or remove it if nothing is installed from it.",
            value.location,
            _proof(value),
            (("differences", "\n".join(f"{one.location}: {one.message}" for one in found)),),
        )
    else:
        yield from found
    for one in value.stale:
        wanted = one.requirement
        has = f"has {wanted.name} {one.locked}" if one.locked else f"has no {wanted.name}"
        yield Fault(
            f"{value.file} is older than {wanted.location}, which declares {wanted.text}: the lock {has}",
            "Lock again, so that an installation from the lock has what is declared.",
            wanted.location,
            level=Level.WARNING,
        )


def _difference(locked: Locked, lock: Lock, dependencies: Dependencies) -> Fault | None:
    found = installed(locked.name, dependencies)
    if found is None:
        return _absent(locked, lock, dependencies)
    # what only developers install differs where nobody is harmed
    if found.name in dependencies.own or (found.within == INSTALLED and dependencies.declared):
        return None
    if any(satisfies(found.version, f"=={version}") for version in locked.versions):
        return None
    versions = " or ".join(locked.versions)
    return Fault(
        f"{found.name} {found.version} is installed, but {lock.file} has {versions}",
        f'Install from the lock, or pip install "{found.name}=={locked.versions[0]}"; '
        f"lock again if {found.version} is meant.",
        locked.location,
        _proof(lock),
        (("installed", f"{found.name} {found.version} in {found.place}"),),
    )


def _absent(locked: Locked, lock: Lock, dependencies: Dependencies) -> Fault | None:
    """A locked distribution that is not there, unless PRD401, PRD402 or PRD406 says so already."""
    asked = {one.name for one in dependencies.requirements} | {one.name for one in dependencies.bounds}
    unreadable = {one.name for one in dependencies.unreadable}
    known = asked | unreadable | {*dependencies.also}
    if not locked.required or locked.name in known:
        return None
    return Fault(
        f"{lock.file} has {locked.name} {locked.versions[0]}, which is not installed",
        f'Install from the lock, or pip install "{locked.name}=={locked.versions[0]}".',
        locked.location,
        _proof(lock),
    )


def _proof(lock: Lock) -> str:
    beside = f"; {lock.file} counts before {listed(lock.others)}" if lock.others else ""
    return (
        f"the installed metadata was compared with the lock's entries that apply to this interpreter{beside}"
    )
