from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.facts import Location
from pytest_prodready.scripts import Declared, Script, read, script


def declared(root: Path, pyproject: str = "", setup_cfg: str = "") -> Declared:
    (root / "pyproject.toml").write_text(pyproject)
    (root / "setup.cfg").write_text(setup_cfg)
    return read(root)


def test_the_tables_of_a_pyproject(tmp_path: Path) -> None:
    """Scripts, GUI scripts and Poetry's, each with its line; what names no object is left out."""
    found = declared(
        tmp_path,
        """\
[project]
name = "shop"
[project.scripts]
shop = "shop.cli:main"
report = " shop.cli : report [pdf, xls] "
file = "bin/report.sh"
number = 3
[project.gui-scripts]
desk = "shop.desk:start"
[project.entry-points."console_scripts"]
never = "shop.never:main"
[tool.poetry.scripts]
old = { callable = "shop.old:main", extras = ["old"] }
new = { reference = "shop.new:main", type = "console" }
shell = { reference = "run.sh", type = "file" }
""",
    )
    table, poetry = "pyproject.toml [project.scripts]", "pyproject.toml [tool.poetry.scripts]"
    place = "pyproject.toml"
    assert found == Declared(
        (
            Script("shop", "shop.cli:main", (), table, Location(place, 4)),
            Script("report", "shop.cli:report", ("pdf", "xls"), table, Location(place, 5)),
            Script("desk", "shop.desk:start", (), "pyproject.toml [project.gui-scripts]", Location(place, 9)),
            Script("old", "shop.old:main", ("old",), poetry, Location(place, 13)),
            Script("new", "shop.new:main", (), poetry, Location(place, 14)),
        ),
        elsewhere=False,
    )


def test_setup_cfg(tmp_path: Path) -> None:
    """Both groups of its entry points, each script with its line; other groups are no scripts."""
    found = declared(
        tmp_path,
        setup_cfg="""\
[metadata]
name = shop
[options.entry_points]
console_scripts =
    shop = shop.cli:main
    # a comment
    pdf = shop.pdf:main [pdf]
gui_scripts =
    desk = shop.desk:start
celery.result_backends =
    x = shop.x:X
""",
    )
    assert found == Declared(
        (
            Script("shop", "shop.cli:main", (), "setup.cfg console_scripts", Location("setup.cfg", 5)),
            Script("pdf", "shop.pdf:main", ("pdf",), "setup.cfg console_scripts", Location("setup.cfg", 7)),
            Script("desk", "shop.desk:start", (), "setup.cfg gui_scripts", Location("setup.cfg", 9)),
        ),
        elsewhere=False,
    )


@pytest.mark.parametrize(
    "pyproject, elsewhere",
    [
        ("", True),
        ("[tool.prodready]\n", True),
        ("[project]\nname = 'shop'\n", False),
        ("[project]\nname = 'shop'\ndynamic = ['version']\n", False),
        ("[project]\nname = 'shop'\ndynamic = ['scripts']\n", True),
        ("[tool.poetry]\nname = 'shop'\n", False),
        ("[project\n", True),
    ],
)
def test_whether_the_files_have_the_last_word(tmp_path: Path, pyproject: str, elsewhere: bool) -> None:
    """Where [project] does not leave scripts to the build backend, installed metadata can only be older."""
    assert declared(tmp_path, pyproject) == Declared((), elsewhere)


def test_no_files(tmp_path: Path) -> None:
    assert read(tmp_path) == Declared()


def test_extras_are_compared_by_their_normal_names() -> None:
    """A script needs all of its extras."""
    found = script("x", "shop.x:main [Big_Pdf,xls]", "a table")
    assert found is not None
    assert found.selected(["big-pdf", "XLS", "more"])
    assert not found.selected(["big-pdf"])


@given(st.text())
def test_any_text_is_a_value(value: str) -> None:
    """Whatever stands there, it is a script with an import string, or none."""
    found = script("x", value, "a table")
    assert found is None or all(
        part.replace(".", "").replace("_", "a").isalnum() for part in found.target.split(":")
    )


@given(st.text(), st.text())
def test_any_files_are_read(tmp_path_factory: pytest.TempPathFactory, pyproject: str, setup_cfg: str) -> None:
    """No content raises."""
    root = tmp_path_factory.mktemp("project")
    (root / "pyproject.toml").write_text(pyproject, encoding="utf-8", errors="replace")
    (root / "setup.cfg").write_text(setup_cfg, encoding="utf-8", errors="replace")
    assert isinstance(read(root), Declared)
