"""Each way to write an enumeration in a mapping, and to keep it in a database, end to end."""
# ruff: noqa: E501 - statements and sources are easier to compare in one line

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from postgres import create_database

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Judgement, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import enum_column, family
from tests.inspector.database.support import django, inspect
from tests.servers import database

pytestmark = pytest.mark.wide

pytest.importorskip("sqlalchemy")
REGISTRY = Registry([family])
Verdicts = dict[str, Judgement]


def verdicts(root: Path, files: dict[str, str], environ: dict[str, str]) -> Verdicts:
    entry = inspect(root, files, environ)
    everything = Facts(root=str(root), entries=(entry,), databases=entry.databases)
    assert [(one.problem, one.detail) for one in entry.databases] == [("", "")]
    return {
        one.name: REGISTRY.judge(enum_column, one, everything) for one in enum_column.subjects(everything)
    }


def codes(judgement: Judgement) -> list[str] | str:
    return judgement.reason or [finding.code for finding in judgement.findings]


APP = """
import enum, os
from typing import Literal, Optional
from sqlalchemy import ARRAY, Column, Enum, ForeignKey, Integer, MetaData, SmallInteger, String, Table, create_engine
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

engine = create_engine(os.environ["U"])

class Base(DeclarativeBase): pass
class Status(enum.Enum):
    NEW = "new"
    OLD = "old"
class Text(str, enum.Enum):
    NEW = "new"
    OLD = "old"
class Number(enum.IntEnum):
    ONE = 1
def values(e): return [m.value for m in e]
class Plain(TypeDecorator):
    impl = Enum(Text, values_callable=values, name="status")
    cache_ok = True
class Odd(TypeDecorator):
    impl = Enum(Status, name="status")
    cache_ok = True
    def process_bind_param(self, value, dialect): raise AssertionError
class AsNumber(TypeDecorator):
    impl = SmallInteger
    cache_ok = True
    def process_bind_param(self, value, dialect): raise AssertionError

native = Enum(Status, values_callable=values, name="status")
class Sales(Base):
    __tablename__ = "sales"
    __table_args__ = {"schema": "sales"}
    id: Mapped[int] = mapped_column(primary_key=True)
    inherits: Mapped[Status] = mapped_column(Enum(Status, name="kind", values_callable=values, inherit_schema=True))

class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    literal: Mapped[Literal["new", "old"]]
    strings: Mapped[str] = mapped_column(Enum("new", "old", name="status"))
    text: Mapped[Text] = mapped_column(Plain)
    opaque: Mapped[Status] = mapped_column(Odd)
    free: Mapped[Status] = mapped_column(Odd)
    number: Mapped[int] = mapped_column(AsNumber)
    several: Mapped[list[Status]] = mapped_column(ARRAY(native))
    several_text: Mapped[list[str]] = mapped_column(ARRAY(Enum("new", "old", native_enum=False)))
    domain: Mapped[Status] = mapped_column(native)
    domain_text: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    variant: Mapped[Status] = mapped_column(String(20).with_variant(native, "postgresql"))
    elsewhere: Mapped[Status] = mapped_column(String(20).with_variant(native, "mysql"))
    checked: Mapped[Status] = mapped_column(Enum(Status, native_enum=False, create_constraint=True, name="checked"))
    twice: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    folded: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    unclear: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    together: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    later: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    short: Mapped[Status] = mapped_column(Enum("new", "a longer one", native_enum=False))
    padded: Mapped[Status] = mapped_column(Enum("new", "old     ", native_enum=False))
    claimed: Mapped[Status] = mapped_column(Enum(Status, name="status"))
    integer: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
    gone: Mapped[Status] = mapped_column(Enum(Status, native_enum=False))
"""
POSTGRESQL = """
CREATE TYPE status AS ENUM ('new', 'old');
CREATE SCHEMA sales;
CREATE TYPE sales.kind AS ENUM ('new');
CREATE TYPE kind AS ENUM ('new', 'old');
CREATE TABLE sales.sales (id serial PRIMARY KEY, inherits sales.kind);
CREATE DOMAIN state AS status NOT NULL;
CREATE DOMAIN word AS varchar(10) CONSTRAINT known CHECK (VALUE IN ('NEW'));
CREATE TABLE rows (
  id serial PRIMARY KEY, literal varchar(3), strings status, text status, opaque status, free varchar(3),
  number smallint CHECK (number IN (1)), several status[], several_text text[] CHECK (several_text <@ ARRAY['new']),
  domain state, domain_text word, variant status, elsewhere status,
  checked varchar(3) CONSTRAINT ck CHECK (checked IN ('NEW')),
  twice text CONSTRAINT one CHECK (twice IN ('NEW', 'OLD')) CONSTRAINT two CHECK (twice <> 'OLD'),
  folded text CHECK (lower(folded) IN ('new', 'old')),
  unclear text CONSTRAINT odd CHECK (unclear ~ '^[A-Z]+$'),
  together text, claimed varchar(3), short varchar(3), padded varchar(3), later varchar(3), integer integer
);
ALTER TABLE rows ADD CONSTRAINT pair CHECK (together = 'NEW' OR checked IS NOT NULL);
ALTER TABLE rows ADD CONSTRAINT later CHECK (later IN ('NEW')) NOT VALID;
"""


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Verdicts:
    pytest.importorskip("psycopg")
    url = create_database(postgres_server, f"forms_{os.getpid()}", POSTGRESQL)
    environ = {"U": url.replace("postgresql://", "postgresql+psycopg://", 1)}
    return verdicts(tmp_path_factory.mktemp("forms"), {"app.py": APP}, environ)


@pytest.mark.parametrize(
    "column, expected",
    {
        "sales.sales.inherits": ["PRD302"],
        "rows.literal": [],
        "rows.strings": [],
        "rows.text": [],
        "rows.opaque": "what is sent cannot be known: Odd.process_bind_param decides what is sent",
        "rows.several": [],
        "rows.several_text": ["PRD307"],
        "rows.domain": [],
        "rows.domain_text": ["PRD307"],
        "rows.variant": [],
        "rows.checked": ["PRD307"],
        "rows.twice": ["PRD307"],
        "rows.folded": [],
        "rows.unclear": "its CHECK says more than which labels there are, and is not understood: odd",
        "rows.together": [],
        "rows.later": ["PRD307"],
        "rows.short": ["PRD307"],
        "rows.padded": [],
        "rows.claimed": [],
        "rows.integer": "the real column holds no text: the database has it as integer",
        "rows.gone": "the database does not have the column rows.gone",
    }.items(),
)
def test_each_form_has_its_verdict(column: str, expected: list[str] | str, forms: Verdicts) -> None:
    assert codes(forms[column]) == expected


def test_columns_that_are_no_enumerations_here_are_no_subjects(forms: Verdicts) -> None:
    """An enumeration of another vendor, numbers behind a decorator, and what may be anything in a free text."""
    assert not {"rows.elsewhere", "rows.number", "rows.free"} & set(forms)


def test_each_finding_gives_the_statement_that_mends_it(forms: Verdicts) -> None:
    remedies = {name: found.remedy for name, one in forms.items() for found in one.findings}
    assert remedies["sales.sales.inherits"] == "ALTER TYPE sales.kind ADD VALUE 'old';"
    assert remedies["rows.checked"] == (
        "ALTER TABLE public.rows DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (checked IN ('NEW', 'OLD'));"
    )
    assert remedies["rows.domain_text"] == (
        "ALTER DOMAIN public.word DROP CONSTRAINT known;\n"
        "ALTER DOMAIN public.word ADD CONSTRAINT known CHECK (VALUE IN ('NEW', 'OLD'));"
    )
    assert remedies["rows.twice"] == 'Let the CHECK two of public.rows accept "OLD", too.'
    assert remedies["rows.short"] == "ALTER TABLE public.rows ALTER COLUMN short TYPE character varying(12);"


def test_a_constraint_is_named_with_what_it_refuses(forms: Verdicts) -> None:
    (finding,) = forms["rows.twice"].findings
    assert finding.message == (
        'app.Row.twice sends "OLD", but the CHECK two of public.rows refuses it: every write of it fails.'
    )
    (finding,) = forms["rows.short"].findings
    assert finding.message == (
        'app.Row.short sends "a longer one" (12 characters), but the column public.rows.short holds 3 '
        "(character varying(3)): PostgreSQL refuses it."
    )
    assert finding.location is not None
    assert finding.location.line is not None
    assert APP.splitlines()[finding.location.line - 1].strip().startswith("short:")


def test_a_type_of_many_columns_is_reported_once(tmp_path: Path, postgres_server: str) -> None:
    pytest.importorskip("psycopg")
    columns = "\n".join(f"    c{at}: Mapped[Status] = mapped_column(native)" for at in range(5))
    model = APP.partition("class Sales")[0] + (
        f'class Many(Base):\n    __tablename__ = "many"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
        f'{columns}\n    other: Mapped[Status] = mapped_column(Enum("new", name="status"))\n'
    )
    made = ", ".join(f"c{at} status" for at in range(5))
    url = create_database(
        postgres_server,
        f"many_{os.getpid()}",
        f"CREATE TYPE status AS ENUM ('new'); CREATE TABLE many (id int, {made}, other status)",
    )
    found = verdicts(tmp_path, {"app.py": model}, {"U": url.replace("postgresql:", "postgresql+psycopg:", 1)})
    assert {name: one.outcome for name, one in found.items()} == {
        "many.c0": Outcome.FAILED,
        "many.other": Outcome.PASSED,
        "enum-columns": Outcome.SKIPPED,
    }
    (finding,) = found["many.c0"].findings
    assert dict(finding.details)["the same of the same type"] == "many.c1, many.c2, many.c3, many.c4"
    assert found["enum-columns"].reason == (
        "differs from the enum type public.status as many.c0 does "
        "(4 columns: many.c1, many.c2, many.c3 and 1 more)"
    )


MYSQL_APP = """
import enum, os
from sqlalchemy import Enum, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
engine = create_engine(os.environ["U"])
class Base(DeclarativeBase): pass
ODD = ["it's", 'a "b"', "back\\\\slash", "two\\nlines", "🎈", "naïve"]
class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    own: Mapped[str] = mapped_column(Enum(*ODD))
    odd: Mapped[str] = mapped_column(Enum(*ODD))
    checked: Mapped[str] = mapped_column(Enum(*ODD, native_enum=False))
    cased: Mapped[str] = mapped_column(Enum("NEW", "OLD"))
    text: Mapped[str] = mapped_column(Enum("NEW", "OLD", native_enum=False))
    exact: Mapped[str] = mapped_column(Enum("NEW", "OLD", native_enum=False))
    at_column: Mapped[str] = mapped_column(Enum("NEW", "OLD", native_enum=False))
    variant: Mapped[str] = mapped_column(String(20).with_variant(Enum("NEW", "OLD"), "mysql"))
"""
MYSQL_TABLE = """
CREATE TABLE `rows` (id int PRIMARY KEY,
  own enum('it''s','a "b"','back\\\\slash','two\nlines','🎈','naïve') NOT NULL,
  odd enum('it''s','a "b"','back\\\\slash','two\nlines','🎈') NOT NULL,
  checked varchar(20) CHECK (checked IN ('it''s','a "b"','back\\\\slash','two\nlines','🎈','naïve')),
  cased enum('new','OLD'),
  text varchar(20), exact varchar(20) COLLATE utf8mb4_bin,
  at_column varchar(20) NOT NULL CHECK (at_column IN ('NEW')),
  variant enum('NEW'),
  CONSTRAINT t CHECK (text IN ('new', 'old')), CONSTRAINT e CHECK (exact IN ('new', 'OLD'))
)
"""


@pytest.fixture(scope="module")
def of_mariadb(tmp_path_factory: pytest.TempPathFactory, mariadb_server: str) -> Verdicts:
    with database(mariadb_server, f"forms_{os.getpid()}", MYSQL_TABLE) as url:
        environ = {"U": url.replace("mysql://", "mysql+pymysql://", 1) + "?charset=utf8mb4"}
        return verdicts(tmp_path_factory.mktemp("mariadb"), {"app.py": MYSQL_APP}, environ)


@pytest.mark.parametrize(
    "column, expected",
    {
        "rows.own": [],
        "rows.odd": ["PRD302"],
        "rows.checked": [],
        "rows.cased": ["PRD302"],
        "rows.text": ["PRD303"],
        "rows.exact": ["PRD307"],
        "rows.at_column": ["PRD307"],
        "rows.variant": ["PRD302"],
    }.items(),
)
def test_mariadb_compares_as_its_collation_does(
    column: str, expected: list[str], of_mariadb: Verdicts
) -> None:
    assert codes(of_mariadb[column]) == expected


def test_mariadbs_statements_are_its_own(of_mariadb: Verdicts) -> None:
    (odd,) = of_mariadb["rows.odd"].findings
    assert odd.message.startswith('app.Row.odd sends "naïve", but the column rows.odd, an ENUM in MariaDB,')
    assert odd.remedy.startswith(
        "ALTER TABLE `rows` MODIFY COLUMN odd ENUM('it''s', 'a \"b\"', 'back\\\\slash',"
    )
    assert odd.remedy.endswith("'naïve') NOT NULL;")
    (cased,) = of_mariadb["rows.cased"].findings
    assert "MariaDB takes it for the other and gives that back, and reading that fails" in cased.message
    assert cased.remedy.splitlines()[1:] == ["ALTER TABLE `rows` MODIFY COLUMN cased ENUM('NEW', 'OLD');"]
    (at_column,) = of_mariadb["rows.at_column"].findings
    assert at_column.remedy == (
        "ALTER TABLE `rows` MODIFY COLUMN at_column varchar(20) NOT NULL CHECK (at_column IN ('NEW', 'OLD'));"
    )
    (exact,) = of_mariadb["rows.exact"].findings
    assert exact.remedy.splitlines()[1:] == [
        "ALTER TABLE `rows` DROP CONSTRAINT e;",
        "UPDATE `rows` SET exact = 'NEW' WHERE exact = 'new';",
        "ALTER TABLE `rows` ADD CONSTRAINT e CHECK (exact IN ('NEW', 'OLD'));",
    ]


def test_sqlite_is_told_to_make_the_table_anew(tmp_path: Path) -> None:
    made = sqlite3.connect(tmp_path / "x.db")
    made.execute(
        "CREATE TABLE rows (id integer PRIMARY KEY, own text, odd varchar(1) CONSTRAINT o CHECK (odd IN ('it''s')),"
        " checked text CHECK (checked IN ('no one')), cased text COLLATE NOCASE CHECK (cased IN ('new', 'old')),"
        ' text text CHECK ("text" IN ("NEW", "OLD")), exact, at_column integer, variant text)'
    )  # fmt: skip
    made.close()
    found = verdicts(tmp_path, {"app.py": MYSQL_APP}, {"U": f"sqlite:///{tmp_path}/x.db"})
    assert {name.partition(".")[2]: codes(one) for name, one in found.items()} == {
        "own": [],
        "odd": ["PRD307"],
        "checked": ["PRD303", "PRD307"],
        "cased": ["PRD303"],
        "text": [],
        "exact": [],
        "at_column": "the real column holds no text: the database has it as INTEGER",
    }
    (odd,) = found["rows.odd"].findings
    assert odd.remedy.startswith(
        'SQLite cannot change a CHECK: create the table "rows" anew (Alembic: op.batch_alter_table) with '
        "CONSTRAINT o CHECK (odd IN ('it''s', 'a \"b\"',"
    )


MODELS = """
from django.db.models import Q

class Status(models.TextChoices):
    NEW = "new", "New"
    OLD = "old", "Old"

class Priority(models.IntegerChoices):
    LOW = 1
    HIGH = 2

def made(): raise AssertionError

class Place(models.Model):
    class Kind(models.TextChoices):
        A = "a"
        B = "b"
    free = models.CharField(max_length=9, choices=Status)
    short = models.CharField(max_length=9, choices=Status)
    stale = models.CharField(max_length=9, choices=Status.choices)
    named = models.CharField(max_length=9, choices=Kind.choices, blank=True)
    grouped = models.CharField(max_length=9, choices=[("Group", [("a", "A"), ("b", "B")]), ("", "-"), ("c", "C")])
    called = models.CharField(max_length=9, choices=made)
    called_freely = models.CharField(max_length=9, choices=made)
    priority = models.PositiveSmallIntegerField(choices=Priority)
    ranged = models.PositiveSmallIntegerField(choices=Priority, null=True)
    extra = models.IntegerField(choices=Priority)
    yes = models.BooleanField(choices=[(True, "Yes"), (False, "No")])
    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="priority_known"),
            models.CheckConstraint(condition=Q(extra__in=[1, 2, 3]), name="extra_known"),
        ]
"""
TABLE = """
CREATE TABLE shop_place (id {serial} PRIMARY KEY, free varchar(9), short varchar(2),
  stale varchar(9) NOT NULL, named varchar(9), grouped varchar(9), called varchar(9), called_freely varchar(9),
  priority smallint, ranged smallint, extra integer, yes {boolean},
  CONSTRAINT stale_known CHECK (stale IN ('new')), CONSTRAINT named_known CHECK (named IN ('A', 'B')),
  CONSTRAINT grouped_known CHECK (grouped IN ('a', 'b')), CONSTRAINT called_known CHECK (called IN ('a')),
  CONSTRAINT priority_known CHECK (priority IN (1)), CONSTRAINT ranged_known CHECK (ranged >= 0 AND ranged < 2),
  CONSTRAINT extra_known CHECK (extra IN (1, 2, 3)))
"""
DJANGO: dict[str, list[str] | str] = {
    "free": [],
    "short": ["PRD307"],
    "stale": ["PRD307"],
    "named": ["PRD304"],
    "grouped": ["PRD307"],
    "called": "what is sent cannot be known: its choices are made when they are needed",
    "priority": ["PRD307"],
    "ranged": ["PRD307"],
    "extra": ["PRD303"],
}


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "sqlite"])
def of_django(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Verdicts]]:
    pytest.importorskip("django")
    root = tmp_path_factory.mktemp("django")
    if request.param == "sqlite":
        made = sqlite3.connect(root / "x.db")
        made.execute(TABLE.format(serial="integer", boolean="bool"))
        made.close()
        name = str(root / "x.db")
        where = f'ENGINE="django.db.backends.sqlite3", NAME={name!r}'
        yield "sqlite", verdicts(root, django(f'DATABASES = {{"default": dict({where})}}', MODELS), {})
    elif request.param == "postgresql":
        table = TABLE.format(serial="serial", boolean="boolean")
        url = create_database(request.getfixturevalue("postgres_server"), f"choices_{os.getpid()}", table)
        yield "postgresql", verdicts(root, django(settings(url, "postgresql"), MODELS), {})
    else:
        table = TABLE.format(serial="int", boolean="bool")
        with database(request.getfixturevalue("mariadb_server"), f"choices_{os.getpid()}", table) as url:
            files = django(settings(url, "mysql"), MODELS)
            yield "mariadb", verdicts(root, files, {"MYSQL_BY_PYMYSQL": "1"})


def settings(url: str, engine: str) -> str:
    parts = urlsplit(url)
    return (
        f'DATABASES = {{"default": dict(ENGINE="django.db.backends.{engine}", NAME="{parts.path[1:]}", '
        f'USER="{parts.username}", PASSWORD="{parts.password or ""}", HOST="{parts.hostname}", '
        f'PORT="{parts.port}")}}'
    )


def test_choices_of_django_are_compared_with_the_constraints(of_django: tuple[str, Verdicts]) -> None:
    vendor, found = of_django
    expected = dict(DJANGO)
    if vendor == "sqlite":  # which holds no column to its length
        expected["short"] = []
    if vendor == "mariadb":  # takes "a" for "A", and keeps it as it was written
        expected["named"] = ["PRD303"]
    assert {name.partition(".")[2]: codes(one) for name, one in found.items()} == expected


def test_findings_of_django_speak_of_django(of_django: tuple[str, Verdicts]) -> None:
    vendor, found = of_django
    (extra,) = found["shop_place.extra"].findings
    assert extra.message.endswith(
        " accepts 3, which shop.models.Place.extra does not know: a row that holds it does not pass "
        "full_clean(), and is shown as it is stored."
    )
    (priority,) = found["shop_place.priority"].findings
    assert "shop.models.Place.priority sends 2, but the CHECK priority_known" in priority.message
    assert priority.location is not None
    assert priority.location.line is not None
    assert (priority.location.file, MODELS.splitlines()[priority.location.line - 2].strip()[:8]) == (
        "shop/models.py",
        "priority",
    )
    if vendor == "postgresql":
        assert priority.remedy == (
            "ALTER TABLE public.shop_place DROP CONSTRAINT priority_known, "
            "ADD CONSTRAINT priority_known CHECK (priority IN (1, 2));"
        )
        (named,) = found["shop_place.named"].findings
        assert named.remedy.splitlines()[-1] == (
            "ALTER TABLE public.shop_place ADD CONSTRAINT named_known CHECK (named IN ('a', 'b'));"
        )


def test_a_native_type_behind_djangos_choices(tmp_path: Path, postgres_server: str) -> None:
    pytest.importorskip("django")
    url = create_database(
        postgres_server,
        f"native_{os.getpid()}",
        "CREATE TYPE status AS ENUM ('new'); CREATE TABLE shop_place (id int, status status)",
    )
    models = """
    class StatusField(models.CharField):
        def db_type(self, connection): return "status"
    class Place(models.Model):
        status = StatusField(max_length=9, choices=[("new", "New"), ("old", "Old")])
    """
    found = verdicts(tmp_path, django(settings(url, "postgresql"), models), {})
    (finding,) = found["shop_place.status"].findings
    assert (finding.code, finding.remedy) == ("PRD302", "ALTER TYPE public.status ADD VALUE 'old';")


def test_sqlmodel_sends_the_names(tmp_path: Path, postgres_server: str) -> None:
    pytest.importorskip("sqlmodel")
    pytest.importorskip("psycopg")
    url = create_database(
        postgres_server,
        f"sqlmodel_{os.getpid()}",
        "CREATE TYPE status AS ENUM ('new', 'old'); CREATE TABLE row (id int, status status)",
    )
    app = """
    import enum, os
    from typing import Optional
    from sqlmodel import Field, SQLModel, create_engine
    engine = create_engine(os.environ["U"])
    class Status(str, enum.Enum):
        NEW = "new"
        OLD = "old"
    class Row(SQLModel, table=True):
        id: Optional[int] = Field(default=None, primary_key=True)
        status: Status
    """
    found = verdicts(tmp_path, {"app.py": app}, {"U": url.replace("postgresql:", "postgresql+psycopg:", 1)})
    assert codes(found["row.status"]) == ["PRD304"]
