"""A scan of stored values, by a real child on real databases of each vendor."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Database, Entry, Location, StoredValue, StoredValues
from pytest_prodready.inspector.database import stored
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests import servers
from tests.inspector.database.support import django
from tests.inspector.database.test_reading import execute, url, with_driver

pytest.importorskip("sqlalchemy")
__all__ = ["url"]  # a fixture of theirs

APP = """
import enum
import os
from sqlalchemy import ARRAY, Enum, MetaData, Table, Column, Integer, create_engine

class Status(enum.Enum):
    New = "New"
    Not_a_Fit = "Not a Fit"

def values(cls):
    return [member.value for member in cls]

metadata = MetaData()
plain = Enum(Status, values_callable=values, native_enum=False, length=40)
places = Table("places", metadata, Column("id", Integer, primary_key=True), Column("status", plain), {more})
engine = create_engine(os.environ["DATABASE_URL"])
"""
ROWS = ["New", "New", "Not a Fit", "Archived", "Archived", "new", None]
MADE = "CREATE TABLE places (id INTEGER PRIMARY KEY, status VARCHAR(40)"
FILLED = "INSERT INTO places (id, status) VALUES " + ", ".join(
    f"({at}, {'NULL' if value is None else repr(value)})" for at, value in enumerate(ROWS)
)
Made = Callable[[str], str]


def scanned(
    root: Path,
    database_url: str,
    more: str = "",
    *,
    rows: int = 1000,
    seconds: float = 20,
    files: dict[str, str] | None = None,
) -> tuple[StoredValues, ...]:
    """What an application's child tells of the rows in the database behind ``database_url``."""
    return read(root, database_url, more, rows=rows, seconds=seconds, files=files).stored


def read(
    root: Path, database_url: str, more: str, *, rows: int, seconds: float, files: dict[str, str] | None
) -> Database:
    for name, text in (files or {"app.py": APP.replace("{more}", more)}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    request = Request(
        root=root,
        python=__import__("sys").executable,
        jobs=frozenset({"module", "mapping", "database", "catalogue"}),
        entries=(Entry("module", "app", "a test", Location("pyproject.toml", 3)),),
        packages=("app", "shop", "settings"),
        scan=(rows, seconds),
    )
    environ = {**os.environ, "DATABASE_URL": database_url}
    (seen,), problems = target.inspect(request, Limits(database=20.0), environ)
    assert problems == (), problems
    assert seen.failure is None, seen.failure
    (database,) = seen.databases
    assert database.problem == "", database
    return database


@contextmanager
def postgres_database(server: str, *statements: str) -> Iterator[str]:
    name = f"prodready_stored_{os.getpid()}"
    made = urlsplit(server)._replace(path=f"/{name}").geturl()
    execute(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        execute(made, *statements)
        yield made
    finally:
        execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


UNKNOWN = (StoredValue(rows=2, value="Archived", length=8), StoredValue(rows=1, value="new", length=3))


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_postgresql_tells_values_without_a_member(tmp_path: Path, postgres_server: str, driver: str) -> None:
    """Values that differ in case alone are told apart, NULL is no value, and every row is counted."""
    pytest.importorskip(driver)
    files = {"app.py": APP.replace("{more}", "")}
    if driver == "asyncpg":
        files = {
            "app.py": files["app.py"]
            .replace(", create_engine", "")
            .replace(
                "\nclass",
                "\nfrom sqlalchemy.ext.asyncio import create_async_engine as create_engine\n\nclass",
                1,
            )
        }
    with postgres_database(postgres_server, f"{MADE})", FILLED) as made:
        found = scanned(tmp_path, with_driver(made, driver), files=files)

    assert found == (StoredValues("places", "status", rows=7, unknown=UNKNOWN),)


def test_sqlite_and_mariadb_tell_the_same(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whatever the collation: MariaDB's and SQLite's NOCASE take "new" for "New", and Python does not."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"{MADE} COLLATE NOCASE); {FILLED};")
    expected = (StoredValues("places", "status", rows=7, unknown=UNKNOWN),)
    assert scanned(tmp_path, f"sqlite:///{file}") == expected
    server = request.getfixturevalue("mariadb_server")
    with servers.database(server, f"stored_{os.getpid()}", f"{MADE})", FILLED) as made:
        assert scanned(tmp_path, made.replace("mysql://", "mysql+pymysql://")) == expected


def test_native_types_arrays_and_schemas_of_postgresql(tmp_path: Path, postgres_server: str) -> None:
    """A type whose labels Python all knows is not looked at; the elements of arrays are."""
    pytest.importorskip("psycopg")
    columns = (
        'Column("kind", Enum("a", "b", name="kind")), Column("exact", Enum("x", name="exact")), '
        'Column("several", ARRAY(Enum("a", "b", name="kind"))), schema="sales"'
    )
    with postgres_database(
        postgres_server,
        "CREATE SCHEMA sales",
        "CREATE TYPE kind AS ENUM ('a', 'b', 'c')",
        "CREATE TYPE exact AS ENUM ('x')",
        "CREATE TABLE sales.places (id int PRIMARY KEY, status char(12), kind kind, exact exact, "
        "several kind[])",
        "INSERT INTO sales.places VALUES (1, 'New', 'c', 'x', '{a,c,c,NULL}'), "
        "(2, NULL, 'a', 'x', '{{b},{c}}')",
    ) as made:
        found = scanned(tmp_path, with_driver(made, "psycopg"), columns)

    told = {one.column: one for one in found}
    assert set(told) == {"kind", "several", "status"}
    assert told["kind"] == StoredValues("places", "kind", "sales", 2, unknown=(StoredValue(1, "c", 1),))
    assert told["several"] == StoredValues("places", "several", "sales", 2, unknown=(StoredValue(3, "c", 1),))
    # char(n) gives its blanks back, and reading that raises in the application
    assert told["status"].unknown == (StoredValue(1, "New         ", 12),)


def test_no_more_rows_than_allowed(tmp_path: Path) -> None:
    """The scan ends at its limit, and says that there are more rows."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"{MADE}); {FILLED};")

    (found,) = scanned(tmp_path, f"sqlite:///{file}", rows=4)

    assert found == StoredValues(
        "places", "status", rows=4, limited=True, unknown=(StoredValue(1, "Archived", 8),)
    )


def test_what_may_be_somebodys_data_is_not_told(tmp_path: Path) -> None:
    """Values that look like no label are counted only; where there are many kinds, none of them is told."""
    file = tmp_path / "shop.db"
    values = ["jane@example.org", "4111 1111 1111 1111", "a" * 60, "Ann\nLee", "Draft", ""]
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"{MADE})")
        connection.executemany("INSERT INTO places (status) VALUES (?)", [(value,) for value in values])
        connection.commit()
        (found,) = scanned(tmp_path, f"sqlite:///{file}")
        assert {(one.value, one.length) for one in found.unknown} == {
            ("", 0),
            ("Draft", 5),
            (None, 7),
            (None, 16),
            (None, 19),
            (None, 60),
        }
        connection.executemany(
            "INSERT INTO places (status) VALUES (?)", [(f"Lee {chr(97 + at)}",) for at in range(26)]
        )
        connection.commit()
    (found,) = scanned(tmp_path, f"sqlite:///{file}")
    assert found.more
    assert len(found.unknown) == stored.MOST
    assert {one.value for one in found.unknown} == {None}


def test_a_table_that_takes_too_long_leaves_time_for_the_others(tmp_path: Path, postgres_server: str) -> None:
    """Its columns are told as not looked at, with the reason; the statement has ended."""
    pytest.importorskip("psycopg")
    app = APP.replace("{more}", "").replace(
        "engine =", 'slow = Table("aslow", metadata, Column("status", plain))\nengine ='
    )
    with postgres_database(
        postgres_server,
        "CREATE FUNCTION slowly() RETURNS text LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN 'x'; END $$",
        "CREATE VIEW aslow AS SELECT slowly() AS status",
        f"{MADE})",
        FILLED,
    ) as made:
        found = scanned(tmp_path, with_driver(made, "psycopg"), seconds=4, files={"app.py": app})

    slow, plain = found
    assert slow == StoredValues(
        "aslow", "status", problem="it took longer than 2.0 s, half of what was left for the scan"
    )
    assert plain.unknown == UNKNOWN


def test_a_table_that_the_role_may_not_read(tmp_path: Path, postgres_server: str) -> None:
    """What is known of the catalogue stays, and the reason is told without any word of the driver's."""
    pytest.importorskip("psycopg")
    role = f"prodready_reader_{os.getpid()}"
    with postgres_database(
        postgres_server, f"{MADE})", FILLED, f"DROP ROLE IF EXISTS {role}", f"CREATE ROLE {role} LOGIN"
    ) as made:
        try:
            as_reader = with_driver(made, "psycopg") + f"?options=-crole%3D{role}"
            found = scanned(tmp_path, as_reader)
        finally:
            execute(postgres_server, f"DROP ROLE {role}")

    assert found == (StoredValues("places", "status", problem="the role may not read the table"),)


def test_nothing_is_looked_at_unless_it_was_asked_for(tmp_path: Path) -> None:
    """Without ``scan`` no row is read."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"{MADE}); {FILLED};")
    (tmp_path / "app.py").write_text(APP.replace("{more}", ""))
    request = Request(
        root=tmp_path,
        python=__import__("sys").executable,
        jobs=frozenset({"module", "mapping", "database", "catalogue"}),
        entries=(Entry("module", "app", "a test", Location("pyproject.toml", 3)),),
        packages=("app",),
    )
    (seen,), _ = target.inspect(request, Limits(), {**os.environ, "DATABASE_URL": f"sqlite:///{file}"})
    assert seen.databases[0].columns
    assert seen.databases[0].stored == ()


def test_django_keeps_an_empty_text_for_nothing(tmp_path: Path) -> None:
    """The choices of a field of Django's, numbers among them."""
    pytest.importorskip("django")
    file = tmp_path / "shop.db"
    models = """
    class Order(models.Model):
        status = models.CharField(max_length=20, choices=[("new", "New"), ("old", "Old")], blank=True)
        size = models.IntegerField(choices=[(1, "small"), (2, "large")])
        class Meta:
            db_table = "orders"
    """
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE orders (id integer PRIMARY KEY, status varchar(20), size integer);"
            "INSERT INTO orders (status, size) VALUES ('new', 1), ('', 3), ('gone', 3);"
        )
    settings = f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {str(file)!r}}}}}'
    files = django(settings, models)
    files["settings.py"] = files["settings.py"]

    found = scanned(tmp_path, "", files=files)

    told = {one.column: [(value.value, value.rows) for value in one.unknown] for one in found}
    assert told == {"status": [("gone", 1)], "size": [("3", 2)]}
