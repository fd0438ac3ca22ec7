"""What is judged of migrations: Alembic's environments and Django's applications, beside their databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import (
    Alembic,
    Database,
    Django,
    DjangoApp,
    DjangoPlan,
    Facts,
    Location,
    MigrateCommand,
    Migrations,
    Revision,
    VersionTable,
)
from pytest_prodready.registry import Subject

PREFIX = "migrations"
UNKNOWN_REVISION = "Can't locate revision identified by"
"""What Alembic says of a revision that no file has."""


@dataclass(frozen=True)
class Environment:
    """One environment of Alembic, with the database that it looks after as far as that was read."""

    name: str
    """``migrations:alembic``, with the section or directory behind it where there are several."""
    alembic: Alembic
    commands: tuple[MigrateCommand, ...] = ()
    """Those of the deployment that upgrade with Alembic."""
    database: Database | None = None
    """The one that was read; ``None`` where none was."""
    versions: VersionTable | None = None
    """Its version table there; ``None`` where it has none."""

    @property
    def known(self) -> dict[str, Revision]:
        """Its revisions by their ids."""
        return {one.id: one for one in self.alembic.revisions}

    def behind(self, current: set[str]) -> list[Revision]:
        """The revisions that an upgrade of ``current`` to all heads would run, in the order of the files."""
        needed, there = self._ancestors(self.alembic.heads), self._ancestors(current)
        return [one for one in self.alembic.revisions if one.id in needed - there]

    def _ancestors(self, ids: tuple[str, ...] | set[str]) -> set[str]:
        known, waiting, found = self.known, [*ids], set[str]()
        while waiting:
            one = waiting.pop()
            if one in known and one not in found:
                found.add(one)
                waiting.extend(known[one].down)
        return found


@dataclass(frozen=True)
class Application:
    """One application of Django's, or the whole of Django's migrations where their loader gave up."""

    django: Django
    app: DjangoApp | None = None
    commands: tuple[MigrateCommand, ...] = ()
    database: Database | None = None
    """The default one, where it was read."""


@dataclass(frozen=True)
class Applied:
    """What one database has applied of Django's migrations."""

    plan: DjangoPlan
    apps: tuple[DjangoApp, ...]
    database: Database
    commands: tuple[MigrateCommand, ...] = ()


def migrations(facts: Facts) -> Migrations | None:
    """What was seen of migrations; ``None`` where nothing was looked at."""
    return next((one.migrations for one in facts.entries if one.migrations is not None), None)


def environments(facts: Facts) -> list[Environment]:
    """Every environment of Alembic."""
    seen = migrations(facts)
    every = seen.alembic if seen is not None else ()
    commands = tuple(one for one in facts.migrating if one.tool in ("alembic", "flask"))
    found = []
    for one in every:
        label = one.section or one.directory or one.config.file
        name = f"{PREFIX}:alembic" + (f":{label}" if len(every) > 1 else "")
        database, versions = _database(one, facts)
        found.append(Environment(name, one, commands, database, versions))
    return found


def _database(alembic: Alembic, facts: Facts) -> tuple[Database | None, VersionTable | None]:
    """The database that has the version table of an environment, else the default one that was read."""
    read = [one for one in facts.databases if not one.problem]
    ids = {one.id for one in alembic.revisions}
    for database in read:
        for table in database.versions:
            if not alembic.version_known:
                if ids & set(table.revisions):
                    return database, table
            elif _same(table, alembic, database):
                return database, table
    return (read[0] if read else None), None


def _same(table: VersionTable, alembic: Alembic, database: Database) -> bool:
    names = [table.name, alembic.version_table]
    if database.folds_tables:
        names = [name.lower() for name in names]
    if names[0] != names[1]:
        return False
    return table.schema == alembic.version_schema if alembic.version_schema else table.visible


def history_subjects(facts: Facts) -> Iterator[Subject[Environment]]:
    """The revisions of each environment, one subject each."""
    for one in environments(facts):
        skipped = f"{one.alembic.config.file}: {one.alembic.unread}" if one.alembic.unread else ""
        yield Subject(f"{one.name}:heads", one, skipped, location=one.alembic.config)
    seen = migrations(facts)
    if seen is not None and seen.problem:
        nothing = Environment(PREFIX, Alembic(Location("")))
        yield Subject(PREFIX, nothing, errored=seen.problem)


def readable(facts: Facts) -> list[Environment]:
    """The environments whose revisions Alembic reads."""
    return [
        one
        for one in environments(facts)
        if not one.alembic.unread and one.alembic.failure is None and one.alembic.revisions
    ]


def state_subjects(facts: Facts) -> Iterator[Subject[Environment]]:
    """Each environment beside its database."""
    for one in readable(facts):
        skipped = ""
        if one.database is None:
            skipped = f"the revision of the database is not known: {unread(facts)}"
        elif one.versions is None and not one.alembic.version_known:
            skipped = "the name of the version table is not written in env.py, and no table holds a revision"
        elif one.versions is None and _hidden(one.alembic, one.database):
            skipped = f"the role may not read the table {one.alembic.version_table}"
        yield Subject(f"{one.name}:database", one, skipped, location=one.alembic.config)


def _hidden(alembic: Alembic, database: Database) -> bool:
    """Whether the version table is there, and could not be read."""
    schema = alembic.version_schema
    return schema in database.unreadable or any(
        one.name == alembic.version_table and (one.schema == schema if schema else one.visible)
        for one in database.tables
    )


def unread(facts: Facts) -> str:
    """Why no database was read."""
    details = [one.detail for one in facts.databases if one.problem]
    return details[0] if details else "no database was read"


def app_subjects(facts: Facts) -> Iterator[Subject[Application]]:
    """The project's own applications, and libraries whose migrations conflict."""
    seen = migrations(facts)
    django = seen.django if seen is not None else None
    if django is None:
        return
    commands = tuple(one for one in facts.migrating if one.tool == "django")
    database = facts.database_named("default")
    if database is not None and database.problem:
        database = None
    if django.failure is not None:
        yield Subject(f"{PREFIX}:django", Application(django), location=django.location)
    for app in django.apps:
        if (app.own and (app.migrated or app.models)) or app.leaves:
            value = Application(django, app, commands, database)
            conflict = any(one.leaves for one in django.apps if one.own) and not app.leaves
            reason = "another application's migrations conflict" if conflict else django.undetected
            errored = f"models and migrations could not be compared: {reason}" if reason else ""
            yield Subject(
                f"{PREFIX}:{app.label}",
                value,
                skipped=errored if conflict else "",
                errored="" if conflict or app.leaves else errored,
                location=app.location,
            )


def applied_subjects(facts: Facts) -> Iterator[Subject[Applied]]:
    """Each database that Django's migrations are recorded in."""
    seen = migrations(facts)
    django = seen.django if seen is not None else None
    if django is None or django.failure is not None or not any(app.migrated for app in django.apps):
        return
    commands = tuple(one for one in facts.migrating if one.tool == "django")
    for plan in django.plans:
        database = facts.database_named(plan.alias)
        if database is not None:
            value = Applied(plan, django.apps, database, commands)
            yield Subject(f"{PREFIX}:django:{plan.alias}", value)
    if not any(plan.alias == "default" for plan in django.plans):
        nothing = Applied(DjangoPlan("default"), (), Database(""))
        yield Subject(
            f"{PREFIX}:django:default",
            nothing,
            skipped=f"what the database has applied is not known: {unread(facts)}",
        )
