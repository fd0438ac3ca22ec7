"""What a column holds of what a mapping sends: each verdict beside a real write by a real driver."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import os
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_prodready.facts import Database, DatabaseColumn, DatabaseEnum, MappedColumn
from pytest_prodready.rules.database.column_fit import FITS, POSTGRESQL, REFUSED, UNLIKE, fit
from tests.inspector.database.test_reading import execute

pytestmark = pytest.mark.wide

sqlalchemy = pytest.importorskip("sqlalchemy")

SENT: dict[str, tuple[str, list[Any]]] = {
    "text": ("String", ["a word", "7", "{}", str(uuid.UUID(int=7))]),
    "integer": ("Integer", [7, 1]),
    "number": ("Numeric", [decimal.Decimal("1.5")]),
    "boolean": ("Boolean", [True, False]),
    "date": ("Date", [dt.date(2026, 1, 2)]),
    "time": ("Time", [dt.time(1, 2, 3)]),
    "datetime": ("DateTime", [dt.datetime(2026, 1, 2, 3, 4)]),  # noqa: DTZ001 - as the column has no time zone
    "interval": ("Interval", [dt.timedelta(hours=3)]),
    "binary": ("LargeBinary", [b"\x00\xff"]),
    "json": ("JSON", [{"a": 1}, [1]]),
    "uuid": ("Uuid", [uuid.UUID(int=7)]),
}
"""Family → the type of SQLAlchemy, and values that it sends."""
WITH_A_ZONE = {("datetime", "time with time zone"), ("interval", "time with time zone")}
"""Refused without a time zone, and taken with one: the mapping's family does not tell them apart."""
DRIVERS = {"psycopg2": False, "psycopg": True, "asyncpg": True}
"""Driver → whether SQLAlchemy 2 says to PostgreSQL that a text is one."""


@pytest.fixture(scope="module")
def url(postgres_server: str) -> Iterator[str]:
    """A database with a column of each type, and one of an array of each."""
    name = f"prodready_fit_{os.getpid()}"
    made = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    execute(postgres_server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE template0")
    types = {base: {"enum": "status", "character": "character(40)"}.get(base, base) for base in POSTGRESQL}
    columns = [f"c{at} {types[base]}, a{at} {types[base]}[]" for at, base in enumerate(POSTGRESQL)]
    execute(made, "CREATE TYPE status AS ENUM ('a word')", f"CREATE TABLE t ({', '.join(columns)})")
    yield made
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def writes(url: str, driver: str, tries: list[tuple[str, Any, Any]]) -> list[bool]:
    """Whether each write of a value of a type to a column is taken."""
    return passes(
        url, driver, [held(column, kind).insert().values({column: value}) for column, kind, value in tries]
    )


def held(column: str, kind: Any) -> Any:
    """The table with one column of a type."""
    return sqlalchemy.Table("t", sqlalchemy.MetaData(), sqlalchemy.Column(column, kind))


def passes(url: str, driver: str, statements: list[Any]) -> list[bool]:
    """Whether each statement is taken, nothing of which is kept."""
    address = urlsplit(url)._replace(scheme=f"postgresql+{driver}").geturl()

    def run(connection: Any) -> list[bool]:
        found = []
        for statement in statements:
            inner = connection.begin_nested()
            try:
                connection.execute(statement)
                found.append(True)
            except sqlalchemy.exc.DBAPIError:
                found.append(False)
            inner.rollback()
        return found

    if driver != "asyncpg":
        engine = sqlalchemy.create_engine(address)
        with engine.connect() as connection:
            answers = run(connection)
        engine.dispose()
        return answers

    async def connected() -> list[bool]:
        made = async_engine()
        async with made.connect() as connection:
            found: list[bool] = await connection.run_sync(run)
        await made.dispose()
        return found

    def async_engine() -> Any:
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(address)

    return asyncio.run(connected())


def kind(written: str, array: bool) -> Any:
    made = getattr(sqlalchemy, written)()
    return sqlalchemy.ARRAY(made) if array else made


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    "sends_array, holds_array", [(False, False), (True, False), (False, True), (True, True)]
)
def test_postgresql_refuses_exactly_what_is_said_to_be_refused(
    url: str, driver: str, sends_array: bool, holds_array: bool
) -> None:
    """An error where every value is refused; and none of these verdicts where every value is taken."""
    pytest.importorskip(driver)
    if not hasattr(sqlalchemy, "Uuid"):
        pytest.skip("SQLAlchemy 1.4 sends values otherwise")
    database = Database("", dialect="postgresql", typed=DRIVERS[driver])
    cells = [(family, at, base) for family in SENT for at, base in enumerate(POSTGRESQL)]
    tries = [
        ("ca"[holds_array] + str(at), kind(SENT[family][0], sends_array), [value] if sends_array else value)
        for family, at, base in cells
        for value in SENT[family][1]
    ]
    answers = iter(writes(url, driver, tries))
    wrong = []
    for family, _, base in cells:
        taken = [next(answers) for _ in SENT[family][1]]
        mapped = MappedColumn("c", family=family, array=sends_array)
        said = fit(mapped, DatabaseColumn("s", "t", "c", True, base, base=base, array=holds_array), database)
        form = family == "text" and not database.typed  # whether a text is taken depends on the text
        if (said == REFUSED) != (not any(taken)) and not form and (family, base) not in WITH_A_ZONE:
            wrong.append((family, base, said, taken))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    "family, base, said",
    [
        ("text", "integer", UNLIKE),
        ("text", "uuid", FITS),
        ("text", "enum", FITS),
        ("datetime", "text", UNLIKE),
        ("datetime", "date", UNLIKE),
        ("integer", "numeric", FITS),
        ("number", "integer", UNLIKE),
        ("json", "integer", REFUSED),
        ("json", "jsonb", FITS),
        ("boolean", "integer", REFUSED),
        ("", "integer", FITS),
        ("enum", "integer", FITS),
        ("integer", "citext", FITS),
    ],
)
def test_what_is_stored_as_something_else_is_no_error(family: str, base: str, said: str) -> None:
    """Of types that are not known, and of labels, nothing is said."""
    real = DatabaseColumn("public", "t", "c", True, base, base=base)
    assert fit(MappedColumn("c", family=family), real, Database("", dialect="postgresql")) == said


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
@pytest.mark.parametrize(
    "family, base, said",
    [
        ("text", "int", UNLIKE),
        ("datetime", "varchar", UNLIKE),
        ("json", "longtext", FITS),
        ("uuid", "char", FITS),
        ("boolean", "tinyint", FITS),
        ("text", "enum", FITS),
        ("datetime", "timestamp", FITS),
    ],
)
def test_mysql_is_never_proven_to_refuse(dialect: str, family: str, base: str, said: str) -> None:
    """Whether it does depends on a mode that each session can change."""
    real = DatabaseColumn("shop", "t", "c", True, base, base=base)
    assert fit(MappedColumn("c", family=family), real, Database("", dialect=dialect)) == said


def test_sqlite_stores_anything() -> None:
    real = DatabaseColumn("main", "t", "c", True, "INTEGER", base="integer")
    assert fit(MappedColumn("c", family="datetime"), real, Database("", dialect="sqlite")) == FITS


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("base", ["character varying", "text", "enum"])
@pytest.mark.parametrize("name", ["status", "absent", "public.status"])
def test_what_says_that_it_is_an_enum_and_is_a_text(url: str, driver: str, base: str, name: str) -> None:
    """Only asyncpg is told which enum type a label is of: writes fail without that, comparisons with it."""
    pytest.importorskip(driver)
    if not hasattr(sqlalchemy, "Uuid"):
        pytest.skip("SQLAlchemy 1.4 sends labels otherwise")
    schema, _, plain = name.rpartition(".")
    column = f"c{list(POSTGRESQL).index(base)}"
    table = held(column, sqlalchemy.Enum("a word", name=plain, schema=schema or None))
    write = table.insert().values({column: "a word"})
    compare = sqlalchemy.select(table).where(table.c[column] == "a word")
    written, compared = passes(url, driver, [write, compare])
    enums = (DatabaseEnum("public", "status", ("a word",), visible=True),)
    database = Database("", dialect="postgresql", driver=driver, typed=DRIVERS[driver], enums=enums)
    mapped = MappedColumn(column, family="enum", enum_type=name)
    said = fit(mapped, DatabaseColumn("public", "t", column, True, base, base=base), database)
    if base != "enum":  # of labels in an enum type, the rules about enumerations judge
        assert said == (FITS if compared else UNLIKE if written else REFUSED)
    else:
        assert said == FITS
