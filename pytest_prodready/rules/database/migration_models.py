"""PRD323: do the migrations make what the models map?"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Alembic, Facts, MappedColumn, MappedTable, ModelChange
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.migration_subjects import Application, Environment, migrations
from pytest_prodready.wording import listed

READ = "the text of {} migrations was read; none was run"
DETECTED = "Django's own autodetector compared the models with the migrations"
INTEGERS = frozenset(
    {"AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField"}
    | {"PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"}
)
"""A change from one to another of these is about room, and harmless for most rows."""


def alembic(environment: Environment, facts: Facts) -> Iterator[Fault]:
    """Tables, then columns, that are mapped and that no migration makes."""
    managed = _managed(environment.alembic, facts)
    for table in managed:
        yield from _table(environment, table)
    columns = [(table, column) for table in managed for column in _columns(environment, table)]
    if columns:
        table, column = columns[0]
        names = [f"{table.name}.{column.name}" for table, column in columns]
        yield Fault(
            f"No migration adds {listed(names, 3)}, which the models map.",
            'Write the migration: alembic revision --autogenerate -m "…"',
            column.location or table.location,
            READ.format(len(environment.alembic.revisions)),
            (("columns", "\n".join(f"{table.name}.{one.name} ({one.location})" for table, one in columns)),),
            Level.WARNING,
        )


def _managed(environment: Alembic, facts: Facts) -> list[MappedTable]:
    """The application's mapped tables that share a ``MetaData`` with one that a migration makes."""
    made = {one.table for one in environment.made if one.whole}
    seen = migrations(facts)
    groups = [set(one.tables) for one in seen.metadata] if seen is not None else []
    within = {place for group in groups if any(name in made for _, name in group) for place in group}
    found: dict[tuple[str, str], MappedTable] = {}
    for entry in facts.entries:
        for table in entry.mapping.tables if entry.mapping is not None else ():
            place = (table.schema or "", table.name)
            if table.framework == "sqlalchemy" and table.own and place in within:
                found.setdefault(place, table)
    return list(found.values())


def _table(environment: Environment, table: MappedTable) -> Iterator[Fault]:
    facts, database = environment.alembic, environment.database
    if table.name in facts.words or any(one.table == table.name for one in facts.made):
        return
    there = database is not None and any(
        one.name == table.name and table.schema in (None, one.schema) for one in database.tables
    )
    if there and facts.filtered:
        return
    begins = {one.id for one in facts.revisions if not one.down}
    from_nothing = any(one.whole and one.revision in begins for one in facts.made)
    reasons = []
    if there:
        reasons.append("the database that was read has it all the same")
    elif database is None and not from_nothing:
        reasons.append("the first migration makes no table: it may be older than the migrations")
    if facts.filtered:
        reasons.append(f"it may be left out on purpose ({facts.filtered})")
    if facts.opaque:
        reasons.append(f"what {facts.opaque} makes is not known")
    mapped = table.model or f"the table {table.qualified}"
    yield Fault(
        f"No migration makes the table {table.qualified}, which {mapped} maps"
        + (f"; {' and '.join(reasons)}." if reasons else ": a database that is migrated does not have it."),
        f'Write the migration: alembic revision --autogenerate -m "add {table.name}"',
        table.location,
        READ.format(len(facts.revisions)),
        level=Level.WARNING if reasons else None,
    )


def _columns(environment: Environment, table: MappedTable) -> Iterator[MappedColumn]:
    """Columns of a table all of whose statements are understood, and of which none names them."""
    facts, database = environment.alembic, environment.database
    made = [one for one in facts.made if one.table == table.name]
    if facts.opaque or not any(one.whole for one in made) or not all(one.certain for one in made):
        return
    known = {name.lower() for one in made for name in one.columns}
    there = {
        one.column.lower()
        for one in (database.columns if database is not None else ())
        if one.table == table.name
    }
    for column in table.columns:
        if column.name.lower() not in known | there:
            yield column


def django(application: Application) -> Iterator[Fault]:
    """What ``makemigrations`` would write: what breaks one by one, the rest together."""
    app = application.app
    if app is None:
        return
    if not app.migrated:
        yield from _unmigrated(application)
    unlimited = application.database is not None and application.database.dialect == "sqlite"
    created = {change.model for change in app.changes if change.operation == "CreateModel"}
    changes = [one for one in app.changes if one.operation != "AddField" or one.model not in created]
    breaking = {change: why for change in changes if (why := _breaks(change, unlimited=unlimited))}
    remedy = f"Write the migration: python manage.py makemigrations {app.label}"
    for change, why in breaking.items():
        yield Fault(f"{_name(change)}: {why}", remedy, change.location, DETECTED, (("Django", change.words),))
    rest = [change for change in changes if change not in breaking]
    if rest:
        words = [f"{change.words}{_differences(change)}" for change in rest]
        yield Fault(
            f"The models of {app.label} differ from its migrations: {listed(words, 2)}.",
            f"{remedy}.",
            next((change.location for change in rest if change.location is not None), None),
            DETECTED,
            (("makemigrations would", "\n".join(words)),),
            Level.WARNING,
        )


def _unmigrated(application: Application) -> Iterator[Fault]:
    app, database, commands = application.app, application.database, application.commands
    assert app is not None
    if app.disabled or any(one.syncdb for one in commands):
        return
    there = {one.name for one in database.tables} if database is not None else set()
    missing = [name for name in app.models if name not in there]
    proven = bool(missing) and (database is not None or bool(commands))
    tables = missing or list(app.models)
    yield Fault(
        f"{app.label} has models and no migrations: manage.py migrate does not make "
        f"{'its table' if len(tables) == 1 else 'its tables'} {listed(tables, 3)}"
        + ("." if missing else ", which the database that was read has all the same."),
        f"Write the migrations: python manage.py makemigrations {app.label}",
        app.location,
        DETECTED,
        level=None if proven else Level.WARNING,
    )


def _name(change: ModelChange) -> str:
    return f"{change.model}.{change.field}" if change.field else change.model


def _breaks(change: ModelChange, *, unlimited: bool) -> str:
    """Why the models cannot work with a database that is migrated; empty where they can, or may.

    ``unlimited``: the database keeps no text to its length.
    """
    if not change.managed or not change.usual:
        return ""
    if change.operation == "CreateModel":
        return "no migration makes its table."
    if change.operation == "AddField" and change.column:
        return "no migration adds its column."
    if change.operation == "AddField":
        return "no migration makes its table."
    if change.operation == "RemoveField" and change.column and not change.nullable:
        return "the migrations leave its column, which takes no NULL and which nothing fills in any more."
    for what, before, now in change.changed if change.operation == "AlterField" else ():
        if what == "null" and now == "True":
            return "it takes None, and the column of the migrations takes no NULL."
        if (
            what == "max_length"
            and not unlimited
            and before.isdigit()
            and (now == "None" or int(now) > int(before))
        ):
            return f"it takes {'any length' if now == 'None' else f'{now} characters'}, its column {before}."
        if what == "type" and not {before, now} <= INTEGERS:
            return f"it is a {now}, and a {before} in the migrations."
    return ""


def _differences(change: ModelChange) -> str:
    found = [f"{what}: {before} → {now}" for what, before, now in change.changed]
    return f" ({', '.join(found)})" if found else ""
