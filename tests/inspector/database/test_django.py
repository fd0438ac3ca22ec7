"""Django's databases and models, without SQLAlchemy: read through connections that Django makes itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_prodready.facts import Location, MappedColumn
from tests.inspector.database.support import django, inspect
from tests.inspector.database.test_reading import execute
from tests.servers import database

pytest.importorskip("django")

MODELS = """
class Place(models.Model):
    name = models.CharField(max_length=30)
    opened = models.DateField(null=True)
    price = models.DecimalField(max_digits=4, decimal_places=2)
    owner = models.ForeignKey("self", models.CASCADE, null=True)
    near = models.ManyToManyField("self")

class Known(Place):
    class Meta:
        proxy = True

class Special(Place):
    note = models.TextField()

class Base(models.Model):
    class Meta:
        abstract = True

class Old(Base):
    class Meta:
        managed = False
        db_table = 'legacy"."Old Things'
"""
TABLE = "CREATE TABLE shop_place (id {serial} PRIMARY KEY, name varchar(30) NOT NULL CHECK (name <> 'x'))"


def settings_of(url: str, engine: str, alias: str = "default") -> str:
    parts = urlsplit(url)
    return (
        f'    "{alias}": dict(ENGINE="django.db.backends.{engine}", NAME="{parts.path[1:]}", '
        f'USER="{parts.username}", PASSWORD="{parts.password or ""}", HOST="{parts.hostname}", '
        f'PORT="{parts.port}"),\n'
    )


def databases(*entries: str) -> str:
    return "DATABASES = {\n" + "".join(entries) + "}\n"


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database with one of the tables."""
    name = f"prodready_django_{os.getpid()}"
    made = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    execute(postgres_server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE template0")
    execute(made, "CREATE TYPE status AS ENUM ('a')", TABLE.format(serial="serial"))
    yield made
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """A database with one of the tables."""
    with database(mariadb_server, f"django_{os.getpid()}", TABLE.format(serial="int")) as url:
        yield url


def test_postgresql_is_read_through_djangos_own_connection(tmp_path: Path, postgres_url: str) -> None:
    files = django(databases(settings_of(postgres_url, "postgresql")), MODELS)
    seen = inspect(tmp_path, files)
    (found,) = seen.databases
    assert (found.problem, found.detail, found.read_only) == ("", "", True)
    assert (found.source, found.name) == ("settings.DATABASES['default']", "default")
    assert (found.dialect, found.driver, found.search_path) == ("postgresql", "psycopg", ("public",))
    assert [(one.schema, one.name, one.visible) for one in found.tables] == [("public", "shop_place", True)]
    assert [(one.column, one.type, one.length) for one in found.columns] == [
        ("id", "integer", None),
        ("name", "character varying(30)", 30),
    ]
    assert [(one.table, one.column) for one in found.checks] == [("shop_place", "name")]
    assert [one.labels for one in found.enums] == [("a",)]


def test_mariadb_is_read_through_djangos_own_connection(tmp_path: Path, mariadb_url: str) -> None:
    files = django(databases(settings_of(mariadb_url, "mysql")), MODELS)
    (found,) = inspect(tmp_path, files, {"MYSQL_BY_PYMYSQL": "1"}).databases
    assert (found.problem, found.detail, found.read_only) == ("", "", True)
    assert (found.dialect, found.driver) == ("mariadb", "pymysql")
    assert [one.name for one in found.tables] == ["shop_place"]
    assert [(one.column, one.type, one.base, one.length) for one in found.columns] == [
        ("id", "int(11)", "int", None),
        ("name", "varchar(30)", "varchar", 30),
    ]
    assert [(one.table, one.column) for one in found.checks] == [("shop_place", "name")]


def test_sqlite_is_read_and_not_created(tmp_path: Path) -> None:
    files = django('DATABASES = {"default": dict(ENGINE="django.db.backends.sqlite3", NAME="x.db")}', MODELS)
    (found,) = inspect(tmp_path, files).databases
    assert (found.problem, found.detail) == ("unreachable", "There is no database file x.db.")
    assert not (tmp_path / "x.db").exists()


def test_every_model_with_a_table_of_its_own_is_listed(tmp_path: Path) -> None:
    files = django('DATABASES = {"default": dict(ENGINE="django.db.backends.sqlite3", NAME="x.db")}', MODELS)
    mapping = inspect(tmp_path, files).mapping
    assert mapping is not None
    assert {table.qualified: (table.model, table.kind, table.own, table.app) for table in mapping.tables} == {
        "legacy.Old Things": ("shop.models.Old", "unmanaged", True, "shop"),
        "shop_place": ("shop.models.Place", "table", True, "shop"),
        "shop_place_near": ("shop.models.Place_near", "through", True, "shop"),
        "shop_special": ("shop.models.Special", "table", True, "shop"),
    }
    place = next(table for table in mapping.tables if table.name == "shop_place")
    assert (place.bind, place.framework, place.location) == (
        "default",
        "django",
        Location("shop/models.py", 3),
    )
    assert place.columns == (
        MappedColumn("id", "BigAutoField", "integer", None, False, "id", Location("shop/models.py", 3)),
        MappedColumn("name", "CharField", "text", 30, False, "name", Location("shop/models.py", 4)),
        MappedColumn("opened", "DateField", "date", None, False, "opened", Location("shop/models.py", 5)),
        MappedColumn("price", "DecimalField", "number", None, False, "price", Location("shop/models.py", 6)),
        MappedColumn(
            "owner_id", "ForeignKey", "integer", None, False, "owner", Location("shop/models.py", 7)
        ),
    )
    special = next(table for table in mapping.tables if table.name == "shop_special")
    assert [column.name for column in special.columns] == ["place_ptr_id", "note"]


ROUTED = """
DATABASE_ROUTERS = ["settings.Router"]
class Router:
    def db_for_read(self, model, **hints):
        return {"Old": "archive"}.get(model.__name__, "replica")
    def db_for_write(self, model, **hints):
        return None if model.__name__ == "Old" else "default"
    def allow_migrate(self, db, app_label, **hints):
        return db != "archive"
"""


def test_models_belong_to_the_database_that_the_routers_name(tmp_path: Path, postgres_url: str) -> None:
    """Replicas that tests mirror and databases without a backend are no databases to read."""
    settings = databases(
        settings_of(postgres_url, "postgresql"),
        '    "archive": dict(ENGINE="django.db.backends.sqlite3", NAME="archive.db"),\n',
        settings_of(postgres_url, "postgresql", "replica").replace(
            "dict(", 'dict(TEST={"MIRROR": "default"}, '
        ),
        '    "none": {},\n',
    )
    seen = inspect(tmp_path, django(settings + ROUTED, MODELS))
    assert seen.mapping is not None
    assert {table.name: table.bind for table in seen.mapping.tables} == {
        "Old Things": "archive",
        "shop_place": "default",
        "shop_place_near": "default",
        "shop_special": "default",
    }
    assert [(one.name, one.dialect, one.problem) for one in seen.databases] == [
        ("default", "postgresql", ""),
        ("archive", "sqlite", "unreachable"),
    ]


def test_a_vendor_that_is_not_supported_says_so(tmp_path: Path) -> None:
    """Microsoft's backend is no part of Django: any that says it is of that vendor is told apart."""
    backend = (
        "from django.db.backends.dummy.base import DatabaseWrapper as Dummy\n"
        "class DatabaseWrapper(Dummy):\n    vendor = 'microsoft'\n"
    )
    files = django(
        'DATABASES = {"default": dict(ENGINE="backend", NAME="x", PASSWORD="hunter-two-22")}',
        "",
        **{"backend/__init__.py": "", "backend/base.py": backend},
    )
    (found,) = inspect(tmp_path, files).databases
    assert (found.problem, found.detail) == (
        "unsupported",
        "The database is SQL Server, which is not supported yet (PostgreSQL, MySQL, MariaDB and SQLite are).",
    )


def test_a_url_in_the_environment_takes_the_place_of_the_default(tmp_path: Path, postgres_url: str) -> None:
    settings = 'DATABASES = {"default": dict(ENGINE="django.db.backends.sqlite3", NAME="x.db")}'
    url = postgres_url.replace("postgresql://", "postgis://", 1)
    (found,) = inspect(tmp_path, django(settings, MODELS), {"DB": url}, database="env:DB").databases
    assert (found.problem, found.source, found.name, found.driver) == ("", "env:DB", "default", "psycopg")
    assert {one.table for one in found.columns} == {"shop_place"}


def test_the_connection_of_the_applications_own_thread_is_left_alone(
    tmp_path: Path, postgres_url: str
) -> None:
    files = django(databases(settings_of(postgres_url, "postgresql")), MODELS)
    files["app.py"] += (
        "from django.db import connections\n"
        "from django.db.backends.signals import connection_created\n"
        "mine = connections['default']\n"
        "def receive(connection, **_):\n    open('seen', 'a').write(f'{connection is mine} ')\n"
        "connection_created.connect(receive)\n"
    )
    (found,) = inspect(tmp_path, files).databases
    assert found.problem == ""
    assert (tmp_path / "seen").read_text() == "False "


def test_a_write_in_the_same_session_is_refused(tmp_path: Path, postgres_url: str, mariadb_url: str) -> None:
    for url, engine in ((postgres_url, "postgresql"), (mariadb_url, "mysql")):
        files = django(
            databases(settings_of(url, engine)),
            MODELS,
            **{
                "tries.py": """
                import json
                def tries(session, dialect, wanted, answer):
                    refusals = []
                    for statement in (
                        "INSERT INTO shop_place (id, name) VALUES (7, 'a')",
                        "CREATE TABLE made (id int)",
                        "DROP TABLE shop_place",
                    ):
                        try:
                            if dialect == "postgresql":  # the others stay in the transaction
                                session.run("SAVEPOINT s")
                            session.run(statement)
                        except Exception as error:
                            refusals.append(str(error).lower())
                            if dialect == "postgresql":
                                session.run("ROLLBACK TO SAVEPOINT s")
                    open("refusals.json", "w").write(json.dumps(refusals))
                    return {}
                """
            },
        )
        # the inspector stands beside the application in its interpreter
        files["app.py"] += (
            "import importlib, sys, tries\n"
            "package = next(name for name in sys.modules if name.endswith('inspector'))\n"
            "importlib.import_module(package + '.database.reading').FURTHER.append(tries.tries)\n"
        )
        (found,) = inspect(tmp_path, files, {"MYSQL_BY_PYMYSQL": "1"}).databases
        assert (found.problem, found.read_only) == ("", True), found
        refusals = json.loads((tmp_path / "refusals.json").read_text())
        assert len(refusals) == 3
        assert all("read-only transaction" in one or "read only transaction" in one for one in refusals)
