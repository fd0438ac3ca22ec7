"""Every table and column that SQLAlchemy maps, as facts."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.facts import Location, MappedTable, Mapping
from pytest_prodready.facts.database import FAMILIES
from pytest_prodready.inspector.mapping import mappers
from pytest_prodready.inspector.project import Project

sqlalchemy = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")

Load = Callable[[str], dict[str, MappedTable]]
NUMBERS = itertools.count()
HEAD = """\
import enum
from sqlalchemy import *
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, registry, relationship
class Base(DeclarativeBase): pass
class Status(enum.Enum):
    New = "New"
"""
FIRST = HEAD.count("\n") + 1


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module of models; gives its tables by schema and name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded: list[str] = []

    def load(body: str) -> dict[str, MappedTable]:
        name = f"tables_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(body))
        loaded.append(name)
        importlib.import_module(name)
        found = decode(Mapping, mappers.inspect(Project(str(tmp_path), (name,)))).tables
        return {table.qualified: table for table in found if table.framework == "sqlalchemy"}

    yield load
    orm.clear_mappers()
    for name in loaded:
        sys.modules.pop(name, None)


def test_a_class_with_its_columns_and_their_lines(load: Load) -> None:
    (place,) = load(
        """\
        class Stamped:
            made = mapped_column(DateTime)
        class Place(Stamped, Base):
            __tablename__ = "Places"
            __table_args__ = {"schema": "shop"}
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str] = mapped_column("name", String(20))
            twice = column_property(id * 2)
        """
    ).values()
    file = place.model.partition(".")[0] + ".py"
    assert (place.qualified, place.model.partition(".")[2], place.kind, place.own, place.bind) == (
        "shop.Places",
        "Place",
        "table",
        True,
        "",
    )
    assert place.location == Location(file, FIRST + 2)
    assert {
        column.name: (column.attribute, column.family, column.length, column.type, column.location)
        for column in place.columns
    } == {
        "made": ("made", "datetime", None, "DATETIME", Location(file, FIRST + 1)),
        "id": ("id", "integer", None, "INTEGER", Location(file, FIRST + 5)),
        "name": ("title", "text", 20, "VARCHAR(20)", Location(file, FIRST + 6)),
    }


def test_inheritance_gives_each_table_once(load: Load) -> None:
    found = load(
        """\
        class Animal(Base):
            __tablename__ = "animals"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str]
            __mapper_args__ = {"polymorphic_on": "kind"}
        class Cat(Animal):
            lives: Mapped[int] = mapped_column(nullable=True)
            __mapper_args__ = {"polymorphic_identity": "cat"}
        class Dog(Animal):
            __tablename__ = "dogs"
            id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "dog"}
        """
    )
    assert {name: table.model.partition(".")[2] for name, table in found.items()} == {
        "animals": "Animal",
        "dogs": "Dog",
    }
    assert {column.name: column.attribute for column in found["animals"].columns} == {
        "id": "id",
        "kind": "kind",
        "lives": "lives",
    }


def test_tables_of_core_belong_to_it_and_temporary_ones_do_not(load: Load) -> None:
    found = load(
        """\
        link = Table("link", Base.metadata,
            Column("a", Integer),
            Column("b", ForeignKey("places.id")))
        Table("scratch", Base.metadata, Column("a", Integer), prefixes=["TEMPORARY"])
        class Place(Base):
            __tablename__ = "places"
            id: Mapped[int] = mapped_column(primary_key=True)
        archive = Table("old", MetaData(info={"bind_key": "archive"}), Column("a", Integer))
        class Report(Base):
            __table__ = select(Place.id).subquery()
            __mapper_args__ = {"primary_key": [__table__.c.id]}
        """
    )
    assert {
        name: (table.kind, table.model.partition(".")[2], table.bind) for name, table in found.items()
    } == {
        "link": ("core", "", ""),
        "old": ("core", "", "archive"),
        "places": ("table", "Place", ""),
    }
    place = found["link"].location
    assert place is not None
    assert place.line == FIRST
    assert [(one.location.line if one.location else 0) for one in found["link"].columns] == [
        FIRST + 1,
        FIRST + 2,
    ]


def test_a_table_that_is_imported_belongs_to_where_it_comes_from(load: Load, tmp_path: Path) -> None:
    """A library's table is none of the application's because one of its modules uses it."""
    text = "from sqlalchemy import *\nroles = Table('lib_roles', MetaData(), Column('a', Integer))\n"
    (tmp_path / "a_library.py").write_text(text)
    found = load(
        """\
        from a_library import roles
        own = Table("own", roles.metadata, Column("a", Integer))
        """
    )
    del sys.modules["a_library"]
    assert {name: table.own for name, table in found.items()} == {"lib_roles": False, "own": True}


TYPES = {
    "String(5)": ("text", 5),
    "Unicode": ("text", None),
    "Text": ("text", None),
    "Integer": ("integer", None),
    "BigInteger": ("integer", None),
    "mysql.TINYINT": ("integer", None),
    "Numeric(4, 2)": ("number", None),
    "Float": ("number", None),
    "Boolean": ("boolean", None),
    "Date": ("date", None),
    "Time": ("time", None),
    "DateTime": ("datetime", None),
    "TIMESTAMP": ("datetime", None),
    "Interval": ("interval", None),
    "Interval(native=False)": ("", None),
    "Uuid(native_uuid=False)": ("", None),
    "LargeBinary": ("binary", None),
    "PickleType": ("binary", None),
    "JSON": ("json", None),
    "postgresql.JSONB": ("json", None),
    "Uuid": ("uuid", None),
    "postgresql.UUID": ("uuid", None),
    "Enum(Status)": ("enum", 3),
    "Enum('a', 'long', native_enum=False)": ("enum", 4),
    "postgresql.INET": ("", None),
    "postgresql.TSVECTOR": ("", None),
    "String().with_variant(Integer, 'mysql')": ("", None),
    "mysql.SET('a')": ("", None),
}


def test_the_family_is_what_the_type_sends(load: Load) -> None:
    columns = "".join(f"    Column('c{at}', {kind}),\n" for at, kind in enumerate(TYPES))
    table = load(f"t = Table('t', MetaData(),\n{columns})\n")["t"]
    found = {kind: (column.family, column.length) for kind, column in zip(TYPES, table.columns, strict=True)}
    assert {kind: (family, length if family else None) for kind, (family, length) in found.items()} == TYPES
    assert {family for family, _ in TYPES.values()} == {*FAMILIES, ""}


def test_arrays_and_decorated_types_send_what_is_inside(load: Load) -> None:
    table = load(
        """\
        class Loud(TypeDecorator):
            impl = String(9)
            cache_ok = True
            def process_bind_param(self, value, dialect): return value.upper()
        class Guid(TypeDecorator):
            impl = CHAR
            cache_ok = True
            def load_dialect_impl(self, dialect): return dialect.type_descriptor(CHAR(32))
        t = Table("t", MetaData(), Column("a", ARRAY(Integer)), Column("b", Loud), Column("c", Guid))
        """
    )["t"]
    assert [(one.family, one.array, one.length) for one in table.columns] == [
        ("integer", True, None),
        ("text", False, 9),
        ("", False, None),
    ]


def test_the_enum_type_of_postgresql_that_a_column_is(load: Load) -> None:
    kinds = (
        "Enum(Status)",
        "Enum(Status, name='kind', schema='shop')",
        "Enum(Status, native_enum=False)",
        "postgresql.ENUM('a', name='own')",
        "Enum('a')",
        "String",
    )
    columns = ", ".join(f"Column('c{at}', {kind})" for at, kind in enumerate(kinds))
    table = load(f"t = Table('t', MetaData(), {columns})\n")["t"]
    assert [one.enum_type for one in table.columns] == ["status", "shop.kind", "", "own", "", ""]


def test_models_of_sqlmodel_are_tables(load: Load) -> None:
    pytest.importorskip("sqlmodel")
    found = load(
        """\
        from sqlmodel import Field, SQLModel
        class Hero(SQLModel, table=True):
            __tablename__ = "heroes_of_the_test"
            id: int | None = Field(default=None, primary_key=True)
            name: str = Field(max_length=12)
        """
    )["heroes_of_the_test"]
    assert [(one.name, one.family, one.length) for one in found.columns] == [
        ("id", "integer", None),
        ("name", "text", 12),
    ]
    assert found.columns[1].location is not None
    assert found.columns[1].location.line == FIRST + 4
