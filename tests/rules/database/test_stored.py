"""PRD306 on facts, and end to end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    Database,
    DatabaseColumn,
    Entry,
    EnumColumn,
    Facts,
    InspectedEntry,
    Location,
    Mapping,
    Member,
    StoredValue,
    StoredValues,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import enum_column, family

REGISTRY = Registry([family])
WHERE = Location("src/models.py", 33)
LABELS = ("New", "Not a Fit")
COLUMN = EnumColumn(
    table="places",
    column="status",
    schema=None,
    model="src.models.Place",
    type_name="place_status",
    type_schema=None,
    sends=LABELS,
    reads=LABELS,
    enum="src.enums.PlaceStatus",
    members=(Member("New", "New"), Member("Not_a_Fit", "Not a Fit")),
    native=False,
    location=WHERE,
)
REAL = DatabaseColumn(
    "public", "places", "status", True, "character varying(40)", base="character varying", length=40
)
SEEN = StoredValues("places", "status", rows=7)


def judge(*stored: StoredValues, column: EnumColumn = COLUMN, dialect: str = "postgresql") -> Judgement:
    """Judge one column beside what its rows hold."""
    database = Database(
        "env:DATABASE_URL",
        name=column.bind,
        dialect=dialect,
        driver="psycopg",
        version="16.2",
        read_only=True,
        columns=(replace(REAL, array=column.array, base="integer" if column.numeric else REAL.base),),
        stored=stored,
    )
    entry = InspectedEntry(Entry("web", "src.main:app", "a test", WHERE), mapping=Mapping(columns=(column,)))
    facts = Facts(root="/app", packages=("src",), entries=(entry,), databases=(database,))
    (subject,) = enum_column.subjects(facts)
    return REGISTRY.judge(enum_column, subject, facts)


def only(judgement: Judgement) -> Finding:
    """The one finding."""
    (finding,) = judgement.findings
    assert finding.code == "PRD306"
    return finding


def test_nothing_is_said_without_a_scan_or_an_unknown_value() -> None:
    """No finding and no note."""
    assert judge() == Judgement(Outcome.PASSED)
    assert judge(SEEN) == Judgement(Outcome.PASSED)
    assert judge(replace(SEEN, table="others", unknown=(StoredValue(1, "x", 1),))) == Judgement(
        Outcome.PASSED
    )


def test_306_counts_the_rows_and_gives_the_statement_that_mends_them() -> None:
    """One that only differs in its spelling has its target in the statement."""
    found = replace(SEEN, unknown=(StoredValue(2, "Archived", 8), StoredValue(1, "not_a_fit", 9)))
    assert judge(found).outcome is Outcome.FAILED
    assert only(judge(found)) == Finding(
        code="PRD306",
        level=Level.ERROR,
        subject="places.status",
        message='3 rows of places hold "Archived", "not_a_fit" in status, which src.models.Place.status '
        "does not know: reading such a row raises LookupError.",
        remedy="Add them to the Python enum, or change the rows:\n"
        "UPDATE places SET status = … WHERE status = 'Archived';\n"
        "UPDATE places SET status = 'Not a Fit' WHERE status = 'not_a_fit';",
        location=WHERE,
        proof="7 rows of places were looked at; the labels were read through env:DATABASE_URL "
        "(postgresql+psycopg, PostgreSQL 16.2) in a read-only transaction",
        details=(("Python knows", '"New", "Not a Fit"'), ("rows hold", '"Archived": 2\n"not_a_fit": 1')),
    )


def test_306_says_how_far_it_looked() -> None:
    """A scan that ended at its limit speaks of the first rows, and is a note when it found nothing."""
    limited = replace(SEEN, limited=True)
    found = only(judge(replace(limited, unknown=(StoredValue(1, "old", 3),))))
    assert found.message == (
        '1 row of places holds "old" in status, which src.models.Place.status does not know '
        "(among the first 7 rows): reading such a row raises LookupError."
    )
    note = only(judge(limited))
    assert note.level is Level.INFO
    assert note.message == (
        "The first 7 rows of places hold nothing in status that src.models.Place.status does not know; "
        "the others were not looked at."
    )


def test_306_shows_no_value_that_may_be_somebodys() -> None:
    """Those are counted with their length; a column of many kinds is no enumeration."""
    found = only(judge(replace(SEEN, unknown=(StoredValue(3, None, 16),))))
    assert "a value of 16 characters that is not shown" in found.message
    assert found.remedy == "Add what is meant to the Python enum, or change the rows."
    many = replace(SEEN, more=True, unknown=tuple(StoredValue(1, None, 9) for _ in range(20)))
    assert only(judge(many)).message == (
        "20 rows of places hold more than 20 values in status that src.models.Place.status does not know: "
        "such a column is no enumeration: reading such a row raises LookupError."
    )


def test_306_of_choices_arrays_and_numbers() -> None:
    """Django reads anything, so it warns; arrays and numbers have statements of their own."""
    unknown = (StoredValue(2, "old", 3),)
    django = replace(COLUMN, framework="django", reads=None, bind="default")
    found = only(judge(replace(SEEN, unknown=unknown), column=django))
    assert found.level is Level.WARNING
    assert "does not pass full_clean()" in found.message
    assert found.remedy.startswith("Add it to the field's choices, or change the rows:\nUPDATE")
    array = only(judge(replace(SEEN, unknown=unknown), column=replace(COLUMN, array=True)))
    assert array.message.startswith('Arrays of places hold "old" in status')
    assert array.remedy.endswith(
        "UPDATE places SET status = array_replace(status, 'old', …) WHERE 'old' = ANY (status);"
    )
    numbers = replace(
        django,
        numeric=True,
        sends=("1", "2"),
        members=(Member("one", "1"), Member("two", "2")),
        reads=("1", "2"),
    )
    of_numbers = only(judge(replace(SEEN, unknown=(StoredValue(2, "3", 1),)), column=numbers))
    assert of_numbers.remedy.endswith("UPDATE places SET status = … WHERE status = 3;")


def test_306_warns_of_what_could_not_be_looked_at() -> None:
    """A scan that was asked for and did not happen is told."""
    found = only(judge(replace(SEEN, problem="the role may not read the table")))
    assert (found.level, found.message) == (
        Level.WARNING,
        "What the rows hold in places.status was not looked at: the role may not read the table.",
    )


def test_306_leaves_to_304_what_a_swap_explains() -> None:
    """Rows that hold the values, where names are sent, are the same fault."""
    from pytest_prodready.facts import DatabaseCheck

    sending = replace(COLUMN, sends=("New", "Not_a_Fit"), reads=("New", "Not_a_Fit"))
    database = Database(
        "env:DATABASE_URL",
        dialect="postgresql",
        columns=(REAL,),
        checks=(DatabaseCheck("public", "places", "ck", "status IN ('New', 'Not a Fit')", column="status"),),
        stored=(replace(SEEN, unknown=(StoredValue(4, "Not a Fit", 9),)),),
    )
    entry = InspectedEntry(Entry("web", "src.main:app", "a test", WHERE), mapping=Mapping(columns=(sending,)))
    facts = Facts(root="/app", packages=("src",), entries=(entry,), databases=(database,))
    (subject,) = enum_column.subjects(facts)
    assert [one.code for one in REGISTRY.judge(enum_column, subject, facts).findings] == ["PRD304"]


APP = """
import enum
import os
from fastapi import FastAPI
from sqlalchemy import Enum, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Status(enum.Enum):
    New = "New"

class Base(DeclarativeBase): ...

class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(Enum(Status, native_enum=False, length=20))

engine = create_engine(os.environ["DATABASE_URL"])
app = FastAPI()
"""


@pytest.mark.parametrize("asked", [True, False])
def test_end_to_end(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
    """The gate fails with the row's value when it was asked to look, and passes when it was not."""
    pytest.importorskip("fastapi")
    pytest.importorskip("sqlalchemy")
    file = pytester.path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE places (id INTEGER PRIMARY KEY, status VARCHAR(20) NOT NULL);"
            "INSERT INTO places (status) VALUES ('New'), ('Archived');"
        )
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    pytester.makepyfile(main=APP)
    scan = "[tool.prodready.database]\nscan = true\n" if asked else ""
    pytester.makepyprojecttoml(f'[tool.prodready]\napp = "main:app"\npackages = ["main"]\n{scan}')

    result = pytester.runpytest_inprocess("--prodready", "--prodready-select=PRD30", "-p", "no:cacheprovider")

    if asked:
        result.stdout.fnmatch_lines(
            [
                '*PRD306 error: 1 row of places holds "Archived" in status, which main.Place.status does *',
                "*main.py:15*",
            ]
        )
        assert result.ret == 1
    else:
        assert result.ret == 0
        result.stdout.no_fnmatch_line("*PRD306*")
