"""Which store is behind a real column: found in the catalogue's types, ENUMs and CHECK constraints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_prodready.facts import Database, DatabaseCheck, DatabaseColumn
from pytest_prodready.rules.database.check_tokens import enum_labels
from pytest_prodready.rules.database.check_truth import Check
from pytest_prodready.rules.database.checks import Condition, parse
from pytest_prodready.rules.database.sql import MYSQL, VENDORS, identifier, qualified
from pytest_prodready.rules.database.stores import Checked, Constraint, EnumOfColumn, Store, named_type

_OF_TEXT = """
character varying, character, text, citext, bpchar, name, varchar, char, tinytext, mediumtext, longtext,
nvarchar, nchar, clob, string, enum, native character, varying character
"""
_OF_NUMBERS = """
integer, bigint, smallint, int, tinyint, mediumint, numeric, decimal, smallint unsigned, integer unsigned,
bigint unsigned, int2, int4, int8, number
"""
TEXTS = frozenset(" ".join(name.split()) for name in _OF_TEXT.split(","))
NUMBERS = frozenset(" ".join(name.split()) for name in _OF_NUMBERS.split(","))
"""The types, without their lengths, of columns that keep the labels and numbers as they are sent."""


class Stores:
    """The stores of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._enums = {(found.schema, found.name): found for found in database.enums}
        self._checks: dict[tuple[str, str], list[DatabaseCheck]] = {}
        self._of_domains: dict[str, list[DatabaseCheck]] = {}
        for check in database.checks:
            if check.domain:
                self._of_domains.setdefault(f"{check.schema}.{check.domain}", []).append(check)
            elif check.enforced:
                self._checks.setdefault((check.schema, check.table), []).append(check)
        self._names: dict[tuple[str, str], set[str]] = {}
        for column in database.columns:
            self._names.setdefault((column.schema, column.table), set()).add(column.column)
        self._read: dict[tuple[str, str], list[tuple[DatabaseCheck, Condition]]] = {}

    def of(self, column: DatabaseColumn, numeric: bool = False) -> Store | str:
        """The store behind a real column; or why there is none, in words.

        Args:
            column: of the database.
            numeric: numbers are sent.
        """
        dialect = self._database.dialect
        if (column.enum_schema, column.enum_name) in self._enums:
            return named_type(self._enums[column.enum_schema, column.enum_name])
        schema = "" if dialect == "sqlite" or (column.visible and dialect in MYSQL) else column.schema
        table = qualified(schema, column.table, dialect)
        plain = {
            "dialect": dialect,
            "table": table,
            "column": identifier(column.column, dialect),
            "nullable": column.nullable,
            "default": column.default,
            "type": column.type,
        }
        where = f"the column {column.table}.{column.column}"
        if dialect in MYSQL and column.base in ("enum", "set") and not numeric:
            return EnumOfColumn(
                name=f"{where}, {'an ENUM' if column.base == 'enum' else 'a SET'} in {VENDORS[dialect]},",
                labels=enum_labels(column.type),
                ordered=column.base == "enum",
                collation=column.collation,
                **plain,  # type: ignore[arg-type]  # one dictionary for both
            )
        known = NUMBERS if numeric else TEXTS
        if column.base not in known and not (dialect == "sqlite" and not numeric and _is_text(column.base)):
            kind = "number" if numeric else "text"
            return f"the real column holds no {kind}: the database has it as {column.type}"
        constraints = tuple(self._constraints(column))
        found = Checked(
            name="",
            length=column.length,
            constraints=constraints,
            array=column.array,
            numeric=numeric,
            domain=column.domains[0] if column.domains else "",
            **plain,  # type: ignore[arg-type]  # one dictionary for both
        )
        every = dict.fromkeys(str(label) for one in constraints for label in one.reads.listed)
        accepted = tuple(label for label in every if found.takes(label))
        return replace(found, name=found.named(constraints), labels=accepted)

    def _conditions(self, schema: str, table: str) -> list[tuple[DatabaseCheck, Condition]]:
        if (schema, table) not in self._read:
            names = self._names[schema, table]
            self._read[schema, table] = [
                (check, parse(check.text, self._database.dialect, names))
                for check in self._checks.get((schema, table), ())
            ]
        return self._read[schema, table]

    def _constraints(self, column: DatabaseColumn) -> Iterable[Constraint]:
        wanted = column.column.lower()
        for check, condition in self._conditions(column.schema, column.table):
            if wanted in condition.columns:
                reads = Check(condition, wanted, self._database.dialect, _collation(column))
                yield Constraint(check, reads, condition.columns == {wanted})
        for domain in column.domains:
            for check in self._of_domains.get(domain, ()):
                condition = parse(check.text, self._database.dialect, ["value"])
                reads = Check(condition, "value", self._database.dialect, _collation(column))
                yield Constraint(check, reads, alone=True)


def _collation(column: DatabaseColumn) -> str:
    return "citext" if column.base == "citext" else column.collation


def _is_text(base: str) -> bool:
    """Whether SQLite gives a column of this declared type the affinity of text, or none that changes one."""
    return not base or ("int" not in base and any(part in base for part in ("char", "clob", "text", "enum")))
