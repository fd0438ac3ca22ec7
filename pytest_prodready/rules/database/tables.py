"""PRD311 and PRD312: does the database have the tables and columns that the application maps?"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database import column_faults, table_faults
from pytest_prodready.rules.database.family import family
from pytest_prodready.rules.database.table_cases import TableCase, table_cases


@family.kind("mapped table", "mapped tables", needs={"web", "celery", "mapping", "database"})
def mapped_table(facts: Facts) -> Iterator[Subject[TableCase]]:
    """Every table and view that an entry point maps, once, beside the database's."""
    return table_cases(facts)


@family.rule(
    "PRD311",
    "table-missing",
    mapped_table,
    checks="Every mapped table and view is in a schema that the application's session searches.",
    reason="The application starts without the table, and the first query of it fails.",
    remedy="Run the migration that creates the table before this release.",
)
def table_missing(case: TableCase, facts: Facts) -> Iterator[Fault]:
    """Tables that the database does not have where the session looks."""
    return table_faults.missing(case)


@family.rule(
    "PRD312",
    "column-unusable",
    mapped_table,
    checks="Every mapped column is in its table, and its type holds what the mapping sends.",
    reason="Every query names all the columns that a class maps: one that is missing fails them all.",
    remedy="Run the migration that adds or changes the column before this release.",
)
def column_unusable(case: TableCase, facts: Facts) -> Iterator[Fault]:
    """Columns that are missing, of a type that refuses what is sent, or that an INSERT would leave out."""
    return column_faults.unusable(case)
