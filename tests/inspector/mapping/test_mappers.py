from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.facts import EnumColumn, Location, Mapping, MappingFailure, Member
from pytest_prodready.inspector.mapping import failures, mappers
from pytest_prodready.inspector.project import Project

sqlalchemy = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")

Load = Callable[[str], Project]
Refuse = Callable[[str], "tuple[BaseException, Project]"]
NUMBERS = itertools.count()
HEAD = """\
import enum
from typing import Any, Dict
from sqlalchemy import ARRAY, Column, Enum, Integer, MetaData, String, Table, ForeignKey
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry, relationship
from sqlalchemy.types import TypeDecorator
class Base(DeclarativeBase): pass
class Status(enum.Enum):
    New = "New"
    Not_a_Fit = "Not a Fit"
"""
FIRST = HEAD.count("\n") + 1


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a module of models from source; every registry is forgotten at the end."""
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded: list[str] = []

    def load(body: str) -> Project:
        name = f"models_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(body))
        loaded.append(name)
        project = Project(str(tmp_path), (name,))
        importlib.import_module(name)
        return project

    yield load
    orm.clear_mappers()
    for name in loaded:
        sys.modules.pop(name, None)


@pytest.fixture
def refuse(load: Load, tmp_path: Path) -> Refuse:
    """Import a module of models that SQLAlchemy refuses; gives the exception."""

    def refuse(body: str) -> tuple[BaseException, Project]:
        with pytest.raises(Exception) as caught:
            load(body)
        (name,) = (path.stem for path in tmp_path.glob("models_*.py"))
        return caught.value, Project(str(tmp_path), (name,))

    return refuse


def seen(project: Project) -> Mapping:
    return decode(Mapping, mappers.inspect(project))


def only(project: Project) -> EnumColumn:
    (column,) = seen(project).columns
    return column


PLACE = """
class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(%s)
"""


def test_a_native_enum_sends_the_names_of_its_members(load: Load) -> None:
    project = load(PLACE % 'Enum(Status, name="place_status", create_type=False)')
    (module,) = project.packages
    found = seen(project)
    assert (found.classes, found.failures) == ((f"{module}.Place",), ())
    assert found.columns == (
        EnumColumn(
            table="places",
            column="status",
            schema=None,
            model=f"{module}.Place",
            type_name="place_status",
            type_schema=None,
            sends=("New", "Not_a_Fit"),
            enum=f"{module}.Status",
            members=(Member("New", "New"), Member("Not_a_Fit", "Not a Fit")),
            location=Location(f"{module}.py", FIRST + 4),
            constraint="place_status",
            length=9,
            reads=("New", "Not_a_Fit"),
        ),
    )


def test_what_a_migration_maps_for_itself_is_not_looked_at(load: Load) -> None:
    """Alembic runs a revision from its file: no module has its name, and nobody queries through it."""
    body = """\
        class OfItsDay(DeclarativeBase): pass
        class Tag(OfItsDay):
            %s
            __tablename__ = "tags"
            id: Mapped[int] = mapped_column(primary_key=True)
            owner = relationship("Nobody")
        """
    assert seen(load(body % '__module__ = "0001_initial_py"')) == Mapping()
    assert seen(load(body % "")).failures


def test_values_callable_decides_what_is_sent(load: Load) -> None:
    column = only(load(PLACE % "Enum(Status, values_callable=lambda e: [m.value for m in e])"))
    assert column.sends == ("New", "Not a Fit")


@pytest.mark.parametrize(
    "kind, array, native",
    [
        ("postgresql.ENUM(Status, name='status')", False, True),
        ("ARRAY(Enum(Status))", True, True),
        ("postgresql.ARRAY(postgresql.ENUM(Status, name='status'))", True, True),
        ("Enum(Status, native_enum=False)", False, False),
        ("String().with_variant(postgresql.ENUM(Status, name='status'), 'postgresql')", False, True),
        ("", False, True),
    ],
)
def test_every_way_to_write_an_enum_column_is_seen(load: Load, kind: str, array: bool, native: bool) -> None:
    column = only(load(PLACE % kind))
    assert (column.sends, column.type_name) == (("New", "Not_a_Fit"), "status")
    assert (column.array, column.native) == (array, native)


def test_a_list_of_strings_needs_no_class(load: Load) -> None:
    column = only(load(PLACE % 'Enum("new", "Not a Fit", name="status", schema="sales")'))
    assert (column.sends, column.enum, column.members) == (("new", "Not a Fit"), "", ())
    assert column.type_schema == "sales"


def test_a_decorator_without_hooks_sends_what_its_impl_sends(load: Load) -> None:
    decorator = "class Plain(TypeDecorator):\n    impl = Enum(Status)\n    cache_ok = True\n"
    column = only(load(decorator + PLACE % "Plain"))
    assert (column.sends, column.opaque) == (("New", "Not_a_Fit"), "")


def test_a_decorator_that_processes_what_is_bound_is_opaque(load: Load) -> None:
    decorator = (
        "class Odd(TypeDecorator):\n    impl = Enum(Status)\n    cache_ok = True\n"
        "    def process_bind_param(self, value, dialect): raise AssertionError\n"
    )
    assert only(load(decorator + PLACE % "Odd")).opaque == "Odd.process_bind_param decides what is sent"


def test_an_integer_enum_behind_a_decorator_is_no_enum_column(load: Load) -> None:
    decorator = "class Number(TypeDecorator):\n    impl = Integer\n    cache_ok = True\n"
    assert seen(load(decorator + PLACE % "Number")).columns == ()


def test_aliases_are_not_sent_and_values_that_are_no_text_are_unknown(load: Load) -> None:
    column = only(
        load("class Size(enum.IntEnum):\n    S = 1\n    SMALL = 1\n    L = 2\n" + PLACE % "Enum(Size)")
    )
    assert column.sends == ("S", "L")
    assert column.members == (Member("S", None), Member("L", None))


def test_a_column_of_a_mixin_is_located_in_the_mixin(load: Load) -> None:
    project = load(
        """\
        class WithStatus:
            status: Mapped[Status]
        class Place(WithStatus, Base):
            __tablename__ = "places"
            id: Mapped[int] = mapped_column(primary_key=True)
        """
    )
    assert only(project).location == Location(f"{project.packages[0]}.py", FIRST + 1)


def test_inherited_columns_are_listed_once_under_the_class_that_has_them(load: Load) -> None:
    project = load(PLACE % "" + "class Shop(Place):\n    __mapper_args__ = {}\n")
    found = seen(project)
    (module,) = project.packages
    assert found.classes == (f"{module}.Place", f"{module}.Shop")
    assert [column.model for column in found.columns] == [f"{module}.Place"]


def test_core_tables_are_listed_with_the_line_of_their_column(load: Load) -> None:
    project = load(
        'orders = Table(\n    "orders", MetaData(schema="sales"),\n    Column("state", Enum(Status)),\n)\n'
    )
    column = only(project)
    assert (column.name, column.model) == ("sales.orders.state", "")
    assert column.location == Location(f"{project.packages[0]}.py", FIRST + 2)


def test_tables_mapped_imperatively_are_located_at_their_column(load: Load) -> None:
    project = load(
        """\
        mapper_registry = registry()
        orders = Table("orders", mapper_registry.metadata, Column("id", Integer, primary_key=True),
            Column("state", Enum(Status)))
        class Order: pass
        mapper_registry.map_imperatively(Order, orders)
        """
    )
    column = only(project)
    assert column.model == f"{project.packages[0]}.Order"
    assert column.location == Location(f"{project.packages[0]}.py", FIRST + 2)


def test_tables_of_another_bind_name_it(load: Load) -> None:
    project = load('t = Table("t", MetaData(info={"bind_key": "archive"}), Column("state", Enum(Status)))')
    assert (only(project).bind, only(project).opaque) == ("archive", "")


def test_all_mappers_that_fail_are_reported_not_only_the_first(load: Load) -> None:
    related = """
class {0}(Base):
    __tablename__ = "{0}"
    id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("B.id"))
    other = relationship("{1}")
"""
    project = load(related.format("A", "Missing") + related.format("B", "B") + related.format("C", "Gone"))
    (module,) = project.packages
    found = seen(project)
    assert [(failure.model, failure.attribute) for failure in found.failures] == [
        (f"{module}.A", "other"),
        (f"{module}.C", "other"),
    ]
    assert found.failures[0].location == Location(f"{module}.py", FIRST + 5)
    assert "failed to locate a name ('Missing')" in found.failures[0].failure.message
    assert found.failures[0].defined is None
    assert len(found.classes) == 3


def test_a_class_that_exists_in_a_module_that_is_not_loaded_is_pointed_at(tmp_path: Path, load: Load) -> None:
    project = load(
        """
        class A(Base):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            other = relationship("Later")
        """
    )
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "later.py").write_text("\n\nclass Later(Base): ...\n")
    project.packages = (*project.packages, "app")
    (failure,) = seen(project).failures
    assert failure.defined == Location("app/later.py", 3)


def test_what_an_applications_listener_raises_is_at_its_line(load: Load) -> None:
    project = load(
        """
        from sqlalchemy import event
        class A(Base):
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
        from sqlalchemy.orm import Mapper
        def finish():
            A.event
        event.listen(Mapper, "after_configured", finish, once=True)
        """
    )
    (failure,) = seen(project).failures
    assert (failure.model, failure.failure.type) == ("", "AttributeError")
    assert failure.location == Location(f"{project.packages[0]}.py", FIRST + 7)


C5_NO_TYPE = """\
class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[Dict[str, Any]] = mapped_column("payload")
"""


def test_an_annotation_without_a_column_type_is_attributed_to_its_line(refuse: Refuse) -> None:
    error, project = refuse(C5_NO_TYPE)
    (module,) = project.packages
    found = decode(MappingFailure, failures.mapping_failure(error, project))
    assert (found.model, found.attribute) == (f"{module}.Event", "payload")
    assert found.location == Location(f"{module}.py", FIRST + 3)
    assert found.failure.type in (
        "MappedAnnotationError",
        "ArgumentError",
    )  # the first 2.0 releases have the latter
    assert found.failure.module == module


C5_METADATA = """\
class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    metadata: Mapped[str] = mapped_column("metadata")
"""


@pytest.mark.filterwarnings("ignore:Attribute name 'metadata'")
def test_an_attribute_named_metadata_is_reported_by_every_version(refuse: Refuse, load: Load) -> None:
    if tuple(map(int, sqlalchemy.__version__.split(".")[:2])) < (2, 1):
        error, project = refuse(C5_METADATA)
        found = decode(MappingFailure, failures.mapping_failure(error, project))
    else:
        project = load(C5_METADATA)
        (found,) = seen(project).failures
        assert found.warned
    assert (found.model, found.attribute) == (f"{project.packages[0]}.Event", "metadata")
    assert found.location == Location(f"{project.packages[0]}.py", FIRST + 3)
    assert "'metadata' is reserved" in found.failure.message


def test_a_class_without_a_primary_key_is_attributed_to_the_class(refuse: Refuse) -> None:
    error, project = refuse('class Bare(Base):\n    __tablename__ = "bare"\n    x: Mapped[int]\n')
    found = decode(MappingFailure, failures.mapping_failure(error, project))
    assert (found.model.endswith(".Bare"), found.attribute) == (True, "")
    assert found.location == Location(f"{project.packages[0]}.py", FIRST)


@pytest.mark.parametrize(
    "body",
    [
        "import nowhere",
        "1 / 0",
        "Enum(Status).nope",
        "from sqlalchemy import create_engine\ncreate_engine('x')",
    ],
)
def test_other_failures_at_import_are_no_mapping_failures(refuse: Refuse, body: str) -> None:
    error, project = refuse(body)
    assert failures.mapping_failure(error, project) is None


def test_odd_objects_in_a_module_are_left_alone(load: Load) -> None:
    project = load(
        PLACE % ""
        + """
class Touchy:
    def __getattr__(self, name): raise AssertionError(name)
    def __bool__(self): raise AssertionError
    def __eq__(self, other): raise AssertionError
    __hash__ = None
    @property
    def __class__(self): raise AssertionError
touchy = Touchy()
"""
    )
    assert len(seen(project).columns) == 1
