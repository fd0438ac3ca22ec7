"""PRD202: autodiscovery passes over no package in silence."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import (
    Discovery,
    Facts,
)
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name
from pytest_prodready.rules.failures import (
    evidence,
    explain,
)
from pytest_prodready.wording import listed, nearest


@family.kind("discovered package", "discovered packages", needs={"celery"})
def discovery(facts: Facts) -> Iterator[Subject[tuple[Discovery, ...]]]:
    """Every package that a call of ``autodiscover_tasks`` names."""
    found: dict[str, list[Discovery]] = {}
    for search in (search for seen in loaded(facts) if seen.celery for search in seen.celery.discoveries):
        if search.explicit and search not in found.setdefault(search.package, []):
            found[search.package].append(search)
    for package, searches in sorted(found.items()):
        yield Subject(plain_name(f"discovery:{package}"), tuple(searches), location=searches[0].location)


@family.rule(
    "PRD202",
    "discovery-dropped-a-module",
    discovery,
    checks="Every package that autodiscover_tasks names exists and imports.",
    reason="Celery takes a package that is missing, or whose __init__ lacks a module, for one without tasks: "
    "the worker starts and has none of them.",
    remedy="Correct the package's name.",
)
def discovery_dropped_a_module(searches: tuple[Discovery, ...], facts: Facts) -> Iterator[Fault]:
    """PRD202."""
    search = searches[0]
    if not search.exists:
        parent, _, last = search.package.rpartition(".")
        near = nearest(last, search.available)
        meant = f"{parent}.{near}" if parent else near
        remedy = f"Write {meant}, the nearest package there is." if near else "Name a package that exists."
        yield Fault(
            f"autodiscovery is told to search {search.package}, which does not exist, and silently skips it",
            remedy,
            search.location,
            AS_WORKER,
            (("there is", listed(search.available)),) if search.available else (),
        )
    elif search.failure is not None:
        explanation = explain(search.failure)
        named = (("named for discovery at", str(search.location)),) if search.location else ()
        module = search.failure.module
        inside = module != search.package and module.startswith(f"{search.package}.")
        yield Fault(
            f"autodiscovery dropped {search.package} and its tasks in silence: importing "
            f"{module if inside else 'the package'} fails: "
            f"{explanation.cause}",
            explanation.remedy,
            search.failure.location or search.location,
            AS_WORKER,
            (*named, *evidence(search.failure)),
        )
