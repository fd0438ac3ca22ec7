"""The words about columns that are missing, that refuse what is sent, or that an INSERT would leave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import DatabaseColumn, DatabaseTable, Location, MappedColumn
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database import column_fit
from pytest_prodready.rules.database.family import proof
from pytest_prodready.rules.database.sql import identifier, qualified
from pytest_prodready.rules.database.table_cases import TableCase
from pytest_prodready.rules.database.table_faults import READ, SHOWN, mapping
from pytest_prodready.wording import listed, nearest

APART = 3
"""As many missing columns of a table each have a finding of their own."""
MAP_IT = "Map the type that the column has"
WORDS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time of day",
    "datetime": "a date and time",
    "interval": "a length of time",
    "binary": "bytes",
    "json": "JSON",
    "uuid": "a UUID",
    "enum": "a label",
}


def unusable(case: TableCase) -> Iterator[Fault]:
    """The faults of a table's columns; a tenant's table is judged once for all that have the same fault."""
    seen: dict[tuple[str, ...], list[str]] = {}
    faults: dict[tuple[str, ...], Fault] = {}
    for place in case.places if not case.others else ():
        if place.table is None:
            continue
        for key, fault in (
            *_missing(case, place.table),
            *_unfit(case, place.table),
            *_unfilled(case, place.table),
        ):
            seen.setdefault(key, []).append(place.schema)
            faults.setdefault(key, _doubted(case, fault))
    looked_at = sum(bool(place.table and case.tables.columns(place.table)) for place in case.places)
    for key, fault in faults.items():
        if not case.mapped.tenancy or len(case.places) == 1:
            yield fault
            continue
        of_all = f"so it is in {len(seen[key])} of the {looked_at} schemas whose columns were read"
        yield replace(
            fault,
            proof=f"{fault.proof}; {of_all}",
            details=(*fault.details, ("in the schemas", "\n".join(seen[key]))),
        )


Keyed = tuple[tuple[str, ...], Fault]
"""What makes the faults of several schemas one, and the first of them."""


def _missing(case: TableCase, table: DatabaseTable) -> Iterator[Keyed]:
    mapped = case.mapped
    missing = case.tables.missing(mapped.columns, table)
    real = case.tables.columns(table)
    free = {column.column for key, column in real.items() if key not in case.taken}
    shown = f"{table.schema}.{table.name}" if case.database.dialect != "sqlite" else table.name
    for column in missing if len(missing) <= APART else ():
        near = nearest(column.name, free, at_least=0.6)
        message = (
            f"{_attribute(case, column)} the column {column.name}, which the table {shown} does not have"
        )
        message += f"; the nearest that it has is {near}" if near else ""
        fault = _fault(case, f"{message}: every query that names it fails.", column.location)
        yield ("missing", column.name), replace(fault, remedy=_remedy(case, table, column, near))
    if len(missing) > APART:
        names = [column.name for column in missing]
        of = mapped.model or f"The definition of {mapped.qualified}"
        message = (
            f"{of} maps {len(names)} columns that the table {shown} does not have: {listed(names, SHOWN)}."
        )
        fault = _fault(case, message, next((one.location for one in missing if one.location), None))
        details = (
            ("missing", "\n".join(names)),
            ("the table has", "\n".join(one.column for one in real.values())),
        )
        yield (
            ("missing", *names),
            replace(fault, remedy="Run the migration that adds them before this release.", details=details),
        )


def _remedy(case: TableCase, table: DatabaseTable, column: MappedColumn, near: str) -> str:
    dialect = case.database.dialect
    what = qualified("" if dialect == "sqlite" else table.schema, table.name, dialect)
    add = f"ALTER TABLE {what} ADD COLUMN {identifier(column.name, dialect)} …;"
    if table.kind != "table":
        return f"Add the column to the {table.kind} {what}, in a migration that runs before this release."
    if not near:
        return f"{add} in a migration that runs before this release."
    if case.mapped.framework == "django":
        return f'db_column="{near}" in the field, or {add}'
    named = f'{column.attribute} = mapped_column("{near}", …)' if column.attribute else f'Column("{near}", …)'
    return f"{named} if that is the one, else {add}"


def _unfit(case: TableCase, table: DatabaseTable) -> Iterator[Keyed]:
    if table.kind != "table":
        return
    real = case.tables.columns(table)
    for column in case.mapped.columns:
        there = real.get(case.tables.key(column.name))
        verdict = column_fit.fit(column, there, case.database) if there is not None else ""
        if there is None or not verdict:
            continue
        where = f"the column {table.name}.{there.column} is {there.type}"
        what = f"{_sender(case, column)} sends {_sent(column)}, and {where}"
        if verdict == column_fit.REFUSED and column.enum_type:
            driver = (
                f"{case.database.driver} names that type with each value, and the database does not have it"
            )
            # where a variable names the database, the application may well use another driver
            level = Level.WARNING if case.database.source.startswith("env:") else None
            message = f"{what}: {driver}: every write of it fails."
        elif verdict == column_fit.REFUSED:
            message, level = f"{what}: the database refuses to store it, every write of it fails.", None
        else:
            message, level = f"{what}: {_unlike(column, there, case)}.", Level.WARNING
        fault = _fault(case, message, column.location)
        dialect = case.database.dialect
        name = identifier(there.column, dialect)
        change = (
            f"ALTER COLUMN {name} TYPE … USING …" if dialect == "postgresql" else f"MODIFY COLUMN {name} …"
        )
        altered = qualified(table.schema, table.name, dialect)
        instead = "Write native_enum=False in its Enum(…)" if column.enum_type else MAP_IT
        remedy = f"{instead}, or ALTER TABLE {altered} {change};"
        yield ("unfit", column.name, there.type), replace(fault, remedy=remedy, level=level)


def _unlike(column: MappedColumn, there: DatabaseColumn, case: TableCase) -> str:
    """What becomes of a value that the database takes, or takes only sometimes."""
    if column.family == "text" or case.database.dialect != "postgresql":
        holds = column_fit.MYSQL.get(there.base, "") if case.database.dialect != "postgresql" else ""
        if holds == "text":
            return "it is stored as text, and read back as text"
        return "only values that can be turned into that type are taken"
    if column_fit.POSTGRESQL.get(there.base) == "text":
        return "it is stored as text, and comparisons with it fail"
    return "a part of it is lost"


def _unfilled(case: TableCase, table: DatabaseTable) -> Iterator[Keyed]:
    """Columns that no INSERT of the mapping fills in, and the database neither."""
    mapped = case.mapped
    if table.kind != "table" or not mapped.own or mapped.kind not in ("table", "through"):
        return
    names = [
        column.column
        for key, column in case.tables.columns(table).items()
        if key not in case.taken and not column.nullable and not column.default and not column.domains
    ]
    if not names:
        return
    one = len(names) == 1
    what = f"the column {names[0]}" if one else f"the columns {listed(names, SHOWN)}"
    message = (
        f"The table {table.name} has {what}, which {'takes' if one else 'take'} no NULL and "
        f"{'has' if one else 'have'} no default, and {mapped.model} does not map {'it' if one else 'them'}: "
        "an INSERT fails, unless a trigger fills in the value."
    )
    dialect = case.database.dialect
    first = identifier(names[0], dialect)
    default = f"ALTER TABLE {identifier(table.name, dialect)} ALTER COLUMN {first} SET DEFAULT …;"
    remedy = f"Map {'it' if one else 'them'}, or {default if dialect != 'sqlite' else 'give a default.'}"
    fault = _fault(case, message, mapped.location)
    yield ("unfilled", *names), replace(fault, remedy=remedy, level=Level.WARNING)


def _fault(case: TableCase, message: str, location: Location | None) -> Fault:
    return Fault(message, "", location or case.mapped.location, proof(case.database, READ))


def _doubted(case: TableCase, fault: Fault) -> Fault:
    """The fault as a warning where the table may well be another one, or not be used."""
    mapped = case.mapped
    if fault.level is not None:
        return fault
    unused = mapped.kind == "core" and not mapped.secondary and not case.alone
    if not mapped.own or unused or (case.database.beside and mapped.framework == "sqlalchemy"):
        return replace(fault, level=Level.WARNING)
    return fault


def _attribute(case: TableCase, column: MappedColumn) -> str:
    """Who maps a column, as the beginning of a sentence."""
    mapped = case.mapped
    if mapped.model and column.attribute:
        return f"{mapped.model}.{column.attribute} is mapped to"
    return f"{mapping(mapped)} the table {mapped.qualified} with"


def _sender(case: TableCase, column: MappedColumn) -> str:
    mapped = case.mapped
    return (
        f"{mapped.model}.{column.attribute}"
        if mapped.model and column.attribute
        else f"{mapped.qualified}.{column.name}"
    )


def _sent(column: MappedColumn) -> str:
    word = WORDS.get(column.family, column.family)
    if column.enum_type:
        word = f"{word} of the enum type {column.enum_type}"
    return f"a list of values ({word} each)" if column.array else word
