"""PRD322: is the database where this build's migrations are?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Database, MigrateCommand
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.migration_subjects import UNKNOWN_REVISION, Applied, Environment
from pytest_prodready.wording import joined, listed

SHOWN = 10


def alembic(environment: Environment) -> Iterator[Fault]:
    """Where the database stands between Alembic's revisions."""
    facts, database = environment.alembic, environment.database
    assert database is not None  # else it is skipped
    current = set(environment.versions.revisions) if environment.versions is not None else set()
    unknown = sorted(current - set(environment.known))
    if unknown:
        yield Fault(
            f"The database is at {joined(unknown)}, which this build does not have: another build, most "
            f"likely a newer one, has migrated it. "
            f"alembic upgrade stops: {UNKNOWN_REVISION} '{unknown[0]}'.",
            "Deploy a build that has the revision; before a rollback, downgrade with the build that has it.",
            environment.known[facts.heads[0]].location if facts.heads else facts.config,
            proof(database, f"the table {_table(environment)} was read"),
            (("this build's heads", "\n".join(facts.heads)),),
        )
        return
    pending = environment.behind(current)
    if not pending:
        return
    number = "all" if len(pending) == len(facts.revisions) else f"{len(pending)} of the"
    message = f"The database is behind: {number} {len(facts.revisions)} migrations are not applied"
    mapped = {one.name for one in database.tables} & {one.table for one in facts.made if one.whole}
    level = behind(environment.commands)
    remedy = _run(environment.commands, "alembic upgrade head")
    if environment.versions is None and mapped:
        message = (
            f"The database has tables ({listed(sorted(mapped), 3)}) and no table {_table(environment)}: "
            "no migration was recorded in it, and an upgrade would make them once more."
        )
        level = Level.WARNING
        remedy = f"If its tables are those of a revision, record that: alembic stamp {facts.heads[0]}"
    else:
        message += _when(environment.commands)
    # the files stand in no order of their own: the first one follows what is applied
    missing = {one.id for one in pending}
    first = next((one for one in pending if not missing & set(one.down)), pending[0])
    yield Fault(
        message,
        remedy,
        first.location,
        proof(database, f"the table {_table(environment)} was read"),
        (("not applied", _lines([f"{one.id} {one.title} ({one.location})" for one in pending])),),
        level,
    )


def django(applied: Applied) -> Iterator[Fault]:
    """Where a database stands between Django's migrations."""
    plan, database = applied.plan, applied.database
    read = proof(database, "the table django_migrations was read")
    yield from _ahead(applied, read)
    if plan.inconsistent:
        yield Fault(
            f"manage.py migrate refuses the history of the database: {plan.inconsistent}",
            "Run the migrations in their order, or correct the table django_migrations.",
            plan.first,
            read,
        )
    elif plan.unapplied:
        total = sum(len(app.names) for app in applied.apps)
        number = (
            "no migration is applied" if not database.applied else f"{len(plan.unapplied)} are not applied"
        )
        yield Fault(
            f"The database is behind: {number}, of {total}{_when(applied.commands)}",
            _run(applied.commands, "python manage.py migrate"),
            plan.first,
            read,
            (("not applied", _lines([f"{app}.{name}" for app, name in plan.unapplied])),),
            behind(applied.commands),
        )


def _ahead(applied: Applied, read: str) -> Iterator[Fault]:
    """Migrations recorded after all that this build has: older ones were squashed or removed since."""
    recorded = applied.database.applied or ()
    for app in applied.apps:
        known = set(app.names)
        names = [name for label, name in recorded if label == app.label]
        last = max((at for at, name in enumerate(names) if name in known), default=len(names))
        unknown = [name for name in names[last + 1 :] if name not in known]
        if unknown and app.migrated:
            yield Fault(
                f"The database has applied {listed(unknown, 3)} of {app.label}, which this build does not "
                "have: another build, most likely a newer one, has migrated it.",
                f"Deploy a build that has {unknown[-1]}; before a rollback, migrate back with that build: "
                f"python manage.py migrate {app.label} {names[last]}",
                proof=read,
                level=None if app.own else Level.WARNING,
            )


def behind(commands: Sequence[MigrateCommand]) -> Level:
    """A deployment that migrates brings the database up to date itself."""
    return Level.INFO if commands else Level.WARNING


def proof(database: Database, how: str) -> str:
    """How it was read."""
    return f"{how} through {database.source}, in a read-only transaction"


def _when(commands: Sequence[MigrateCommand]) -> str:
    if commands:
        return f"; the deployment migrates it ({commands[0].location})."
    return "; no command was found with which the deployment would migrate it."


def _run(commands: Sequence[MigrateCommand], command: str) -> str:
    return (
        f"Nothing, if {commands[0].location} runs first."
        if commands
        else f"Run before this release: {command}"
    )


def _table(environment: Environment) -> str:
    if environment.versions is not None:
        return f"{environment.versions.schema}.{environment.versions.name}".lstrip(".")
    return environment.alembic.version_table


def _lines(texts: list[str]) -> str:
    more = len(texts) - SHOWN
    return "\n".join([*texts[:SHOWN], *([f"and {more} more"] if more > 0 else [])])
