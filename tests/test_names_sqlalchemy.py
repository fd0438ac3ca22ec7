"""PRD331 and PRD332 over SQLAlchemy's classes, end to end: what a line asks in vain carries a comment."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_prodready.findings import Level
from tests.django_project import found
from tests.files import write_files
from tests.support import Run, gate

pytest.importorskip("sqlalchemy")
pytestmark = pytest.mark.wide
IN_VAIN = re.compile(r"# (PRD\d+) ?([\w.]*)$")
PROJECT = {
    "pyproject.toml": """\
        [project]
        name = "curation"
        version = "1"
        dependencies = ["sqlalchemy", "flask-sqlalchemy", "sqlmodel"]
        [tool.prodready]
        app = "src.main:app"
        """,
    "src/__init__.py": "",
    "src/models.py": """\
        from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, Table
        from sqlalchemy.ext.hybrid import hybrid_property
        from sqlalchemy.orm import backref, declarative_base, relationship

        Base = declarative_base()

        class Owner(Base):
            __tablename__ = "owners"
            id = Column(Integer, primary_key=True)
            name = Column(String, nullable=False)

        class LocalBusiness(Base):
            __tablename__ = "local_businesses"
            id = Column(Integer, primary_key=True)
            name = Column(String, nullable=False)
            website_url = Column(String)
            seen_at = Column(DateTime)
            owner_id = Column(ForeignKey("owners.id"), nullable=False)
            owner = relationship(Owner, backref=backref("businesses"))

            @hybrid_property
            def shown(self):
                return self.name

        class Visit(Base):
            __tablename__ = "visits"
            id = Column(Integer, primary_key=True)
            business_id = Column(ForeignKey("local_businesses.id"), nullable=False)
            business = relationship(LocalBusiness)
        """,
    "src/main.py": """\
        from src import code

        def app(environ, start_response):
            start_response("200 OK", [])
            return [b""]
        """,
}
MODEL = "src.models.LocalBusiness"
IMPORTS = """\
import logging
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased, joinedload, sessionmaker
from src.models import LocalBusiness, Owner, Visit

logger = logging.getLogger(__name__)
SessionLocal = sessionmaker()
"""
SYNC = f"""\
def by_key(session: Session, key: int) -> str:
    business = session.get(LocalBusiness, key)
    return business.website if business else ""  # PRD331 {MODEL}

def scheduled(session: Session) -> None:
    for business in session.scalars(select(LocalBusiness).where(LocalBusiness.id > 1)):
        logger.info(f"processing {{business.name}}: {{business.website}}")  # PRD331 {MODEL}

def listed():
    with SessionLocal() as session:
        rows = session.execute(select(LocalBusiness).order_by(LocalBusiness.id)).scalars().all()
        return [(one.name, one.website) for one in rows]  # PRD331 {MODEL}

def without_annotation(db):
    first = db.query(LocalBusiness).filter(LocalBusiness.name != "").first()
    if first is None:
        return None
    logger.debug(first.nmae)  # PRD331 {MODEL}
    return db.execute(select(LocalBusiness)).scalar_one().website  # PRD331 {MODEL}

def pairs(session: Session):
    for visit, business in session.execute(select(Visit, LocalBusiness).join(Visit.business)):
        yield visit.id, business.website  # PRD331 {MODEL}
    for row in session.execute(select(LocalBusiness.name, func.count().label("visits"))):
        yield row.name, row.visits
        yield row.nmae  # PRD331 sqlalchemy.engine.row.Row

def related(visit: Visit, owner: Owner):
    logger.info(visit.business.website)  # PRD331 {MODEL}
    logger.info(visit.business.owner.nmae)  # PRD331 src.models.Owner
    return max(one.seeen_at for one in owner.businesses)  # PRD331 {MODEL}

def relate(session: Session):
    visit = session.scalars(select(Visit)).one()
    related(visit, visit.business.owner)

def of_the_class(session: Session):
    other = aliased(LocalBusiness)
    return session.scalars(
        select(other.id).where(
            LocalBusiness.website == "",  # PRD331 {MODEL}
            other.website == "",  # PRD331 {MODEL}
        )
    )

def in_sql(session: Session):
    visits = select(Visit.business_id, func.count().label("number")).group_by(Visit.business_id).subquery()
    return session.execute(
        select(visits.c.numbre)  # PRD331 sqlalchemy.sql.base.ColumnCollection
        .where(LocalBusiness.name.ilkie("x"))  # PRD331 sqlalchemy.orm.attributes.InstrumentedAttribute
        .where(LocalBusiness.owner.nmae == "x")  # PRD331 sqlalchemy.orm.attributes.InstrumentedAttribute
    )

def made() -> LocalBusiness:
    business = LocalBusiness(name="x", owner=Owner(name="y"))
    return business.website  # PRD331 {MODEL}
"""
ASYNCHRONOUS = f"""\
async def pending(session: AsyncSession) -> None:
    result = await session.execute(select(LocalBusiness).limit(9))
    for business in result.scalars():
        logger.info(business.website)  # PRD331 {MODEL}
    one = await session.get(LocalBusiness, 1)
    if one is not None:
        logger.info(one.website)  # PRD331 {MODEL}
    async for each in await session.stream_scalars(select(LocalBusiness)):
        logger.info(each.website)  # PRD331 {MODEL}
    names = [each.website for each in (await session.scalars(select(LocalBusiness))).all()]  # PRD331 {MODEL}
    logger.info(names)

async def not_awaited(session: AsyncSession):
    result = session.execute(select(LocalBusiness))
    return result.scalars()  # PRD331 builtins.coroutine

async def without_annotation(session):
    first = (await session.execute(select(LocalBusiness))).scalars().first()
    return first and first.website  # PRD331 {MODEL}
"""
LOOKUPS = f"""\
def filtered(session: Session, db):
    session.query(LocalBusiness).filter_by(wbsite_url="x").all()  # PRD332 {MODEL}
    db.query(LocalBusiness).filter_by(wbsite_url="x").all()  # PRD332 {MODEL}
    session.scalars(select(LocalBusiness).filter_by(wbsite_url="x"))  # PRD332 {MODEL}
    session.query(LocalBusiness).join(LocalBusiness.owner).filter_by(nmae="x")  # PRD332 src.models.Owner
    session.query(Visit).filter(Visit.business.has(wbsite_url="x"))  # PRD332 {MODEL}

def written(session: Session):
    session.add(LocalBusiness(name="x", wbsite_url="y"))  # PRD332 {MODEL}
    session.execute(update(LocalBusiness).values(wbsite_url="x"))  # PRD332 {MODEL}
    session.execute(insert(LocalBusiness).values({{"wbsite_url": "x"}}))  # PRD332 {MODEL}
    session.query(LocalBusiness).update({{"wbsite_url": "x"}})  # PRD332 {MODEL}
"""
HEALTHY = """\
def in_order(session: Session, db, values, columns):
    business = session.get(LocalBusiness, 1)
    if hasattr(business, "website"):
        print(business.website)
    try:
        business.website.lower()
    except AttributeError:
        pass
    business.note = "kept with it"
    print(business.note, business.shown, business.metadata, business._sa_instance_state)
    for owner in session.query(Owner).options(joinedload(Owner.businesses)):
        print([one.name.upper() for one in owner.businesses], owner.businesses.remove)
    count = func.count(Visit.id).label("visits")
    for row in session.query(LocalBusiness, count).join(Visit).group_by(LocalBusiness.id):
        print(row.LocalBusiness.name, row.visits, row._mapping, row[0].name, row.count)
    for row in session.execute(select(LocalBusiness.name, func.max(LocalBusiness.id))):
        print(row.max_1)
    for row in session.execute(select(*columns)):
        print(row.anything)
    per_business = session.query(Visit.business_id, count).group_by(Visit.business_id).subquery()
    joined = session.query(LocalBusiness).join(per_business, per_business.c.business_id == LocalBusiness.id)
    joined.filter_by(id=1)
    print(per_business.c.visits, LocalBusiness.__table__.c.name.type, LocalBusiness.__mapper__.attrs)
    print(LocalBusiness.name.ilike("x"), LocalBusiness.seen_at.desc(), LocalBusiness.owner.property.mapper)
    query = db.query(LocalBusiness)
    if values:
        query = query.join(Owner)
    query.filter_by(**values)
    query.filter_by(shown="x", name="y", owner=None)
    session.query(func.count()).select_from(LocalBusiness).filter_by(name="x").scalar()
    session.execute(delete(LocalBusiness).where(LocalBusiness.id == 1)).rowcount
    session.execute(update(LocalBusiness).values(**values))
    LocalBusiness(**values)
    db.get(LocalBusiness, "a dict, or anything else").website
"""


FLASK = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
application = Flask(__name__)
application.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(application)

class Place(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String, nullable=False)

def listed(key):
    place = Place.query.filter_by(naem="x").first_or_404()  # PRD332 src.code.Place
    print(place.nmae, db.session.get(Place, key).name)  # PRD331 src.code.Place
    for one in Place.query.paginate(page=1).items:
        print(one.nmae)  # PRD331 src.code.Place
    for one in db.session.scalars(db.select(Place)):
        print(one.nmae, one.query.count())  # PRD331 src.code.Place
    print(db.get_or_404(Place, key).nmae)  # PRD331 src.code.Place
    db.session.comit()  # PRD331 sqlalchemy.orm.scoping.scoped_session
    return db.Colunm  # PRD331 flask_sqlalchemy.extension.SQLAlchemy
"""
SQLMODEL = """\
from sqlmodel import Field, Relationship, Session, SQLModel, select

class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    heroes: list["Hero"] = Relationship(back_populates="team")

class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    team_id: int = Field(foreign_key="team.id")
    team: Team = Relationship(back_populates="heroes")

def listed(session: Session):
    for hero in session.exec(select(Hero).where(Hero.name != "")):
        print(hero.name, hero.nmae)  # PRD331 src.code.Hero
        print(hero.team.nmae, hero.model_dump())  # PRD331 src.code.Team
    for hero, team in session.exec(select(Hero, Team)).all():
        print(hero.name, team.nmae)  # PRD331 src.code.Team
    for name in session.exec(select(Hero.name)):
        print(name.upper())
    print([one.nmae for one in session.get_one(Team, 1).heroes])  # PRD331 src.code.Hero
    session.exec(select(Hero).filter_by(naem="x"))  # PRD332 src.code.Hero
"""


@pytest.fixture
def judge(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Write the project with a module of this code, and run the gate over it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(code: str) -> Run:
        write_files(pytester.path, {**PROJECT, "src/code.py": code})
        return gate(pytester, "--prodready-select=PRD331,PRD332,PRD9,PRD101,PRD103")

    return run


def in_vain() -> list[tuple[str, str, str, str]]:
    """What the comments in the module expect."""
    lines = Path("src/code.py").read_text(encoding="utf-8").splitlines()
    told = [(number, IN_VAIN.search(line)) for number, line in enumerate(lines, 1)]
    return sorted((one[1], "error", one[2], f"src/code.py:{number}") for number, one in told if one)


@pytest.mark.parametrize(
    "code, needs",
    [
        (IMPORTS + SYNC, "sqlalchemy"),
        (IMPORTS + ASYNCHRONOUS, "sqlalchemy"),
        (IMPORTS + LOOKUPS, "sqlalchemy"),
        (IMPORTS + HEALTHY, "sqlalchemy"),
        (FLASK, "flask_sqlalchemy"),
        (SQLMODEL, "sqlmodel"),
    ],
    ids=["sync", "async", "lookups", "healthy", "flask", "sqlmodel"],
)
def test_names(judge: Callable[[str], Run], code: str, needs: str) -> None:
    """Each line that asks in vain is an error of the class that it asks, and no other line is."""
    if find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    run = judge(code)
    assert found(run) == in_vain()


def test_what_is_said_of_a_name_in_filter_by(judge: Callable[[str], Run]) -> None:
    """The class, the name, and the nearest one."""
    run = judge(f'{IMPORTS}\ndef one(session: Session):\n    session.query(Owner).filter_by(nmae="x")\n')
    (one,) = run.findings
    assert one.message == "filter_by asks src.models.Owner for nmae, which it does not have"
    assert one.remedy == "Write name, the nearest name there is."


def test_a_relation_that_may_be_empty(judge: Callable[[str], Run]) -> None:
    """Its column may be null, and nothing asks before."""
    run = judge(
        f"""{IMPORTS}
class Review(LocalBusiness.__base__):
    __tablename__ = "reviews"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("owners.id"))
    owner = relationship(Owner)

def named(review: Review):
    if review.owner:
        print(review.owner.name)
    return review.owner.name
""".replace("import delete", "import Column, ForeignKey, Integer, delete").replace(
            "aliased,", "aliased, relationship,"
        )
    )
    (one,) = run.findings
    assert (one.code, one.level) == ("PRD331", Level.WARNING)
    assert "Review.owner may be None" in one.message
    assert str(one.location) == f"src/code.py:{IMPORTS.count(chr(10)) + 11}"


RELATED = (
    IMPORTS.replace("import delete", "import Column, ForeignKey, Integer, delete").replace(
        "aliased,", "aliased, relationship,"
    )
    + """
class Review(LocalBusiness.__base__):
    __tablename__ = "reviews"
    id = Column(Integer, primary_key=True)
    written_by = Column("author", ForeignKey("owners.id"))
    checked_by = Column(ForeignKey("owners.id"))
    owner = relationship(Owner, foreign_keys=[written_by])
    checker = relationship(Owner, foreign_keys=[checked_by])
"""
)


def judged(judge: Callable[[str], Run], function: str) -> list[str]:
    """The lines of a function over ``RELATED`` with a relation that may be empty."""
    run = judge(f"{RELATED}\n{textwrap.dedent(function)}")
    lines = (f"{RELATED}\n{textwrap.dedent(function)}").splitlines()
    assert {one.level for one in run.findings} <= {Level.WARNING}
    return sorted(
        lines[one.location.line - 1].strip() for one in run.findings if one.location and one.location.line
    )


def test_the_column_of_a_relation_is_asked_before(judge: Callable[[str], Run]) -> None:
    """The column says it that the relation goes through, whatever it is called, and no other one."""
    function = """
        def named(review: Review):
            if not review.written_by:
                return None
            return review.owner.name, review.checker.name  # of the other column
    """
    assert judged(judge, function) == ["return review.owner.name, review.checker.name  # of the other column"]
    assert judged(judge, function.replace(", review.checker.name", "")) == []
    assert (
        judged(judge, function.replace("not review.written_by", "review.written_by is None and True")) != []
    )


def test_a_relation_that_has_just_been_given(judge: Callable[[str], Run]) -> None:
    """It is not empty, as long as nothing says that it was given nothing, and only on this way."""
    function = """
        def named(review: Review, made, other):
            if made:
                review.owner = made()
                print(review.owner.name)
            print(review.owner.name, "again")
            review.checker, other = made()
            return review.checker.name
    """
    assert judged(judge, function) == ['print(review.owner.name, "again")']
