"""PRD302 to 305, PRD307: would the database take what enum columns send, and could Python read what it has?

Each rule names one kind of difference; :mod:`.enum_comparison` finds them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database import enum_comparison
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.enum_subjects import enum_subjects
from pytest_prodready.rules.database.family import family, proof


@family.kind("enum column", "enum columns", needs={"web", "celery", "mapping", "database"})
def enum_column(facts: Facts) -> Iterator[Subject[EnumCase]]:
    """Every column that an entry point maps to an enumeration, once, beside the database's type."""
    return enum_subjects(facts, proof)


@family.rule(
    "PRD302",
    "enum-label-missing",
    enum_column,
    checks="Every label that Python sends for an enum column is one of its enum type or ENUM.",
    reason="The database refuses a label that the type does not have: the first write of it fails.",
    remedy="Add the label (ALTER TYPE …, MODIFY COLUMN … ENUM(…)), in a migration before this release.",
)
def label_missing(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """Labels that the database does not have."""
    return enum_comparison.missing_labels(case)


@family.rule(
    "PRD303",
    "enum-label-unknown",
    enum_column,
    checks="Python knows every label that the column's type, ENUM or CHECK in the database names.",
    reason="SQLAlchemy raises LookupError for the whole result when a row holds a label unknown to Python.",
    remedy="Add the member to the Python enum, or make sure that no row holds the label any more.",
    level=Level.WARNING,
)
def label_unknown(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """Labels that Python does not have."""
    return enum_comparison.unknown_labels(case)


@family.rule(
    "PRD304",
    "enum-names-for-values",
    enum_column,
    checks="Python sends the members' values where the database has these, and the names where it has those.",
    reason="SQLAlchemy sends an enum's names unless told otherwise; migrations often wrote the values.",
    remedy=f"Write {enum_comparison.VALUES_CALLABLE} in the column's Enum(…), or remove it.",
)
def names_for_values(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """Names and values swapped."""
    return enum_comparison.swapped_labels(case)


@family.rule(
    "PRD305",
    "enum-order-differs",
    enum_column,
    checks="The members of the Python enum stand in the order of the labels in the database.",
    reason="ORDER BY, MIN, MAX and comparisons of an enum column follow the database's order, not Python's.",
    remedy="Put the members in the database's order, or never sort and compare by this column in SQL.",
    level=Level.WARNING,
)
def order_differs(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """The same labels in another order."""
    return enum_comparison.order_differs(case)


@family.rule(
    "PRD307",
    "enum-constraint-stale",
    enum_column,
    checks="The CHECK constraints and the length of an enum column let every label pass that Python sends.",
    reason="A member was added, and the CHECK or the VARCHAR was not: the first write of it fails.",
    remedy="Write the CHECK anew, or make the column longer, in a migration that runs before this release.",
)
def constraint_stale(case: EnumCase, facts: Facts) -> Iterator[Fault]:
    """Labels that a CHECK refuses, or that do not fit."""
    return enum_comparison.stale(case)
