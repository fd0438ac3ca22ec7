from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.facts import Database, DatabaseColumn, DatabaseEnum
from pytest_prodready.inspector.database import postgresql, reading
from pytest_prodready.inspector.database.session import Session
from pytest_prodready.inspector.project import Project

sqlalchemy = pytest.importorskip("sqlalchemy")
asyncpg = pytest.importorskip("asyncpg")

LIMIT = 20.0
NAME_IT = 'name it: [tool.prodready] database = "env:DATABASE_URL"'
DRIVERS = ("asyncpg", "psycopg")
NUMBERS = itertools.count()
SECRET = "hunter-two-22"
NOWHERE = Project("/nonexistent", ("nothing",))
Load = Callable[[str], Project]

SQL = """
CREATE TYPE status AS ENUM ('New', 'Not a Fit', 'it''s "quoted"', 'naïve 🎈', E'two\\nlines', '100%:x');
CREATE SCHEMA sales;
CREATE SCHEMA hidden;
CREATE TYPE sales."Order State" AS ENUM ('open', 'shut');
CREATE TYPE hidden.status AS ENUM ('other');
CREATE TYPE sales.empty AS ENUM ();
CREATE DOMAIN strict_status AS status NOT NULL;
CREATE DOMAIN stricter AS strict_status;
CREATE DOMAIN statuses AS status[];
CREATE TABLE places (
  id int PRIMARY KEY, plain status, several status[], matrix status[][], checked strict_status,
  nested stricter, listed statuses, many stricter[], loose varchar(20)
);
CREATE TABLE sales.orders (state sales."Order State");
CREATE TABLE hidden.places (plain hidden.status);
CREATE VIEW seen AS SELECT plain FROM places;
CREATE TABLE other (plain status);
INSERT INTO places (id, plain, checked, nested) VALUES (1, 'New', 'New', 'New');
"""


def execute(url: str, *statements: str) -> list[Any]:
    """Run statements on a connection of our own; gives the rows of the last one."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url, timeout=20)
        try:
            rows: list[Any] = []
            for statement in statements:
                rows = await connection.fetch(statement, timeout=20)
            return rows
        finally:
            await connection.close(timeout=20)

    return asyncio.run(run())


@pytest.fixture(scope="session")
def url(postgres_server: str) -> Iterator[str]:
    """A database with enum types of every kind."""
    name = f"prodready_inspect_{os.getpid()}"
    made = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    execute(
        postgres_server,
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'",
    )

    async def fill() -> None:
        connection = await asyncpg.connect(made, timeout=20)
        try:
            await connection.execute(SQL, timeout=20)
        finally:
            await connection.close(timeout=20)

    asyncio.run(fill())
    yield made
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DRIVERS)
def through(request: pytest.FixtureRequest, url: str) -> str:
    """The database's URL for each driver, an async and a sync one."""
    pytest.importorskip(request.param)
    return with_driver(url, request.param)


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module of an application from source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded: list[str] = []

    def load(body: str) -> Project:
        name = f"application_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(body)
        loaded.append(name)
        importlib.import_module(name)
        return Project(str(tmp_path), (name,))

    yield load
    for name in loaded:
        del sys.modules[name]


def with_driver(url: str, driver: str) -> str:
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


def mapped(*tables: str) -> dict[str, Any]:
    return {"columns": [{"table": table} for table in tables]}


def read(url: str, *tables: str, limit: float = LIMIT) -> Database:
    return first(reading.read("env:SOME_URL", mapped(*tables), NOWHERE, limit, {"SOME_URL": url}))


def first(answers: Iterable[dict[str, object]]) -> Database:
    """The default database."""
    answer = next(iter(answers))
    assert SECRET not in json.dumps(answer)
    return decode(Database, answer)


def elsewhere(url: str, **parts: Any) -> str:
    """The URL with another user, password, host, port or database."""
    made = sqlalchemy.make_url(url).set(**parts)
    return str(made.render_as_string(hide_password=False))


def test_the_enum_types_are_read_with_their_labels_in_order(through: str) -> None:
    found = read(through)
    assert (found.problem, found.detail, found.source, found.dialect) == (
        "",
        "",
        "env:SOME_URL",
        "postgresql",
    )
    assert found.driver == through.partition("+")[2].partition(":")[0]
    assert found.version.partition(".")[0].isdigit()
    assert found.enums == (
        DatabaseEnum("hidden", "status", ("other",), visible=False),
        DatabaseEnum(
            "public",
            "status",
            ("New", "Not a Fit", 'it\'s "quoted"', "naïve 🎈", "two\nlines", "100%:x"),
            visible=True,
        ),
        DatabaseEnum("sales", "Order State", ("open", "shut"), visible=False),
        DatabaseEnum("sales", "empty", (), visible=False),
    )
    assert found.columns == ()


def test_columns_lead_to_their_enum_through_arrays_and_domains(through: str) -> None:
    found = {
        (column.schema, column.table, column.column): column
        for column in read(through, "places", "orders", "seen").columns
    }
    behind = {key[2]: column.enum_name for key, column in found.items() if key[:2] == ("public", "places")}
    enums = ("plain", "several", "matrix", "checked", "nested", "listed", "many")
    assert behind == {"id": "", "loose": "", **dict.fromkeys(enums, "status")}
    assert found["public", "places", "loose"].type == "character varying(20)"
    assert found["hidden", "places", "plain"] == DatabaseColumn(
        "hidden", "places", "plain", False, "hidden.status", "hidden", "status", base="enum"
    )
    assert found["sales", "orders", "state"].enum_name == "Order State"
    assert found["public", "seen", "plain"].enum_name == "status"
    assert not any(table == "other" for _, table, _ in found)


def test_what_is_visible_follows_the_search_path_of_the_session(load: Load, url: str) -> None:
    connect = '{"server_settings": {"search_path": "hidden"}}'
    project = load(
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        f"engine = create_async_engine({with_driver(url, 'asyncpg')!r}, connect_args={connect})\n"
    )
    found = first(reading.read("app", mapped("places"), project, LIMIT, {}))
    assert found.source == f"{project.packages[0]}.engine"
    assert [(enum.schema, enum.name) for enum in found.enums if enum.visible] == [("hidden", "status")]
    assert {column.schema for column in found.columns if column.visible} == {"hidden"}


APPLICATIONS = {
    "an async engine": "from sqlalchemy.ext.asyncio import create_async_engine\n"
    "engine = create_async_engine({asyncpg!r})\n",
    "a sync engine": "from sqlalchemy import create_engine\nengine = create_engine({psycopg!r})\n",
    "a sync engine in autocommit": "from sqlalchemy import create_engine\n"
    "engine = create_engine({psycopg!r}, isolation_level='AUTOCOMMIT')\n",
    "an async engine in autocommit": "from sqlalchemy.ext.asyncio import create_async_engine\n"
    "engine = create_async_engine({asyncpg!r}, isolation_level='AUTOCOMMIT')\n",
}


@pytest.mark.parametrize("body", APPLICATIONS.values(), ids=list(APPLICATIONS))
@pytest.mark.parametrize(
    "attempt",
    ["INSERT INTO other VALUES ('New')", "CREATE TABLE made (id int)", "ALTER TYPE status ADD VALUE 'x'"],
)
def test_a_write_in_the_same_session_is_refused(
    load: Load, url: str, body: str, attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = load(body.format(**{driver: with_driver(url, driver) for driver in DRIVERS}))
    refusals: list[str] = []

    def write(session: Any) -> dict[int, object]:
        connection = session.connection
        with pytest.raises(sqlalchemy.exc.DBAPIError) as refused, connection.begin_nested():
            connection.execute(sqlalchemy.text(attempt))
        refusals.append(str(refused.value.orig))
        return {}

    monkeypatch.setattr(postgresql, "enums", write)
    found = first(reading.read("app", mapped(), project, LIMIT, {}))
    assert found.read_only
    assert len(refusals) == 1
    assert "read-only transaction" in refusals[0]


def test_the_database_is_the_same_afterwards(through: str, url: str) -> None:
    state = (
        "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_enum),"
        " (SELECT count(*) FROM places),"
        " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND state <> 'idle'), pg_current_xact_id_if_assigned()"
    )
    before = execute(url, state)
    assert read(through, "places").read_only
    assert execute(url, state) == before


def test_the_transaction_has_time_limits_of_its_own(through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(session: Session) -> dict[int, object]:
        shown.extend(session.value(f"SHOW {name}") for name in ("statement_timeout", "lock_timeout"))
        return {}

    monkeypatch.setattr(postgresql, "enums", show)
    assert read(through, limit=7.0).problem == ""
    assert shown == ["7s", "7s"]


def test_a_session_that_is_not_read_only_is_not_used(through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "value", lambda *_: "off")
    found = read(through)
    assert (found.problem, found.read_only, found.enums) == ("refused", False, ())


def test_a_statement_that_takes_too_long_is_unreachable(
    through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ENUMS", "SELECT pg_sleep(60)")
    found = read(through, limit=1.0)
    assert found.problem == "unreachable"
    assert found.detail.endswith("did not answer within 1 seconds.")


def test_the_connection_of_an_engine_is_not_put_back_in_its_pool(
    load: Load, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = load(APPLICATIONS["a sync engine"].format(psycopg=with_driver(url, "psycopg")))
    identity = sqlalchemy.text("SELECT pg_backend_pid()")
    used: list[int] = []

    def identify(session: Session) -> dict[int, object]:
        used.append(int(session.value("SELECT pg_backend_pid()")))
        return {}

    monkeypatch.setattr(postgresql, "enums", identify)
    assert first(reading.read("app", mapped(), project, LIMIT, {})).problem == ""
    engine = sys.modules[project.packages[0]].engine
    with engine.connect() as connection:
        assert connection.execute(identity).scalar() not in used
        assert connection.execute(sqlalchemy.text("SHOW transaction_read_only")).scalar() == "off"
    engine.dispose()
    assert len(used) == 1


def test_the_applications_engine_is_not_disposed(through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``Engine.dispose`` takes no ``close`` before SQLAlchemy 1.4.33, and tells listeners of it."""

    def dispose(self: object) -> None:
        raise AssertionError("disposed")

    monkeypatch.setattr(sqlalchemy.engine.Engine, "dispose", dispose)
    assert read(through, "places").problem == ""


def test_a_connection_that_the_application_holds_in_a_loop_of_its_own_does_not_disturb(
    load: Load, url: str
) -> None:
    project = load(APPLICATIONS["an async engine"].format(asyncpg=with_driver(url, "asyncpg")))
    engine = sys.modules[project.packages[0]].engine

    async def use() -> Database:
        async with engine.connect() as connection:
            await connection.execute(sqlalchemy.text("SELECT 1"))
            found = await asyncio.to_thread(
                lambda: first(reading.read("app", mapped("places"), project, LIMIT, {}))
            )
            await connection.execute(sqlalchemy.text("SELECT 1"))
            await connection.invalidate()
        return found

    assert len(asyncio.run(use()).columns) == 10


@pytest.mark.parametrize(
    "body, place",
    [
        ("Session = sessionmaker(create_engine({psycopg!r}))", "Session (its bind)"),
        ("Session = async_sessionmaker(bind=create_async_engine({asyncpg!r}))", "Session (its bind)"),
        ("Session = scoped_session(sessionmaker(create_engine({psycopg!r})))", "Session (its bind)"),
        (
            "class Holder:\n    def __init__(self): self.engine = create_engine({psycopg!r})\ndb = Holder()",
            "db.engine",
        ),
        ("cache = create_engine('sqlite://')\nmain = create_engine({psycopg!r})", "main"),
        (
            "a = create_engine({psycopg!r})\nmain = create_engine({psycopg!r})\nSession = sessionmaker(main)",
            "main",
        ),
    ],
)
def test_the_applications_engine_is_found_where_it_is_held(
    load: Load, url: str, body: str, place: str
) -> None:
    head = (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import scoped_session, sessionmaker\n"
        "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
    )
    project = load(head + body.format(**{driver: with_driver(url, driver) for driver in DRIVERS}) + "\n")
    found = first(reading.read("", mapped(), project, LIMIT, {"DATABASE_URL": "sqlite://"}))
    assert (found.problem, found.source) == ("", f"{project.packages[0]}.{place}")


def test_without_an_engine_the_environment_is_read(url: str) -> None:
    hosted = url.replace("postgresql://", "postgres://", 1)
    found = first(reading.read("", mapped(), NOWHERE, LIMIT, {"DATABASE_URL": hosted}))
    assert (found.problem, found.source, found.read_only) == ("", "env:DATABASE_URL", True)


def test_a_url_without_a_driver_takes_the_one_that_the_application_uses(load: Load, url: str) -> None:
    project = load(APPLICATIONS["an async engine"].format(asyncpg=with_driver(url, "asyncpg")))
    found = first(reading.read("env:U", mapped(), project, LIMIT, {"U": url}))
    assert (found.problem, found.driver) == ("", "asyncpg")


@pytest.mark.parametrize(
    "source, environ, detail",
    [
        (
            "",
            {},
            f"The application has made no engine of SQLAlchemy, and DATABASE_URL is not set; {NAME_IT}.",
        ),
        (
            "app",
            {"DATABASE_URL": "sqlite://"},
            f"No module of the application holds an engine of SQLAlchemy; {NAME_IT}.",
        ),
        ("env:DB", {"DB": " "}, "The environment variable DB is not set."),
    ],
)
def test_no_database_at_all_is_unset(source: str, environ: dict[str, str], detail: str) -> None:
    found = first(reading.read(source, mapped(), NOWHERE, LIMIT, environ))
    assert (found.problem, found.detail) == ("unset", detail)


@pytest.mark.parametrize(
    "value, problem, detail",
    [
        ("sqlite:///x.db", "unreachable", "There is no database file x.db."),
        (
            f"oracle://u:{SECRET}@h/d",
            "unsupported",
            "The database is Oracle, which is not supported yet (PostgreSQL, MySQL, MariaDB and SQLite are).",
        ),
        (
            f"mssql+pyodbc://u:{SECRET}@h/d",
            "unsupported",
            (
                "The database is SQL Server, which is not supported yet "
                "(PostgreSQL, MySQL, MariaDB and SQLite are)."
            ),
        ),
        (f"{SECRET} is no url", "unsupported", "SOME_URL does not hold a database URL."),
        (
            f"postgresql+nope://u:{SECRET}@h/d",
            "driver",
            "SOME_URL names the driver nope, which cannot be imported where the application runs.",
        ),
    ],
)
def test_what_cannot_be_read_says_so_without_the_secret(value: str, problem: str, detail: str) -> None:
    found = read(value)
    assert (found.problem, found.detail) == (problem, detail)


def test_a_database_in_memory_is_not_compared(load: Load) -> None:
    project = load("from sqlalchemy import create_engine\nengine = create_engine('sqlite://')\n")
    found = first(reading.read("", mapped(), project, LIMIT, {}))
    assert (found.problem, found.dialect, found.source) == (
        "unset",
        "sqlite",
        f"{project.packages[0]}.engine",
    )


def test_a_port_where_nothing_listens_is_unreachable(through: str) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it meanwhile
        port = reserved.getsockname()[1]
        found = read(elsewhere(through, port=port, password=SECRET))
    name = urlsplit(through).path[1:]
    assert found.problem == "unreachable"
    assert found.detail == f"Nothing listens at 127.0.0.1:{port}, where the database {name} should be."


def test_a_database_that_does_not_exist_is_unreachable(through: str) -> None:
    found = read(elsewhere(through, database="prodready_nope", password=SECRET))
    assert found.problem == "unreachable"
    assert (
        found.detail
        == f"PostgreSQL at {urlsplit(through).netloc.rpartition('@')[2]} has no database prodready_nope."
    )


def test_an_unknown_host_is_unreachable(through: str) -> None:
    found = read(elsewhere(through, host="prodready.invalid", password=SECRET))
    assert found.problem == "unreachable"


def test_a_role_that_does_not_exist_is_refused(through: str) -> None:
    found = read(elsewhere(through, username="prodready_nobody", password=SECRET))
    assert found.problem == "refused"
    assert "refused the login to the database" in found.detail


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_wrong_password_is_refused_and_not_shown(driver: str) -> None:
    pytest.importorskip(driver)
    with password_refused() as port:
        found = read(
            f"postgresql+{driver}://someone:{SECRET}@127.0.0.1:{port}/places?{no_encryption(driver)}"
        )
    assert found.problem == "refused"
    assert found.detail == f"PostgreSQL at 127.0.0.1:{port} refused the login to the database places."


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_server_that_never_answers_is_unreachable_within_the_limit(driver: str) -> None:
    pytest.importorskip(driver)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = read(f"postgresql+{driver}://u:{SECRET}@127.0.0.1:{port}/d", limit=2.0)
    assert found.problem == "unreachable"
    assert found.detail == f"The database d at 127.0.0.1:{port} did not answer within 2 seconds."


def test_a_driver_that_ignores_every_limit_is_left_behind(load: Load) -> None:
    project = load(
        "import threading\nfrom sqlalchemy import create_engine\nfree = threading.Event()\n"
        "def connect():\n    free.wait(60)\n    raise OSError('given up')\n"
        "engine = create_engine('postgresql+psycopg://h/d', creator=connect)\n"
    )
    try:
        found = first(reading.read("app", mapped(), project, 0.2, {}))
    finally:
        sys.modules[project.packages[0]].free.set()
        for thread in threading.enumerate():
            if thread.name == "prodready-database":
                thread.join(20)
    assert (found.problem, found.detail) == (
        "unreachable",
        "The database d at h:5432 did not answer within 0.2 seconds.",
    )


def no_encryption(driver: str) -> str:
    return "ssl=disable" if driver == "asyncpg" else "sslmode=disable"


class password_refused:  # noqa: N801 - reads as a context manager
    """A server that speaks PostgreSQL's protocol as far as asking for a password, and refuses any.

    A real server refuses in the same two messages; the ones that tests can have trust every login.
    """

    def __enter__(self) -> int:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return int(self.server.getsockname()[1])

    def serve(self) -> None:
        try:
            client, _ = self.server.accept()
        except OSError:
            return
        with client:
            client.settimeout(20)
            client.recv(4096)
            client.sendall(
                b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big")
            )  # AuthenticationCleartextPassword
            client.recv(4096)
            fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "someone"\0\0'
            client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.thread.join(20)


def test_what_a_driver_itself_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy's asynchronous half needs greenlet, which its plain distribution does not bring."""

    def refuse(*_: object, **__: object) -> object:
        raise ImportError("requires that the Python 'greenlet' library is installed")

    monkeypatch.setattr("sqlalchemy.create_engine", refuse)
    environ = {"U": "postgresql+asyncpg://app:never-seen@127.0.0.1/x"}
    concealing = Project("/nowhere", (), {"greenlet": "greenlet"})
    found = first(reading.read("env:U", mapped(), concealing, LIMIT, environ))
    assert found.problem == "driver"
    assert found.detail == (
        "U names the driver asyncpg, which needs greenlet, and that is outside the declared runtime "
        "requirements (greenlet) where the application runs."
    )
