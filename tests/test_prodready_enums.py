"""``prodready_enums`` and ``prodready_enum`` for enums that no model maps, on real databases."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.support import QUIET

pytest.importorskip("sqlalchemy")
pytest.importorskip("fastapi")

APP = """
import os
from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine(os.environ["SHOP_DATABASE"])
app = FastAPI()
"""
ENUMS = """
import enum

import pytest

class Status(enum.Enum):
    New = "New"
    Not_a_Fit = "Not a Fit"

class Names(enum.Enum):
    New = 1
    Other = 2

class Text(str, enum.Enum):
    A = "a"
    B = "b"

class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2

def mark(*args):
    return pytest.mark.prodready_enum(*args)
"""
TABLES = """
CREATE TABLE legacy (
    id INTEGER PRIMARY KEY,
    status VARCHAR(12) CHECK (status IN ('New', 'Not a Fit')),
    stale VARCHAR(12) CHECK (stale IN ('New')),
    named VARCHAR(12) CHECK (named IN ('New', 'Other')),
    size INTEGER CHECK (size IN (1, 2)),
    other_size INTEGER CHECK (other_size IN (1, 3)),
    short VARCHAR(5),
    wide VARCHAR(50),
    anything TEXT,
    made DATE
);
"""
SAME = """
@mark(Status, "legacy.status")
def test_check(): pass
@mark(Status, "legacy.stale")
def test_check_stale(): pass
@mark(Names, "legacy.named")
def test_check_of_names(): pass
@mark(Size, "legacy.size")
def test_numbers(): pass
@mark(Size, "legacy.other_size")
def test_numbers_stale(): pass
@mark(Status, "legacy.wide")
def test_length(): pass
@mark(Status, "legacy.anything")
def test_nothing_to_compare(): pass
@mark(Status, "legacy.made")
def test_date_stale(): pass
@mark(Status, "legacy.statsu")
def test_misspelt_stale(): pass
@mark(Status, "legcay.status")
def test_misspelt_table_stale(): pass
"""
STALE = {"check_stale", "numbers_stale", "date_stale", "misspelt_stale", "misspelt_table_stale"}


def run(pytester: pytest.Pytester, tests: str) -> tuple[set[str], set[str], str]:
    """The names of the tests that failed and of those that were skipped, and all that was printed."""
    pytester.makepyprojecttoml(
        '[tool.prodready]\napp = "main:app"\npackages = ["main"]\ndatabase = "env:SHOP_DATABASE"\n'
    )
    pytester.makepyfile(main=APP, test_gate=f"# prodready\n{ENUMS}{tests}")
    result = pytester.runpytest_inprocess(
        "--prodready", "--prodready-select=PRD30", "-rfs", "-v", "test_gate.py", *QUIET
    )
    failed, skipped = set(), set()
    for line in result.outlines:
        name = line.partition("::test_")[2].partition(" ")[0]
        if " FAILED" in line:
            failed.add(name)
        elif " SKIPPED" in line:
            skipped.add(name)
    return failed, skipped, str(result.stdout)


def test_sqlite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """CHECK constraints; lengths are none that SQLite enforces."""
    file = pytester.path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(TABLES)
    monkeypatch.setenv("SHOP_DATABASE", f"sqlite:///{file}")

    failed, skipped, text = run(pytester, SAME)

    assert failed == STALE
    assert skipped == {"nothing_to_compare", "length"}
    assert "cannot differ from any enum: it is TEXT, without a CHECK, and takes any text" in text
    assert "the table legacy has the columns " in text
    assert "did you mean legacy.status?" in text
    assert "the nearest table is legacy" in text
    assert "the real column holds no text: the database has it as DATE" in text


def test_mariadb(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, mariadb_server: str) -> None:
    """ENUM columns, CHECK constraints and lengths."""
    more = """
@mark(Status, "kinds.status")
def test_enum(): pass
@mark(Names, "kinds.named")
def test_enum_of_names(): pass
@mark(Text, "kinds.status")
def test_enum_stale(): pass
@mark(Status, "legacy.short")
def test_short_stale(): pass

def test_labels(prodready_enums):
    assert prodready_enums.labels("kinds.status") == ("New", "Not a Fit")
    assert prodready_enums.labels("legacy.status") == ("New", "Not a Fit")
    with pytest.raises(pytest.fail.Exception, match="has no labels: it is varchar"):
        prodready_enums.labels("legacy.wide")
"""
    kinds = "CREATE TABLE kinds (status ENUM('New', 'Not a Fit'), named ENUM('New', 'Other'))"
    with servers.database(mariadb_server, f"marks_{os.getpid()}", TABLES, kinds) as url:
        monkeypatch.setenv("SHOP_DATABASE", url.replace("mysql://", "mysql+pymysql://"))
        failed, skipped, text = run(pytester, SAME + more)

    assert failed == STALE | {"enum_stale", "short_stale"}
    assert skipped == {"nothing_to_compare"}
    assert "ALTER TABLE kinds MODIFY COLUMN status ENUM(" in text
    assert '"Not a Fit" (9 characters), but the column legacy.short holds 5 (varchar(5))' in text


def test_postgresql(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, postgres_server: str) -> None:
    """Types, domains, arrays and columns in other schemas, and tables that nothing maps."""
    pytest.importorskip("psycopg")
    from tests.inspector.database.test_reading import execute, with_driver

    more = """
@mark(Status, "kind")
def test_type(): pass
@mark(Text, "kind")
def test_type_stale(): pass
@mark(Status, "sales.kind")
def test_type_of_another_schema_stale(): pass
@mark(Status, "sales.orders.kind")
def test_column_of_another_schema_stale(): pass
@mark(Status, "sales.orders.kinds")
def test_array(): pass
@mark(Status, "sales.orders.domain")
def test_domain(): pass
@mark(Text, "letters")
def test_domain_by_its_name(): pass
@mark(Status, "letters")
def test_domain_by_its_name_stale(): pass
@mark(Status, "legacy.short")
def test_short_stale(): pass
@mark(Status, "nowhere")
def test_unknown_stale(): pass
"""
    name = f"prodready_marks_{os.getpid()}"
    url = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
    execute(postgres_server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        execute(
            url,
            TABLES,
            "CREATE SCHEMA sales",
            "CREATE TYPE kind AS ENUM ('New', 'Not a Fit')",
            "CREATE TYPE sales.kind AS ENUM ('New')",
            "CREATE DOMAIN kinds AS kind[]",
            "CREATE DOMAIN letters AS text CHECK (VALUE IN ('a', 'b'))",
            "CREATE TABLE sales.orders (kind sales.kind, kinds kind[], domain kinds, letter letters)",
        )
        monkeypatch.setenv("SHOP_DATABASE", with_driver(url, "psycopg"))
        failed, skipped, text = run(pytester, SAME + more)
    finally:
        execute(postgres_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    stale = {
        "type",
        "type_of_another_schema",
        "column_of_another_schema",
        "domain_by_its_name",
        "short",
        "unknown",
    }
    assert failed == STALE | {f"{one}_stale" for one in stale}
    assert skipped == {"nothing_to_compare"}
    assert "ALTER TYPE sales.kind ADD VALUE 'Not a Fit';" in text
    assert "its enum types are public.kind, sales.kind" in text
