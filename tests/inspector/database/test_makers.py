"""Which revision of Alembic's makes a table that is missing, and where an application makes its own."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_prodready.inspector.database import absent, makers
from pytest_prodready.inspector.project import Project
from tests.files import write_files

NUMBERS = itertools.count()
REVISION = '''\
"""Add things.

Details."""
revision: str = "3f2a"
TEXT = """
CREATE UNLOGGED TABLE IF NOT EXISTS "shop"."by_text" (id int);
create materialized view seen as select 1;
"""
def upgrade() -> None:
    op.create_table(
        "things", Column("id"), schema="shop")
    op.rename_table("before", "after")
    op.create_table(NAME)
    op.execute(TEXT)
def downgrade() -> None:
    op.create_table("dropped")
'''
NAMES = ("things", "before", "after", "dropped", "by_text", "seen", "other")


def table(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "schema": None, "bind": "", **more}


def write(root: Path, files: Mapping[str, str]) -> Project:
    write_files(root, files)
    return Project(str(root), ())


def test_what_an_upgrade_makes_is_known_by_its_text(tmp_path: Path) -> None:
    project = write(
        tmp_path,
        {
            "alembic/versions/1_things.py": REVISION,
            "alembic/versions/helper.py": "def f(): op.create_table('other')\n",  # is no revision
            "alembic/versions/2_broken.py": "revision = 'x'\ndef f(: op.create_table('other')\n",
            "elsewhere/3_other.py": "revision = 'x'\nop.create_table('other')\n",
            ".venv/versions/4_other.py": "revision = 'x'\nop.create_table('other')\n",
        },
    )
    found = makers.of([table(name) for name in NAMES], project)
    assert {(one["table"], one["schema"], one["migration"], one["location"]["line"]) for one in found} == {
        ("things", "shop", "3f2a (Add things.)", 10),
        ("after", "", "3f2a (Add things.)", 12),
        ("by_text", "shop", "3f2a (Add things.)", 5),
        ("seen", "", "3f2a (Add things.)", 5),
    }
    assert {one["location"]["file"] for one in found} == {"alembic/versions/1_things.py"}


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A loaded module that makes tables and chooses schemas, beside one that only speaks of it."""
    made, told = f"makes_{next(NUMBERS)}", f"tells_{next(NUMBERS)}"
    write(
        tmp_path,
        {
            f"{made}.py": """\
                def start(engine, metadata):
                    engine.run_sync(metadata.create_all)
                def choose(connection, tenant):
                    return connection.execution_options(
                        schema_translate_map={None: tenant})
                """,
            f"{told}.py": "'''Call create_all and set a schema_translate_map.'''\n# metadata.create_all()\n",
        },
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in (made, told):
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module(name)
    return Project(str(tmp_path), (made, told))


ANSWER: dict[str, Any] = {
    "name": "",
    "tables": [
        {"schema": "public", "name": "places", "visible": True},
        {"schema": "acme", "name": "jobs", "visible": False},
    ],
}


def test_the_source_is_asked_only_where_a_table_is_missing(application: Project) -> None:
    """A tenant's table is somewhere, and another database's is none of this one's."""
    there = [
        table("places"),
        table("places", schema="public"),
        table("jobs", schema="acme"),
        table("jobs", framework="django", tenancy=["tenant"]),
        table("other", bind="archive"),
    ]
    assert absent.facts(ANSWER, {"tables": there}, application) == {}
    for missing in (table("jobs"), table("Places"), table("places", schema="acme")):
        found = absent.facts(ANSWER, {"tables": [*there, missing]}, application)
        (file,) = {place["file"] for place in found["created_by"]}
        assert [place["line"] for place in found["created_by"]] == [2]
        assert found["translated_by"] == {"file": file, "line": 5}
    folding = {**ANSWER, "folds_tables": True}
    assert absent.facts(folding, {"tables": [table("Places")]}, application) == {}
