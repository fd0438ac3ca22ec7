"""Which databases the application would use: its own engines, of whatever vendor, and their binds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pytest_prodready.facts import Database
from tests.inspector.database.support import inspect

pytest.importorskip("sqlalchemy")

MODEL = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
from sqlalchemy import create_engine
class Base(DeclarativeBase): pass
class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def make(path: Path, table: str = "places") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    connection.close()


def read(root: Path, source: str, database: str = "", **environ: str) -> tuple[Database, ...]:
    return inspect(root, {"app.py": MODEL + source}, environ, database=database).databases


@pytest.mark.parametrize("driver", ["pysqlite", "aiosqlite"])
def test_a_file_of_sqlite_through_the_applications_engine(tmp_path: Path, driver: str) -> None:
    source = "engine = create_engine('sqlite:///shop.db')\n"
    if driver == "aiosqlite":
        pytest.importorskip("aiosqlite")
        source = (
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "engine = create_async_engine('sqlite+aiosqlite:///shop.db')\n"
        )
    make(tmp_path / "shop.db")
    (found,) = read(tmp_path, source)
    assert (found.source, found.problem, found.dialect, found.driver) == ("app.engine", "", "sqlite", driver)
    assert [column.column for column in found.columns] == ["id"]


def test_what_an_engine_would_write_when_it_connects_is_not_written(tmp_path: Path) -> None:
    source = """
from sqlalchemy import event
engine = create_engine("sqlite:///shop.db")
@event.listens_for(engine, "connect")
def connect(connection, record):
    connection.execute("PRAGMA journal_mode = wal")
"""
    make(tmp_path / "shop.db")
    before = (tmp_path / "shop.db").read_bytes()
    (found,) = read(tmp_path, source)
    assert (found.problem, found.read_only) == ("", True)
    assert (tmp_path / "shop.db").read_bytes() == before


IN_SESSIONS = """
a = create_engine("sqlite:///other.db")
main = create_engine("sqlite:///shop.db")
Session = sessionmaker(main)
"""
BESIDE_A_CACHE = """
cache = create_engine("sqlite://")
main = create_engine("sqlite:///shop.db")
"""


@pytest.mark.parametrize("source, beside", [(IN_SESSIONS, ("app.a",)), (BESIDE_A_CACHE, ())])
def test_the_engine_that_sessions_use_comes_first(
    tmp_path: Path, source: str, beside: tuple[str, ...]
) -> None:
    make(tmp_path / "shop.db")
    (found,) = read(tmp_path, source)
    assert (found.source, found.problem, found.beside) == ("app.main", "", beside)


def test_the_binds_of_flask_are_databases_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("flask_sqlalchemy")
    source = """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
app.config["SQLALCHEMY_BINDS"] = {"archive": "sqlite:///old.db"}
class Kept(db.Model):
    __bind_key__ = "archive"
    id = db.Column(db.Integer, primary_key=True)
class Sold(db.Model):
    id = db.Column(db.Integer, primary_key=True)
db.init_app(app)
"""
    make(tmp_path / "instance" / "shop.db", "sold")
    make(tmp_path / "instance" / "old.db", "kept")
    seen = inspect(tmp_path, {"app.py": source})
    assert seen.mapping is not None
    assert {table.name: table.bind for table in seen.mapping.tables} == {"kept": "archive", "sold": ""}
    assert [(one.name, one.source, one.problem) for one in seen.databases] == [
        ("", "app.db.engine", ""),
        ("archive", "app.db.engines['archive']", ""),
    ]
    assert [[column.table for column in one.columns] for one in seen.databases] == [["sold"], ["kept"]]


def test_django_and_sqlalchemy_side_by_side_are_two_databases(tmp_path: Path) -> None:
    pytest.importorskip("django")
    make(tmp_path / "shop.db")
    make(tmp_path / "django.db", "shop_thing")
    from tests.inspector.database.support import django

    files = django(
        "DATABASES = {'default': dict(ENGINE='django.db.backends.sqlite3', NAME='django.db')}",
        "class Thing(models.Model): pass",
    )
    files["app.py"] += MODEL + "engine = create_engine('sqlite:///shop.db')\n"
    found = inspect(tmp_path, files).databases
    assert [(one.name, one.source, [column.table for column in one.columns]) for one in found] == [
        ("", "app.engine", ["places"]),
        ("default", "settings.DATABASES['default']", ["shop_thing"]),
    ]
