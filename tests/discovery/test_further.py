"""Scripts and management commands, as the files of a project tell of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.discovery import Discovered
from pytest_prodready.facts import Entry, Location
from tests.discovery.conftest import Discover
from tests.discovery.test_discover import FASTAPI, MANAGE, WSGI, note

PROJECT = "[project]\nname = 'shop'\n[project.scripts]\n"


def of_kind(discovered: Discovered, kind: str) -> list[Entry]:
    return [entry for entry in discovered.entries if entry.kind == kind]


def test_a_console_script_of_a_project_that_is_not_installed(found: Discover, tmp_path: Path) -> None:
    """Its import root comes last on the path, nothing of the project first."""
    files = {"pyproject.toml": f"{PROJECT}shop = 'shop.cli:main'\n", "src/shop/__init__.py": ""}
    discovered = found({**files, "src/shop/cli.py": ""})
    words = "pyproject.toml [project.scripts]"
    assert of_kind(discovered, "script") == [
        Entry(
            "script",
            "shop.cli:main",
            f"{words}, shop",
            Location("pyproject.toml", 4),
            pythonpath=(),
            started="console",
            behind=(str(tmp_path / "src"),),
        )
    ]
    assert note(discovered, "scripts") == f"1 ({words})"
    assert discovered.packages == ("shop",)
    assert not discovered.scripts_elsewhere


@pytest.mark.parametrize(
    "place, root", [("shop", ""), ("src/shop", "src"), ("lib/shop", "lib"), ("a/b/shop", "a/b")]
)
def test_where_a_script_is_imported_from(found: Discover, tmp_path: Path, place: str, root: str) -> None:
    """The root, src, or whatever directory the build backend takes the package from."""
    files = {"pyproject.toml": f"{PROJECT}shop = 'shop.cli:main'\n", f"{place}/__init__.py": ""}
    (script,) = of_kind(found({**files, f"{place}/cli.py": ""}), "script")
    assert script.behind[0] == str(tmp_path / root)


def test_scripts_that_are_none_of_production(found: Discover) -> None:
    """Tests, tools, and scripts of an extra that the runtime does not select."""
    scripts = """\
a = "tests.run:main"
b = "scripts.lint:main"
c = "shop.tests.run:main"
d = "shop.cli:pdf [pdf]"
e = "shop.cli:xls [xls]"
f = "shop.cli:main"
g = "shop.cli:main"
[project.optional-dependencies]
pdf = []
xls = []
[tool.prodready]
runtime = { extras = ["xls"] }
"""
    discovered = found({"pyproject.toml": PROJECT + scripts, "shop/__init__.py": "", "shop/cli.py": ""})
    assert [entry.target for entry in of_kind(discovered, "script")] == ["shop.cli:xls", "shop.cli:main"]


def test_entry_points_of_the_settings(found: Discover, tmp_path: Path) -> None:
    """Production starts them as modules do: the working directory, then their import root, come first."""
    settings = "[tool.prodready]\nentry_points = ['shop.worker', 'jobs:main', 'jobs:main']\n"
    discovered = found(
        {"pyproject.toml": settings, "src/shop/worker.py": "", "src/shop/__init__.py": "", "jobs.py": ""}
    )
    words, place = "[tool.prodready] entry_points", Location("pyproject.toml", 2)
    assert of_kind(discovered, "script") == [
        Entry("script", "shop.worker", words, place, pythonpath=(str(tmp_path / "src"),)),
        Entry("script", "jobs:main", words, place, pythonpath=(str(tmp_path / "src"),)),
    ]
    assert discovered.packages == ("jobs", "shop")
    assert discovered.scripts_elsewhere


def test_management_commands(found: Discover, tmp_path: Path) -> None:
    """They get the settings that are served, and the directories that manage.py puts on the path."""
    added = """
here = pathlib.Path(__file__).parent
sys.path.append(str(here / "proj" / "apps"))
sys.path.insert(0, os.path.join(here, "vendor"))
sys.path.insert(0, "/opt/elsewhere")
sys.path.append(somewhere)
"""
    discovered = found(
        {
            "backend/manage.py": MANAGE + added,
            "backend/proj/__init__.py": "",
            "backend/proj/settings.py": "WSGI_APPLICATION = 'proj.wsgi.application'\n",
            "backend/proj/wsgi.py": WSGI,
            "backend/proj/apps/shop/__init__.py": "",
            "backend/vendor/one.py": "",
        }
    )
    backend = tmp_path / "backend"
    assert of_kind(discovered, "commands") == [
        Entry(
            "commands",
            "backend/manage.py",
            "DJANGO_SETTINGS_MODULE proj.production",
            Location("backend/manage.py"),
            "proj.production",
            (str(backend), str(backend / "vendor")),
            "file",
            (str(backend / "proj" / "apps"),),
        )
    ]
    assert note(discovered, "commands") == "backend/manage.py (DJANGO_SETTINGS_MODULE proj.production)"


READING = "import environ\nenviron.Env.read_env('.env')\n"


@pytest.mark.parametrize(
    "manage, env, expected",
    [
        (MANAGE, "DJANGO_SETTINGS_MODULE=proj.production\n", "proj.settings"),  # nothing reads it
        (READING + MANAGE, "SECRET_KEY=x\nDJANGO_SETTINGS_MODULE=proj.production\n", "proj.production"),
        (READING + MANAGE, "export DJANGO_SETTINGS_MODULE = 'proj.production'  # here\n", "proj.production"),
        (READING + MANAGE, "#DJANGO_SETTINGS_MODULE=proj.production\n", "proj.settings"),
        (
            MANAGE.replace('"proj.settings"', "NAME"),
            "DJANGO_SETTINGS_MODULE=proj.production",
            "proj.production",
        ),
    ],
)
def test_settings_in_a_file_of_variables(found: Discover, manage: str, env: str, expected: str) -> None:
    """A ``.env`` counts where manage.py reads it, or names no settings itself."""
    files = {"backend/manage.py": manage, "backend/.env": env, "backend/proj/__init__.py": ""}
    (commands,) = of_kind(found(files), "commands")
    assert commands.settings_module == expected


def test_a_manage_py_whose_settings_cannot_be_read(found: Discover) -> None:
    """There is nothing that could be set up, and the header says why."""
    discovered = found({"manage.py": MANAGE.replace('"proj.settings"', "NAME"), "shop/__init__.py": ""})
    assert of_kind(discovered, "commands") == []
    assert "sets no DJANGO_SETTINGS_MODULE that can be read" in note(discovered, "commands")


def test_an_installed_django_project(found: Discover) -> None:
    """Without a manage.py, the settings of the environment must be the application's."""
    settings = "[tool.prodready]\npackages = ['shop']\n"
    ours = found({"pyproject.toml": settings}, DJANGO_SETTINGS_MODULE="shop.settings")
    others = found({"pyproject.toml": settings}, DJANGO_SETTINGS_MODULE="other.settings")
    local = found({"local_settings.py": ""}, DJANGO_SETTINGS_MODULE="local_settings")
    assert [
        (one.target, one.settings_module, one.started, one.location) for one in of_kind(ours, "commands")
    ] == [("manage.py", "shop.settings", "module", None)]
    assert of_kind(others, "commands") == []
    assert [one.settings_module for one in of_kind(local, "commands")] == ["local_settings"]


def test_a_web_app_is_not_loaded_as_a_script_again(found: Discover) -> None:
    """What the server starts is an entry point once."""
    scripts = f"{PROJECT}serve = 'main:app'\nrun = 'main:run'\n"
    discovered = found({"pyproject.toml": scripts, "main.py": FASTAPI})
    assert [entry.target for entry in discovered.entries] == ["main:app", "main:run"]
