"""The project's own start command, with the real servers that it names."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from pytest_prodready import probes
from pytest_prodready.facts import Health, InspectedEntry, Location, ServerCommand
from pytest_prodready.probes.command_lines import SERVERS
from pytest_prodready.probes.installed import at_least
from pytest_prodready.rules.health import server_log
from tests.probes.support import ASGI, ENVIRON, QUICK, WSGI, paths, request, web, write

PLACE = Location("Procfile", 2)


def installed(*distributions: str) -> dict[str, str]:
    """These distributions with their versions; without one of them the test ends here."""
    try:
        return {name: metadata.version(name) for name in distributions}
    except metadata.PackageNotFoundError as absent:
        pytest.skip(f"{absent.name} is not installed")


def no_asgi_worker(words: str, there: dict[str, str]) -> None:
    """End the test where gunicorn is too old for a worker of its own."""
    if "-k asgi" in words and not at_least(there, "gunicorn", "24"):
        pytest.skip("gunicorn has an ASGI worker from 24 on")


def start(
    root: Path, program: str, words: str, seen: InspectedEntry, distributions: dict[str, str], *names: str
) -> Health:
    """Probe what a Procfile starts."""
    command = ServerCommand(program, tuple(words.split()), "Procfile, web", PLACE)
    asked = replace(request(root), servers=(command,))
    return probes.check(asked, seen, paths(*names or ("/one",)), QUICK, ENVIRON, distributions)


@pytest.mark.parametrize(
    "program, words, interface",
    [
        (
            "uvicorn",
            "main:app --host 0.0.0.0 --port {port} --workers 4 --reload --limit-max-requests 1",
            "asgi",
        ),
        ("uvicorn", "--uds /tmp/x.sock --ssl-keyfile k.pem --factory main:create_app", "asgi"),
        ("gunicorn", "-k asgi -b :8000 -b unix:x.sock -D -p app.pid --access-logfile a.log main:app", "asgi"),
        ("gunicorn", "-w4 --threads 2 --reload --log-file=e.log -u nobody -b0.0.0.0:{port} main:app", "wsgi"),
        (
            "hypercorn",
            "-b 0.0.0.0:80 --quic-bind x:1 -w 4 -p app.pid --access-logfile a.log main:app",
            "asgi",
        ),
        ("hypercorn", "--bind unix:x.sock --daemon wsgi:main:app", "wsgi"),
        ("granian", "--interface asgi --host 0.0.0.0 --workers 4 --pid-file p.pid --reload main:app", "asgi"),
        ("granian", "--interface wsgi --respawn-failed-workers main:app", "wsgi"),
        ("daphne", "-u x.sock -b 0.0.0.0 -p 80 -e tcp:port=81 --access-log a.log main:app", "asgi"),
        ("waitress-serve", "--listen=*:80 --unix-socket=x.sock --threads=2 main:app", "wsgi"),
        ("waitress-serve", "--port 80 --call main:create_app", "wsgi"),
    ],
)
def test_each_server_listens_where_it_is_asked_and_writes_nothing(
    tmp_path: Path, program: str, words: str, interface: str
) -> None:
    """Whatever the command says about addresses, files, workers and the background."""
    there = installed(SERVERS[program].distribution)
    no_asgi_worker(words, there)
    write(tmp_path, main=ASGI if interface == "asgi" else WSGI)
    seen = start(tmp_path, program, words, web("main:app", interface), there)
    assert seen.server.failure is None, seen.server.failure
    assert seen.answers[0].status == 200
    assert (seen.server.source, seen.server.location) == ("Procfile, web", PLACE)
    assert seen.server.passed_over is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.py"]


LIFESPAN = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette

@asynccontextmanager
async def lifespan(app):
    raise KeyError("SIGNING_KEY")
    yield

app = Starlette(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    "program, words",
    [
        ("uvicorn", "main:app"),
        ("uvicorn", "main:app --workers 4"),
        ("gunicorn", "-k asgi main:app"),
        ("gunicorn", "-k uvicorn_worker.UvicornWorker main:app"),
        ("hypercorn", "main:app"),
        ("granian", "--interface asgi main:app"),
    ],
)
def test_a_start_up_that_fails_is_shown_as_the_application_raised_it(
    tmp_path: Path, program: str, words: str
) -> None:
    """Whichever server runs the lifespan."""
    pytest.importorskip("starlette")
    there = installed(SERVERS[program].distribution)
    no_asgi_worker(words, there)
    if "uvicorn_worker" in words:
        pytest.importorskip("uvicorn_worker")
    write(tmp_path, main=LIFESPAN)
    seen = start(tmp_path, program, words, web(), there)
    assert seen.server.failure is not None
    assert seen.server.failure.how == "exited"
    assert server_log.error_line(seen.server.failure.output) == "KeyError: 'SIGNING_KEY'"
    assert server_log.place(seen.server.failure.output, str(tmp_path)) == Location("main.py", 7)


FLASK = """
from flask import Flask

app = Flask(__name__)

@app.get("/one")
def one():
    return "/one"
"""
SETTINGS = "SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nALLOWED_HOSTS = ['127.0.0.1']\n"
URLS = """
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("one", lambda request: HttpResponse("/one"))]
"""
MANAGE = """
import os, sys
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
"""


@pytest.mark.parametrize("written", [True, False])
def test_flasks_own_server(tmp_path: Path, written: bool) -> None:
    """As the project starts it, and as the last resort."""
    there = installed("flask")
    write(tmp_path, main=FLASK)
    app = web("main:app", "wsgi")
    assert app.app is not None
    app = replace(app, app=replace(app.app, type="flask.app.Flask"))
    if written:
        seen = start(tmp_path, "flask", "--app main --debug run -h 0.0.0.0 -p 80 --reload", app, there)
    else:
        seen = probes.check(request(tmp_path), app, paths("/one"), QUICK, ENVIRON, there)
    assert (seen.server.failure, [one.body for one in seen.answers]) == (None, ["/one"])
    assert seen.server.source == ("Procfile, web" if written else "flask, installed in the target")


@pytest.mark.parametrize("written", [True, False])
def test_djangos_own_server(tmp_path: Path, written: bool) -> None:
    """By its manage.py, and as the last resort."""
    there = installed("django")
    write(tmp_path, settings=SETTINGS, urls=URLS, manage=MANAGE)
    app = web("django.core.wsgi:get_wsgi_application()", "wsgi")
    app = replace(app, entry=replace(app.entry, settings_module="settings"))
    asked = request(tmp_path)
    if written:
        words = ("--settings", "settings", "0.0.0.0:8000")
        command = ServerCommand("runserver", words, "Procfile, web", PLACE, script="manage.py")
        asked = replace(asked, servers=(command,))
    seen = probes.check(asked, app, paths("/one"), QUICK, ENVIRON, there)
    assert (seen.server.failure, [one.body for one in seen.answers]) == (None, ["/one"])
    source = "Procfile, web" if written else "Django's own server, django, installed in the target"
    assert seen.server.source == source
    assert len([*tmp_path.iterdir()]) == 3


def test_djangos_own_server_is_given_the_settings_that_the_application_names(tmp_path: Path) -> None:
    """It loads them before the module that says ``setdefault``, which may be a library's."""
    there = installed("django")
    write(tmp_path, settings=SETTINGS, urls=URLS)
    app = web("shop.wsgi:application", "wsgi")
    assert app.app is not None
    handler = replace(app.app, type="django.core.handlers.wsgi.WSGIHandler", settings_module="settings")
    seen = probes.check(request(tmp_path), replace(app, app=handler), paths("/one"), QUICK, ENVIRON, there)
    assert (seen.server.failure, [one.body for one in seen.answers]) == (None, ["/one"])


def test_the_command_has_its_own_variables_and_directory(tmp_path: Path) -> None:
    """What stands in front of it, and where ``cd`` has gone."""
    there = installed("gunicorn")
    (tmp_path / "backend").mkdir()
    source = """
        import os

        def app(environ, start_response):
            start_response("200 OK", [])
            return [f"{os.environ['FLAG']} {os.path.basename(os.getcwd())}".encode()]
    """
    write(tmp_path / "backend", main=source)
    command = ServerCommand(
        "gunicorn", ("main:app",), "Procfile, web", PLACE, {"FLAG": "on"}, directory="backend"
    )
    asked = replace(request(tmp_path), servers=(command,))
    seen = probes.check(asked, web("main:app", "wsgi"), paths("/"), QUICK, ENVIRON, there)
    assert (seen.server.failure, [one.body for one in seen.answers]) == (None, ["on backend"])
