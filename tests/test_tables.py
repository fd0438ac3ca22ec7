"""Tables and columns that the application maps, end to end: real projects, real databases."""

from __future__ import annotations

import itertools
import os
import sqlite3
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pytest_prodready.findings import Outcome
from tests import servers
from tests.inspector.database.test_reading import execute
from tests.support import Run, gate

pytestmark = pytest.mark.wide

pytest.importorskip("sqlalchemy")
pytest.importorskip("asyncpg")

NUMBERS = itertools.count()
SELECT = "--prodready-select=PRD31,PRD301,PRD101"
APP = """\
import models
async def app(scope, receive, send):
    pass
"""
HEAD = """\
from sqlalchemy import *
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship
class Base(DeclarativeBase): pass
"""
Write = Callable[..., None]
Postgres = Callable[..., str]


@pytest.fixture
def write(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a project with these models, and the URL of its database into the environment."""
    monkeypatch.chdir(pytester.path)

    def write(models: str, url: str, more: Mapping[str, str] | None = None) -> None:
        files = {
            "pyproject.toml": "[tool.prodready]\napp = 'app:app'\n",
            "app.py": APP,
            "models.py": HEAD + textwrap.dedent(models),
            **{name: textwrap.dedent(text) for name, text in (more or {}).items()},
        }
        for name, text in files.items():
            path = pytester.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.setenv("DATABASE_URL", url)

    return write


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Postgres]:
    """Make databases in which statements were run; gives their URLs for asyncpg."""
    names: list[str] = []

    def make(*statements: str) -> str:
        name = f"prodready_tables_{os.getpid()}_{next(NUMBERS)}"
        url = urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
        execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0")
        names.append(name)
        execute(url, *statements)
        return urlsplit(url)._replace(scheme="postgresql+asyncpg").geturl()

    yield make
    for name in names:
        execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def sqlite(path: Path, *statements: str) -> str:
    """A file with these tables; gives its URL."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def told(run: Run) -> list[tuple[str, str, str, str, str]]:
    return [
        (found.code, found.level.value, found.subject, str(found.location), found.message)
        for found in sorted(run.findings, key=lambda found: (found.code, found.subject, found.message))
    ]


def skipped(run: Run) -> dict[str, str]:
    return {name: one.reason for name, one in run.judgements.items() if one.outcome is Outcome.SKIPPED}


PLACES = """\
class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
MAPPED = """\
class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
CREATED = "CREATE TABLE places (id serial PRIMARY KEY, name text NOT NULL)"
LINES = HEAD.count("\n")


def test_a_table_that_a_migration_creates_and_nobody_ran(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    models = PLACES + MAPPED.format(name="Job", table="jobs")
    migration = """\
    '''add jobs

    Revision ID: 3f2a
    '''
    from alembic import op
    import sqlalchemy as sa
    revision = "3f2a"
    down_revision = None
    def upgrade():
        op.create_table("jobs", sa.Column("id", sa.Integer()))
    def downgrade():
        op.drop_table("jobs")
    """
    write(models, postgres(CREATED), {"migrations/versions/3f2a_add_jobs.py": migration})
    run = gate(pytester, SELECT)
    assert told(run) == [
        (
            "PRD311",
            "error",
            "jobs",
            f"models.py:{LINES + 5}",
            (
                "models.Job is mapped to the table jobs, which the database does not have in the schemas "
                "that the "
                "session searches (public): every query of it fails. The migration 3f2a (add jobs) creates "
                "it (migrations/versions/3f2a_add_jobs.py:10)."
            ),
        )
    ]
    (found,) = run.findings
    assert found.remedy == "Run it before this release: alembic upgrade head"
    assert "the catalogue was read through env:DATABASE_URL" in found.proof
    assert run.status == 1
    assert run.subjects(Outcome.PASSED) >= {"places"}
    # the same project, migrated
    write(models, postgres(CREATED, "CREATE TABLE jobs (id int PRIMARY KEY)"))
    run = gate(pytester, SELECT)
    assert (told(run), skipped(run), run.status) == ([], {}, 0)
    assert run.subjects(Outcome.PASSED) >= {"places", "jobs"}


def test_a_table_in_a_schema_that_the_session_does_not_search(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    """Which schemas it searches is what the URL, the role or the database says."""
    pytest.importorskip("psycopg")
    models = PLACES + MAPPED.format(name="Bill", table="bills")
    url = postgres(CREATED, "CREATE SCHEMA billing", "CREATE TABLE billing.bills (id int PRIMARY KEY)")
    write(models, url)
    ((code, level, subject, place, message),) = told(gate(pytester, SELECT))
    assert (code, level, subject, place) == ("PRD311", "error", "bills", f"models.py:{LINES + 5}")
    assert message == (
        "models.Bill is mapped to the table bills, which the database does not have in the schemas "
        "that the session "
        "searches (public); a table of this name is in the schema billing, which the session does "
        "not search: "
        "every query of it fails."
    )
    searching = url.replace("+asyncpg", "+psycopg") + "?options=-csearch_path%3Dpublic,billing"
    write(models, searching)
    assert told(gate(pytester, SELECT)) == []


COLUMNS = """\
class Place(Base):
    __tablename__ = "Places"
    id: Mapped[int] = mapped_column(primary_key=True)
    website: Mapped[str] = mapped_column(nullable=True)
    opened = deferred(mapped_column(DateTime(timezone=True)))
    rating: Mapped[str] = mapped_column(nullable=True)
    share = mapped_column("100%, 'quoted'", Integer)
    seen = mapped_column(DateTime(timezone=True))
    zip_code: Mapped[str] = mapped_column(nullable=True)
    twice = column_property(id * 2)
    xmin = mapped_column(Integer, system=True)
    total = mapped_column(Integer, Computed("rating * 2"))
"""
COLUMNS_SQL = """
CREATE TABLE "Places" (
  id serial PRIMARY KEY, website_url text, rating integer, "100%, 'quoted'" int, seen text, postcode text,
  total int GENERATED ALWAYS AS (rating * 2) STORED, owner text NOT NULL,
  made timestamptz NOT NULL DEFAULT now()
)
"""


def test_columns_that_are_missing_or_hold_something_else(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    write("from sqlalchemy.orm import column_property\n" + COLUMNS, postgres(COLUMNS_SQL))
    at = LINES + 1
    assert told(gate(pytester, SELECT)) == [
        (
            "PRD312",
            "warning",
            "Places",
            f"models.py:{at + 1}",
            (
                "The table Places has the column owner, which takes no NULL and has no default, and "
                "models.Place does "
                "not map it: an INSERT fails, unless a trigger fills in the value."
            ),
        ),
        (
            "PRD312",
            "error",
            "Places",
            f"models.py:{at + 5}",
            (
                "models.Place.opened is mapped to the column opened, which the table public.Places does "
                "not have: "
                "every query that names it fails."
            ),
        ),
        (
            "PRD312",
            "error",
            "Places",
            f"models.py:{at + 6}",
            (
                "models.Place.rating sends text, and the column Places.rating is integer: the database "
                "refuses to "
                "store it, every write of it fails."
            ),
        ),
        (
            "PRD312",
            "warning",
            "Places",
            f"models.py:{at + 8}",
            (
                "models.Place.seen sends a date and time, and the column Places.seen is text: it is "
                "stored as text, "
                "and comparisons with it fail."
            ),
        ),
        (
            "PRD312",
            "error",
            "Places",
            f"models.py:{at + 4}",
            (
                "models.Place.website is mapped to the column website, which the table public.Places "
                "does not have; the "
                "nearest that it has is website_url: every query that names it fails."
            ),
        ),
        (
            "PRD312",
            "error",
            "Places",
            f"models.py:{at + 9}",
            (
                "models.Place.zip_code is mapped to the column zip_code, which the table public.Places "
                "does not have; "
                "the nearest that it has is postcode: every query that names it fails."
            ),
        ),
    ]


def test_many_missing_columns_of_a_table_are_one_finding(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    columns = "".join(f"    c{at}: Mapped[int]\n" for at in range(7))
    write(
        PLACES + columns, sqlite(tmp_path / "x.db", "CREATE TABLE places (id integer PRIMARY KEY, name text)")
    )
    run = gate(pytester, SELECT)
    ((code, level, subject, place, message),) = told(run)
    assert (code, level, subject, place) == ("PRD312", "error", "places", f"models.py:{LINES + 5}")
    assert message == (
        "models.Place maps 7 columns that the table places does not have: c0, c1, c2, c3, c4 and 2 more."
    )
    assert ("missing", "\n".join(f"c{at}" for at in range(7))) in run.findings[0].details


HEALTHY = """\
LONG = "a_table_with_a_name_that_is_longer_than_what_postgresql_keeps_of_names"
class Place(Base):
    __tablename__ = "Places of 100%"
    __table_args__ = {"schema": "Shop"}
    id: Mapped[int] = mapped_column(primary_key=True)
    Kind = mapped_column("Kind", Enum("a", name="kind"))
    tags = relationship("Tag", secondary="link")
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "a"}
class Cafe(Place):
    seats: Mapped[int] = mapped_column(nullable=True)
    __mapper_args__ = {"polymorphic_load": "inline"}
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    price = mapped_column(Float)
    extra = mapped_column(JSON().with_variant(Integer, "postgresql"))
    names = mapped_column(ARRAY(String))
    at = mapped_column(Date)
class Long(Base):
    __tablename__ = LONG
    id: Mapped[int] = mapped_column(primary_key=True)
class Seen(Base):
    __tablename__ = "seen"
    __table_args__ = {"info": {"is_view": True}}
    id: Mapped[int] = mapped_column(primary_key=True)
    label = mapped_column(Integer)
class Counted(Base):
    __tablename__ = "counted"
    id: Mapped[int] = mapped_column(primary_key=True)
class Parted(Base):
    __tablename__ = "parted"
    id: Mapped[int] = mapped_column(primary_key=True)
class Activity(Base):
    __tablename__ = "pg_stat_activity"
    pid: Mapped[int] = mapped_column(primary_key=True)
class Catalogue(Base):
    __tablename__ = "tables"
    __table_args__ = {"schema": "information_schema"}
    table_name: Mapped[str] = mapped_column(primary_key=True)
class Mixin(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
link = Table("link", Base.metadata,
    Column("a", ForeignKey("Shop.Places of 100%.id")), Column("b", ForeignKey("tags.id")))
Table("scratch", Base.metadata, Column("a", Integer), prefixes=["TEMPORARY"])
"""


def test_a_healthy_database_with_all_sorts_of_tables(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    url = postgres(
        'CREATE SCHEMA "Shop"',
        "CREATE TYPE kind AS ENUM ('a')",
        'CREATE TABLE "Shop"."Places of 100%" (id serial PRIMARY KEY, "Kind" kind, seats int)',
        "CREATE DOMAIN numbers AS bigint DEFAULT 7",
        "CREATE TABLE tags (id bigserial PRIMARY KEY, price numeric(4, 2), extra int, names text[], "
        "at timestamptz, other numbers NOT NULL, counted int NOT NULL GENERATED ALWAYS AS IDENTITY)",
        'CREATE TABLE link (a int REFERENCES "Shop"."Places of 100%", b bigint)',
        "CREATE TABLE a_table_with_a_name_that_is_longer_than_what_postgresql_keeps_of_names (id int)",
        "CREATE VIEW seen AS SELECT id, 'x' AS label FROM tags",
        "CREATE MATERIALIZED VIEW counted AS SELECT id FROM tags",
        "CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    )
    write(HEALTHY, url)
    run = gate(pytester, SELECT)
    assert (told(run), skipped(run), run.status) == ([], {}, 0)
    assert "Shop.Places of 100%" in run.subjects(Outcome.PASSED)


def test_tables_of_core_count_where_a_class_uses_them(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    models = (
        PLACES
        + '    tags = relationship("Tag", secondary="link")\n'
        + MAPPED.format(name="Tag", table="tags")
        + 'pair = Column("a", ForeignKey("places.id")), Column("b", ForeignKey("tags.id"))\n'
        + 'link = Table("link", Base.metadata, *pair)\n'
        + 'unused = Table("unused", Base.metadata, Column("a", Integer))\n'
    )
    write(models, postgres(CREATED, "CREATE TABLE tags (id serial)"))
    found = told(gate(pytester, SELECT))
    assert [one[:4] for one in found] == [
        ("PRD311", "error", "link", f"models.py:{LINES + 10}"),
        ("PRD311", "warning", "unused", f"models.py:{LINES + 11}"),
    ]
    assert found[1][4].endswith("No migration in the source was seen to create it. No mapped class uses it.")


def test_an_empty_database_is_skipped_and_one_of_others_is_not(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    models = "".join(MAPPED.format(name=f"C{at}", table=f"t{at}") for at in range(5))
    write(models, sqlite(tmp_path / "empty.db", "CREATE TABLE alembic_version (version_num text)"))
    run = gate(pytester, SELECT)
    assert told(run) == []
    assert skipped(run) == {
        "mapped-tables": "the database is empty, nothing has been migrated into it: none of the 5 mapped "
        "tables is there yet (5 tables: t0, t1, t2 and 2 more)"
    }
    write(models, sqlite(tmp_path / "other.db", "CREATE TABLE other (id int)"))
    run = gate(pytester, SELECT)
    ((code, level, subject, place, message),) = told(run)
    assert (code, level, subject, place) == ("PRD311", "error", "mapped-tables", f"models.py:{LINES + 1}")
    assert message == (
        "None of the 5 mapped tables (t0, t1, t2, t3, t4) is in the database, which has 1 other table: "
        "every query of them fails."
    )
    assert run.status == 1


def test_a_database_at_its_newest_revision_without_tables_is_no_empty_one(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    url = sqlite(
        tmp_path / "x.db",
        "CREATE TABLE alembic_version (version_num text NOT NULL)",
        "INSERT INTO alembic_version VALUES ('3f2a')",
    )
    write(PLACES, url)
    assert [one[:3] for one in told(gate(pytester, SELECT))] == [("PRD311", "error", "places")]


def test_what_the_application_creates_itself_is_a_warning(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    url = sqlite(tmp_path / "x.db", "CREATE TABLE other (id int)")
    write(PLACES + "def start(engine):\n    Base.metadata.create_all(engine)\n", url)
    ((code, level, subject, _, message),) = told(gate(pytester, SELECT))
    assert (code, level, subject) == ("PRD311", "warning", "places")
    assert message.endswith(
        f"The application may create it itself when it starts (create_all, models.py:{LINES + 6})."
    )


def test_schemas_that_the_engine_or_a_session_puts_in_the_place_of_others(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    url = postgres("CREATE SCHEMA eu", "CREATE TABLE eu.places (id serial PRIMARY KEY, name text)")
    engine = (
        "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "engine = create_async_engine(os.environ['DATABASE_URL']{options})\n"
    )
    write(PLACES + engine.format(options=', execution_options={"schema_translate_map": {None: "eu"}}'), url)
    run = gate(pytester, SELECT)
    assert (told(run), run.subjects(Outcome.PASSED) & {"eu.places"}) == ([], {"eu.places"})
    session = (
        "def connect(tenant):\n    return engine.execution_options(schema_translate_map={None: tenant})\n"
    )
    write(PLACES + engine.format(options="") + session, url)
    run = gate(pytester, SELECT)
    assert told(run) == []
    assert skipped(run) == {
        "places": "the application chooses the schema for each session (schema_translate_map, "
        f"models.py:{LINES + 9})"
    }


def test_sqlite_compares_names_without_case_and_knows_no_attached_file(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    models = PLACES + (
        'class Log(Base):\n    __tablename__ = "log"\n    __table_args__ = {"schema": "logs"}\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    write(models, sqlite(tmp_path / "x.db", "CREATE TABLE Places (ID integer PRIMARY KEY, Name integer)"))
    run = gate(pytester, SELECT)
    assert told(run) == []
    assert skipped(run) == {
        "logs.log": "the schema logs is another file, which the application attaches itself"
    }


def test_mariadb_has_databases_for_schemas(
    pytester: pytest.Pytester, write: Write, mariadb_server: str
) -> None:
    schema = f"prodready_tables_{os.getpid()}"
    models = (
        PLACES.replace('"places"', f'"places"\n    __table_args__ = {{"schema": "{schema}"}}')
        + "    opened = mapped_column(DateTime)\n    shut = mapped_column(Integer)\n"
        + MAPPED.format(name="Job", table="Jobs")
    )
    made = "CREATE TABLE places (id int PRIMARY KEY, name varchar(9), opened int, owner text NOT NULL)"
    with servers.database(mariadb_server, f"tables_{os.getpid()}", made) as url:
        write(models, urlsplit(url)._replace(scheme="mysql+pymysql").geturl())
        found = told(gate(pytester, SELECT))
    table = f"{schema}.places"
    assert [one[:4] for one in found] == [
        ("PRD311", "error", "Jobs", f"models.py:{LINES + 8}"),
        ("PRD312", "warning", table, f"models.py:{LINES + 1}"),
        ("PRD312", "warning", table, f"models.py:{LINES + 6}"),
        ("PRD312", "error", table, f"models.py:{LINES + 7}"),
    ]
    assert found[0][4].startswith(
        f"models.Job is mapped to the table Jobs, which the database does not have ({schema})"
    )


# Django

DJANGO = """\
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {{"default": {database}}}
"""
DJANGO_APP = """\
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "conf"
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""
SHOP = """\
from django.db import models
class Place(models.Model):
    name = models.CharField(max_length=9)
    opened = models.DateField(null=True)
    near = models.ManyToManyField("self")
class Job(models.Model):
    pass
class Legacy(models.Model):
    class Meta:
        managed = False
        db_table = "legacy"
class Dashboard(models.Model):
    class Meta:
        managed = False
        permissions = [("admin", "Sees it")]
class View(models.Model):
    name = models.CharField(max_length=9)
    class Meta:
        managed = False
        db_table = "views"
class Known(Place):
    class Meta:
        proxy = True
class Base(models.Model):
    class Meta:
        abstract = True
class Thing(models.Model):
    tags = models.ManyToManyField(Job)
    class Meta:
        db_table = "things"
class Gone(models.Model):
    pass
"""
MIGRATION = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(name="Place", fields=[
            ("id", models.AutoField(primary_key=True)),
            ("near", models.ManyToManyField(to="shop.place")),
        ]),
        migrations.CreateModel("Old", []),
        migrations.RenameModel("Old", "Job"),
        migrations.CreateModel("Thing", [], {"db_table": "stuff"}),
        migrations.AlterModelTable("Thing", "things"),
        migrations.AddField("Thing", "tags", models.ManyToManyField("shop.job")),
        migrations.CreateModel("Queue", [], {"managed": False}),
        migrations.RenameModel("Queue", "Dashboard"),
        migrations.AlterModelOptions("Dashboard", {"managed": False, "permissions": []}),
        migrations.CreateModel("Seen", [], {"db_table": "views"}),
        migrations.RenameModel("Seen", "View"),
        migrations.AlterModelOptions("View", {"managed": False}),
        migrations.CreateModel("Gone", []),
        migrations.DeleteModel("Gone"),
    ]
"""


def test_tables_of_django_that_no_migration_was_run_for(
    pytester: pytest.Pytester, write: Write, tmp_path: Path
) -> None:
    pytest.importorskip("django")
    made = sqlite(
        tmp_path / "x.db",
        "CREATE TABLE shop_place (id integer PRIMARY KEY, name text NOT NULL, note text NOT NULL)",
    ).removeprefix("sqlite:///")
    database = f'dict(ENGINE="django.db.backends.sqlite3", NAME="{made}")'
    write(
        "",
        "",
        {
            "app.py": DJANGO_APP,
            "conf.py": DJANGO.format(database=database),
            "shop/__init__.py": "",
            "shop/models.py": SHOP,
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": MIGRATION,
        },
    )
    run = gate(pytester, SELECT)
    assert [one[:4] for one in told(run)] == [
        ("PRD311", "warning", "legacy", "shop/models.py:8"),
        ("PRD311", "error", "shop_gone", "shop/models.py:31"),
        ("PRD311", "error", "shop_job", "shop/models.py:6"),
        ("PRD311", "error", "shop_place_near", "shop/models.py:5"),
        ("PRD311", "error", "things", "shop/models.py:27"),
        ("PRD311", "error", "things_tags", "shop/models.py:28"),
        ("PRD311", "info", "views", "shop/models.py:16"),
        ("PRD312", "warning", "shop_place", "shop/models.py:2"),
        ("PRD312", "error", "shop_place", "shop/models.py:4"),
    ]
    messages = {subject: message for _, _, subject, _, message in told(run)}
    assert messages.pop("views").endswith("fails. Django does not manage it.")
    migration = "The migration shop.0001_initial creates it (shop/migrations/0001_initial.py:{})."
    assert messages["legacy"].endswith("Django does not manage it.")
    assert messages["shop_job"] == (
        "shop.models.Job is mapped to the table shop_job, which the database does not have: every "
        "query of it "
        f"fails. {migration.format(9)}"
    )
    for subject, line in (("shop_place_near", 4), ("things", 11), ("things_tags", 12)):
        assert messages[subject].endswith(migration.format(line))
    assert messages["shop_gone"].endswith("No migration in the source was seen to create it.")
    assert messages["shop_place"] == (
        "shop.models.Place.opened is mapped to the column opened, which the table shop_place does not have: "
        "every query that names it fails."
    )
    assert {found.remedy for found in run.findings if found.subject == "shop_job"} == {
        "Run it before this release: python manage.py migrate shop"
    }


TENANTS = """\
SECRET_KEY = "x"
SHARED_APPS = ["django_tenants", "customers"]
TENANT_APPS = ["django.contrib.contenttypes", "shop"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {{"default": dict(ENGINE="django_tenants.postgresql_backend", NAME="{name}", USER="{user}",
    PASSWORD="{password}", HOST="{host}", PORT="{port}")}}
"""
CUSTOMERS = """\
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin
class Client(TenantMixin):
    name = models.CharField(max_length=9)
class Domain(DomainMixin): ...
"""
TENANT_SHOP = """\
from django.db import models
class Job(models.Model):
    title = models.CharField(max_length=9)
"""


def of_tenants(url: str) -> dict[str, str]:
    """The files of a project with a schema for each tenant."""
    parts = urlsplit(url)
    settings = TENANTS.format(
        name=parts.path[1:],
        user=parts.username,
        password=parts.password or "",
        host=parts.hostname,
        port=parts.port,
    )
    return {
        "app.py": DJANGO_APP,
        "conf.py": settings,
        "shop/__init__.py": "",
        "shop/models.py": TENANT_SHOP,
        "customers/__init__.py": "",
        "customers/models.py": CUSTOMERS,
    }


SHARED_SQL = (
    "CREATE TABLE customers_client (id serial PRIMARY KEY, schema_name text NOT NULL, name text NOT NULL)",
    "CREATE TABLE customers_domain (id serial PRIMARY KEY, domain text, is_primary boolean, tenant_id int)",
)


def tenant_sql(schema: str, *, job: str = "title text NOT NULL") -> list[str]:
    types = f"CREATE TABLE {schema}.django_content_type (id serial PRIMARY KEY, app_label text, model text)"
    made = [f"CREATE TABLE {schema}.shop_job (id serial PRIMARY KEY, {job})"] if job else []
    row = f"INSERT INTO customers_client (schema_name, name) VALUES ('{schema}', 'x')"
    return [f"CREATE SCHEMA {schema}", types, *made, row]


def test_each_tenant_has_the_tables_of_its_applications(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    pytest.importorskip("django_tenants")
    pytest.importorskip("psycopg")
    url = postgres(
        *SHARED_SQL,
        "INSERT INTO customers_client (schema_name, name) VALUES ('public', 'all')",
        *tenant_sql("acme"),
        *tenant_sql("globex"),
    )
    write("", "", of_tenants(url))
    run = gate(pytester, SELECT)
    assert (told(run), skipped(run), run.status) == ([], {}, 0)
    assert run.subjects(Outcome.PASSED) >= {"shop_job", "customers_client", "django_content_type"}


def test_tenants_whose_schemas_lack_a_table_or_a_column(
    pytester: pytest.Pytester, write: Write, postgres: Postgres
) -> None:
    pytest.importorskip("django_tenants")
    pytest.importorskip("psycopg")
    url = postgres(
        SHARED_SQL[0],
        *tenant_sql("acme"),
        *tenant_sql("globex", job=""),
        *tenant_sql("initech", job="titel text"),
        # a table of the shared schema is found there by mistake
        "CREATE TABLE shop_job (id int, title text)",
        "INSERT INTO customers_client (schema_name, name) VALUES ('umbrella', 'x')",
    )
    write("", "", of_tenants(url))
    run = gate(pytester, SELECT)
    assert told(run) == [
        (
            "PRD311",
            "warning",
            "customers_client",
            "customers/models.py:3",
            "A tenant has no schema: umbrella. A request for such a tenant fails, or uses the shared schema.",
        ),
        (
            "PRD311",
            "error",
            "customers_domain",
            "customers/models.py:5",
            (
                "customers.models.Domain is mapped to the table customers_domain, which the schema "
                "public, shared by all "
                "tenants, does not have: every query of it there fails."
            ),
        ),
        (
            "PRD311",
            "error",
            "shop_job",
            "shop/models.py:2",
            (
                "shop.models.Job is mapped to the table shop_job, which 2 of the 3 tenants' schemas "
                "have; it is missing in "
                "globex: every query of it there fails."
            ),
        ),
        (
            "PRD312",
            "error",
            "shop_job",
            "shop/models.py:3",
            (
                "shop.models.Job.title is mapped to the column title, which the table initech.shop_job "
                "does not have; the "
                "nearest that it has is titel: every query that names it fails."
            ),
        ),
    ]
    by_message = {found.message: found for found in run.findings}
    globex = next(found for message, found in by_message.items() if "globex" in message)
    assert globex.remedy == "Run before this release: python manage.py migrate_schemas --schema=globex"
    initech = next(found for message, found in by_message.items() if "initech" in message)
    assert "so it is in 1 of the 2 schemas whose columns were read" in initech.proof
