"""PRD306: do rows hold values that Python does not know? Only where a scan was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_prodready.facts import Database, Facts, StoredValue, StoredValues
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database import sql
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.enums import enum_column
from pytest_prodready.rules.database.family import family, proof
from pytest_prodready.wording import listed

SHOWN = 5
"""Values of one column that a message has; the others are counted."""


@family.rule(
    "PRD306",
    "enum-stored-unknown",
    enum_column,
    checks="Python knows every value that the rows of an enum column hold; looked at on request only.",
    reason="SQLAlchemy raises LookupError for the whole result when a row holds a value unknown to Python.",
    remedy="Add the member to the Python enum, or change the rows that hold the value.",
)
def stored_unknown(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """Values that rows hold and Python has no member for."""
    database = facts.database_named(case.column.bind) if case.column is not None else None
    if case.column is None or database is None:
        return
    names = (case.column.name, *case.others)  # the others of one type have no item of their own
    told: dict[str, StoredValues] = {}
    for found in database.stored:  # of each entry point that maps the column
        if found.name not in told or told[found.name].problem:
            told[found.name] = found
    for name in names:
        if name in told:
            yield from _faults(case, told[name], database)


def _faults(case: EnumCase, found: StoredValues, database: Database) -> Iterator[Fault]:
    column = f"{found.table}.{found.column}"
    if found.problem:
        yield Fault(
            message=f"What the rows hold in {column} was not looked at: {found.problem}.",
            remedy="Give the scan more time (scan_seconds in [tool.prodready.database]), or the role the "
            "right to read the table; or switch the scan off.",
            location=case.location,
            level=Level.WARNING,
        )
        return
    explained = set(case.expected) if case.swap else set()  # that is PRD304
    unknown = [one for one in found.unknown if one.value is None or one.value not in explained]
    if unknown and not (found.more and explained):
        yield _unknown(case, found, unknown, database)
    elif found.limited:
        yield Fault(
            message=f"The first {found.rows} rows of {found.table} hold nothing in {found.column} that "
            f"{case.subject} does not know; the others were not looked at.",
            remedy="To look at more of them, raise scan_rows in [tool.prodready.database].",
            location=case.location,
            level=Level.INFO,
        )


def _unknown(
    case: EnumCase, found: StoredValues, unknown: Sequence[StoredValue], database: Database
) -> Fault:
    rows = sum(one.rows for one in unknown)
    array = case.column is not None and case.column.array
    hold = f"{'1 row' if rows == 1 else f'{rows} rows'} of {found.table} {'holds' if rows == 1 else 'hold'}"
    if array:
        hold = f"arrays of {found.table} hold"
    where = f" (among the first {found.rows} rows)" if found.limited else ""
    if found.more:
        what = f"more than {len(unknown)} values in {found.column} that {case.subject} does not know{where}"
        means = "such a column is no enumeration: " + _means(case)
        remedy = "Map the column as text, or look at what writes to it."
    else:
        what = f"{_values(unknown, case)} in {found.column}, which {case.subject} does not know{where}"
        means = _means(case)
        remedy = _remedy(case, found, unknown, database.dialect)
    read = f"{found.rows} rows of {found.table} were looked at; {proof(database)}"
    return Fault(
        message=f"{hold[0].upper()}{hold[1:]} {what}: {means}.",
        remedy=remedy,
        location=case.location,
        proof=read,
        details=(
            ("Python knows", listed(map(sql.quoted, case.expected), 50)),
            ("rows hold", "\n".join(f"{_value(one)}: {one.rows}" for one in unknown)),
        ),
        level=Level.WARNING if case.of_django else None,
    )


def _means(case: EnumCase) -> str:
    if case.of_django:
        return "such a row does not pass full_clean(), and is shown as it is stored"
    return "reading such a row raises LookupError"


def _values(unknown: Sequence[StoredValue], case: EnumCase) -> str:
    return listed([_value(one) for one in unknown], SHOWN)


def _value(one: StoredValue) -> str:
    if one.value is None:
        return f"a value of {one.length} characters that is not shown"
    return sql.quoted(one.value)


def _remedy(case: EnumCase, found: StoredValues, unknown: Sequence[StoredValue], dialect: str) -> str:
    known = "the field's choices" if case.of_django else "the Python enum"
    table = sql.qualified(found.schema or "", found.table, dialect)
    column = sql.identifier(found.column, dialect)
    lines = [f"Add it to {known}, or change the rows:"]
    if len(unknown) > 1:
        lines = [f"Add them to {known}, or change the rows:"]
    numeric = case.column is not None and case.column.numeric
    for one in unknown[:SHOWN]:
        if one.value is None:
            continue
        old = one.value if numeric else sql.literal(one.value, dialect)
        alike = [label for label in case.expected if _plain(label) == _plain(one.value)]
        new = sql.literal(alike[0], dialect) if len(alike) == 1 and not numeric else "…"
        change, where = new, f"{column} = {old}"
        if case.column is not None and case.column.array:
            change, where = f"array_replace({column}, {old}, {new})", f"{old} = ANY ({column})"
        lines.append(f"UPDATE {table} SET {column} = {change} WHERE {where};")  # noqa: S608 - shown, never run
    return "\n".join(lines) if len(lines) > 1 else f"Add what is meant to {known}, or change the rows."


def _plain(label: str) -> str:
    return "".join(letter for letter in label.casefold() if letter.isalnum())
