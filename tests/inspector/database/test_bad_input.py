"""Databases that cannot be read, or hold what nobody expects: the reason in bounded time, never a guess."""

from __future__ import annotations

import gc
import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.facts import Database
from pytest_prodready.inspector.database import mysql, reading
from pytest_prodready.inspector.project import Project
from tests import servers
from tests.inspector.database.test_read_only import MARIADB, MODULES, POSTGRESQL, sqlite_url
from tests.inspector.database.test_reading import elsewhere, execute, with_driver

pytest.importorskip("sqlalchemy")

NOWHERE = Project("/nonexistent", ("nothing",))
SECRET = "hunter two/22@%#?"
ENCODED = quote(SECRET, safe="")
# some drivers leave the socket of a connection that was given up to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
LABELS = ("it's", 'a "b"', "two\nlines", "back\\slash", "per%cent :x", "ünï", "(a, b)", "--", "/*", "")


def read(url: str, *tables: str, limit: float = 20.0) -> Database:
    mapping = {"tables": [{"name": name, "schema": None, "bind": "", "model": ""} for name in tables]}
    (answer,) = reading.read("env:U", mapping, NOWHERE, limit, {"U": url})
    written = json.dumps(answer)
    assert SECRET not in written
    assert ENCODED not in written
    return decode(Database, answer)


@pytest.fixture(params=[*(f"mysql+{one}" for one in MARIADB), *(f"postgresql+{one}" for one in POSTGRESQL)])
def scheme(request: pytest.FixtureRequest) -> str:
    """Vendor and driver of a URL, each one that is installed."""
    driver = request.param.partition("+")[2]
    pytest.importorskip(MODULES.get(driver, driver))
    return str(request.param)


def test_a_server_that_never_answers_is_given_up(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = read(f"{scheme}://u:{ENCODED}@127.0.0.1:{port}/d", limit=1.0)
    assert found.problem == "unreachable"
    gc.collect()
    assert found.detail == f"The database d at 127.0.0.1:{port} did not answer within 1 seconds."


def test_a_port_where_nothing_listens_says_so(scheme: str) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it meanwhile
        port = reserved.getsockname()[1]
        found = read(f"{scheme}://u:{ENCODED}@127.0.0.1:{port}/d")
    assert found.problem == "unreachable"
    assert found.detail == f"Nothing listens at 127.0.0.1:{port}, where the database d should be."


def test_a_host_that_nobody_knows_says_so(scheme: str) -> None:
    found = read(f"{scheme}://u:{ENCODED}@prodready.invalid/d")
    gc.collect()
    assert found.problem == "unreachable"
    assert "prodready.invalid" in found.detail


@pytest.fixture(scope="module")
def user(mariadb_server: str) -> Iterator[str]:
    """The URL of a database for a user of its own, who has a password and may do nothing there."""
    name = f"prodready_{os.getpid()}"
    hosts = ("localhost", "127.0.0.1", "%")
    with servers.database(mariadb_server, f"denied_{os.getpid()}", "CREATE TABLE places (id int)") as url:
        for host in hosts:
            servers.execute(mariadb_server, f"CREATE USER '{name}'@'{host}' IDENTIFIED BY '{SECRET}'")
        parts = urlsplit(url)
        yield f"//{name}:{ENCODED}@{parts.hostname}:{parts.port}{parts.path}"
        for host in hosts:
            servers.execute(mariadb_server, f"DROP USER '{name}'@'{host}'")


@pytest.mark.parametrize("driver", MARIADB)
def test_mariadb_refuses_a_wrong_password_and_a_user_without_rights(driver: str, user: str) -> None:
    pytest.importorskip(MODULES.get(driver, driver))
    parts = urlsplit(f"x:{user}")
    where, name = f"{parts.hostname}:{parts.port}", parts.path[1:]
    found = read(f"mysql+{driver}:{user}".replace(ENCODED, f"{ENCODED}x"), "places")
    assert (found.problem, found.tables) == ("refused", ())
    assert found.detail == f"MySQL or MariaDB at {where} refused the login to the database {name}."
    found = read(f"mysql+{driver}:{user}", "places")
    assert (found.problem, found.tables) == ("refused", ())
    assert found.detail == f"MySQL or MariaDB at {where} denied the permission to read the database {name}."


@pytest.mark.parametrize("driver", MARIADB)
def test_a_database_that_mariadb_does_not_have(driver: str, mariadb_server: str) -> None:
    pytest.importorskip(MODULES.get(driver, driver))
    url = mariadb_server.replace("mysql://", f"mysql+{driver}://", 1) + "/prodready_nope"
    found = read(url)
    assert found.problem == "unreachable"
    assert found.detail.endswith("has no database prodready_nope.")


@pytest.mark.parametrize("driver", MARIADB)
def test_a_statement_that_takes_mariadb_too_long_is_given_up(
    driver: str, mariadb_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(MODULES.get(driver, driver))
    monkeypatch.setattr(
        mysql,
        "SCHEMAS",
        "SELECT count(*) FROM information_schema.collations a, information_schema.collations b,"
        " information_schema.collations c, information_schema.collations d",
    )
    found = read(mariadb_server.replace("mysql://", f"mysql+{driver}://", 1) + "/test", limit=1.0)
    assert found.problem == "unreachable"
    assert found.detail.endswith("did not answer within 1 seconds.")


def test_mariadb_without_a_database_in_its_url_has_no_table_in_sight(mariadb_server: str) -> None:
    found = read(mariadb_server.replace("mysql://", "mysql+pymysql://", 1), "places")
    assert (found.problem, found.search_path, found.tables, found.columns) == ("", (), (), ())


def test_labels_of_mariadb_are_given_as_it_writes_them(mariadb_server: str) -> None:
    def literal(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    labels = ", ".join(map(literal, LABELS))
    many = ", ".join(f"'label {at}'" for at in range(1_000))  # it takes no more
    with servers.database(
        mariadb_server,
        f"labels_{os.getpid()}",
        f"CREATE TABLE places (a enum({labels}), b varchar(20), CHECK (b IN ({labels})))",
        f"CREATE TABLE many (a enum({many}))",
    ) as url:
        found = read(url.replace("mysql://", "mysql+pymysql://", 1), "places", "many")
    types = {column.table: column.type for column in found.columns if column.column == "a"}
    written = (one.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "''") for one in LABELS)
    assert types["places"] == "enum(" + ",".join(f"'{one}'" for one in written) + ")"
    assert types["many"].count(",") == 999
    (check,) = found.checks
    assert check.text.startswith("`b` in ('it\\'s','a \"b\"','two\\nlines','back\\\\slash'")


@pytest.fixture(scope="module")
def limited(postgres_server: str) -> Iterator[str]:
    """A database of PostgreSQL's with a role that may not see everything."""
    name, role = f"prodready_limited_{os.getpid()}", f"prodready_role_{os.getpid()}"
    made = elsewhere(postgres_server, database=name)
    execute(
        postgres_server,
        f"DROP DATABASE IF EXISTS {name}",
        f"DROP ROLE IF EXISTS {role}",
        f"CREATE ROLE {role} LOGIN",
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'",
    )
    execute(
        made,
        "CREATE SCHEMA hidden",
        "CREATE TYPE hidden.status AS ENUM ('a')",
        "CREATE TABLE hidden.places (status hidden.status)",
        "CREATE TABLE public.others (status hidden.status)",
    )
    yield elsewhere(made, username=role)
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {role}")


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_a_schema_that_the_role_may_not_use_is_named(driver: str, limited: str) -> None:
    pytest.importorskip(driver)
    found = read(with_driver(limited, driver), "places", "others")
    assert (found.problem, found.schemas, found.unreadable) == ("", ("hidden", "public"), ("hidden",))
    assert [(one.table, one.enum_schema, one.enum_name) for one in found.columns] == [
        ("places", "hidden", "status"),
        ("others", "hidden", "status"),
    ]
    assert [(one.name, one.visible) for one in found.tables] == [("places", False), ("others", True)]


@pytest.mark.parametrize("driver", POSTGRESQL)
@pytest.mark.parametrize("catalogue", ["pg_enum", "pg_attribute", "pg_constraint"])
def test_a_catalogue_that_the_role_may_not_read_is_refused(
    driver: str, catalogue: str, limited: str, postgres_server: str
) -> None:
    pytest.importorskip(driver)
    owner = elsewhere(postgres_server, database=urlsplit(limited).path[1:])
    execute(owner, f"REVOKE SELECT ON pg_catalog.{catalogue} FROM PUBLIC")
    try:
        found = read(with_driver(limited, driver), "places")
    finally:
        execute(owner, f"GRANT SELECT ON pg_catalog.{catalogue} TO PUBLIC")
    assert (found.problem, found.enums, found.columns) == ("refused", (), ())
    assert "denied the permission to read the database" in found.detail


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_an_empty_database_of_postgresql_and_ten_thousand_labels(driver: str, postgres_server: str) -> None:
    pytest.importorskip(driver)
    name = f"prodready_empty_{os.getpid()}"
    made = elsewhere(postgres_server, database=name)
    execute(
        postgres_server,
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'",
    )
    try:
        found = read(with_driver(made, driver), "places")
        assert (found.problem, found.read_only) == ("", True)
        assert (found.tables, found.columns, found.enums, found.checks) == ((), (), (), ())
        labels = ", ".join(f"'label {at}'" for at in range(10_000))
        execute(made, f"CREATE TYPE many AS ENUM ({labels})")
        (enum,) = read(with_driver(made, driver)).enums
        assert enum.labels == tuple(f"label {at}" for at in range(10_000))
    finally:
        execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = read(sqlite_url(tmp_path / "shop.db"))
    assert (found.problem, found.detail) == ("unreachable", f"There is no database file {tmp_path}/shop.db.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite+aiosqlite://",
        "sqlite:///file::memory:?cache=shared",
        "sqlite:///file:x?mode=memory&uri=true",
    ],
)
def test_a_database_in_memory_is_unset(url: str) -> None:
    found = read(url)
    assert (found.problem, found.dialect) == ("unset", "sqlite")
    assert "in memory" in found.detail


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough", b"SQLite format 3\x00" + b"\x07" * 500]
)
def test_a_file_of_another_kind_is_no_database(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "shop.db"
    file.write_bytes(content)
    found = read(sqlite_url(file))
    assert (found.problem, found.tables) == ("unreachable", ())
    assert found.detail == f"The file {file} is no database that SQLite can read."


def test_an_empty_file_of_sqlite_has_no_table(tmp_path: Path) -> None:
    (tmp_path / "shop.db").touch()
    found = read(sqlite_url(tmp_path / "shop.db"), "places")
    assert (found.problem, found.tables, found.columns) == ("", (), ())


def test_a_locked_file_is_waited_for_only_so_long(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    writer = sqlite3.connect(file, isolation_level=None)
    try:
        writer.execute("CREATE TABLE places (id)")
        writer.execute("BEGIN EXCLUSIVE")
        found = read(sqlite_url(file), limit=0.3)
    finally:
        writer.close()
    assert found.detail == f"The database file {file} could not be read within 0.3 seconds."


def test_a_file_left_in_the_middle_of_a_write_is_not_mended_by_us(tmp_path: Path) -> None:
    file, copy = tmp_path / "shop.db", tmp_path / "copy" / "shop.db"
    copy.parent.mkdir()
    writer = sqlite3.connect(file, isolation_level=None)
    try:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("CREATE TABLE places (id)")
        for suffix in ("", "-wal"):  # as a crash of the machine leaves it
            copy.with_name(copy.name + suffix).write_bytes(file.with_name(file.name + suffix).read_bytes())
    finally:
        writer.close()
    found = read(sqlite_url(copy), "places")
    assert found.problem == "unreachable"
    assert "was left in the middle of a write" in found.detail
    assert sorted(one.name for one in copy.parent.iterdir()) == ["shop.db", "shop.db-wal"]


def test_what_sqlite_keeps_is_read_whatever_stands_in_it(tmp_path: Path) -> None:
    labels = ", ".join("'" + label.replace("'", "''") + "'" for label in (*LABELS, "🎈"))
    statements: list[Any] = [
        f"""CREATE TABLE "Odd ""Places\""" (
            [a b] varchar(20) NOT NULL DEFAULT '(' CHECK ([a b] IN ({labels})),
            `c` int -- CHECK (not this one)
            , "check" text /* CHECK (nor this */ CONSTRAINT "na me" CHECK ("check" <> ')'),
            CONSTRAINT whole CHECK (c > 0 AND (c < 9)), CHECK (length([a b]) > 0))""",
        "CREATE TABLE gone (id integer primary key, x text)",
        "CREATE VIEW broken AS SELECT x FROM gone",
        'CREATE VIEW fine AS SELECT c FROM "Odd ""Places"""',
        "DROP TABLE gone",
    ]
    connection = sqlite3.connect(tmp_path / "shop.db")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    found = read(sqlite_url(tmp_path / "shop.db"), 'odd "PLACES"', "broken", "fine")
    assert [(one.name, one.kind) for one in found.tables] == [
        ('Odd "Places"', "table"),
        ("broken", "view"),
        ("fine", "view"),
    ]
    assert [(one.table, one.column, one.type, one.base, one.default) for one in found.columns] == [
        ('Odd "Places"', "a b", "varchar(20)", "varchar", True),
        ('Odd "Places"', "c", "INT", "int", False),
        ('Odd "Places"', "check", "TEXT", "text", False),
        ("fine", "c", "INT", "int", False),
    ]
    assert [(one.name, one.column, one.text) for one in found.checks] == [
        ("", "a b", f"[a b] IN ({labels})"),
        ("na me", "check", "\"check\" <> ')'"),
        ("whole", "", "c > 0 AND (c < 9)"),
        ("", "", "length([a b]) > 0"),
    ]
    assert (found.folds_tables, found.folds_columns, found.schemas) == (True, True, ("main",))
