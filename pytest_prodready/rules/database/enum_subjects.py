"""Which enum columns can be compared with the database, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import Database, DatabaseEnum, EnumColumn, Facts
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database.enum_comparison import EnumCase, qualified
from pytest_prodready.rules.database.types import DatabaseTypes
from pytest_prodready.wording import listed

TOGETHER = "enum-columns"
"""The subject that stands for many columns which cannot be compared for one reason."""
MOST_APART = 3
"""As many columns of one reason are skipped each by its own name."""


def enum_subjects(facts: Facts, proof: str) -> Iterator[Subject[EnumCase]]:
    """Every column that an entry point maps to an enumeration, once, beside the database's type.

    A column whose model says that it is no native enum is left out, unless the database has it as one:
    there is nothing to compare. Columns skipped for one reason become one subject where they are many, or
    where the reason is another vendor's database.
    """
    database = facts.database
    types = DatabaseTypes(database) if database is not None else None
    merged: dict[str, EnumColumn] = {}
    for entry in facts.entries:
        for column in entry.mapping.columns if entry.mapping is not None else ():
            merged.setdefault(column.name, column)
    skipped: dict[str, list[Subject[EnumCase]]] = {}
    for name, column in sorted(merged.items()):
        if not column.native and not _really_native(column, types):
            continue
        subject, shared = _subject(name, column, database, types, proof)
        if subject.skipped:
            skipped.setdefault(shared, []).append(subject)
        else:
            yield subject
    yield from _folded(skipped, database)
    dead = [entry.entry.target for entry in facts.entries if entry.failure is not None]
    if dead and not merged:
        yield Subject(TOGETHER, _NOTHING, skipped=f"{dead[0]} does not load")


def _really_native(column: EnumColumn, types: DatabaseTypes | None) -> bool:
    real = types.behind(column.table, column.column, column.schema) if types is not None else None
    return isinstance(real, DatabaseEnum)


_NOTHING = EnumCase(members=(), sends=None, labels=(), type_name="", subject="")


def _subject(
    name: str, column: EnumColumn, database: Database | None, types: DatabaseTypes | None, proof: str
) -> tuple[Subject[EnumCase], str]:
    """One column's subject; for a skip also its reason without what is this column's alone."""
    case = EnumCase(
        members=column.members,
        sends=column.sends,
        labels=(),
        type_name=column.type_name,
        subject=f"{column.model}.{column.column}" if column.model else column.name,
        location=column.location,
    )
    skipped = shared = _unread(column, database)
    errored = database.detail if database is not None and database.problem == "refused" else ""
    if types is not None and not skipped and not errored:
        found = types.of(column)
        if isinstance(found, str):
            skipped, shared = found, found.partition("(")[0]  # varchar(20) and varchar(30) are one reason
        else:
            type_name = qualified(found.schema, found.name)
            case = replace(case, labels=found.labels, type_name=type_name, proof=proof)
    return Subject(name, case, "" if errored else skipped, errored, column.location), shared


def _unread(column: EnumColumn, database: Database | None) -> str:
    """Why nothing can be compared, before the database's own answers are looked at."""
    if column.opaque:
        return f"what is sent cannot be known: {column.opaque}"
    if database is None:
        return "no database was read"
    return database.detail or database.problem if database.problem else ""


def _folded(
    skipped: dict[str, list[Subject[EnumCase]]], database: Database | None
) -> Iterator[Subject[EnumCase]]:
    """The skipped columns, those of one reason as one subject where they are many."""
    folded = 0
    for reason, subjects in skipped.items():
        elsewhere = database is not None and database.problem == "unsupported" and reason == database.detail
        # without a database nothing is known yet: a listing has the names that the run will have
        if database is None or (len(subjects) <= MOST_APART and not elsewhere):
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
