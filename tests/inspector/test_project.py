from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_prodready.inspector.project import Project, directories, source_file


@pytest.mark.parametrize(
    "path, owned",
    [
        ("app.py", True),
        ("src/app/models.py", True),
        ("src/../app.py", True),
        ("../other/app.py", False),
        (".venv/lib/python3.12/site-packages/django/db.py", False),
        ("env/lib/python3.12/site-packages/x.py", False),
        ("node_modules/x.py", False),
        ("venv_tools.py", True),
    ],
)
def test_which_files_are_the_application_s(tmp_path: Path, path: str, owned: bool) -> None:
    """Files below the root are, those of an environment inside of it are not."""
    assert Project(str(tmp_path)).owns_file(str(tmp_path / path)) is owned


def test_the_standard_library_is_never_the_application_s() -> None:
    """Not even where the interpreter is installed below the root."""
    assert not Project("/").owns_file(os.__file__)


def test_a_root_reached_through_a_link(tmp_path: Path) -> None:
    """Files are recognised by where they really are."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    assert Project(str(link)).relative(str(real / "app.py")) == "app.py"
    assert Project(str(real)).relative(str(link / "app.py")) == "app.py"


@pytest.mark.parametrize(
    "name, owned",
    [("app", True), ("app.models", True), ("app_plugin", False), ("ap", False), ("x.app", False)],
)
def test_which_modules_are_the_application_s(tmp_path: Path, name: str, owned: bool) -> None:
    """The top-level name decides, compared as a whole."""
    assert Project(str(tmp_path), ("app",)).owns_module(name) is owned


def test_an_installed_namespace_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its parts are the application's, as the user has named it; it is not searched for again."""
    root, sites = tmp_path / "project", [tmp_path / "env" / one / "site-packages" for one in "ab"]
    for site, part in zip(sites, ("one", "two"), strict=True):
        (site / "spread" / part).mkdir(parents=True)
        (site / "spread" / part / "__init__.py").touch()
        monkeypatch.syspath_prepend(str(site))
    project = Project(str(root), ("spread",))
    file = str(sites[1] / "spread" / "two" / "__init__.py")
    assert not project.owns_file(file)  # not loaded yet
    for name in ("spread.one", "spread.two"):
        importlib.import_module(name)
    monkeypatch.setattr(sys, "path", [])
    assert [name for name, _ in project.modules() if name.startswith("spread")] == [
        "spread.one",
        "spread.two",
    ]
    assert project.relative(file) == "spread/two/__init__.py"
    # where the root has a part of it, what is installed is somebody else's
    (tmp_path / "env" / "a" / "spread").mkdir()
    within = Project(str(sites[0].parent), ("spread",))
    sys.modules["spread"].__path__ = [str(sites[0].parent / "spread"), str(sites[1] / "spread")]
    assert not within.owns_file(file)


def test_an_installed_package_of_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some installers link each file to where they keep it."""
    kept, site = tmp_path / "kept" / "linked", tmp_path / "site-packages"
    for place in (kept, site / "linked"):
        place.mkdir(parents=True)
    for name in ("__init__.py", "part.py"):
        (kept / name).touch()
        (site / "linked" / name).symlink_to(kept / name)
    monkeypatch.syspath_prepend(str(site))
    importlib.import_module("linked")
    project = Project(str(tmp_path / "project"), ("linked",))
    assert project.relative(str(site / "linked" / "part.py")) == "linked/part.py"


def test_odd_objects_in_sys_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an application puts into ``sys.modules`` is passed by without a call into it."""

    class Odd:
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

    class Lazy(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise AssertionError

    file = tmp_path / "app.py"
    file.write_text("")
    good = ModuleType("app.good")
    good.__file__ = str(file)
    for name, module in {
        "app.odd": Odd(),
        "app.lazy": Lazy("app.lazy"),
        "app.none": None,
        "app.good": good,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    assert Project(str(tmp_path), ("app",)).modules() == [("app.good", good)]
    assert source_file(3) == ""
    assert [directories(one) for one in (3, Odd(), good)] == [[], [], []]
