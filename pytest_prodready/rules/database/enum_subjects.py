"""Which enum columns can be compared with the database, and why the others cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pytest_prodready.facts import Database, EnumColumn, Facts
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database.column_stores import Stores
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.enum_comparison import differences, order_differs
from pytest_prodready.rules.database.sql import MYSQL
from pytest_prodready.rules.database.stores import Checked, NamedType, Nowhere, Store, named_type
from pytest_prodready.rules.database.types import DatabaseTypes
from pytest_prodready.wording import listed

TOGETHER = "enum-columns"
"""The subject that stands for many columns which cannot be compared for one reason."""
MOST_APART = 3
"""As many columns of one reason are skipped each by its own name."""


def enum_subjects(facts: Facts, proof: Callable[[Database], str]) -> Iterator[Subject[EnumCase]]:
    """Every column that an entry point maps to an enumeration, once, beside what the database has for it.

    Columns skipped for one reason become one subject where they are many, or where the reason is another
    vendor's database. Of columns that differ from one type of the database in one way, the first is judged.
    """
    by_bind: dict[str, dict[str, list[EnumColumn]]] = {}
    for entry in facts.entries:
        for column in entry.mapping.columns if entry.mapping is not None else ():
            several = by_bind.setdefault(column.bind, {}).setdefault(column.name, [])
            if column not in several:
                several.append(column)
    found: dict[tuple[str, str], tuple[Subject[EnumCase], str]] = {}
    for bind, columns in by_bind.items():
        database = facts.database_named(bind)
        for name, judged_so in _of_database(columns, database, proof(database) if database else ""):
            found[name, bind] = judged_so
    names = Counter(name for name, _ in found)
    skipped: dict[str, list[Subject[EnumCase]]] = {}
    judged: list[Subject[EnumCase]] = []
    for (name, bind), (subject, shared) in sorted(found.items()):
        one = replace(subject, name=f"{bind}:{name}") if names[name] > 1 and bind else subject
        if one.skipped:
            skipped.setdefault(shared, []).append(one)
        else:
            judged.append(one)
    yield from _once(judged, skipped)
    yield from _folded(skipped, facts.databases)
    dead = [entry.entry.target for entry in facts.entries if entry.failure is not None]
    if dead and not found:
        yield Subject(TOGETHER, _NOTHING, skipped=f"{dead[0]} does not load")


_NOTHING = EnumCase(members=(), sends=(), store=Nowhere(""), subject="")


def _of_database(
    columns: dict[str, list[EnumColumn]], database: Database | None, proof: str
) -> Iterator[tuple[str, tuple[Subject[EnumCase], str]]]:
    types = DatabaseTypes(database) if database is not None else None
    stores = Stores(database) if database is not None else None
    for name, several in columns.items():
        column = _for_vendor(several, database)
        if column is None:
            continue
        case = EnumCase(
            members=column.members,
            sends=column.sends,
            store=Nowhere(""),
            subject=f"{column.model}.{column.column}" if column.model else column.name,
            location=column.location,
            proof=proof,
            reads=column.reads or (),
            of_django=column.framework == "django",
            column=column,
        )
        skipped, errored = _unread(column, database), ""
        if database is not None and database.problem == "refused":
            skipped, errored = "", database.detail
        shared = skipped
        if types is not None and stores is not None and not skipped and not errored:
            store = _store(column, types, stores)
            if store is None:
                continue
            if isinstance(store, str):
                skipped, shared = store, store.partition("(")[0]  # varchar(20) and varchar(30) are one reason
            else:
                case = replace(case, store=store)
                skipped = shared = _unclear(case)
        yield name, (Subject(name, case, skipped, errored, column.location), shared)


def _for_vendor(several: list[EnumColumn], database: Database | None) -> EnumColumn | None:
    """What the column is for this database; ``None`` where it is no enumeration there."""
    dialect = database.dialect if database is not None else ""
    vendors = ("mysql", "mariadb") if dialect in MYSQL else (dialect,)
    for vendor in vendors:
        for column in several:
            if vendor in column.vendors:
                return column
    for column in several:
        if not column.vendors and not set(vendors) & set(column.other_vendors):
            return column
    return None if dialect else several[0]


def _unread(column: EnumColumn, database: Database | None) -> str:
    """Why nothing can be compared, before the database's own answers are looked at."""
    if database is not None and database.problem:
        return database.detail or database.problem
    if database is None and not column.opaque:
        other = f"its database {column.bind} was not read"
        return other if column.bind and column.bind != "default" else "no database was read"
    return f"what is sent cannot be known: {column.opaque}" if database is None else ""


def _store(column: EnumColumn, types: DatabaseTypes, stores: Stores) -> Store | str | None:
    """The database's side; why there is none to compare, in words; ``None`` where nothing could be said."""
    real = types.column(column.table, column.column, column.schema)
    store: Store | str
    if real is not None:
        store = stores.of(real, column.numeric)
        if not isinstance(store, str) and real.array != column.array:
            what, other = ("an array", "none") if real.array else ("no array", "one")
            store = f"the real column is {what}, and the mapped one is {other}"
    else:
        named = types.named(column.type_name, column.type_schema) if column.native else None
        store = named_type(named) if named is not None else _absent(column, types)
    if column.opaque:
        if isinstance(store, Checked) and not store.constraints:
            return None  # it takes whatever is sent
        return f"what is sent cannot be known: {column.opaque}"
    return store


def _absent(column: EnumColumn, types: DatabaseTypes) -> str:
    table = ".".join(part for part in (column.schema, column.table) if part)
    known = types.has_table(column.table, column.schema)
    what = f"the column {column.name}" if known else f"the table {table}"
    if column.native and column.type_name:
        return f"the database has neither {what} nor the enum type {column.type_name}"
    return f"the database does not have {what}"


def _unclear(case: EnumCase) -> str:
    """The CHECK that nothing can be said of, where nothing else is wrong."""
    if not case.store.unclear or differences(case):
        return ""
    if all(case.store.takes(label) is not None for label in case.sends):
        return ""
    return f"its CHECK says more than which labels there are, and is not understood: {case.store.unclear}"


def _once(
    judged: Iterable[Subject[EnumCase]], skipped: dict[str, list[Subject[EnumCase]]]
) -> Iterator[Subject[EnumCase]]:
    """One subject for the columns of one type that differ from it in the same way; the others are skips."""
    first: dict[object, str] = {}
    others: dict[str, list[str]] = {}
    kept = []
    for subject in judged:
        case = subject.value
        if isinstance(case.store, NamedType) and not subject.errored and not case.agrees:
            same = (case.store.written, case.members, case.sends, case.reads, case.proof)
            if same not in first and not differences(case) and not list(order_differs(case)):
                kept.append(subject)
                continue
            name = first.setdefault(same, subject.name)
            if name != subject.name:
                others.setdefault(name, []).append(subject.name)
                reason = f"differs from {case.store.name} as {name} does"
                skipped.setdefault(reason, []).append(replace(subject, skipped=reason))
                continue
        kept.append(subject)
    for subject in kept:
        also = tuple(others.get(subject.name, ()))
        yield replace(subject, value=replace(subject.value, others=also)) if also else subject


def _folded(
    skipped: dict[str, list[Subject[EnumCase]]], databases: tuple[Database, ...]
) -> Iterator[Subject[EnumCase]]:
    """The skipped columns, those of one reason as one subject where they are many."""
    folded = 0
    for reason, subjects in skipped.items():
        elsewhere = any(one.problem == "unsupported" and reason == one.detail for one in databases)
        # without a database nothing is known yet: a listing has the names that the run will have
        if not databases or (len(subjects) <= MOST_APART and not elsewhere):
            yield from subjects
            continue
        folded += 1
        names = listed((subject.name for subject in subjects), MOST_APART)
        yield Subject(
            TOGETHER if folded == 1 else f"{TOGETHER} #{folded}",
            _NOTHING,
            skipped=reason if elsewhere else f"{reason} ({len(subjects)} columns: {names})",
            location=subjects[0].location,
        )
