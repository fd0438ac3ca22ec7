"""What the tables of migration tools hold, read in the one read-only session, on each vendor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from postgres import create_database

from pytest_prodready.facts import VersionTable
from tests import servers
from tests.inspector.database.support import inspect

pytest.importorskip("sqlalchemy")

APP = 'import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ["SHOP_DATABASE"])\n'
TABLES = (
    "CREATE TABLE alembic_version (version_num varchar(32))",
    "CREATE TABLE plugin_version (version_num varchar(32))",
    "CREATE TABLE app_version (number varchar(32))",
    "INSERT INTO alembic_version VALUES ('b'), ('a')",
    "CREATE TABLE django_migrations (id int, app varchar(32), name varchar(32))",
    "INSERT INTO django_migrations VALUES (2, 'shop', '0002'), (1, 'shop', '0001')",
)
APPLIED = (("shop", "0001"), ("shop", "0002"))


def versions(schema: str) -> tuple[VersionTable, ...]:
    return (
        VersionTable(schema, "alembic_version", revisions=("a", "b")),
        VersionTable(schema, "plugin_version"),
    )


def test_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    """Those that are visible first; tables that the role may not read are left out."""
    pytest.importorskip("psycopg")
    more = (
        'CREATE SCHEMA "odd \'""schema"; CREATE TABLE "odd \'""schema".alembic_version (version_num text)',
        "CREATE SCHEMA closed; CREATE TABLE closed.alembic_version (version_num text)",
        f"CREATE ROLE reader_{os.getpid()} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
        'GRANT USAGE ON SCHEMA "odd \'""schema" TO PUBLIC',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "odd \'""schema" TO PUBLIC',
    )
    name = f"revisions_{os.getpid()}"
    url = create_database(postgres_server, name, "; ".join([*TABLES, *more]))
    plain = "postgresql+psycopg://" + url.partition("://")[2]
    app = APP.replace(")\n", f', connect_args={{"options": "-c role=reader_{os.getpid()}"}})\n')
    (database,) = inspect(tmp_path, {"app.py": app}, {"SHOP_DATABASE": plain}).databases
    assert database.problem == "", database.detail
    other = VersionTable("odd '\"schema", "alembic_version", visible=False)
    assert database.versions == (*versions("public"), other)
    assert database.applied == APPLIED


def test_on_mariadb(tmp_path: Path, mariadb_server: str) -> None:
    """In the one database of the connection."""
    with servers.database(mariadb_server, f"revisions_{os.getpid()}", *TABLES) as url:
        environ = {"SHOP_DATABASE": "mysql+pymysql://" + url.partition("://")[2]}
        (database,) = inspect(tmp_path, {"app.py": APP}, environ).databases
    assert database.problem == "", database.detail
    assert database.versions == versions(f"prodready_revisions_{os.getpid()}")
    assert database.applied == APPLIED


def test_a_database_without_such_tables(tmp_path: Path) -> None:
    """Nothing is recorded, and nothing is created."""
    import sqlite3

    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE app_version (number text)")
    connection.close()
    environ = {"SHOP_DATABASE": f"sqlite:///{tmp_path / 'shop.sqlite'}"}
    (database,) = inspect(tmp_path, {"app.py": APP}, environ).databases
    assert (database.problem, database.versions, database.applied) == ("", (), None)
    assert [table.name for table in database.tables] == ["app_version"]
