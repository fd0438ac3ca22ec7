"""Every vendor, every way to store an enumeration and to differ: the verdict is what the database does.

For each cell the gate reads a real database and judges it; beside that, the same models write and read each
member in the same database. A cell has an error exactly where a write fails, or the read after it.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from postgres import create_database

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import enum_column, family
from tests.inspector.database.support import inspect
from tests.servers import database, execute

pytestmark = pytest.mark.wide

sqlalchemy = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")

REGISTRY = Registry([family])
NAMES = ("New", "Not_a_Fit", "In_Review", "Done")
VALUES = ("New", "Not a Fit", "in review", "done")
VENDORS = ("postgresql", "mariadb", "sqlite")
STORES = ("native", "check", "varchar")
FORMS = {
    "names": (NAMES, NAMES),
    "values": (VALUES, VALUES),
    "mixed": (NAMES, ("New", "Not a Fit", "In_Review", "done")),
    "swapped": (NAMES, VALUES),
    "reversed": (VALUES, NAMES),
}
"""What Python sends, and what the database has before the drift."""
DRIFTS = ("missing", "extra", "order", "stale", "equal")
CELLS = ["_".join(cell) for cell in itertools.product(STORES, FORMS, DRIFTS)]  # 75 for each vendor
HEAD = """
import enum, os
from sqlalchemy import Enum, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase): pass

class Status(enum.Enum):
    New = "New"
    Not_a_Fit = "Not a Fit"
    In_Review = "in review"
    Done = "done"

def kind(native, values):
    more = {"values_callable": lambda e: [m.value for m in e]} if values else {}
    return more | {"native_enum": native, "create_constraint": False}

if "U" in os.environ:
    engine = create_engine(os.environ["U"])
"""
MODEL = """
class {cell}(Base):
    __tablename__ = {cell!r}
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(
        Enum(Status, name="t_{cell}", **kind({native}, {values}))
    )
"""


def parts(cell: str) -> tuple[str, str, str]:
    store, form, drift = cell.split("_")
    return store, form, drift


def held(cell: str) -> tuple[str, ...]:
    """The labels that the database has, in its order."""
    _, form, drift = parts(cell)
    has = FORMS[form][1]
    return {
        "missing": has[:3],
        "extra": (*has, "Archived"),
        "order": (has[1], has[0], *has[2:]),
        "stale": (*has[:3], "Old"),
        "equal": has,
    }[drift]


def source() -> str:
    return HEAD + "".join(
        MODEL.format(
            cell=cell,
            native=parts(cell)[0] == "native",
            values=FORMS[parts(cell)[1]][0] is VALUES,
        )
        for cell in CELLS
    )


def tables(vendor: str) -> Iterator[str]:
    """The statements that make the database of a vendor."""
    key = {"postgresql": "serial", "mariadb": "int AUTO_INCREMENT", "sqlite": "integer"}[vendor]
    for cell in CELLS:
        store, _, drift = parts(cell)
        labels = ", ".join(f"'{label}'" for label in held(cell))
        # a column that was made for shorter labels: of 5 characters
        kind = f"varchar({5 if store == 'varchar' and drift == 'stale' else 40})"
        more = ""
        if store == "native" and vendor == "postgresql":
            yield f"CREATE TYPE t_{cell} AS ENUM ({labels})"
            kind = f"t_{cell}"
        elif store == "native" and vendor == "mariadb":
            kind = f"enum({labels})"
        elif store == "check":
            more = f", CONSTRAINT ck_{cell} CHECK (status IN ({labels}))"
        yield f"CREATE TABLE {cell} (id {key} PRIMARY KEY, status {kind}{more})"


def expected(vendor: str, cell: str) -> list[str]:
    """The codes that a cell must have, each as often as it must be found."""
    store, form, drift = parts(cell)
    if store == "native" and vendor == "sqlite":
        store = (
            "varchar"  # there is no native enum in SQLite: what the mapping calls so is text without limits
        )
    if store == "varchar":
        return ["PRD307"] if drift == "stale" and vendor != "sqlite" else []
    missing = "PRD302" if store == "native" else "PRD307"
    if form in ("swapped", "reversed"):
        further = {"missing": [missing], "extra": ["PRD303"], "stale": [missing, "PRD303"]}
        return sorted(["PRD304", *further.get(drift, ())])
    if form == "mixed":
        return mixed(vendor, store, drift, missing)
    if drift == "order":
        return ["PRD305"] if store == "native" else []
    return sorted(
        {"missing": [missing], "extra": ["PRD303"], "stale": [missing, "PRD303"], "equal": []}[drift]
    )


def mixed(vendor: str, store: str, drift: str, missing: str) -> list[str]:
    """Names are sent; two of the four labels are values: what fits better is not sent for the first."""
    if vendor == "mariadb" and store == "check":  # takes "Done" for "done", and keeps it as it was written
        return {
            "missing": [missing, missing],
            "extra": ["PRD303", missing],
            "stale": ["PRD303", missing, missing],
        }.get(drift, ["PRD303", missing])
    further = {"missing": [missing] * 2, "stale": ["PRD303", *[missing] * 2]}
    return sorted(further.get(drift, [missing, "PRD304", *(["PRD303"] if drift == "extra" else [])]))


@dataclass
class Read:
    """What the gate says of each cell of one vendor, and what really happens."""

    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    unwritable: dict[str, list[str]] = field(default_factory=dict)
    """Members that cannot be written, or not be read again."""
    unreadable: dict[str, list[str]] = field(default_factory=dict)
    """Labels of the database that Python cannot read."""


@pytest.fixture(scope="module", params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def read(
    vendor: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Read]:
    """Both sides of all cells of a vendor."""
    root = tmp_path_factory.mktemp(vendor)
    if vendor == "sqlite":
        made = sqlite3.connect(root / "matrix.db")
        made.executescript(";\n".join(tables(vendor)))
        made.close()
        yield seen(root, f"sqlite:///{root / 'matrix.db'}")
    elif vendor == "postgresql":
        pytest.importorskip("psycopg")
        server = request.getfixturevalue("postgres_server")
        url = create_database(server, f"matrix_{os.getpid()}", ";\n".join(tables(vendor)))
        yield seen(root, url.replace("postgresql://", "postgresql+psycopg://", 1))
    else:
        server = request.getfixturevalue("mariadb_server")
        with database(server, f"matrix_{os.getpid()}", *tables(vendor)) as url:
            yield seen(root, url.replace("mysql://", "mysql+pymysql://", 1) + "?charset=utf8mb4")


def seen(root: Path, url: str) -> Read:
    found = Read()
    entry = inspect(root, {"app.py": source()}, {"U": url})
    everything = Facts(root=str(root), entries=(entry,), databases=entry.databases)
    for subject in enum_column.subjects(everything):
        judgement = REGISTRY.judge(enum_column, subject, everything)
        cell = subject.name.partition(".")[0]
        found.findings[cell], found.outcomes[cell] = judgement.findings, judgement.outcome
    act(url, found)
    return found


def act(url: str, found: Read) -> None:
    """Write and read every member, and read every label that the database takes."""
    module = types.ModuleType("matrix")
    exec(compile(source(), "matrix", "exec", dont_inherit=True), vars(module))
    engine = sqlalchemy.create_engine(url)
    text = sqlalchemy.text
    with engine.connect() as connection:
        for cell in CELLS:
            model = vars(module)[cell]
            unwritable = [
                member.name
                for member in module.Status
                if not passes(connection, sqlalchemy.insert(model).values(status=member), model, member)
            ]
            unreadable = [
                label
                for label in (held(cell) if limited(engine, cell) else ())
                if not passes(
                    connection, text(f"INSERT INTO {cell} (status) VALUES ('{label}')"), model, None
                )
            ]
            found.unwritable[cell], found.unreadable[cell] = unwritable, unreadable
        connection.rollback()
    engine.dispose()
    module.Base.registry.dispose()


def limited(engine: Any, cell: str) -> bool:
    """Whether the database names the labels at all."""
    store, _, _ = parts(cell)
    return store == "check" or (store == "native" and engine.dialect.name != "sqlite")


def passes(connection: Any, statement: Any, model: Any, wanted: Any) -> bool:
    """Whether the row is written, and read again as what it was."""
    outer = connection.begin_nested()
    try:
        connection.execute(statement)
        got = connection.execute(sqlalchemy.select(model.status)).scalar_one()
        return wanted is None or got is wanted
    except (sqlalchemy.exc.DBAPIError, LookupError):
        return False
    finally:
        outer.rollback()


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_the_verdict_that_the_database_has(cell: str, read: Read, vendor: str) -> None:
    told_codes = [finding.code for finding in read.findings[cell]]
    assert sorted(told_codes) == expected(vendor, cell)
    wrong = [finding for finding in read.findings[cell] if finding.level is Level.ERROR]
    assert bool(wrong) == bool(read.unwritable[cell]), read.unwritable[cell]
    assert read.outcomes[cell] is (Outcome.FAILED if wrong else Outcome.PASSED)
    told = " ".join(finding.message for finding in read.findings[cell])
    forms = dict(zip(NAMES, zip(NAMES, VALUES, strict=True), strict=True))
    for member in read.unwritable[cell]:
        assert any(f'"{form}"' in told for form in forms[member])
    if "PRD304" not in told_codes:  # one line in the source lets Python read them all
        for label in read.unreadable[cell]:
            assert f'"{label}"' in told


def test_there_are_cells_enough() -> None:
    assert len(VENDORS) * len(CELLS) >= 100


def test_sqlite_has_no_native_enums() -> None:
    """The cells that cannot be: what a mapping calls native is text there, and takes whatever is sent."""
    native = [cell for cell in CELLS if parts(cell)[0] == "native"]
    assert [expected("sqlite", cell) for cell in native] == [[]] * len(native)


def mended(findings: Sequence[Finding]) -> list[str]:
    """The statements of the remedies."""
    lines = [line for finding in findings for line in finding.remedy.splitlines()]
    return [line for line in lines if line.startswith(("ALTER ", "UPDATE "))]


@pytest.mark.parametrize("cell", ["native_names_missing", "check_names_missing", "varchar_names_stale"])
def test_the_statement_of_the_remedy_mends_mariadb(cell: str, tmp_path: Path, mariadb_server: str) -> None:
    with database(mariadb_server, f"mend_{os.getpid()}", *tables("mariadb")) as url:
        address = url.replace("mysql://", "mysql+pymysql://", 1) + "?charset=utf8mb4"
        before = seen(tmp_path, address)
        statements = mended(before.findings[cell])
        assert len(statements) == 1
        execute(url, *statements)
        after = Read()
        act(address, after)
    assert before.unwritable[cell] != []
    assert after.unwritable[cell] == []
