"""Alembic's migrations beside the models and the database, as whoever runs the gate meets them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from postgres import create_database

from pytest_prodready.facts import Location
from pytest_prodready.findings import Finding, Level, Outcome
from tests.files import write_files
from tests.support import Run, gate, snapshot

pytestmark = pytest.mark.wide

for module in ("alembic", "asyncpg", "psycopg", "sqlalchemy"):
    pytest.importorskip(module)

FIRST = """\
    import sqlalchemy as sa
    from alembic import op
    revision = "001"
    down_revision = None
    def upgrade():
        op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    def downgrade():
        op.drop_table("orders")
    """
SHOP = {
    "pyproject.toml": """\
        [project]
        name = "shop"
        version = "1"
        dependencies = ["alembic", "psycopg", "sqlalchemy"]
        [tool.prodready]
        app = "shop.app:app"
        """,
    "alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\n",
    "alembic/env.py": """\
        from alembic import context
        from shop.models import Base, engine
        print("env.py was run")
        with engine.connect() as connection:
            context.configure(connection=connection, target_metadata=Base.metadata)
            with context.begin_transaction():
                context.run_migrations()
        """,
    "alembic/versions/001_orders.py": FIRST,
    "shop/__init__.py": "",
    "shop/app.py": "from shop import models\nasync def app(scope, receive, send): ...\n",
    "shop/models.py": """\
        import os
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
        engine = create_engine(os.environ["SHOP_DATABASE"])
        class Base(DeclarativeBase): ...
        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str | None]
        """,
}
SUBJECTS = {f"migrations:alembic:{name}" for name in ("heads", "database", "models")}


class Shop:
    """The project of these tests, with a database of its own."""

    def __init__(self, pytester: pytest.Pytester, url: str) -> None:
        self.pytester = pytester
        self.url = url

    @property
    def root(self) -> Path:
        """Its directory."""
        return self.pytester.path

    def write(self, files: Mapping[str, str]) -> None:
        """Add or replace files."""
        write_files(self.root, files)

    def migration(self, revision: str, down: str, body: str = "pass", more: str = "") -> None:
        """Add a revision."""
        text = f'import sqlalchemy as sa\nfrom alembic import op\n{more}revision = "{revision}"\n'
        text += f"down_revision = {down}\ndef upgrade():\n    {body}\n"
        self.write({f"alembic/versions/{revision}_more.py": text})

    def model(self, text: str) -> None:
        """Add to the models."""
        path = self.root / "shop/models.py"
        path.write_text(path.read_text() + textwrap.dedent(text))

    def alembic(self, *arguments: str) -> None:
        """Run Alembic as a developer does."""
        subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            check=True,
            capture_output=True,
        )

    def gate(self, *arguments: str) -> Run:
        """Run the gate."""
        return gate(self.pytester, "--prodready-select=PRD32", *arguments)


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The project with one migration, and a file of SQLite's that does not exist yet."""
    made = Shop(pytester, f"sqlite:///{pytester.path / 'shop.sqlite'}")
    monkeypatch.setenv("SHOP_DATABASE", made.url)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    made.write(SHOP)
    return made


def only(run: Run) -> Finding:
    """The one finding of a run."""
    (finding,) = run.findings
    return finding


def only_of(run: Run, code: str) -> Finding:
    """The one finding with this code."""
    (finding,) = [found for found in run.findings if found.code == code]
    return finding


def test_a_database_at_head_passes_and_nothing_is_changed(shop: Shop) -> None:
    """All passes; env.py is not run, and neither the project nor the database is touched."""
    shop.alembic("upgrade", "head")
    before = snapshot(shop.root)
    run = shop.gate()
    assert run.findings == []
    assert run.subjects(Outcome.PASSED) == SUBJECTS
    assert "env.py was run" not in run.text
    assert {name: data for name, data in snapshot(shop.root).items() if "__pycache__" not in name} == before
    assert run.status == 0


def test_two_heads_without_a_command_are_an_error(shop: Shop) -> None:
    """PRD321 at the later file, with the line that merges."""
    shop.alembic("upgrade", "head")
    shop.migration("002", '"001"')
    shop.migration("003", '"001"')
    finding = only_of(shop.gate(), "PRD321")
    assert (finding.level, finding.subject) == (Level.ERROR, "migrations:alembic:heads")
    assert finding.location == Location("alembic/versions/003_more.py", 4)
    assert "2 heads (002 and 003)" in finding.message
    assert finding.remedy == 'Merge them: alembic merge -m "merge heads" 002 003.'


def test_two_heads_and_a_deployment_that_upgrades_to_head(shop: Shop) -> None:
    """PRD321 is an error even where the branches have labels: the command that was found fails."""
    shop.migration("002", '"001"', more='branch_labels = ("a",)\n')
    shop.migration("003", '"001"', more='branch_labels = ("b",)\n')
    shop.write({"Procfile": "web: uvicorn shop.app:app\nrelease: alembic upgrade head\n"})
    finding = only_of(shop.gate(), "PRD321")
    assert finding.level is Level.ERROR
    assert finding.location == Location("alembic/versions/003_more.py", 5)
    assert "the deployment upgrades to head (Procfile:2)" in finding.message


def test_two_heads_and_a_deployment_that_upgrades_to_heads(shop: Shop) -> None:
    """Nothing is said: the command finds both. That CI has another command does not count."""
    shop.migration("002", '"001"')
    shop.migration("003", '"001"')
    shop.write(
        {
            "Procfile": "release: alembic upgrade heads\n",
            ".gitlab-ci.yml": "x:\n  script: alembic upgrade head\n",
        }
    )
    run = shop.gate()
    assert "PRD321" not in run.codes()
    assert "migrations:alembic:heads" in run.subjects(Outcome.PASSED)


def test_migrations_that_alembic_cannot_read(shop: Shop) -> None:
    """PRD321 at the revision that follows none."""
    shop.migration("002", '"000"')
    finding = only(shop.gate())
    assert (finding.code, finding.level, finding.subject) == (
        "PRD321",
        Level.ERROR,
        "migrations:alembic:heads",
    )
    assert finding.message.startswith("Alembic cannot read its migrations: Revision 000 referenced from ")
    assert finding.location == Location("alembic/versions/002_more.py", 4)


def test_a_migration_that_ends_the_interpreter(shop: Shop) -> None:
    """What then is not known is errored, never passed; the rest of the run stands."""
    shop.migration("002", '"001"', more="import os\nos._exit(0)\n")
    run = shop.gate()
    assert run.subjects(Outcome.ERRORED) == {"migrations"}
    assert run.judgements["migrations"].reason.startswith(
        "reading the migrations ended the interpreter: os._exit"
    )
    assert run.subjects(Outcome.PASSED) == set()


def test_a_database_that_is_behind(shop: Shop) -> None:
    """PRD322 is a warning; a note where the deployment migrates."""
    shop.alembic("upgrade", "head")
    shop.migration("002", '"001"', 'op.add_column("orders", sa.Column("note", sa.Text))')
    run = shop.gate()
    finding = only(run)
    assert (finding.code, finding.level, finding.subject) == (
        "PRD322",
        Level.WARNING,
        "migrations:alembic:database",
    )
    assert "1 of the 2 migrations are not applied" in finding.message
    assert finding.location == Location("alembic/versions/002_more.py", 4)
    assert finding.remedy == "Run before this release: alembic upgrade head"
    assert run.status == 0
    shop.write({"Procfile": "release: alembic upgrade head\n"})
    finding = only(shop.gate())
    assert (finding.level, finding.remedy) == (Level.INFO, "Nothing, if Procfile:1 runs first.")


def test_a_database_that_another_build_has_migrated(shop: Shop) -> None:
    """PRD322 is an error for a revision that no file has: the hazard of a rollback."""
    shop.migration("002", '"001"')
    shop.alembic("upgrade", "head")
    (shop.root / "alembic/versions/002_more.py").unlink()
    finding = only(shop.gate())
    assert (finding.code, finding.level, finding.subject) == (
        "PRD322",
        Level.ERROR,
        "migrations:alembic:database",
    )
    assert "The database is at 002, which this build does not have" in finding.message
    assert "Can't locate revision identified by '002'" in finding.message
    assert finding.location == Location("alembic/versions/001_orders.py", 4)


def test_no_database_is_a_skip(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged without a database passes, the rest is skipped with its reason."""
    run = shop.gate()
    assert run.subjects(Outcome.PASSED) == {"migrations:alembic:heads", "migrations:alembic:models"}
    reason = run.judgements["migrations:alembic:database"].reason
    assert reason.startswith("the revision of the database is not known: ")
    assert not (shop.root / "shop.sqlite").exists()


CUSTOMER = """
    class Customer(Base):
        __tablename__ = "customers"
        id: Mapped[int] = mapped_column(primary_key=True)
    """


def test_a_model_that_no_migration_makes(shop: Shop) -> None:
    """PRD323 at the class, with and without a database."""
    shop.model(CUSTOMER)
    finding = only_of(shop.gate(), "PRD323")
    assert (finding.level, finding.subject) == (Level.ERROR, "migrations:alembic:models")
    assert finding.location == Location("shop/models.py", 11)
    assert finding.message == (
        "No migration makes the table customers, which shop.models.Customer maps: "
        "a database that is migrated does not have it."
    )


def test_columns_that_no_migration_adds_are_one_warning(shop: Shop) -> None:
    """PRD323: both columns together, at the first; one that is renamed to counts as added."""
    path = shop.root / "shop/models.py"
    path.write_text(
        path.read_text() + "    note: Mapped[str]\n    sum: Mapped[int]\n    total: Mapped[int]\n"
    )
    shop.migration("002", '"001"', 'op.alter_column("orders", "sums", new_column_name="total")')
    finding = only_of(shop.gate(), "PRD323")
    assert (finding.level, finding.location) == (Level.WARNING, Location("shop/models.py", 10))
    assert finding.message == "No migration adds orders.note, orders.sum, which the models map."


def test_a_version_table_with_another_name(shop: Shop) -> None:
    """The name that env.py gives it is the one that is read."""
    env = SHOP["alembic/env.py"].replace(
        "connection=connection,", 'connection=connection, version_table="shop_version",'
    )
    shop.write({"alembic/env.py": env})
    shop.alembic("upgrade", "head")
    run = shop.gate()
    assert run.findings == []
    assert run.subjects(Outcome.PASSED) == SUBJECTS


def test_sqlite_where_production_is_said_to_be_postgresql(shop: Shop) -> None:
    """PRD324 is an error: the settings say what production runs on."""
    shop.alembic("upgrade", "head")
    shop.write({"pyproject.toml": SHOP["pyproject.toml"] + '        database = { vendor = "postgresql" }\n'})
    finding = only(shop.gate())
    assert (finding.code, finding.level, finding.subject) == ("PRD324", Level.ERROR, "migrations:vendor")
    assert finding.location == Location("pyproject.toml", 7)
    assert "not verified on PostgreSQL" in finding.message
    assert "the database that was read is SQLite" in finding.message


def test_sqlite_where_the_migrations_are_made_for_postgresql(shop: Shop) -> None:
    """PRD324 is a warning with the statements that only PostgreSQL has."""
    body = 'op.get_bind().dialect.name == "postgresql" and op.execute("CREATE EXTENSION btree_gist")'
    shop.migration("002", '"001"', body)
    shop.alembic("upgrade", "head")
    finding = only(shop.gate())
    assert (finding.code, finding.level, finding.subject) == ("PRD324", Level.WARNING, "migrations:vendor")
    assert finding.location == Location("alembic/versions/002_more.py", 6)
    assert "(CREATE EXTENSION)" in finding.message


def test_postgresql_beside_migrations_made_for_it(
    shop: Shop, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read on PostgreSQL all passes, in a schema of its own, too; then the database is behind."""
    url = create_database(postgres_server, f"migrations_{os.getpid()}", "CREATE SCHEMA book;")
    monkeypatch.setenv(
        "SHOP_DATABASE",
        url.replace("postgresql+asyncpg://", "postgresql://").replace(
            "postgresql://", "postgresql+psycopg://"
        ),
    )
    env = SHOP["alembic/env.py"].replace(
        "connection=connection,", 'connection=connection, version_table_schema="book",'
    )
    shop.write({"alembic/env.py": env})
    shop.migration("002", '"001"', 'op.execute("ALTER TABLE orders ALTER name TYPE text USING name::text")')
    shop.migration(
        "003",
        '"002"',
        'op.add_column("orders", sa.Column("x", postgresql.JSONB))',
        more="from sqlalchemy.dialects import postgresql\n",
    )
    shop.alembic("upgrade", "head")
    run = shop.gate()
    assert run.findings == []
    assert run.subjects(Outcome.PASSED) == {*SUBJECTS, "migrations:vendor"}
    shop.migration("004", '"003"')
    finding = only(shop.gate())
    assert (finding.code, finding.level) == ("PRD322", Level.WARNING)
