"""What SQLAlchemy's statements, sessions, results and mapped attributes give, over real mapped classes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.files import write_files

ROOT = Path(__file__).resolve().parents[2]
SQLALCHEMY = tuple(map(int, version("sqlalchemy").split(".")[:2]))
MODELS = """\
    import enum
    from sqlalchemy import Boolean, Column, DateTime, Enum, ForeignKey, Integer, JSON, Numeric, String
    from sqlalchemy import delete, func, insert, select, update
    from sqlalchemy.ext.associationproxy import association_proxy
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
    from sqlalchemy.ext.hybrid import hybrid_property
    from sqlalchemy.orm import Query, Session, aliased, backref, declarative_base, relationship
    from sqlalchemy.orm import scoped_session, sessionmaker
    from sqlalchemy.types import TypeDecorator

    Base = declarative_base()
    Scoped = scoped_session(sessionmaker())


    class Status(enum.Enum):
        NEW = "New"


    class Upper(TypeDecorator):
        impl = String
        cache_ok = True


    class Mine(Session):
        def execute(self, *args, **kwargs):
            return 1


    class ActiveQuery(Query):
        def active(self):
            return self.filter_by(active=True)

        def first(self):
            return None


    class City(Base):
        __tablename__ = "city"
        id = Column(Integer, primary_key=True)
        name = Column(String, nullable=False)
        query = Scoped.query_property()


    class Business(Base):
        __tablename__ = "business"
        id = Column(Integer, primary_key=True)
        name = Column(String, nullable=False)
        website_url = Column(String)
        opened_at = Column("opened", DateTime)
        price = Column(Numeric)
        status = Column(Enum(Status), nullable=False)
        data = Column(JSON)
        loud = Column(Upper)
        city_id = Column(ForeignKey("city.id"))
        owner_id = Column(ForeignKey("owner.id"), nullable=False)
        city = relationship(City, backref="businesses")
        owner = relationship("Owner", back_populates="businesses")
        calls = relationship("Call", lazy="dynamic")
        place = relationship("Place", uselist=False)
        owner_name = association_proxy("owner", "name")

        @hybrid_property
        def shown(self):
            return self.name


    class Owner(Base):
        __tablename__ = "owner"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        businesses = relationship(Business, back_populates="owner", collection_class=set)


    class Call(Base):
        __tablename__ = "call"
        id = Column(Integer, primary_key=True)
        business_id = Column(ForeignKey("business.id"))


    class Place(Base):
        __tablename__ = "place"
        id = Column(Integer, primary_key=True)
        business_id = Column(ForeignKey("business.id"))


    class Animal(Base):
        __tablename__ = "animal"
        id = Column(Integer, primary_key=True)
        kind = Column(String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


    class Dog(Animal):
        barks = Column(Boolean)
        __mapper_args__ = {"polymorphic_identity": "dog"}


    class Custom(Base):
        __tablename__ = "custom"
        id = Column(Integer, primary_key=True)

        def __init__(self, **values):
            self.values = values


    class Plain:
        pass


    session = (Session,)
    asession = (AsyncSession,)
    mine = (Mine,)
    own_query = (ActiveQuery,)
    business = (Business,)
    owner = (Owner,)
    plain = (Plain,)
    """
UNKNOWN = ("s", "db_session", "conn", "text")


def follow(
    root: Path,
    expressions: Iterable[str],
    *,
    models: str = MODELS,
    given: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, list[str]]]:
    """What each expression gives, and what its calls ask for.

    Args:
        root: where the module is written.
        expressions: as they would stand in the module.
        models: the module; a name that holds a tuple of one class stands for an instance of it.
        given: names, in order, and the expressions that they stand for in the others.
    """
    write_files(root, {"models.py": models})
    request = {
        "root": str(root),
        "module": "models",
        "unknown": UNKNOWN,
        "given": dict(given or {}),
        "expressions": list(expressions),
    }
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.inspector.names_sqlalchemy_child"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, tuple[str, list[str]]] = json.loads(done.stdout)
    return told


def gives(root: Path, expected: Mapping[str, str], **more: object) -> None:
    """Compare what expressions give."""
    told = follow(root, expected, **more)  # type: ignore[arg-type]  # passed on
    assert {written: value for written, (value, _) in told.items()} == dict(expected)


def asks(root: Path, expected: Mapping[str, list[str]], **more: object) -> None:
    """Compare what expressions ask for."""
    told = follow(root, expected, **more)  # type: ignore[arg-type]  # passed on
    assert {written: asked for written, (_, asked) in told.items()} == dict(expected)


def test_rows_of_a_session(tmp_path: Path) -> None:
    """A class comes through every way of fetching."""
    row = "Row[Business] +Business ..."
    gives(
        tmp_path,
        {
            "session.get(Business, 1)": "Business?",
            "session.get(Plain, 1)": "unknown",
            "session.execute(select(Business))": f"Result[{row}]",
            "session.execute(select(Business)).all()": f"list[{row}, {row}]",
            "session.execute(select(Business)).scalars()": "ScalarResult[Business]",
            "session.execute(select(Business)).scalars().all()": "list[Business, Business]",
            "session.execute(select(Business)).scalars().unique().first()": "Business?",
            "session.execute(select(Business)).scalars().one_or_none()": "Business?",
            "session.execute(select(Business)).scalar_one()": "Business",
            "session.execute(select(Business)).scalar_one_or_none()": "Business?",
            "session.execute(select(Business)).scalar()": "Business?",
            "session.execute(select(Business)).one()": row,
            "session.execute(select(Business)).one().Business": "Business",
            "session.execute(select(Business)).mappings().first()": "unknown",
            "session.execute(select(Business)).scalars().partitions()": "generator[list[Business, Business]]",
            "session.execute(select(Business, City)).first()": "Row[Business, City] +Business +City ...?",
            "session.execute(select(Business, City)).scalars(1).all()": "list[City, City]",
            "session.execute(select(Business, City)).scalars(text).all()": "list",
            "session.execute(select(func.count()))": "Result[Row[unknown] ...]",
            "session.execute(select(*text))": "unknown",
            "session.execute(text)": "unknown",
            "session.scalars(select(Business)).one()": "Business",
            "session.scalars(statement=select(Business)).one()": "Business",
            "session.scalar(select(Business))": "Business?",
            "session.scalar(select(Business.name))": "str?",
            "session.scalars(select(Business.name)).all()": "list[str, str]",
            "session.scalars(select(Business.city_id, Business.name)).first()": "int?",
            "session.execute(select(Business.name, func.max(Business.id).label('last'))).one()": (
                "Row[str, unknown] +last +name ..."
            ),
            "session.execute(select(Business.name)).one().name": "str",
            "session.execute(select(Business.name)).one().count": "unknown",
            "session.execute(update(Business))": "unknown",
            "session.scalars(update(Business).values(name='x').returning(Business)).all()": (
                "list[Business, Business]"
            ),
            "session.scalar(insert(Business).returning(Business.id))": "int?",
            "session.merge(business)": "Business",
            "session.merge(plain)": "unknown",
            "Scoped.scalars(select(City)).first()": "City?",
            "mine.execute(select(Business))": "unknown",
            "mine.scalars(select(Business)).first()": "Business?",
            "plain.scalars(select(Business))": "unknown",
        },
    )


def test_statements_keep_what_they_select(tmp_path: Path) -> None:
    """Through each step, until one changes it."""
    asked = {
        ".where(Business.id == 1).order_by('x').limit(1).offset(2)": "Business",
        ".filter_by(name='x').distinct().with_for_update()": "Business",
        ".join(City).outerjoin(Business.owner).options(text)": "Business",
        ".select_from(City).execution_options(a=1)": "Business",
        ".with_only_columns(Business.id)": "int",
        ".with_only_columns(*text)": "unknown",
        ".add_columns(Business.id)": "Business",
        ".subquery()": "unknown",
        ".union(text)": "unknown",
        ".invented()": "unknown",
    }
    gives(
        tmp_path,
        {f"session.scalars(select(Business){steps}).one()": value for steps, value in asked.items()},
    )


def test_asynchronous_sessions(tmp_path: Path) -> None:
    """What they give is there when it is awaited."""
    gives(
        tmp_path,
        {
            "asession.get(Business, 1)": "coroutine[Business?]",
            "(await asession.get(Business, 1))": "Business?",
            "asession.execute(select(Business)).scalars()": "unknown",
            "(await asession.execute(select(Business))).scalars().all()": "list[Business, Business]",
            "(await asession.scalars(select(Business))).first()": "Business?",
            "(await asession.scalar(select(Business)))": "Business?",
            "(await asession.stream_scalars(select(Business)))": "AsyncScalarResult[Business]",
            "(await asession.stream_scalars(select(Business))).all()": "coroutine[list[Business, Business]]",
            "(await (await asession.stream(select(Business))).scalars().one())": "Business",
        },
    )


def test_unknown_sessions(tmp_path: Path) -> None:
    """A known statement says enough; ``get`` and ``query`` need a name that says it is a session."""
    gives(
        tmp_path,
        {
            "s.scalars(select(Business)).first()": "Business?",
            "(await s.scalars(select(Business))).first()": "Business?",
            "s.execute(select(Business)).scalars().all()": "list[Business, Business]",
            "(await s.execute(select(Business))).scalars().all()": "list[Business, Business]",
            "s.query(Business).first()": "Business?",
            "s.get(Business, 1)": "unknown",
            "db_session.get(Business, 1)": "Business[Business?]?",
            "(await text.session.get(Business, 1))": "Business?",
            "get_session().get(Business, 1)": "Business[Business?]?",
            "db_session.get(Business)": "unknown",
            "conn.execute(select(Business))": "unknown",
            "scalars(select(Business))": "unknown",
        },
    )


def test_queries(tmp_path: Path) -> None:
    """The legacy interface, and the classes that it gives rows of."""
    gives(
        tmp_path,
        {
            "session.query(Business)": "Query[Business]",
            "session.query(Business).filter(Business.id == 1).all()": "list[Business, Business]",
            "session.query(Business).filter_by(name='x').one_or_none()": "Business?",
            "session.query(Business).join(City).one()": "Business",
            "session.query(Business).get(1)": "Business?",
            "session.query(Business).count()": "int",
            "session.query(Business).union(text).first()": "Business?",
            "session.query(Business.name).scalar()": "str?",
            "session.query(Business.name).first()": "Row[str] +name ...?",
            "session.query(Business, City).first()": "Row[Business, City] +Business +City ...?",
            "session.query(Business).with_entities(City).first()": "City?",
            "session.query(Business).with_entities(*text).first()": "unknown",
            "session.query(Business).add_columns(City.id).first()": "Row[Business, int] +Business +id ...?",
            "session.query(Business).subquery()": "Subquery ...",
            "session.query(func.count())": "Query[Row[unknown] ...]",
            "s.query(func.count())": "unknown",
            "session.query(aliased(Business)).first()": "Business?",
            "City.query.filter_by(name='x').first()": "City?",
            "Business.query": "unknown",
            "business.calls.filter_by(business_id=1).first()": "Call?",
        },
    )


def test_attributes(tmp_path: Path) -> None:
    """Related objects, collections and columns, but nothing that the application computes."""
    gives(
        tmp_path,
        {
            "business.city": "City?",
            "business.owner": "Owner",
            "business.place": "Place?",
            "business.calls": "Query[Call] ...",
            "owner.businesses": "InstrumentedSet[Business]",
            "business.city.businesses": "InstrumentedList[Business, Business]",
            "business.name": "str",
            "business.website_url": "str?",
            "business.opened_at": "datetime?",
            "business.price": "Decimal?",
            "business.status": "Status",
            "business.data": "unknown",
            "business.loud": "unknown",
            "business.shown": "unknown",
            "business.owner_name": "unknown",
            "business.website": "unknown",
            "Business.name": "InstrumentedAttribute ...",
            "Business.shown": "unknown",
            "plain.name": "unknown",
            "aliased(Business)": "class Business",
            "aliased(text)": "unknown",
        },
    )


def test_a_class_with_subclasses(tmp_path: Path) -> None:
    """Its rows may be of any of them, so that only a name that none has is missing."""
    asks(
        tmp_path,
        {
            "Animal(barks=True)": [],
            "Animal(bark=True)": ["Animal bark not in Animal"],
            "Dog(bark=True, kind='x')": ["Dog bark not in Dog, barks is", "Dog kind"],
        },
    )


def test_names_in_filter_by(tmp_path: Path) -> None:
    """They are those of the entity that was joined last."""
    wrong = "filter_by wbsite_url not in Business, website_url is"
    asks(
        tmp_path,
        {
            "select(Business).filter_by(wbsite_url=1, name=2)": [wrong, "filter_by name"],
            "session.query(Business).filter_by(wbsite_url=1)": [wrong],
            "session.query(Business.id).filter_by(wbsite_url=1)": [wrong],
            "session.query(Business).filter(text).filter_by(wbsite_url=1).all()": [wrong],
            "session.query(City).join(Business).filter_by(wbsite_url=1)": [wrong],
            "session.query(City).join(City.businesses).filter_by(wbsite_url=1)": [wrong],
            "session.query(City).join(City.businesses, text).filter_by(wbsite_url=1)": [],
            "session.query(City).join(text).filter_by(wbsite_url=1)": [],
            "session.query(func.count()).select_from(Business).filter_by(wbsite_url=1)": [wrong],
            "session.query(text).filter_by(wbsite_url=1)": [],
            "session.query(Business).filter_by(shown=1, owner_name=1, **text)": [
                "filter_by shown",
                "filter_by owner_name",
            ],
            "City.query.filter_by(nmae=1)": ["filter_by nmae not in City, name is"],
            "business.calls.filter_by(busines_id=1)": ["filter_by busines_id not in Call, business_id is"],
            "own_query.filter_by(wbsite_url=1)": [],
            "text.filter_by(wbsite_url=1)": [],
        },
    )


@pytest.mark.parametrize(
    "written, before, since",
    [
        ("select(City).join(Business).filter_by(nmae=1)", ["Business, name is"], ["City, name is"]),
        ("select(City).join(Business).filter_by(businesses=1)", ["Business"], []),
        ("select(City).join(text).filter_by(businesses=1)", None, None),
    ],
)
def test_which_entities_a_select_asks(
    tmp_path: Path, written: str, before: list[str] | None, since: list[str] | None
) -> None:
    """Since SQLAlchemy 2.1 all of them."""
    ((_, asked),) = follow(tmp_path, [written]).values()
    wrong = [one.partition(" not in ")[2] for one in asked if " not in " in one]
    assert wrong == ((since if SQLALCHEMY >= (2, 1) else before) or [])


def test_names_of_constructors_and_values(tmp_path: Path) -> None:
    """What takes a name of an attribute or of a column."""
    wrong = "values wbsite_url not in Business, website_url is"
    asks(
        tmp_path,
        {
            "Business(wbsite_url=1, name=2, **text)": [
                "Business wbsite_url not in Business, website_url is",
                "Business name",
            ],
            "Custom(anything=1)": [],
            "Plain(anything=1)": [],
            "update(Business).values(wbsite_url=1, opened=1, opened_at=1)": [
                wrong,
                "values opened",
                "values opened_at",
            ],
            "update(Business).where(text).values({'wbsite_url': 1, text: 2, **text})": [wrong],
            "insert(Business).values(wbsite_url=1)": [wrong],
            "update(text).values(wbsite_url=1)": [],
            "session.query(Business).filter(text).update({'wbsite_url': 1, Business.id: 1})": [
                wrong.replace("values", "update")
            ],
            "Business.owner.has(nmae='x')": ["has nmae not in Owner, name is"],
            "Owner.businesses.any(website_url='x')": ["any website_url"],
        },
    )


@pytest.mark.skipif(SQLALCHEMY >= (2, 0), reason="SQLAlchemy 2 takes no texts in loader options")
def test_texts_in_loader_options(tmp_path: Path) -> None:
    """Each is looked up on the class that the path has come to."""
    imports = "    from sqlalchemy.orm import Load, contains_eager, joinedload, load_only, undefer\n"
    begin = "session.query(Business).options"
    wrong = "load_only nmae not in Owner, name is"
    asks(
        tmp_path,
        {
            f"{begin}(joinedload('ownr'))": ["joinedload ownr not in Business, owner is"],
            f"{begin}(joinedload('owner').load_only('id', 'nmae'))": [
                "joinedload owner",
                "load_only id",
                wrong,
            ],
            f"{begin}(joinedload('owner.businesses').joinedload('city'))": [
                "joinedload owner",
                "joinedload businesses",
                "joinedload city",
            ],
            f"{begin}(joinedload(Business.owner).load_only('nmae'))": [wrong],
            f"{begin}(option)": ["joinedload owner", wrong],
            f"{begin}(load_only('*'), undefer(text))": [],
            f"{begin}(joinedload(text).load_only('nmae'))": [],
            "session.query(text).options(joinedload('ownr'))": [],
        },
        models=imports + MODELS,
        given={"option": "joinedload('owner').load_only('nmae')"},
    )


def test_mappings_that_do_not_configure(tmp_path: Path) -> None:
    """Nothing is judged: what a broken class would have brought to others is not there."""
    broken = """
    class Broken(Base):
        __tablename__ = "broken"
        id = Column(Integer, primary_key=True)
        business = relationship("Busines", backref="broken")
    """
    told = follow(
        tmp_path,
        ["session.get(City, 1)", "City.query.filter_by(broken=1)", "City(broken=1)"],
        models=MODELS + broken,
    )
    assert [asked for _, asked in told.values()] == [[], [], []]
    assert told["session.get(City, 1)"][0] == "unknown"
