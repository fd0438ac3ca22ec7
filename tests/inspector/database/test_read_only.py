"""That nothing is written and nobody is kept waiting, as the databases themselves say it."""

from __future__ import annotations

import itertools
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.facts import Database
from pytest_prodready.inspector.database import reading
from pytest_prodready.inspector.database.session import Session
from pytest_prodready.inspector.database.wanted import Wanted
from pytest_prodready.inspector.project import Project
from tests import servers
from tests.inspector.database.test_reading import execute, with_driver

pytest.importorskip("sqlalchemy")

NOWHERE = Project("/nonexistent", ("nothing",))
MAPPING = {"tables": [{"name": name, "schema": None, "bind": "", "model": ""} for name in ("places", "seen")]}
POSTGRESQL = ("psycopg", "psycopg2", "asyncpg", "pg8000")
MARIADB = ("pymysql", "mysqldb", "asyncmy", "aiomysql")
MODULES = {"mysqldb": "MySQLdb"}
READING = re.compile(
    r"(BEGIN|START TRANSACTION|SET|SHOW|SELECT|WITH|ROLLBACK|SAVEPOINT|RELEASE|CLOSE|DEALLOCATE|DISCARD)\b",
    re.IGNORECASE,
)
NUMBERS = itertools.count()


class Open:
    """What is asked of other sessions while ours is still open, as the last thing that is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session: Session | None = None
        self.answers: list[Any] = []
        self.asks: list[Any] = []
        monkeypatch.setattr(reading, "FURTHER", [self])

    def __call__(
        self, session: Session, dialect: str, wanted: Wanted, known: Mapping[str, Any]
    ) -> dict[str, Any]:
        for ask in self.asks:
            self.answers.append(ask(session))
        return {}


def read(url: str) -> Database:
    (answer,) = reading.read("env:U", MAPPING, NOWHERE, 20.0, {"U": url})
    found = decode(Database, answer)
    assert (found.problem, found.detail, found.read_only) == ("", "", True)
    assert {column.table for column in found.columns} == {"places", "seen"}
    assert [check.table for check in found.checks] == ["places"]
    return found


SQL = """
CREATE TABLE places (id int PRIMARY KEY, name varchar(20), CONSTRAINT named CHECK (name <> 'x'));
CREATE VIEW seen AS SELECT id FROM places;
INSERT INTO places (id, name) VALUES (1, 'a')
"""


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database whose server writes every statement to its log."""
    name = f"prodready_read_only_{os.getpid()}"
    made = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    execute(
        postgres_server,
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} TEMPLATE template0",
        f"ALTER DATABASE {name} SET log_statement = 'all'",
    )
    execute(made, *SQL.split(";"))
    yield made
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def apart(url: str, *statements: str) -> list[Any]:
    """Run statements in a thread of their own: the one that reads may be inside of an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(execute, url, *statements).result()


def gone(url: str, pid: int) -> None:
    """Return once the server has ended a session, and with that has counted all that it did."""
    until = time.monotonic() + 30
    while execute(url, f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"):
        assert time.monotonic() < until, "the session is still open"


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_postgresql_counts_no_write_and_no_strong_lock(
    driver: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(driver)
    state = (
        "SELECT tup_inserted, tup_updated, tup_deleted, conflicts, temp_files, deadlocks"
        " FROM pg_stat_database WHERE datname = current_database()"
    )
    column = f"added_{next(NUMBERS)}"
    seen = Open(monkeypatch)
    seen.asks = [
        lambda session: int(session.value("SELECT pg_backend_pid()")),
        lambda session: session.value("SELECT pg_current_xact_id_if_assigned()"),
        lambda session: apart(
            postgres_url,
            "SELECT locktype, mode FROM pg_locks WHERE pid = " + session.value("SELECT pg_backend_pid()"),
        ),
        # the strongest lock that there is, on what was just read
        lambda _: apart(
            postgres_url,
            "SET lock_timeout = '5s'",
            f"ALTER TABLE places ADD COLUMN {column} int",
            f"ALTER TABLE places DROP COLUMN {column}",
            f"SELECT count(*) FROM pg_attribute WHERE attname = '{column}'",
        ),
    ]
    read(with_driver(postgres_url, driver))
    pid, transaction, locks, altered = seen.answers
    gone(postgres_url, pid)
    assert transaction == ""
    assert {mode for kind, mode in locks if kind == "relation"} == {"AccessShareLock"}
    assert {kind for kind, _ in locks} == {"relation", "virtualxid"}
    assert [tuple(row) for row in altered] == [(0,)]

    seen.asks, seen.answers = seen.asks[:1], []  # once more, with nothing else that is done meanwhile
    before = execute(postgres_url, state)
    read(with_driver(postgres_url, driver))
    gone(postgres_url, seen.answers[0])
    assert execute(postgres_url, state) == before


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_the_log_of_postgresql_shows_statements_that_read(
    driver: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(driver)
    seen = Open(monkeypatch)
    seen.asks = [lambda session: int(session.value("SELECT pg_backend_pid()"))]
    read(with_driver(postgres_url, driver))
    gone(postgres_url, seen.answers[0])
    (place,) = execute(postgres_url, "SELECT current_setting('data_directory') || '/../server.log'")[0]
    try:
        (log,) = execute(postgres_url, f"SELECT pg_read_file('{place}')")[0]
    except Exception as error:
        pytest.skip(f"this server keeps its log elsewhere: {type(error).__name__}")
    said = re.findall(rf"\[{seen.answers[0]}\] LOG:  (?:statement|execute [^:]*): \s*(.*)", log)
    assert len(said) > 8
    assert [statement for statement in said if not READING.match(statement)] == []
    assert not re.search(
        r"\b(FOR (UPDATE|SHARE)|LOCK TABLE|nextval|setval|advisory)\b", "\n".join(said), re.IGNORECASE
    )


@pytest.fixture(scope="module")
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """A database of our own."""
    with servers.database(mariadb_server, f"read_only_{os.getpid()}", *SQL.split(";")) as url:
        yield url


def transaction(url: str, thread: int) -> Sequence[tuple[Any, ...]]:
    """What InnoDB says of the transaction of a connection.

    The server fills this table anew only when nobody has read it for a tenth of a second; other tests may.
    """
    found: Sequence[tuple[Any, ...]] = ()
    for _ in range(50):
        found = found or servers.execute(
            url,
            "SELECT SLEEP(0.15)",
            "SELECT trx_is_read_only, trx_tables_locked, trx_rows_locked, trx_rows_modified"
            f" FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {thread}",
        )
    return found


@pytest.mark.parametrize("driver", MARIADB)
def test_mariadb_counts_no_write_and_no_lock(
    driver: str, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(MODULES.get(driver, driver))
    column = f"added_{next(NUMBERS)}"
    seen = Open(monkeypatch)
    seen.asks = [
        lambda session: session.rows("SHOW SESSION STATUS WHERE variable_name LIKE 'Com\\_%' AND value <> 0"),
        lambda session: session.rows(
            "SHOW SESSION STATUS WHERE variable_name IN :names AND value <> 0",
            names=["Handler_write", "Handler_update", "Handler_delete"],
        ),
        # the strongest lock that there is, on what was just read
        lambda _: servers.execute(
            mariadb_url,
            "SET lock_wait_timeout = 5",
            f"ALTER TABLE places ADD COLUMN {column} int",
            f"ALTER TABLE places DROP COLUMN {column}",
            f"SELECT count(*) FROM information_schema.columns WHERE column_name = '{column}'",
        ),
        # the catalogue is none of InnoDB's tables: it knows of the transaction from the first row on
        lambda session: session.rows("SELECT id FROM places"),
        lambda session: transaction(mariadb_url, int(session.value("SELECT connection_id()"))),
    ]
    read(mariadb_url.replace("mysql://", f"mysql+{driver}://", 1))
    commands, handlers, altered, _, transactions = seen.answers
    ran = {str(name)[len("Com_") :] for name, _ in commands}
    allowed = {"select", "set_option", "begin", "rollback", "admin_commands", "change_db"}
    assert {name for name in ran if not name.startswith(("show_", "stmt_"))} <= allowed
    assert {"select", "begin", "set_option"} <= ran
    assert handlers == []
    assert [tuple(map(int, row)) for row in transactions] == [(1, 0, 0, 0)]
    assert [tuple(row) for row in altered] == [(0,)]


@pytest.mark.parametrize("driver", MARIADB)
@pytest.mark.parametrize(
    "attempt", ["INSERT INTO places (id) VALUES (9)", "CREATE TABLE made (id int)", "TRUNCATE places"]
)
def test_mariadb_refuses_a_write_in_the_same_session(
    driver: str, attempt: str, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(MODULES.get(driver, driver))
    seen = Open(monkeypatch)

    def write(session: Session) -> str:
        with pytest.raises(Exception, match="READ ONLY transaction"):
            session.run(attempt)
        return "refused"

    seen.asks = [write]
    read(mariadb_url.replace("mysql://", f"mysql+{driver}://", 1))
    assert seen.answers == ["refused"]


def test_mariadb_has_time_limits_of_its_own(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Open(monkeypatch)
    names = ["max_statement_time", "lock_wait_timeout", "innodb_lock_wait_timeout", "autocommit"]
    seen.asks = [lambda session: session.rows("SHOW SESSION VARIABLES WHERE variable_name IN :n", n=names)]
    read(mariadb_url.replace("mysql://", "mysql+pymysql://", 1))
    limits = {str(name): float(value) for name, value in seen.answers[0] if name != "autocommit"}
    assert limits == dict.fromkeys(names[:3], 20.0)


@pytest.fixture(params=["delete", "wal", "truncate"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of SQLite's in each of the ways that it keeps its journal."""
    made = tmp_path / "the data" / "shop #1?.db"
    made.parent.mkdir()
    connection = sqlite3.connect(made)
    connection.execute(f"PRAGMA journal_mode = {request.param}")
    connection.executescript(SQL)
    connection.close()
    return made


def look(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {found.name: (found.read_bytes(), found.stat().st_mtime_ns) for found in folder.iterdir()}


def sqlite_url(file: Path) -> str:
    return "sqlite:///" + str(file).replace("#", "%23").replace("?", "%3F")


def test_a_file_of_sqlite_is_the_same_afterwards(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Open(monkeypatch)

    def write(session: Session) -> list[str]:
        refusals = []
        for attempt in ("INSERT INTO places VALUES (2, 'b')", "CREATE TABLE made (id int)", "VACUUM"):
            with pytest.raises(sqlite3.OperationalError) as refused:
                session.run(attempt)
            refusals.append(str(refused.value))
        return refusals

    seen.asks = [write, lambda _: sorted(look(file.parent))]
    before = look(file.parent)
    found = read(sqlite_url(file))
    assert seen.answers[0][:2] == ["attempt to write a readonly database"] * 2
    assert seen.answers[1] == sorted(before)  # not even meanwhile is anything more beside it
    assert look(file.parent) == before
    assert found.driver == "sqlite3"


def test_a_file_that_others_write_meanwhile_is_read(file: Path) -> None:
    """A writer in the middle of its transaction goes on undisturbed, and is not waited for."""
    writer = sqlite3.connect(file, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO places VALUES (2, 'b')")
        read(sqlite_url(file))
        writer.execute("COMMIT")
        assert writer.execute("SELECT count(*) FROM places").fetchone() == (2,)
    finally:
        writer.close()
    read(sqlite_url(file))
