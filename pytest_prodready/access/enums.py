"""What ``prodready_enums`` gives: Python enums beside the types, columns and CHECKs of the database."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pytest_prodready import facts
from pytest_prodready.access.common import fail, text
from pytest_prodready.gate import Gate
from pytest_prodready.rules import database
from pytest_prodready.rules.database.column_stores import NUMBERS, Stores
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.enum_comparison import differences
from pytest_prodready.rules.database.stores import Checked, Store, named_type
from pytest_prodready.rules.database.types import DatabaseTypes
from pytest_prodready.wording import listed, nearest

ROOMY = 1000
"""Characters: no label of an enum is as long."""


@dataclass(frozen=True)
class Found:
    """What a target names."""

    database: facts.Database
    store: Store
    type: facts.DatabaseEnum | None = None
    """Where it is an enum type of PostgreSQL."""


class Enums:
    """Compare Python enums with the types and columns of the application's databases."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def labels(self, target: str) -> tuple[str, ...]:
        """The labels of ``type_name``, ``schema.type_name`` or ``table.column``, in the database's order.

        Those of an enum type or domain, of MySQL's ENUM, or of the CHECK constraints of a column.
        """
        store = self._found(target).store
        if not store.labels and isinstance(store, Checked):
            pytest.fail(f"{target} has no labels: {_takes(store)}", pytrace=False)
        return store.labels

    def check(self, python_enum: type[enum.Enum], target: str) -> None:
        """Fail the test when the enum's members do not equal the database's labels."""
        fail(self.faults(python_enum, target))

    def faults(self, python_enum: type[enum.Enum], target: str) -> list[str]:
        """Every difference between the enum and the database, as texts; empty when they agree."""
        numbers = all(isinstance(member.value, int) for member in python_enum)
        found = self._found(target, numbers)
        store = found.store
        numeric = isinstance(store, Checked) and store.numeric
        members = () if numeric else tuple(_members(python_enum))  # a number has no other form
        sends = tuple(str(int(member.value)) for member in python_enum) if numeric else None
        name = f"{python_enum.__module__}.{python_enum.__qualname__}"
        case = EnumCase(
            members=members,
            sends=sends or self._sends(name, found, target) or _fitting(members, store),
            store=store,
            subject=name,
            proof=database.proof(found.database),
        )
        faults = [text(fault) for fault in differences(case)]
        if not faults and isinstance(store, Checked):
            if store.unclear:
                pytest.skip(f"{target}: its CHECK is not understood: {store.unclear}")
            if not store.labels and (store.length or ROOMY) >= ROOMY:
                pytest.skip(f"{target} cannot differ from any enum: {_takes(store)}")
        return faults

    def _sends(self, enum_name: str, found: Found, target: str) -> tuple[str, ...] | None:
        """What the column that maps this enum sends; ``None`` when no model maps it."""
        of_type = found.type.name if found.type is not None else None
        for entry in self._gate.facts.entries:
            for column in entry.mapping.columns if entry.mapping else ():
                if column.enum == enum_name and (column.type_name == of_type or column.name == target):
                    return column.sends
        return None

    def _databases(self) -> list[facts.Database]:
        """Those that could be read, the default one first."""
        every = self._gate.databases()
        if not every:
            dead = [entry.entry.target for entry in self._gate.facts.entries if entry.failure is not None]
            why = f"{dead[0]} does not load" if dead else "name it in [tool.prodready] database"
            pytest.skip(f"no database was found: {why}")
        readable = [one for one in every if not one.problem]
        if not readable:
            said = f"the database could not be read: {every[0].detail}"
            if every[0].problem == "refused":
                pytest.fail(said, pytrace=False)
            pytest.skip(said)
        return readable

    def _found(self, target: str, numbers: bool = False) -> Found:
        databases = self._databases()
        for one in databases:
            if found := _named(target, one, numbers):
                return found
        databases = [one for one in self._gate.whole_databases() if not one.problem] or databases
        for one in databases:
            if found := _named(target, one, numbers):
                return found
        pytest.fail(_unknown(target, databases), pytrace=False)


def _named(target: str, read: facts.Database, numbers: bool) -> Found | None:
    """What ``target`` names in one database: a type, a domain, or a column.

    Raises:
        pytest.fail.Exception: a column that holds neither text nor numbers.
    """
    types, stores = DatabaseTypes(read), Stores(read)
    rest, _, name = target.rpartition(".")
    schema, _, table = rest.rpartition(".")
    of_type = types.named(name, rest or None)
    if of_type is not None:
        return Found(read, named_type(of_type), of_type)
    column = types.column(table, name, schema or None) if table else None
    if column is None:
        of_domain = (one for one in read.columns if any(_is(domain, target) for domain in one.domains))
        column = next(of_domain, None)
    if column is None:
        return None
    store = stores.of(column, numbers and column.base in NUMBERS)
    if isinstance(store, str):
        pytest.fail(f"{target}: {store}", pytrace=False)
    native = (one for one in read.enums if (one.schema, one.name) == (column.enum_schema, column.enum_name))
    return Found(read, store, next(native, None))


def _is(domain: str, target: str) -> bool:
    """Whether ``schema.name`` is what a target with or without schema names."""
    return target in (domain, domain.partition(".")[2])


def _members(python_enum: type[enum.Enum]) -> Iterator[facts.Member]:
    for member in python_enum:
        value = str.__str__(member.value) if isinstance(member.value, str) else None
        yield facts.Member(member.name, value)


def _fitting(members: tuple[facts.Member, ...], store: Store) -> tuple[str, ...]:
    """Names or values of the members, whichever the database refuses fewer of; no column says which."""
    values = tuple(member.value for member in members if member.value is not None)
    names = tuple(member.name for member in members)
    if len(values) != len(names):
        return names
    labels = set(store.labels)

    def misfits(form: tuple[str, ...]) -> tuple[int, int]:
        refused = sum(store.takes(label) is False for label in form) + len(store.too_short(form))
        return refused, -len(labels.intersection(form))

    return min((values, names), key=misfits)


def _takes(store: Checked) -> str:
    if store.constraints:
        return f"its CHECK names none: {store.constraints[0].check.text}"
    limit = f" of {store.length} characters" if store.length is not None else ""
    return (
        f"it is {store.type}, without a CHECK, and takes any {'number' if store.numeric else 'text'}{limit}"
    )


def _unknown(target: str, databases: list[facts.Database]) -> str:
    """That there is no such type or column, and what may be meant."""
    table = target.split(".")[-2] if "." in target else ""
    columns = [
        f"{one.table}.{one.column}" for read in databases for one in read.columns if one.table == table
    ]
    types = sorted(f"{one.schema}.{one.name}" for read in databases for one in read.enums)
    tables = sorted(one.name for read in databases for one in read.tables)
    near = nearest(target, [*types, *(name.partition(".")[2] for name in types), *columns])
    if columns:
        there = f"the table {table} has the columns {listed(sorted(columns), 20)}"
    elif table and nearest(table, tables):
        there = f"the nearest table is {nearest(table, tables)}"
    else:
        there = f"its enum types are {listed(types, 20) or 'none'}"
    meant = f" — did you mean {near}?" if near else ""
    return f"the database has no enum type {target}, and no column of that name: {there}{meant}"
