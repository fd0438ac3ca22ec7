"""Forty ways in which a model and PostgreSQL drift apart, and ten in which they do not.

Every name that a case gives to a table, type or domain begins with the case's own, so that what a tool says
can be told apart. A case is written as its models (``Base`` and the imports of :data:`MODELS` are there), and
as the statements that make its part of the database.
"""

from __future__ import annotations

from dataclasses import dataclass

MODELS = """
import enum
import os
from typing import Literal, Optional

from sqlalchemy import ARRAY, Column, Enum, ForeignKey, Integer, SmallInteger, String, create_engine
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    pass


def values(cls):
    return [member.value for member in cls]


class Status(enum.Enum):
    New = "New"
    Not_a_Fit = "Not a Fit"
    Done = "Done"


class Letter(str, enum.Enum):
    A = "a"
    B = "b"
    C = "c"


class Same(enum.Enum):
    open = "open"
    shut = "shut"


engine = create_engine(os.environ["DATABASE_URL"])
"""
DJANGO_MODELS = """
from django.db import models
"""


@dataclass(frozen=True)
class Case:
    """One drift, or one healthy neighbour of a drift."""

    name: str
    """``d01`` to ``d40``, ``h01`` to ``h10``."""
    title: str
    models: str = ""
    """Of SQLAlchemy."""
    sql: str = ""
    django: str = ""
    """Models of Django instead."""


def column(name: str, written: str, schema: str = "") -> str:
    """A class with one column ``state``; ``written`` is its type."""
    table = f'\n    __tablename__ = "{name}_places"'
    table += f'\n    __table_args__ = {{"schema": "{schema}"}}' if schema else ""
    return (
        f"class {name.title()}Place(Base):{table}\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        f"    state = mapped_column({written}, nullable=True)\n"
    )


def made(name: str, kind: str, before: str = "", schema: str = "public", rows: str = "") -> str:
    """The statements that make the table with a column ``state`` of ``kind``."""
    table = f"{schema}.{name}_places"
    return f"{before}\nCREATE TABLE {table} (id serial PRIMARY KEY, state {kind});\n{rows}"


def native(name: str, title: str, written: str, labels: str, order: str = "") -> Case:
    """A column of a native type ``<name>_kind`` with these labels in the database."""
    kind = f"{name}_kind"
    return Case(
        name,
        title,
        column(name, written.replace("KIND", f'name="{kind}"')),
        made(name, kind, f"CREATE TYPE {kind} AS ENUM ({labels});"),
    )


def checked(name: str, title: str, written: str, check: str, kind: str = "varchar(20)") -> Case:
    """A column of text with a CHECK in the database; ``check`` says ``state``."""
    constraint = f" CONSTRAINT {name}_kind CHECK ({check})" if check else ""
    return Case(
        name,
        title,
        column(name, written.replace("KIND", f'name="{name}_kind"')),
        made(name, kind + constraint),
    )


VALUES = "values_callable=values"
NOT_NATIVE = "native_enum=False, length=20, create_constraint=True, KIND"

DRIFTS = (
    native("d01", "names sent, the type has the values", "Enum(Status, KIND)", "'New', 'Not a Fit', 'Done'"),
    native(
        "d02",
        "values sent, the type has the names",
        f"Enum(Status, {VALUES}, KIND)",
        "'New', 'Not_a_Fit', 'Done'",
    ),
    native("d03", "last label missing", f"Enum(Status, {VALUES}, KIND)", "'New', 'Not a Fit'"),
    native("d04", "label in the middle missing", f"Enum(Status, {VALUES}, KIND)", "'New', 'Done'"),
    native("d05", "all labels but one missing", f"Enum(Status, {VALUES}, KIND)", "'New'"),
    native("d06", "label that Python does not know", "Enum(Same, KIND)", "'open', 'shut', 'lost'"),
    native("d07", "label renamed in Python", "Enum(Same, KIND)", "'open', 'closed'"),
    native("d08", "label in another case", "Enum(Same, KIND)", "'open', 'Shut'"),
    native("d09", "underscore for a blank", "Enum('in_review', 'done', KIND)", "'in review', 'done'"),
    native("d10", "other order", f"Enum(Letter, {VALUES}, KIND)", "'b', 'a', 'c'"),
    Case(
        "d11",
        "type of that name in two schemas, the one that is meant lacks a label",
        column("d11", 'Enum(Same, name="d11_kind", schema="sales")', "sales"),
        "CREATE TYPE public.d11_kind AS ENUM ('open', 'shut'); CREATE TYPE sales.d11_kind AS ENUM ('open');"
        + made("d11", "sales.d11_kind", schema="sales"),
    ),
    Case(
        "d12",
        "inherit_schema: the type in the table's schema lacks a label",
        column("d12", 'Enum(Same, name="d12_kind", inherit_schema=True)', "sales"),
        "CREATE TYPE sales.d12_kind AS ENUM ('shut');" + made("d12", "sales.d12_kind", schema="sales"),
    ),
    Case(
        "d13",
        "array of an enum, label missing",
        column("d13", 'ARRAY(Enum(Same, name="d13_kind"))'),
        made("d13", "d13_kind[]", "CREATE TYPE d13_kind AS ENUM ('open');"),
    ),
    Case(
        "d14",
        "array of an enum, names for values",
        column("d14", 'ARRAY(Enum(Status, name="d14_kind"))'),
        made("d14", "d14_kind[]", "CREATE TYPE d14_kind AS ENUM ('New', 'Not a Fit', 'Done');"),
    ),
    Case(
        "d15",
        "domain over a type that lacks a label",
        column("d15", 'Enum(Same, name="d15_kind")'),
        made(
            "d15",
            "d15_domain",
            "CREATE TYPE d15_kind AS ENUM ('open'); CREATE DOMAIN d15_domain AS d15_kind;",
        ),
    ),
    Case(
        "d16",
        "type of mixed case in quotes, label missing",
        column("d16", 'Enum(Same, name="d16_OrderState")'),
        made("d16", '"d16_OrderState"', "CREATE TYPE \"d16_OrderState\" AS ENUM ('shut');"),
    ),
    Case(
        "d17",
        "type with a blank in its name, label missing",
        column("d17", 'Enum(Same, name="d17 order state")'),
        made("d17", '"d17 order state"', "CREATE TYPE \"d17 order state\" AS ENUM ('shut');"),
    ),
    native("d18", "list of strings, label missing", "Enum('a', 'b', 'c', KIND)", "'a', 'b'"),
    Case(
        "d19",
        "Mapped[Literal[…]], label missing",
        "class D19Place(Base):\n"
        '    __tablename__ = "d19_places"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        '    state: Mapped[Optional[Literal["a", "b"]]] = mapped_column(Enum("a", "b", name="d19_kind"))\n',
        made("d19", "d19_kind", "CREATE TYPE d19_kind AS ENUM ('a');"),
    ),
    native("d20", "label with a quote missing", "Enum(\"it's\", 'b', KIND)", "'b'"),
    native("d21", "label beyond the Basic Multilingual Plane missing", "Enum('🎈', 'b', KIND)", "'b'"),
    native(
        "d22", "str enum with values_callable, label missing", f"Enum(Letter, {VALUES}, KIND)", "'a', 'b'"
    ),
    native("d23", "label with a blank at its end in the database", "Enum(Same, KIND)", "'open', 'shut '"),
    Case(
        "d24",
        "the column is of another type than the mapping says, which lacks a label",
        column("d24", 'Enum(Same, name="d24_kind")'),
        made(
            "d24",
            "d24_old_kind",
            "CREATE TYPE d24_kind AS ENUM ('open', 'shut'); CREATE TYPE d24_old_kind AS ENUM ('open');",
        ),
    ),
    Case(
        "d25",
        "TypeDecorator over an enum, label missing",
        "class D25Kind(TypeDecorator):\n"
        '    impl = Enum(Same, name="d25_kind")\n'
        "    cache_ok = True\n\n\n" + column("d25", "D25Kind()"),
        made("d25", "d25_kind", "CREATE TYPE d25_kind AS ENUM ('open');"),
    ),
    Case(
        "d26",
        "Mapped[Status] alone, which sends names",
        "class D26_Status(enum.Enum):\n"
        '    New = "new"\n'
        '    Done = "done"\n\n\n'
        "class D26Place(Base):\n"
        '    __tablename__ = "d26_places"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    state: Mapped[Optional[D26_Status]]\n",
        made("d26", "d26_status", "CREATE TYPE d26_status AS ENUM ('new', 'done');"),
    ),
    checked(
        "d27",
        "native in the mapping, VARCHAR with a stale CHECK in the database",
        "Enum(Same, KIND)",
        "state IN ('open')",
    ),
    Case(
        "d28",
        "VARCHAR in the mapping, a native type that lacks a label in the database",
        column("d28", "Enum(Same, native_enum=False, length=20)"),
        made("d28", "d28_kind", "CREATE TYPE d28_kind AS ENUM ('open');"),
    ),
    checked(
        "d29",
        "CHECK without a label of the same length",
        f"Enum(Same, {NOT_NATIVE})",
        "state IN ('open', 'lost')",
    ),
    checked("d30", "CHECK lacks a label", f"Enum(Letter, {VALUES}, {NOT_NATIVE})", "state IN ('a', 'b')"),
    checked(
        "d31",
        "names sent, the CHECK has the values",
        f"Enum(Status, {NOT_NATIVE})",
        "state IN ('New', 'Not a Fit', 'Done')",
    ),
    checked(
        "d32",
        "CHECK takes a label that Python does not know",
        f"Enum(Same, {NOT_NATIVE})",
        "state IN ('open', 'shut', 'lost')",
    ),
    checked(
        "d33",
        "CHECK of OR lacks a label",
        f"Enum(Letter, {VALUES}, {NOT_NATIVE})",
        "state = 'a' OR state = 'b'",
    ),
    checked("d34", "CHECK in another case", f"Enum(Same, {NOT_NATIVE})", "state IN ('Open', 'Shut')"),
    checked(
        "d35",
        "CHECK of another name that nobody maps keeps a label out",
        "Enum(Same, native_enum=False, length=20)",
        "state <> 'shut'",
    ),
    Case(
        "d36",
        "domain with a stale CHECK",
        column("d36", "Enum(Same, native_enum=False, length=20)"),
        made("d36", "d36_domain", "CREATE DOMAIN d36_domain AS varchar(20) CHECK (VALUE IN ('open'));"),
    ),
    checked(
        "d37", "VARCHAR too short for a label", "Enum('ok', 'in review', native_enum=False)", "", "varchar(4)"
    ),
    Case(
        "d38",
        "Django: CHECK of TextChoices is stale",
        django="""
class D38Order(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        LOST = "lost"
    state = models.CharField(max_length=20, choices=State.choices)
    class Meta:
        db_table = "d38_places"
""",
        sql="CREATE TABLE d38_places (id bigserial PRIMARY KEY, state varchar(20) NOT NULL "
        "CONSTRAINT d38_valid CHECK (state IN ('open')));",
    ),
    Case(
        "d39",
        "Django: CHECK of IntegerChoices is stale",
        django="""
class D39Order(models.Model):
    class Size(models.IntegerChoices):
        SMALL = 1
        LARGE = 2
        HUGE = 3
    size = models.IntegerField(choices=Size.choices)
    class Meta:
        db_table = "d39_places"
""",
        sql="CREATE TABLE d39_places (id bigserial PRIMARY KEY, size integer NOT NULL "
        "CONSTRAINT d39_valid CHECK (size IN (1, 2)));",
    ),
    Case(
        "d40",
        "rows hold a value that Python does not know",
        column("d40", "Enum(Same, native_enum=False, length=20)"),
        made("d40", "varchar(20)", rows="INSERT INTO d40_places (state) VALUES ('open'), ('lost');"),
    ),
)

HEALTHY = (
    native("h01", "names on both sides", "Enum(Status, KIND)", "'New', 'Not_a_Fit', 'Done'"),
    native("h02", "values on both sides", f"Enum(Status, {VALUES}, KIND)", "'New', 'Not a Fit', 'Done'"),
    checked("h03", "CHECK of the same labels", f"Enum(Same, {NOT_NATIVE})", "state IN ('open', 'shut')"),
    checked("h04", "VARCHAR without a CHECK, wide enough", "Enum(Same, native_enum=False, length=20)", ""),
    Case(
        "h05",
        "numbers behind a TypeDecorator, with a CHECK of the numbers",
        "class H05Kind(TypeDecorator):\n"
        "    impl = SmallInteger\n"
        "    cache_ok = True\n\n"
        "    def process_bind_param(self, value, dialect):\n"
        "        return None if value is None else value.value\n\n\n" + column("h05", "H05Kind()"),
        made("h05", "smallint CHECK (state IN (1, 2))"),
    ),
    Case(
        "h06",
        "array of the same labels",
        column("h06", 'ARRAY(Enum(Same, name="h06_kind"))'),
        made("h06", "h06_kind[]", "CREATE TYPE h06_kind AS ENUM ('open', 'shut');"),
    ),
    native("h07", "list of strings, same labels", "Enum('a', 'b', KIND)", "'a', 'b'"),
    Case(
        "h08",
        "type of that name in two schemas, the one that is meant has all labels",
        column("h08", 'Enum(Same, name="h08_kind", schema="sales")', "sales"),
        "CREATE TYPE public.h08_kind AS ENUM ('other'); CREATE TYPE sales.h08_kind AS ENUM ('open', 'shut');"
        + made("h08", "sales.h08_kind", schema="sales"),
    ),
    Case(
        "h09",
        "domain over a type of the same labels",
        column("h09", 'Enum(Same, name="h09_kind")'),
        made(
            "h09",
            "h09_domain",
            "CREATE TYPE h09_kind AS ENUM ('open', 'shut'); CREATE DOMAIN h09_domain AS h09_kind;",
        ),
    ),
    Case(
        "h10",
        "Django: choices without a CHECK, nothing stored as an empty text",
        django="""
class H10Order(models.Model):
    state = models.CharField(max_length=20, choices=[("open", "Open"), ("shut", "Shut")], blank=True)
    class Meta:
        db_table = "h10_places"
""",
        sql="CREATE TABLE h10_places (id bigserial PRIMARY KEY, state varchar(20) NOT NULL); "
        "INSERT INTO h10_places (state) VALUES (''), ('open');",
    ),
)

SCHEMA = "CREATE SCHEMA sales;\n"
CASES = (*DRIFTS, *HEALTHY)
