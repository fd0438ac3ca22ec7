"""Alembic's revisions as its own API reads them; the files are real, no database is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

pytest.importorskip("alembic")

from pytest_prodready.codec import decode
from pytest_prodready.facts import Alembic, Location, Made
from pytest_prodready.inspector import sources
from pytest_prodready.inspector.migrations import alembic_scripts
from pytest_prodready.inspector.project import Project
from tests.files import write_files

ENV = "from alembic import context\nraise RuntimeError('env.py was run')\n"


class Scripts:
    """A project with an environment of Alembic."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("alembic.ini", "[alembic]\nscript_location = alembic\n")
        self.write("alembic/env.py", ENV)
        self.write("shop/__init__.py", "")

    def write(self, name: str, text: str) -> None:
        """Add or replace a file."""
        write_files(self.root, {name: text})

    def revision(self, name: str, down: str, body: str = "pass", more: str = "") -> None:
        """Add a revision whose ``down_revision`` stands on its fourth line."""
        text = (
            f'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{name}"\ndown_revision = {down}\n'
        )
        self.write(
            f"alembic/versions/{name}.py",
            f"{text}{more}\ndef upgrade():\n    {body}\ndef downgrade():\n    op.create_table('gone')\n",
        )

    def read(self, file: str = "alembic.ini", section: str = "", *tables: str) -> Alembic:
        """What is read of it."""
        sources.tree_of.cache_clear()  # a file that was replaced
        mapped: list[dict[str, Any]] = [{"name": name} for name in tables]
        facts = alembic_scripts.read(file, section, mapped, Project(str(self.root), ("shop",)))
        return decode(Alembic, facts)


@pytest.fixture
def scripts(tmp_path: Path) -> Iterator[Scripts]:
    """An environment without revisions; the working directory and ``sys.path`` stay as they are."""
    before = Path.cwd(), list(sys.path)
    yield Scripts(tmp_path)
    assert (Path.cwd(), sys.path) == before


def test_revisions_with_their_branches(scripts: Scripts) -> None:
    """Heads, what each follows or depends on, labels of the whole branch, lines; env.py is not run."""
    scripts.revision("a1", "None", more='branch_labels = ("main",)')
    scripts.revision("a2", '"a1"')
    scripts.revision("b1", "None", more='branch_labels = ("other",)\ndepends_on = "a1"')
    seen = scripts.read()
    assert (seen.failure, seen.unread, seen.several, set(seen.heads)) == (None, "", True, {"a2", "b1"})
    found = {one.id: (one.down, one.labels) for one in seen.revisions}
    assert found == {"a1": ((), ("main",)), "a2": (("a1",), ("main",)), "b1": (("a1",), ("other",))}
    assert seen.config == Location("alembic.ini", 2)
    assert {one.location for one in seen.revisions} >= {Location("alembic/versions/a2.py", 4)}


def test_one_head_is_not_several(scripts: Scripts) -> None:
    """A merge makes one of two."""
    scripts.revision("a", "None")
    scripts.revision("b", '"a"')
    scripts.revision("c", '"a"')
    scripts.revision("d", '("b", "c")')
    seen = scripts.read()
    assert (seen.several, seen.heads) == (False, ("d",))


@pytest.mark.parametrize(
    "text, said, doubted",
    [
        ('revision = "b"\ndown_revision = "gone"\n', "Revision gone referenced from", False),
        ('revision = "b"\ndown_revision = "b"\n', "Self-loop is detected", False),
        ("revision = \n", "invalid syntax", False),
        (
            'import gone_for_good\nrevision = "b"\ndown_revision = "a"\n',
            "No module named 'gone_for_good'",
            False,
        ),
        ('revision = "a"\ndown_revision = None\n', "Revision a is present more than once", False),
        ("from alembic import context\ncontext.config.x\n", "config", True),
        ('import sys\nsys.exit(3)\nrevision = "b"\ndown_revision = "a"\n', "3", True),
        ('down_revision = "a"\n', "Could not determine revision id", False),
    ],
)
def test_revisions_that_cannot_be_read(scripts: Scripts, text: str, said: str, doubted: bool) -> None:
    """What Alembic says, and whether env.py might have prevented it."""
    scripts.revision("a", "None")
    scripts.write("alembic/versions/more.py", text)
    seen = scripts.read()
    assert seen.failure is not None
    assert said in seen.failure.message
    assert seen.doubted is doubted


def test_an_env_py_that_changes_the_path_may_be_missed(scripts: Scripts) -> None:
    """An import that fails is doubted then."""
    scripts.write("alembic/env.py", f"import sys\nsys.path.append('x')\n{ENV}")
    scripts.write("alembic/versions/a.py", 'import more\nrevision = "a"\ndown_revision = None\n')
    assert scripts.read().doubted


def test_other_configurations(scripts: Scripts) -> None:
    """A section, Flask-Migrate's file without a location, env.py alone, pyproject.toml; a missing place."""
    scripts.revision("a", "None")
    scripts.write(
        "alembic.ini", "[alembic]\nscript_location = gone\n[second]\nscript_location = %(here)s/alembic\n"
    )
    assert scripts.read().unread.startswith(
        "alembic does not find its scripts: CommandError: Path doesn't exist"
    )
    second = scripts.read(section="second")
    assert (second.heads, second.config, second.section) == (("a",), Location("alembic.ini", 4), "second")
    assert scripts.read("alembic/env.py").heads == ("a",)
    scripts.write("alembic/alembic.ini", "[alembic]\n")
    assert scripts.read("alembic/alembic.ini").heads == ("a",)
    scripts.write(
        "pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/alembic"\nprepend_sys_path = ["."]\n'
    )
    reads_it = Version(version("alembic")) >= Version("1.16")
    assert scripts.read("pyproject.toml").heads == (("a",) if reads_it else ())


def test_a_configuration_is_found_from_its_own_directory(scripts: Scripts) -> None:
    """``cd backend && alembic upgrade head``."""
    for path in ("env.py", "versions/a.py"):
        scripts.write(f"backend/alembic/{path}", 'revision = "a"\ndown_revision = None\n')
    (scripts.root / "alembic/env.py").unlink()
    (scripts.root / "alembic").rmdir()
    scripts.write("backend/alembic.ini", "[alembic]\nscript_location = alembic\n")
    seen = scripts.read("backend/alembic.ini")
    assert (seen.heads, seen.directory) == (("a",), "backend/alembic")


def test_the_version_table_of_env_py(scripts: Scripts) -> None:
    """A text, a constant of the module, or what only running it would tell."""
    seen = scripts.read()
    assert (seen.version_table, seen.version_schema, seen.version_known) == ("alembic_version", "", True)
    scripts.write(
        "alembic/env.py",
        """
        TABLE = "shop_version"
        options = {"version_table_schema": "book", "include_object": None}
        context.configure(version_table=TABLE, **options)
        """,
    )
    seen = scripts.read()
    assert (seen.version_table, seen.version_schema, seen.version_known) == ("shop_version", "book", True)
    assert seen.filtered == ""
    scripts.write("alembic/env.py", "context.configure(version_table=name(), include_object=mine)\n")
    seen = scripts.read()
    assert (seen.version_known, seen.filtered) == (False, "include_object in alembic/env.py:1")


COLUMNS = 'sa.Column("id", sa.Integer), sa.Column("name", sa.Text)'


@pytest.mark.parametrize(
    "body, made, opaque",
    [
        (f'op.create_table("orders", {COLUMNS})', [("orders", ("id", "name"), True, True)], False),
        ('op.create_table("orders", *COLUMNS)', [("orders", (), True, False)], False),
        ('op.create_table(NAME, sa.PrimaryKeyConstraint("id"))', [("named", (), True, True)], False),
        ('op.create_table(f"orders_{NAME}")', [], True),
        ('op.create_table("orders", sa.Column(HIDDEN, sa.Text))', [("orders", (), True, False)], False),
        ('op.add_column("orders", sa.Column("note", sa.Text))', [("orders", ("note",), False, True)], False),
        (
            (
                'with op.batch_alter_table("orders") as batch:\n'
                '        batch.add_column(sa.Column("note", sa.Text))\n'
                '        batch.alter_column("a", new_column_name="b")'
            ),
            [("orders", ("note",), False, True), ("orders", ("b",), False, True)],
            False,
        ),
        ('op.rename_table("clients", "orders")', [("orders", (), True, False)], False),
        (
            'op.execute("CREATE TABLE IF NOT EXISTS book.orders (id int)")',
            [("orders", (), True, False)],
            False,
        ),
        ("op.execute(sa.text('ALTER TABLE \"orders\" ADD x int'))", [("orders", (), False, False)], False),
        ('op.execute("UPDATE orders SET x = 1")', [], False),
        ('op.execute(f"UPDATE {NAME} SET x = 1")', [], False),
        ('op.execute(f"CREATE TABLE {NAME}")', [], True),
        ("op.execute(open(NAME).read())", [], True),
        ("op.execute(orders.update().where(orders.c.x == 1).values(x=2))", [], False),
        ("Base.metadata.create_all(op.get_bind())", [], True),
        ("Order.__table__.create(op.get_bind())", [], True),
        ('sa.Enum("a", name="kind").create(op.get_bind())', [], False),
        ("helper(op)", [], True),
        ('print("done")', [], False),
    ],
)
def test_what_the_text_of_a_revision_makes(
    scripts: Scripts, body: str, made: list[tuple[str, tuple[str, ...], bool, bool]], opaque: bool
) -> None:
    """Table, columns, whether it is made here, whether all columns are known; or that it is not known."""
    more = 'NAME = "named"\nHIDDEN = "a" if NAME else "b"\nhelper = orders = Order = Base = None\n'
    scripts.write("shop/helpers.py", "def helper(op): ...\n")
    scripts.revision("a", "None", body, more=f"{more}from shop.helpers import helper\n")
    before = list(sys.path)
    sys.path.insert(0, str(scripts.root))
    try:
        seen = scripts.read()
    finally:
        sys.path[:] = before
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            del sys.modules[name]
    assert seen.failure is None
    assert [(one.table, one.columns, one.whole, one.certain) for one in seen.made] == made
    assert bool(seen.opaque) is opaque


def test_where_a_table_is_made(scripts: Scripts) -> None:
    """With the revision and the line; the way back makes nothing."""
    scripts.revision("a", "None", f'op.create_table("orders", {COLUMNS})')
    (made,) = scripts.read().made
    assert made == Made("orders", ("id", "name"), "a", Location("alembic/versions/a.py", 7), whole=True)


def test_mapped_tables_whose_name_stands_somewhere(scripts: Scripts) -> None:
    """In any file beside the revisions."""
    scripts.revision("a", "None")
    scripts.write("alembic/versions/tables.sql", "CREATE TABLE book.orders (id int)")
    assert scripts.read("alembic.ini", "", "orders", "customers").words == ("orders",)


def test_what_only_one_vendor_understands(scripts: Scripts) -> None:
    """Statements and types of a dialect; a variant for one of several does not count."""
    scripts.revision(
        "a",
        "None",
        'op.execute("""\n    CREATE EXTENSION btree_gist""")\n'
        '    op.create_table("x", sa.Column("a", postgresql.JSONB(), sa.Column("b", ARRAY(sa.Text))))\n'
        '    op.create_table("y", sa.Column("a", sa.JSON().with_variant(postgresql.UUID(), "postgresql")))',
        more="from sqlalchemy.dialects import postgresql\n"
        "from sqlalchemy.dialects.postgresql import ARRAY, insert",
    )
    seen = [(one.vendor, one.words, one.location.line) for one in scripts.read().marks]
    assert seen == [
        ("postgresql", "CREATE EXTENSION", 9),
        ("postgresql", "postgresql.JSONB", 10),
        ("postgresql", "ARRAY", 10),
    ]


def test_alembic_that_is_not_there(scripts: Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said instead."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "alembic.config", None)
    assert scripts.read().unread.startswith("alembic does not import: ")
