"""PRD324: was the schema verified on the vendor of production's database?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import Database, Facts, Location, VendorMark
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database.migration_subjects import PREFIX, migrations, unread
from pytest_prodready.wording import joined

TITLES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


@dataclass(frozen=True)
class Production:
    """The vendor of production's database, how that is known, and the databases that were read."""

    vendor: str
    source: str
    location: Location | None
    said: bool = False
    """By the settings."""
    marks: tuple[VendorMark, ...] = ()
    read: tuple[Database, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether one of the databases that were read is of that vendor."""
        accepted = (
            {self.vendor} if self.said else {self.vendor, *(["mariadb"] if self.vendor == "mysql" else [])}
        )
        return any(one.dialect in accepted for one in self.read)


def subjects(facts: Facts) -> Iterator[Subject[Production]]:
    """One subject, where production's vendor is known and there is something to verify."""
    production = _production(facts)
    if production is None:
        return
    title = TITLES.get(production.vendor, production.vendor)
    skipped = "" if production.read else f"not verified on {title}: {unread(facts)}"
    yield Subject(f"{PREFIX}:vendor", production, skipped, location=production.location)


def _production(facts: Facts) -> Production | None:
    seen = migrations(facts)
    read = tuple(one for one in facts.databases if not one.problem)
    if seen is None:
        return None
    django = seen.django.apps if seen.django is not None else ()
    every = [
        *(mark for one in seen.alembic for mark in one.marks),
        *(mark for app in django for mark in app.marks),
    ]
    if facts.vendor:
        marks = tuple(mark for mark in every if mark.vendor == facts.vendor)
        place = facts.settings_locations.get("database")
        words = "[tool.prodready.database] vendor says so"
        return Production(facts.vendor, words, place, said=True, marks=marks, read=read)
    if not seen.alembic and not any(app.own and app.migrated for app in django):
        return None
    for evidence, words in ((facts.deployed_vendors, "its address stands in"), (tuple(every), "as for")):
        vendors = {mark.vendor for mark in evidence}
        if len(vendors) > 1:
            return None  # made for several
        if vendors:
            first = evidence[0]
            source = (
                f"{words} {first.words} in {first.location}"
                if evidence == tuple(every)
                else f"{words} {first.location}"
            )
            marks = tuple(mark for mark in every if mark.vendor == first.vendor)
            return Production(first.vendor, source, first.location, marks=marks, read=read)
    return None


def unverified(production: Production) -> Iterator[Fault]:
    """A schema that was looked at on another vendor only."""
    if production.verified:
        return
    title = TITLES.get(production.vendor, production.vendor)
    others = joined(dict.fromkeys(TITLES.get(one.dialect, one.dialect) for one in production.read))
    lines = [f"{mark.location}: {mark.words}" for mark in production.marks]
    also = f", and the migrations hold what only {title} has ({production.marks[0].words})" if lines else ""
    known = "production's vendor" if production.said else "what production seems to run on"
    yield Fault(
        f"Migrations and schema are not verified on {title}, {known} ({production.source}): "
        f"the database that was read is {others}{also}.",
        f"Run the gate against a {title} database that the migrations have made"
        + (
            "."
            if production.said
            else '; or say what production runs on: [tool.prodready.database] vendor = "…".'
        ),
        production.location,
        "the server itself said what it is",
        ((f"what only {title} has", "\n".join(lines)),) if lines else (),
        None if production.said else Level.WARNING,
    )
