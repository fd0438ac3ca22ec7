"""Which mapped tables can be looked up in a database, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import Database, DatabaseTable, Facts, MappedTable
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database.table_lookup import DatabaseTables
from pytest_prodready.wording import listed

TOGETHER = "mapped-tables"
"""The subject that stands for many tables of which one and the same is said."""
MOST_APART = 3
"""As many tables of one reason each have a subject of their own."""
FEW = 20
PUBLIC = "public"
"""In a ``MappedTable.tenancy``: the schema that all tenants share, whatever it is called."""


@dataclass(frozen=True)
class Place:
    """Where a mapped table is looked for, and what is there."""

    schema: str
    """Of a tenant; empty where the session finds it by its search path, or the mapping names the schema."""
    table: DatabaseTable | None


@dataclass(frozen=True)
class TableCase:
    """One mapped table beside what the database has."""

    mapped: MappedTable
    tables: DatabaseTables
    places: tuple[Place, ...]
    alone: bool = False
    """No class is mapped to a table of this database: the application uses its tables without."""
    others: tuple[MappedTable, ...] = ()
    """All mapped tables of the database, none of which is there: this subject stands for them."""
    taken: frozenset[str] = frozenset()
    """The columns, by :meth:`DatabaseTables.key`, that any mapping of the same table has."""
    few: bool = True
    """So few tables are missing that each name can be compared with those that are there."""
    homeless: tuple[str, ...] = ()
    """Of the table that lists the tenants: those that have no schema."""

    @property
    def database(self) -> Database:
        """Where it is looked for."""
        return self.tables.database


def table_cases(facts: Facts) -> Iterator[Subject[TableCase]]:
    """Every table that an entry point maps, once, beside the database's."""
    mapped = _merged(facts)
    skipped: dict[str, list[Subject[TableCase]]] = {}
    for bind in sorted({table.bind for table in mapped.values()}):
        of_bind = {name: table for name, table in mapped.items() if table.bind == bind}
        database = facts.database_named(bind) or Database(source="", name=bind)
        tables = DatabaseTables(database)
        subjects = list(_of_database(of_bind, tables, facts))
        found = any(place.table for one in subjects for place in one.value.places)
        missing = [one for one in subjects if not one.skipped and not one.errored]
        if not found and len(missing) > MOST_APART and database.tables:
            others = tuple(one.value.mapped for one in missing)
            case = replace(missing[0].value, others=others)
            name = f"{TOGETHER} of {bind}" if bind not in ("", "default") else TOGETHER
            yield Subject(name, case, location=others[0].location)
            subjects = [one for one in subjects if one.skipped or one.errored]
        few = sum(any(place.table is None for place in one.value.places) for one in missing) <= FEW
        for one in subjects:
            if reason := one.skipped or one.errored:
                skipped.setdefault(reason, []).append(one)
            else:
                yield replace(one, value=replace(one.value, few=few))
    yield from _folded(skipped, known=bool(facts.databases))


def _merged(facts: Facts) -> dict[str, MappedTable]:
    """The tables of all entry points by the name of their subject."""
    merged: dict[tuple[str, str, str, str], MappedTable] = {}
    for entry in facts.entries:
        for table in entry.mapping.tables if entry.mapping is not None else ():
            key = (table.bind, table.framework, table.schema or "", table.name)
            known = merged.get(key)
            merged[key] = table if known is None else _both(known, table)
    named: dict[str, MappedTable] = {}
    for (bind, *_), table in sorted(merged.items()):
        plain = bind in ("", "default") and table.qualified not in named
        named[table.qualified if plain else f"{bind or table.framework}:{table.qualified}"] = table
    return named


def _both(one: MappedTable, other: MappedTable) -> MappedTable:
    """Two mappings of one table: the one that a class has, with the columns of both."""
    if other.model and not one.model:
        one, other = other, one
    known = {column.name for column in one.columns}
    more = tuple(column for column in other.columns if column.name not in known)
    secondary, own = one.secondary or other.secondary, one.own or other.own
    return replace(one, columns=(*one.columns, *more), secondary=secondary, own=own) if more else one


def _of_database(
    mapped: dict[str, MappedTable], tables: DatabaseTables, facts: Facts
) -> Iterator[Subject[TableCase]]:
    database = tables.database
    alone = not any(table.model for table in mapped.values())
    register = next(
        (entry.mapping.tenants for entry in facts.entries if entry.mapping and entry.mapping.tenants), None
    )
    unread = _unread(tables, mapped, facts)
    taken: dict[DatabaseTable, set[str]] = {}
    subjects: list[Subject[TableCase]] = []
    for name, table in sorted(mapped.items()):
        if tables.is_servers_own(table):
            continue
        skipped = unread or _unknown(table, tables)
        errored = database.detail if database.problem == "refused" else ""
        places: tuple[Place, ...] = ()
        homeless: tuple[str, ...] = ()
        if not skipped and not errored:
            places = tuple(_places(table, tables, register.public if register else ""))
            if not places:
                skipped = "no tenant is known that has a schema of its own"
            if register is not None and table.name == register.table:
                homeless = tuple(one.schema for one in database.tenants if not tables.has_schema(one.schema))
        for place in places:
            if place.table is not None:
                taken.setdefault(place.table, set()).update(tables.key(one.name) for one in table.columns)
        case = TableCase(table, tables, places, alone, homeless=homeless)
        subjects.append(Subject(name, case, "" if errored else skipped, errored, table.location))
    for subject in subjects:
        of_all = (taken[place.table] for place in subject.value.places if place.table is not None)
        case = replace(subject.value, taken=frozenset().union(*of_all))
        yield replace(subject, value=case)


def _places(table: MappedTable, tables: DatabaseTables, public: str) -> Iterator[Place]:
    if not table.tenancy:
        yield Place("", tables.find(table.schema, table.name))
    for kind in sorted(table.tenancy, key=lambda kind: kind != PUBLIC):
        if kind == PUBLIC:
            yield Place(public, tables.find(public, table.name))
            continue
        for tenant in tables.database.tenants:
            if tenant.kind == kind and tables.has_schema(tenant.schema):
                yield Place(tenant.schema, tables.find(tenant.schema, table.name))


def _unread(tables: DatabaseTables, mapped: dict[str, MappedTable], facts: Facts) -> str:
    """Why nothing can be looked up in the database at all."""
    seen = [table for entry in facts.entries if entry.mapping is not None for table in entry.mapping.tables]
    # an application may map a library's table, too
    brought = {table.name for table in seen if not table.own}
    own = [table for table in mapped.values() if table.name not in brought]
    number = len(own or mapped)
    database = tables.database
    if not database.dialect and not database.problem:
        return f"its database {database.name} was not read" if database.name else "no database was read"
    if database.problem:
        return database.detail or database.problem
    if tables.empty(brought if own else ()):
        many = f"none of the {number} mapped tables is" if number > 1 else "the mapped table is not"
        return f"the database is empty, nothing has been migrated into it: {many} there yet"
    return ""


def _unknown(table: MappedTable, tables: DatabaseTables) -> str:
    """Why this table cannot be looked up."""
    database, schema = tables.database, table.schema
    if schema in database.unreadable:
        return f"the role that reads the database may not use the schema {schema}"
    if schema and database.dialect == "sqlite" and not tables.has_schema(schema):
        return f"the schema {schema} is another file, which the application attaches itself"
    moved = database.translated_by if table.framework == "sqlalchemy" else None
    if moved is not None and tables.find(schema, table.name) is None:
        return f"the application chooses the schema for each session (schema_translate_map, {moved})"
    return ""


def _folded(skipped: dict[str, list[Subject[TableCase]]], *, known: bool) -> Iterator[Subject[TableCase]]:
    """The subjects that cannot be judged, those of one reason as one where they are many."""
    folded = 0
    for reason, subjects in skipped.items():
        # without a database nothing is known yet: a listing has the names that the run will have
        if not known or len(subjects) <= MOST_APART:
            yield from subjects
            continue
        folded += 1
        names = listed((subject.name for subject in subjects), MOST_APART)
        told = f"{reason} ({len(subjects)} tables: {names})"
        first = subjects[0]
        yield replace(
            first,
            name=TOGETHER if folded == 1 else f"{TOGETHER} #{folded}",
            skipped=told if first.skipped else "",
            errored=told if first.errored else "",
        )
