from __future__ import annotations

import configparser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.facts import Location
from pytest_prodready.requirements import Declarations, read
from pytest_prodready.requirements.setup_cfg import EXTRAS, SetupCfg
from pytest_prodready.settings import Runtime

MARKERS = {"python_version": "3.11", "sys_platform": "linux"}
SETUP_CFG = """\
[metadata]
name = My_Shop

[options]
packages = find:
python_requires = >=3.9
install_requires =
    # click was here
    flask>=2  # the framework

    click; python_version < "3.11"
    bad=>1
[options.extras_require]
Cache =
    redis>=4
dev = pytest; black
[tool:pytest]
addopts = -q
"""


def declare(root: Path, setup_cfg: str = SETUP_CFG, runtime: Runtime | None = None) -> Declarations:
    (root / "setup.cfg").write_text(setup_cfg)
    return read(root, runtime or Runtime(), MARKERS)


def places(found: Declarations) -> list[tuple[str, str]]:
    return [(one.name, str(one.location)) for one in found.requirements]


def test_install_requires_with_its_lines(tmp_path: Path) -> None:
    """Each line of ``install_requires`` is a requirement at its place; comments are none."""
    found = declare(tmp_path)
    assert places(found) == [("flask", "setup.cfg:9"), ("click", "setup.cfg:11"), ("", "setup.cfg:12")]
    assert [(one.specifier, one.applies, bool(one.problem)) for one in found.requirements] == [
        (">=2", True, False),
        ("", False, False),
        ("", True, True),
    ]
    assert found.sources == ("setup.cfg install_requires",)
    assert (found.name, found.static, found.problems) == ("my-shop", False, ())
    assert (found.requires_python, found.requires_python_location) == (">=3.9", Location("setup.cfg", 6))


def test_extras_require(tmp_path: Path) -> None:
    """An extra that is asked for is required; one that is not, and is not for development, is possible."""
    asked = declare(tmp_path, runtime=Runtime(extras=("cache", "dev")))
    assert places(asked)[3:] == [
        ("redis", "setup.cfg:15"),
        ("pytest", "setup.cfg:16"),
        ("black", "setup.cfg:16"),
    ]
    assert [one.name for one in declare(tmp_path).possible] == ["redis"]


def test_files_and_dashes(tmp_path: Path) -> None:
    """``file:`` names the files that hold the requirements; a dash in an option's name is an underscore."""
    (tmp_path / "base.in").write_text("a\nb\n")
    (tmp_path / "more.in").write_text("c\n")
    found = declare(tmp_path, "[options]\ninstall-requires = file: base.in, more.in\n")
    assert places(found) == [("a", "base.in:1"), ("b", "base.in:2"), ("c", "more.in:1")]


def test_pyproject_outranks_it(tmp_path: Path) -> None:
    """A ``[project]`` table that does not call its dependencies dynamic, or another backend: not read."""
    for text in (
        "[project]\nname = 'x'\ndependencies = ['web']\n",
        "[build-system]\nbuild-backend = 'hatchling.build'\n",
    ):
        (tmp_path / "pyproject.toml").write_text(text)
        assert "setup.cfg" not in repr(declare(tmp_path))
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\ndynamic = ['dependencies']\n")
    assert places(declare(tmp_path))[0] == ("flask", "setup.cfg:9")


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    """A broken setup.cfg is said with its line, and the requirements files are still read."""
    (tmp_path / "requirements.txt").write_text("web\n")
    found = declare(tmp_path, "[options]\n[options]\n")
    assert [one.name for one in found.requirements] == ["web"]
    (problem,) = found.problems
    assert problem.message.startswith("setup.cfg cannot be read: ")
    assert "line  2" in problem.message


def test_setup_py_is_noticed_and_not_run(tmp_path: Path) -> None:
    """A setup.py that names requirements declares nothing here, as it is not run."""
    (tmp_path / "setup.py").write_text("raise SystemExit\nsetup(install_requires=['web'])\n")
    found = read(tmp_path, Runtime(), MARKERS)
    assert (found.setup_py, found.declared, found.requirements) == (True, False, ())
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\ndependencies = ['web']\n")
    assert not read(tmp_path, Runtime(), MARKERS).setup_py


@given(st.text(alphabet="[options]\n =:;#%ainstall_requires.x,", max_size=80))
def test_no_text_makes_it_raise(text: str) -> None:
    """Whatever setup.cfg holds, it is read or refused as configparser does."""
    try:
        found = SetupCfg(f"[options]\ninstall_requires = {text}\n[options.extras_require]\n{text}")
    except configparser.Error:
        return
    for section, key in (*((EXTRAS, name) for name in found.extras()), ("options", "install_requires")):
        assert all(text for text, _ in found.requirements(section, key))
