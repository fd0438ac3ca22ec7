from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.discovery import Discovered
from pytest_prodready.facts import Location
from tests.discovery.conftest import Discover

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
CELERY = "from celery import Celery\n\ncelery_app = Celery('shop')\n"
FACTORY = "from flask import Flask\n\ndef create_app(config=None):\n    app = Flask('x')\n    return app\n"
MANAGE = """\
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
WSGI = """\
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.production")
application = get_wsgi_application()
"""


def entry(discovered: Discovered, kind: str) -> tuple[str, str, str]:
    """Target, source and place of the entry of one kind; empty strings without one."""
    one = next((one for one in discovered.entries if one.kind == kind), None)
    return (one.target, one.source, str(one.location)) if one else ("", "", "")


def note(discovered: Discovered, label: str) -> str:
    return dict(discovered.notes).get(label, "")


def settings_modules(discovered: Discovered) -> list[str]:
    """Django's settings module of the web app and of the Celery app."""
    return [one.settings_module for one in discovered.entries if one.kind in ("web", "celery")]


def test_nothing_found(found: Discover) -> None:
    """An empty project has no entries, and both searches are named with the places searched."""
    discovered = found({})
    assert discovered.entries == ()
    assert discovered.packages == ()
    assert discovered.looked_for == (
        (
            "a web app (looked in the settings, the files of the deployment, [tool.fastapi], FLASK_APP, "
            "manage.py and the source)"
        ),
        "a Celery app (looked in the settings, the Procfile and the source)",
    )
    assert note(discovered, "packages") == "none (looked in the project's root)"


def test_settings_come_first(found: Discover) -> None:
    """What the user wrote wins over everything, and a Procfile that says otherwise is named."""
    discovered = found(
        {
            "pyproject.toml": "[tool.prodready]\napp = 'src.api:app'\ncelery = 'src.jobs'\n"
            "packages = ['src']\n"
            "database = 'env:DB_URL'\n[tool.fastapi]\nentrypoint = 'other:app'\n",
            "Procfile": "web: uvicorn src.main:app\nworker: celery -A src.jobs worker\n",
            "src/__init__.py": "",
            "src/api.py": FASTAPI,
        },
        FLASK_APP="x:y",
    )
    assert entry(discovered, "web") == ("src.api:app", "[tool.prodready] app", "pyproject.toml:2")
    assert entry(discovered, "celery") == ("src.jobs", "[tool.prodready] celery", "pyproject.toml:3")
    assert note(discovered, "app") == "src.api:app ([tool.prodready] app; Procfile, web says src.main:app)"
    assert note(discovered, "celery") == "src.jobs ([tool.prodready] celery)"
    assert note(discovered, "packages") == "src ([tool.prodready] packages)"
    assert note(discovered, "database") == "env:DB_URL ([tool.prodready] database)"
    assert discovered.packages == ("src",)
    assert discovered.database == "env:DB_URL"


@pytest.mark.parametrize(
    "module, packages, words",
    [
        ("deployed", ("shop", "deployed"), "shop, deployed ([tool.prodready] packages, deployed)"),
        ("shop.settings", ("shop",), "shop ([tool.prodready] packages)"),
        ("elsewhere.settings", ("shop",), "shop ([tool.prodready] packages)"),
    ],
)
def test_settings_beside_the_packages_are_the_application_s(
    found: Discover, module: str, packages: tuple[str, ...], words: str
) -> None:
    """As those of a deployment are, which take over what an installed package brings."""
    discovered = found(
        {
            "pyproject.toml": "[tool.prodready]\napp = 'shop.wsgi:application'\npackages = ['shop']\n",
            "deployed.py": "from shop.settings import *\n",
            "shop/__init__.py": "",
            "shop/settings.py": "",
            "shop/wsgi.py": "",
        },
        DJANGO_SETTINGS_MODULE=module,
    )
    assert discovered.packages == packages
    assert note(discovered, "packages") == words


def test_procfile_before_fastapi_and_source(found: Discover) -> None:
    """The Procfile wins over what only tools and the source say."""
    discovered = found(
        {
            "Procfile": "release: python migrate.py\nweb: uvicorn src.main:app\n"
            "worker: celery -A src.jobs worker\n",
            "pyproject.toml": "[tool.fastapi]\nentrypoint = 'other:app'\n",
            "app.py": FASTAPI,
            "src/__init__.py": "",
            "src/main.py": FASTAPI,
            "src/jobs.py": CELERY,
        }
    )
    assert entry(discovered, "web") == ("src.main:app", "Procfile, web", "Procfile:2")
    assert entry(discovered, "celery") == ("src.jobs", "Procfile, worker", "Procfile:3")
    assert discovered.packages == ("app", "src")
    assert discovered.pythonpath == ()
    assert discovered.looked_for == ()


def test_web_process_before_others(found: Discover) -> None:
    """The process called web or worker counts, wherever it stands; the others are named."""
    discovered = found(
        {
            "Procfile": "admin: uvicorn admin:app\nbeat: celery -A b beat\n"
            "web: uvicorn shop:app\nworker: celery -A a worker\n"
        }
    )
    assert note(discovered, "app") == "shop:app (Procfile, web; Procfile, admin says admin:app)"
    assert note(discovered, "celery") == "a (Procfile, worker; Procfile, beat says b)"


def test_fastapi_entrypoint_before_flask_app(found: Discover) -> None:
    """``[tool.fastapi] entrypoint`` wins over FLASK_APP and the source."""
    discovered = found(
        {
            "pyproject.toml": '[tool.fastapi]\nentrypoint = "src.main:app"\n',
            "src/main.py": FASTAPI,
            "app.py": FASTAPI,
        },
        FLASK_APP="app",
    )
    assert entry(discovered, "web") == ("src.main:app", "[tool.fastapi] entrypoint", "pyproject.toml:2")


@pytest.mark.parametrize(
    "value, target",
    [
        ("shop:app", "shop:app"),
        ("shop.web:create_app()", "shop.web:create_app()"),
        ("shop.web", "shop.web:create_app()"),
        ("shop/web.py", "shop.web:create_app()"),
        ("shop/web.py:site", "shop.web:site"),
    ],
)
def test_flask_app(found: Discover, value: str, target: str) -> None:
    """FLASK_APP may name a module or a file, each with or without a name in it."""
    discovered = found({"shop/__init__.py": "", "shop/web.py": FACTORY}, FLASK_APP=value)
    assert entry(discovered, "web") == (target, "FLASK_APP in the environment", "None")


def test_flaskenv(found: Discover) -> None:
    """.flaskenv counts without FLASK_APP; a file outside a package makes its directory an import root."""
    discovered = found({".flaskenv": "# dev\nexport FLASK_APP='src/app.py'\n", "src/app.py": FACTORY})
    assert entry(discovered, "web") == ("app:create_app()", "FLASK_APP in .flaskenv", ".flaskenv:2")
    assert [Path(place).name for place in discovered.pythonpath] == ["src"]
    assert note(discovered, "import path") == "src (FLASK_APP in .flaskenv)"


def test_django_project(found: Discover, tmp_path: Path) -> None:
    """manage.py leads to the settings, these to the application; an entry's own settings module counts."""
    discovered = found(
        {
            "backend/manage.py": MANAGE,
            "backend/proj/__init__.py": "",
            "backend/proj/settings.py": "from .base import *\n",
            "backend/proj/base.py": "DEBUG = False\nWSGI_APPLICATION = 'proj.wsgi.application'\n",
            "backend/proj/wsgi.py": WSGI,
            "backend/proj/celery.py": "from celery import Celery\napp = Celery('proj')\n",
            "backend/shop/__init__.py": "",
        }
    )
    assert entry(discovered, "web") == (
        "proj.wsgi:application",
        "WSGI_APPLICATION in backend/proj/base.py",
        "backend/proj/base.py:2",
    )
    assert entry(discovered, "celery") == (
        "proj.celery:app",
        "Celery in backend/proj/celery.py:2",
        "backend/proj/celery.py:2",
    )
    assert settings_modules(discovered) == ["proj.production", "proj.settings"]
    assert discovered.pythonpath == (str(tmp_path / "backend"),)
    assert note(discovered, "import path") == "backend (backend/manage.py)"
    assert discovered.packages == ("manage", "proj", "shop")


def test_django_settings_of_the_environment(found: Discover) -> None:
    """DJANGO_SETTINGS_MODULE of the environment wins, and its ASGI application comes before WSGI."""
    discovered = found(
        {
            "manage.py": MANAGE,
            "proj/__init__.py": "",
            "proj/settings.py": "WSGI_APPLICATION = 'proj.wsgi.application'\n",
            "proj/other.py": "WSGI_APPLICATION = 'a.b'\nASGI_APPLICATION = 'proj.asgi.application'\n",
            "proj/asgi.py": "",
        },
        DJANGO_SETTINGS_MODULE="proj.other",
    )
    assert entry(discovered, "web")[0] == "proj.asgi:application"
    assert settings_modules(discovered) == ["proj.other"]


def test_django_without_application_setting(found: Discover) -> None:
    """Without WSGI_APPLICATION, the project's wsgi.py is found in the source."""
    files = {"manage.py": MANAGE, "proj/__init__.py": "", "proj/settings.py": "", "proj/wsgi.py": WSGI}
    assert entry(found(files), "web") == (
        "proj.wsgi:application",
        "get_wsgi_application in proj/wsgi.py:4",
        "proj/wsgi.py:4",
    )


def test_procfile_names_the_app_of_a_django_project(found: Discover) -> None:
    """An entry of the Procfile in a Django project has its settings module, the Procfile's own first."""
    files = {"manage.py": MANAGE, "proj/__init__.py": "", "proj/settings.py": "", "proj/wsgi.py": WSGI}
    discovered = found(
        {
            **files,
            "Procfile": "web: gunicorn proj.wsgi\n"
            "worker: DJANGO_SETTINGS_MODULE=proj.jobs celery -A proj worker\n",
        }
    )
    assert entry(discovered, "web")[0] == "proj.wsgi:application"
    assert settings_modules(discovered) == ["proj.production", "proj.jobs"]


def test_single_file_app(found: Discover) -> None:
    """An application of one file needs nothing else."""
    discovered = found({"main.py": FASTAPI + CELERY})
    assert entry(discovered, "web") == ("main:app", "FastAPI in main.py:3", "main.py:3")
    assert entry(discovered, "celery") == ("main:celery_app", "Celery in main.py:6", "main.py:6")
    assert discovered.packages == ("main",)
    assert note(discovered, "app") == "main:app (FastAPI in main.py:3)"


def test_flat_layout_with_neighbours(found: Discover) -> None:
    """Packages, modules, and imported directories without ``__init__.py`` are the application's."""
    discovered = found(
        {
            "shop/__init__.py": "",
            "shop/main.py": "from models.user import User\n" + FASTAPI,
            "models/user.py": "class User: ...\n",
            "assets/build_icons.py": "",
            "tasks.py": CELERY,
            "setup.py": "",
            "noxfile.py": "",
            "conftest.py": "",
            "tests/__init__.py": "",
            "tests/app.py": FASTAPI,
            "docs/conf.py": "",
            "migrations/__init__.py": "",
            "scripts/__init__.py": "",
        }
    )
    assert discovered.packages == ("models", "shop", "tasks")
    assert entry(discovered, "web")[0] == "shop.main:app"


def test_src_layout(found: Discover, tmp_path: Path) -> None:
    """Where ``src`` is no package and the imports say ``from shop``, src is the import root."""
    discovered = found(
        {
            "src/shop/__init__.py": "",
            "src/shop/main.py": "from shop.models import User\n" + FASTAPI,
            "src/shop/models.py": "class User: ...\n",
            "src/worker.py": CELERY,
        }
    )
    assert entry(discovered, "web")[0] == "shop.main:app"
    assert entry(discovered, "celery")[0] == "worker:celery_app"
    assert discovered.pythonpath == (str(tmp_path / "src"),)
    assert note(discovered, "import path") == "src (src layout)"
    assert discovered.packages == ("shop", "worker")


def test_src_layout_without_any_absolute_import(found: Discover) -> None:
    """A package below a ``src`` that is none is imported without it, even when no import shows it."""
    assert (
        entry(found({"src/shop/__init__.py": "", "src/shop/main.py": FASTAPI}), "web")[0] == "shop.main:app"
    )


@pytest.mark.parametrize("files", [{"src/__init__.py": ""}, {"src/db.py": "from src.main import app\n"}])
def test_src_as_a_package(found: Discover, files: dict[str, str]) -> None:
    """Where ``src`` is a package, or the imports say ``from src``, the project's root is the import root."""
    discovered = found({"src/main.py": FASTAPI, "src/email/__init__.py": "", **files})
    assert entry(discovered, "web")[0] == "src.main:app"
    assert discovered.pythonpath == ()
    assert discovered.packages == ("src",)


def test_procfile_with_src_layout(found: Discover) -> None:
    """A module that the Procfile names and only ``src`` holds makes src an import root."""
    discovered = found({"Procfile": "web: uvicorn shop.main:app\n", "src/shop/main.py": FASTAPI})
    assert note(discovered, "import path") == "src (src layout)"
    assert discovered.packages == ("shop",)


def test_procfile_app_dir(found: Discover) -> None:
    """A directory that the command puts on the path is an import root, with the option as its source."""
    discovered = found({"Procfile": "web: uvicorn main:app --app-dir backend\n", "backend/main.py": FASTAPI})
    assert note(discovered, "import path") == "backend (Procfile, web: --app-dir)"
    assert discovered.packages == ("main",)


@pytest.mark.parametrize(
    "files, target",
    [
        ({"Procfile": "web: cd /app && uvicorn main:app\n"}, "main:app"),
        ({"Procfile": "web: cd .. && uvicorn main:app\n"}, "main:app"),
        ({"Procfile": "web: uvicorn main:app --app-dir ../elsewhere\n"}, "main:app"),
        ({"Procfile": "web: fastapi run ../../elsewhere/main.py\n"}, "main:app"),
        ({".flaskenv": "FLASK_APP=/elsewhere/main.py\n"}, "main:app"),
        ({".flaskenv": f"FLASK_APP={'a' * 5000}.py:x\n"}, f"{'a' * 5000}:x"),
    ],
)
def test_places_outside_of_the_project(found: Discover, files: dict[str, str], target: str) -> None:
    """A directory that only the production image has is no import root here."""
    discovered = found(files)
    assert entry(discovered, "web")[0] == target
    assert discovered.pythonpath == ()


def test_pythonpath_of_the_settings(found: Discover) -> None:
    """The settings' import roots name the modules."""
    discovered = found({"pyproject.toml": "[tool.prodready]\npythonpath = ['lib']\n", "lib/main.py": FASTAPI})
    assert entry(discovered, "web")[0] == "main:app"
    assert note(discovered, "import path") == "lib ([tool.prodready] pythonpath)"


def test_several_candidates(found: Discover) -> None:
    """Of several candidates the conventional file nearest to the root is chosen, and the others are named."""
    discovered = found({"shop/server.py": FASTAPI, "shop/main.py": FASTAPI, "shop/admin/main.py": FASTAPI})
    assert note(discovered, "app") == (
        "shop.main:app (FastAPI in shop/main.py:3; chosen of 3, "
        "also shop/admin/main.py:3 app, shop/server.py:3 app)"
    )


def test_only_a_web_app(found: Discover) -> None:
    """A missing Celery app is said, not guessed."""
    assert found({"main.py": FASTAPI}).looked_for == (
        "a Celery app (looked in the settings, the Procfile and the source)",
    )


def test_gunicorn_configuration(found: Discover) -> None:
    """Where gunicorn's command names no application, its configuration file does."""
    discovered = found(
        {
            "Procfile": "web: gunicorn -c conf.py\n",
            "conf.py": "bind = 'x'\nwsgi_app = 'shop:make()'\n",
            "shop.py": "",
        }
    )
    assert entry(discovered, "web") == ("shop:make()", "Procfile, web (wsgi_app in conf.py)", "Procfile:1")


def test_database_of_the_environment(found: Discover) -> None:
    """DATABASE_URL of the environment is named, its value never."""
    discovered = found({}, DATABASE_URL="postgresql://bob:hunter2@db/shop")
    assert discovered.database == ""
    assert (
        note(discovered, "database") == "the application's own engine, else DATABASE_URL of the environment"
    )
    assert "hunter2" not in repr(discovered)


def test_the_example(found: Discover) -> None:
    """The location of an entry of the source is the line of the assignment."""
    discovered = found({"src/__init__.py": "", "src/app.py": "\n\n" + FASTAPI})
    assert discovered.entries[0].location == Location("src/app.py", 5)


SETTINGS_PATH = {"pyproject.toml": "[tool.prodready]\npythonpath = ['lib']\n"}
MAKE_CELERY = "from task_app import create_app\nflask_app = create_app()\n"


def paths(discovered: Discovered, root: Path) -> dict[str, list[str]]:
    """Kind of entry → its import roots, relative to the project's."""
    return {
        one.kind: [Path(place).relative_to(root).as_posix() for place in one.pythonpath or ()]
        for one in discovered.entries
    }


def test_a_package_below_src_that_production_installs(found: Discover) -> None:
    """What the entry at the root imports from ``src`` is the application's, though no path is set for it."""
    discovered = found(
        {
            "make_celery.py": MAKE_CELERY,
            "src/task_app/__init__.py": FACTORY,
            "src/task_app/views.py": "",
            "src/unused/__init__.py": "",
        }
    )
    assert entry(discovered, "web")[0] == "make_celery:flask_app"
    assert discovered.packages == ("make_celery", "task_app")
    assert note(discovered, "packages") == "make_celery, task_app (found in the project's root, src)"
    assert discovered.pythonpath == ()


@pytest.mark.parametrize(
    "files",
    [
        {"src/redis/__init__.py": "", "src/api.py": "import redis\nfrom src.redis import x\n"},
        {"src/redis/x.py": "", "tool.py": "import redis\n"},
        {"src/email/__init__.py": "", "tool.py": "import email\n"},
        {"src/__init__.py": "", "src/redis/__init__.py": "", "tool.py": "import redis\n"},
    ],
)
def test_a_directory_below_src_that_is_no_top_level_package(found: Discover, files: dict[str, str]) -> None:
    """A directory of a library's name is not the application's only because the library is imported."""
    packages = found({"main.py": FASTAPI, **files}).packages
    assert "redis" not in packages
    assert "email" not in packages


def test_packages_of_the_other_import_roots(found: Discover) -> None:
    """What is imported from the settings' directories and from the project's own is the application's too."""
    discovered = found(
        {
            **SETTINGS_PATH,
            "lib/common/__init__.py": "",
            "lib/spare/__init__.py": "",
            "shared/__init__.py": "",
            "deploy/__init__.py": "",
            "api/core.py": "",
            "api/main.py": "import core, main\nfrom core import z\nfrom common.x import y\nimport shared\n"
            + FASTAPI,
        }
    )
    assert entry(discovered, "web")[0] == "main:app"
    assert discovered.packages == ("common", "core", "main", "shared")


def test_services_of_a_monorepo_do_not_share_their_import_paths(found: Discover, tmp_path: Path) -> None:
    """Two services with a package of one name each see their own."""
    discovered = found(
        {
            "api/main.py": "from core.config import X\n" + FASTAPI,
            "api/core/config.py": "",
            "worker/worker.py": "from core.config import BROKER\n" + CELERY,
            "worker/core/config.py": "",
        }
    )
    assert paths(discovered, tmp_path) == {"web": ["api"], "celery": ["worker"]}
    assert discovered.packages == ("core", "main", "worker")


def test_every_entry_sees_the_settings_directories_and_src(found: Discover, tmp_path: Path) -> None:
    """The settings' import paths are for all; a src layout is installed, so that its neighbours see it."""
    discovered = found(
        {
            **SETTINGS_PATH,
            "lib/x.py": "",
            "src/shop/__init__.py": "",
            "src/shop/main.py": "import shop.x\n" + FASTAPI,
            "worker.py": "import shop.x\n" + CELERY,
        }
    )
    assert paths(discovered, tmp_path) == {"web": ["lib", "src"], "celery": ["lib", "src"]}


def test_directories_of_a_command_are_its_own(found: Discover, tmp_path: Path) -> None:
    """What one process of the Procfile puts on the path, another does not see."""
    discovered = found(
        {
            "Procfile": "web: PYTHONPATH=lib uvicorn --app-dir api main:app\nworker: celery -A jobs worker\n",
            "lib/x.py": "",
            "api/main.py": FASTAPI,
            "jobs.py": CELERY,
        }
    )
    assert paths(discovered, tmp_path) == {"web": ["api", "lib"], "celery": []}


@pytest.mark.parametrize(
    "written, text, target",
    [
        ("shop", "app = make()", "shop:app"),
        ("shop", FACTORY + "application = create_app()", "shop:application"),
        ("shop", "from flask import Flask\nsite = Flask('x')", "shop:site"),
        ("shop", FACTORY, "shop:create_app()"),
        ("shop", "from .factory import make_app", "shop:make_app()"),
        ("shop", "", "shop:app"),
        ("shop:build", "def build(): ...", "shop:build()"),
        ("shop:create_app", "from .factory import create_app", "shop:create_app()"),
        ("shop:site", "site = make()", "shop:site"),
        ("shop:build('x')", "def build(kind): ...", "shop:build('x')"),
    ],
)
def test_what_flask_makes_of_a_module(found: Discover, written: str, text: str, target: str) -> None:
    """``flask --app`` takes app or application, the only object, a factory, and calls what is a function."""
    discovered = found({"Procfile": f'web: flask --app "{written}" run\n', "shop/__init__.py": text})
    assert entry(discovered, "web")[:2] == (target, "Procfile, web")


def test_a_server_that_refuses_a_module_without_a_name(found: Discover) -> None:
    """The likeliest app is looked at all the same, and the header says what the server demands."""
    files = {"Procfile": "web: uvicorn main\n", "main.py": FASTAPI.replace("app =", "api =")}
    assert entry(found(files), "web")[:2] == (
        "main:api",
        "Procfile, web, which uvicorn refuses without :api",
    )


def test_a_celery_module_keeps_its_form(found: Discover) -> None:
    """``celery -A`` takes a module, and the worker finds the app in it."""
    discovered = found({"Procfile": "worker: celery -A src.celery_app worker\n", "src/celery_app.py": CELERY})
    assert entry(discovered, "celery")[0] == "src.celery_app"
