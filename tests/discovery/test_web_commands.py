"""The commands of the deployment that start a web server."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.discovery import Discovered
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.discovery.web_commands import WebCommands
from pytest_prodready.facts import Location, ServerCommand
from tests.discovery.conftest import Discover

APP = {"src/__init__.py": "", "src/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}
DJANGO = {
    "manage.py": "import os, sys\nfrom django.core.management import execute_from_command_line\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\nexecute_from_command_line(sys.argv)\n",
    "proj/__init__.py": "",
    "proj/settings.py": "",
    "proj/wsgi.py": "from django.core.wsgi import get_wsgi_application as get\napplication = get()\n",
}


def first(discovered: Discovered) -> tuple[str, str]:
    """The first command as a line, and where it stands."""
    if not discovered.servers:
        return "", ""
    one = discovered.servers[0]
    return " ".join((one.program, *one.words)), str(one.location)


def test_all_of_a_command(found: Discover) -> None:
    """Its words, and what stands around it."""
    line = (
        "cd src && FLAG=on poetry run ddtrace-run python -u -m gunicorn -k uvicorn.workers.UvicornWorker"
        " -w $((2 * $(nproc) + 1)) -b 0.0.0.0:${PORT:-8000} --timeout ${TIMEOUT:-30} main:app 2>&1 | tee log"
    )
    files = {"src/main.py": APP["src/main.py"], "Procfile": f"release: python m.py\nweb: {line}\n"}
    discovered = found(files, TIMEOUT="60")
    said = "gunicorn (Procfile, web; not run: poetry run ddtrace-run, tee log)"
    assert ("server", said) in discovered.notes
    assert discovered.servers == (
        ServerCommand(
            "gunicorn",
            (
                *("-k", "uvicorn.workers.UvicornWorker", "-w", "$UNKNOWN", "-b", "0.0.0.0:{port}"),
                *("--timeout", "60", "main:app"),
            ),
            "Procfile, web",
            Location("Procfile", 2),
            {"FLAG": "on"},
            "src",
            as_module=True,
            left_out=("poetry run ddtrace-run", "tee log"),
        ),
    )


@pytest.mark.parametrize(
    "files, line, place, shell",
    [
        ({"Procfile": "web: exec uvicorn src.main:app\n"}, "uvicorn src.main:app", "Procfile:1", ""),
        (
            {"Dockerfile": 'FROM x\nCMD ["uvicorn", "src.main:app", \\\n  "--port", "80"]\n'},
            "uvicorn src.main:app --port 80",
            "Dockerfile:2",
            "",
        ),
        (
            {"Dockerfile": "FROM x\nCMD uvicorn src.main:app\n"},
            "uvicorn src.main:app",
            "Dockerfile:2",
            "sh -c",
        ),
        (
            {"Dockerfile": "FROM x\nCMD exec uvicorn src.main:app\n"},
            "uvicorn src.main:app",
            "Dockerfile:2",
            "",
        ),
        (
            {"Dockerfile": 'FROM x\nCMD ["sh", "-c", "python m.py && uvicorn src.main:app"]\n'},
            "uvicorn src.main:app",
            "Dockerfile:2",
            "sh -c",
        ),
        (
            {
                "Dockerfile": "FROM x\nENV LEVEL=debug\nENTRYPOINT ['gunicorn']\n".replace("'", '"')
                + 'CMD ["src.main:app", "--log-level=$LEVEL"]\n'
            },
            "gunicorn src.main:app --log-level=debug",
            "Dockerfile:4",
            "",
        ),
        (
            {
                "Dockerfile": "FROM x AS dev\nCMD uvicorn src.main:app --reload\n"
                'FROM x\nCMD ["granian", "src.main:app"]\n'
            },
            "granian src.main:app",
            "Dockerfile:4",
            "",
        ),
        (
            {
                "Dockerfile": 'FROM x\nENTRYPOINT ["/app/bin/start.sh"]\n',
                "bin/start.sh": "#!/bin/sh\nset -e\nuvicorn src.main:app\n",
            },
            "uvicorn src.main:app",
            "bin/start.sh:3",
            "bin/start.sh",
        ),
        (
            {
                "Dockerfile": 'FROM x\nCMD ["./start.sh"]\n',
                "start.sh": "#!/bin/sh\nexec uvicorn src.main:app\n",
            },
            "uvicorn src.main:app",
            "start.sh:2",
            "",
        ),
        (
            {
                "Dockerfile": 'FROM x\nENTRYPOINT ["./entry.sh"]\nCMD ["uvicorn", "src.main:app"]\n',
                "entry.sh": '#!/bin/sh\npython m.py\nexec "$@"\n',
            },
            "uvicorn src.main:app",
            "Dockerfile:3",
            "",
        ),
        (
            {
                "Dockerfile": 'FROM x\nENTRYPOINT ["./entry.sh"]\nCMD ["uvicorn", "src.main:app"]\n',
                "entry.sh": '#!/bin/sh\npython m.py\n"$@"\n',
            },
            "uvicorn src.main:app",
            "Dockerfile:3",
            "entry.sh",
        ),
        (
            {"compose.yml": "services:\n  web:\n    command: hypercorn src.main:app -b 0.0.0.0:80\n"},
            "hypercorn src.main:app -b 0.0.0.0:80",
            "compose.yml:3",
            "",
        ),
        (
            {"web.service": "[Service]\nExecStart=/venv/bin/daphne -u /run/x.sock src.main:app\n"},
            "daphne -u /run/x.sock src.main:app",
            "web.service:2",
            "",
        ),
        (
            {"supervisor.conf": "[program:web]\ncommand = /venv/bin/gunicorn src.main:app\n"},
            "gunicorn src.main:app",
            "supervisor.conf:2",
            "",
        ),
        (
            {
                "k8s/web.yaml": "kind: Pod\nspec:\n  containers:\n  - name: web\n"
                "    command: [uvicorn]\n    args: ['src.main:app']\n"
            },
            "uvicorn src.main:app",
            "k8s/web.yaml:6",
            "",
        ),
        (
            {"Procfile": "web: gunicorn -c /app/g.py\n", "g.py": "wsgi_app = 'src.main:app'\n"},
            "gunicorn -c g.py",
            "Procfile:1",
            "",
        ),
        (
            {"Procfile": "web: gunicorn -c /app/conf/g.py src.main:app\n", "conf/g.py": "timeout = 3\n"},
            "gunicorn -c conf/g.py src.main:app",
            "Procfile:1",
            "",
        ),
    ],
)
def test_every_kind_of_file(
    found: Discover, files: dict[str, str], line: str, place: str, shell: str
) -> None:
    """The command, its line, and the shell that stays between production and the server."""
    discovered = found({**APP, **files})
    assert first(discovered) == (line, place)
    assert discovered.servers[0].shell == shell


def test_the_order(found: Discover) -> None:
    """The Procfile's web, its others, the image, the compose file, and development last."""
    files = {
        **APP,
        "Procfile": "api: uvicorn src.main:app --port 2\nweb: uvicorn src.main:app --port 1\n",
        "Dockerfile": "CMD uvicorn src.main:app --port 3\n",
        "Dockerfile.dev": "CMD uvicorn src.main:app --port 5\n",
        "compose.yaml": "services:\n  web:\n    command: uvicorn src.main:app --port 4\n",
    }
    discovered = found(files)
    assert [one.words[-1] for one in discovered.servers] == ["1", "2", "3", "4", "5"]
    assert ("server", "uvicorn (Procfile, web)") in discovered.notes


def test_commands_of_other_applications_are_not_this_ones(found: Discover) -> None:
    """The web app of the settings is served by what names it, whatever stands first."""
    files = {
        **APP,
        "src/admin.py": APP["src/main.py"],
        "pyproject.toml": "[tool.prodready]\napp = 'src.admin:app'\n",
        "Procfile": "web: uvicorn src.main:app\nadmin: fastapi run src/admin.py\n"
        "x: flask --app src.admin db upgrade\n",
    }
    assert first(found(files)) == ("fastapi run src/admin.py", "Procfile:2")
    assert found({**files, "Procfile": "web: uvicorn src.main:app\n"}).servers == ()


def test_what_only_looks_like_a_server(found: Discover) -> None:
    """Another subcommand for an application that is called run, words that are printed, and a comment."""
    files = {"run.py": "from flask import Flask\napp = Flask('x')\n"}
    line = "echo starting gunicorn run:app && gunicorn --reuse-port run:app # -w 3; uvicorn run:app"
    discovered = found({**files, "Procfile": f"db: flask --app run db upgrade\nweb: {line}\n"})
    assert first(discovered) == ("gunicorn --reuse-port run:app", "Procfile:2")
    assert found({**files, "Procfile": "web: flask --app run db upgrade\n"}).servers == ()
    assert first(found({**files, "Procfile": "web: flask --app run run\n"})) == (
        "flask --app run run",
        "Procfile:1",
    )


def test_a_factory_is_the_same_with_and_without_its_call(found: Discover) -> None:
    files = {"shop.py": "from flask import Flask\ndef create_app():\n    app = Flask('x')\n    return app\n"}
    dockerfile = {"Dockerfile": "CMD waitress-serve --call shop:create_app\n"}
    assert first(found({**files, **dockerfile})) == ("waitress-serve --call shop:create_app", "Dockerfile:1")
    assert found({**files, **dockerfile}).entries[0].target == "shop:create_app()"


@pytest.mark.parametrize(
    "line, words, script",
    [
        (
            "python manage.py migrate && python manage.py runserver --insecure 0:80",
            ("--insecure", "0:80"),
            "manage.py",
        ),
        ("sh -c 'A=1 exec python -u ./manage.py runserver'", (), "manage.py"),
        ("django-admin runserver", (), ""),
        ("python /srv/manage.py runserver", (), "manage.py"),
    ],
)
def test_djangos_own_server(found: Discover, line: str, words: tuple[str, ...], script: str) -> None:
    (one,) = found({**DJANGO, "Procfile": f"web: {line}\n"}).servers
    assert (one.program, one.words, one.script, one.shell) == ("runserver", words, script, "")
    assert one.environment == ({"A": "1"} if "A=1" in line else {})


def test_djangos_own_server_in_a_directory(found: Discover) -> None:
    """It is run where the command goes, and manage.py is known from the root."""
    files = {f"backend/{name}": text for name, text in DJANGO.items()}
    (one,) = found({**files, "Procfile": "web: cd backend && python manage.py runserver\n"}).servers
    assert (one.script, one.directory) == ("backend/manage.py", "backend")


def test_djangos_own_server_in_a_compose_file_is_a_developers(found: Discover) -> None:
    """It asks the database for its migrations before it serves anything, as production's servers do not."""
    compose = "services:\n  web:\n    command: python manage.py runserver\n"
    assert found({**DJANGO, "compose.yml": compose}).servers == ()


def test_the_image_names_the_app_where_nothing_else_does(found: Discover) -> None:
    """Of two applications in the source, the one that is deployed; in a service's own directory, too."""
    files = {
        "api/main.py": APP["src/main.py"],
        "api/other.py": APP["src/main.py"],
        "api/Dockerfile": "FROM x\nCMD uvicorn other:app\n",
    }
    (entry,) = found(files).entries
    assert (entry.target, entry.source, str(entry.location)) == (
        "other:app",
        "api/Dockerfile, CMD",
        "api/Dockerfile:2",
    )
    assert [place.rpartition("/")[2] for place in entry.pythonpath or ()] == ["api"]
    assert found(files).servers[0].directory == "api"


def test_variables_of_the_image_that_are_options_of_its_server(found: Discover) -> None:
    """The others are for the image: its database is not here."""
    dockerfile = (
        "FROM x\nENV GUNICORN_CMD_ARGS='-k uvicorn_worker.UvicornWorker' DATABASE_URL=postgresql://db/x\n"
        "CMD gunicorn src.main:app\n"
    )
    (one,) = found({**APP, "Dockerfile": dockerfile}).servers
    assert one.environment == {"GUNICORN_CMD_ARGS": "-k uvicorn_worker.UvicornWorker"}


def test_no_secret_becomes_an_argument(found: Discover) -> None:
    """A variable that may hold one stays a variable, and the command is not understood."""
    files = {**APP, "Procfile": "web: uvicorn src.main:app --header X:$API_TOKEN --log-level $LEVEL\n"}
    (one,) = found(files, API_TOKEN="correct-horse", LEVEL="info").servers
    assert one.words == ("src.main:app", "--header", "X:$API_TOKEN", "--log-level", "info")


WORDS = [
    "gunicorn",
    "a:b",
    "runserver",
    "manage.py",
    "sh",
    "-c",
    "'",
    '"',
    "&&",
    "$(",
    ")",
    "`",
    ">",
    "2>&1",
    "A=",
    "cd",
    "/",
]


@given(st.lists(st.text(max_size=6) | st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_any_line(line: str) -> None:
    """No command of a deployment makes the search fail."""
    with TemporaryDirectory() as place:
        tree = Tree(Path(place).resolve())
        Path(place, "Dockerfile").write_text(f"CMD {line}\n", encoding="utf-8", errors="replace")
        found = WebCommands(tree, Layout(tree), {"A": "b"})
        found.starts()
        found.of("a:b", "", django=True)
