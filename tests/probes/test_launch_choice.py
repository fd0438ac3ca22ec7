"""Which server is started: the project's own command, the gate's own server, or what is installed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready.facts import App, Entry, InspectedEntry, Location, PassedOver, ServerCommand
from pytest_prodready.probes.launch import (
    NO_SERVER,
    OWN_SERVER,
    Launch,
    NothingToServeError,
    choose,
    environment,
)
from pytest_prodready.settings.health import HealthSettings
from tests.probes.support import request, web

PLACE = Location("Procfile", 3)
GUNICORN = {"gunicorn": "27.0.1"}
UVICORN = ("--host", "127.0.0.1", "--port", "{port}", "--workers", "1")


def command(line: str, **more: object) -> ServerCommand:
    """What a Procfile starts."""
    program, *words = line.split()
    return replace(ServerCommand(program, tuple(words), "Procfile, web", PLACE), **more)  # type: ignore[arg-type]


def chosen(
    root: Path, one: ServerCommand, installed: dict[str, str], seen: InspectedEntry | None = None
) -> Launch:
    return choose(replace(request(root), servers=(one,)), seen or web(), installed)


def test_the_projects_own_command(tmp_path: Path) -> None:
    """It is run as it is written, with its own variables, where it is run, and its line is known."""
    (tmp_path / "backend").mkdir()
    variables = {"DJANGO_SETTINGS_MODULE": "p.s", "PORT": "1", "PYTHONPATH": "src", "X": "$HOME"}
    one = command(
        "uvicorn main:app --timeout-keep-alive 9",
        environment=variables,
        directory="backend",
        left_out=("ddtrace-run", "python manage.py migrate"),
        shell="sh -c",
    )
    launch = chosen(tmp_path, one, {"uvicorn": "0.54"})
    assert launch == Launch(
        ("main:app", "--timeout-keep-alive", "9", *UVICORN),
        "Procfile, web",
        "uvicorn",
        "uvicorn",
        environment={"DJANGO_SETTINGS_MODULE": "p.s"},
        directory="backend",
        location=PLACE,
        left_out=("ddtrace-run", "python manage.py migrate"),
        shell="sh -c",
    )


@pytest.mark.parametrize(
    "line, distribution, module, script",
    [
        ("waitress-serve main:app", "waitress", "waitress", "waitress-serve"),
        ("fastapi run main.py", "fastapi-cli", "fastapi", "fastapi"),
        ("flask --app main run", "flask", "flask", "flask"),
    ],
)
def test_programs_with_other_names_than_their_distributions(
    tmp_path: Path, line: str, distribution: str, module: str, script: str
) -> None:
    launch = chosen(tmp_path, command(line), {distribution: "1"})
    assert (launch.module, launch.script, launch.passed_over) == (module, script, None)


def test_djangos_own_server(tmp_path: Path) -> None:
    """By manage.py where the command names it, else by the module."""
    one = command("runserver 0.0.0.0:8000 --insecure", script="site/manage.py")
    asked = replace(request(tmp_path), python="/venv/bin/python", servers=(one,))
    launch = choose(asked, web(), {"django": "5"})
    expected = "/venv/bin/python site/manage.py runserver --insecure --noreload 127.0.0.1:{port}"
    assert (" ".join(launch.arguments), launch.module) == (expected, "")
    launch = chosen(tmp_path, command("runserver", script="a/manage.py", directory="a"), {"django": "5"})
    assert (launch.arguments[1], launch.directory) == ("manage.py", "a")
    launch = chosen(tmp_path, command("runserver"), {"django": "5"})
    assert launch.arguments == ("runserver", "--noreload", "127.0.0.1:{port}")
    assert (launch.module, launch.as_module) == ("django", True)


@pytest.mark.parametrize(
    "source, options",
    [
        ("workers = 9\nbind = ['unix:x']\n", "--workers 2"),
        ("accesslog: str = 'a.log'\nerrorlog = 'e.log'\n", "--access-logfile - --error-logfile -"),
        ("certfile = 'c'\nkeyfile = 'k'\nworkers = None\npidfile = None\n", "--certfile= --keyfile="),
        ("import os\nif os.environ:\n    accesslog = 'a.log'\ndaemon: bool = False\n", "--access-logfile -"),
        ("user = 'www-data'\ngroup = 'www-data'\n", f"--user={os.geteuid()} --group={os.getegid()}"),
        ("def on_starting(server): ...\n", ""),
        ("not python", ""),
    ],
)
def test_gunicorns_configuration_is_overruled_where_it_must_be(
    tmp_path: Path, source: str, options: str
) -> None:
    """The command line wins over the file, whether it is named or found."""
    (tmp_path / "gunicorn.conf.py").write_text(source)
    for line in (
        "gunicorn main:app",
        "gunicorn -cgunicorn.conf.py main:app",
        "gunicorn --config=gunicorn.conf.py main:app",
    ):
        arguments = " ".join(chosen(tmp_path, command(line), GUNICORN).arguments)
        assert arguments.endswith("--no-control-socket")
        assert all(option in arguments for option in options.split())
        assert ("--workers" in arguments) == ("--workers" in options)
    bare = choose(request(tmp_path), web(interface="wsgi"), GUNICORN).arguments
    assert all(option in bare for option in options.split() if "log" in option)


def test_a_file_for_the_process_number_lies_outside_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text("pidfile = 'app.pid'\n")
    arguments = chosen(tmp_path, command("gunicorn -p x.pid a:b"), GUNICORN).arguments
    option, file = arguments[-3:-1]
    assert (option, file.startswith(str(tmp_path))) == ("--pid", False)
    assert "x.pid" not in arguments


def test_gunicorns_variable_is_a_part_of_its_command_line(tmp_path: Path) -> None:
    one = command("gunicorn main:app", environment={"GUNICORN_CMD_ARGS": "-b :80 --daemon --threads 3"})
    launch = chosen(tmp_path, one, {"gunicorn": "23"})
    assert launch.arguments == ("--threads", "3", "main:app", "--bind", "127.0.0.1:{port}")
    assert launch.environment == {}


def test_hypercorns_configuration(tmp_path: Path) -> None:
    """Its logs go to the terminal; one that opens further doors is not run."""
    one, there = command("hypercorn -c h.toml main:app"), {"hypercorn": "0.18", "uvicorn": "0.54"}
    (tmp_path / "h.toml").write_text('graceful_timeout = 3\naccesslog = "a.log"\n')
    assert chosen(tmp_path, one, there).arguments[-2:] == ("--access-logfile", "-")
    (tmp_path / "h.toml").write_text('bind = ["x"]\ninsecure_bind = ["0.0.0.0:80"]\n')
    launch = chosen(tmp_path, one, there)
    assert launch.module == "uvicorn"
    assert launch.passed_over is not None
    assert launch.passed_over.reason == "is given insecure_bind by h.toml"


def test_no_server_that_its_own_file_sends_to_the_background(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text("daemon = True\n")
    there = {**GUNICORN, "waitress": "3"}
    assert choose(request(tmp_path), web(interface="wsgi"), there).module == "waitress"


def test_the_environments_own_options_are_the_probes_too(tmp_path: Path) -> None:
    """Where the gate runs in the image of production; a ``serve`` of the user's is run as it is."""
    given = {
        "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:80 --daemon -p x.pid --access-logfile=a.log --threads 3",
        "UVICORN_RELOAD": "1",
        "UVICORN_HOST": "0.0.0.0",
        "UVICORN_ROOT_PATH": "/x",
        "FLASK_RUN_CERT": "adhoc",
    }
    made = environment(request(tmp_path), None, given)
    left = {name: made[name] for name in given if name in made}
    assert left == {
        "GUNICORN_CMD_ARGS": "--access-logfile - --threads 3",
        "UVICORN_HOST": "0.0.0.0",  # the command line wins, and the application may read it
        "UVICORN_ROOT_PATH": "/x",
    }
    assert "GUNICORN_CMD_ARGS" not in environment(
        request(tmp_path), None, {"GUNICORN_CMD_ARGS": "-c none.py"}
    )
    own = environment(request(tmp_path, serve="gunicorn a:b"), None, given)
    assert {name: own[name] for name in given} == given


def test_variables_that_stand_for_options(tmp_path: Path) -> None:
    """Those that a probe must not have are left out as the options are."""
    given = {"UVICORN_RELOAD": "1", "UVICORN_UDS": "x", "UVICORN_ROOT_PATH": "/x", "RELOAD": "1"}
    launch = chosen(tmp_path, command("uvicorn main:app", environment=given), {"uvicorn": "0.54"})
    assert launch.environment == {"UVICORN_ROOT_PATH": "/x", "RELOAD": "1"}


@pytest.mark.parametrize(
    "line, installed, reason, missing",
    [
        ("gunicorn main:app", {"uvicorn": "0.54"}, "is not installed in the target", True),
        (
            "gunicorn -c g.py main:app",
            {**GUNICORN, "uvicorn": "0.54"},
            "reads g.py, which the project does not have",
            False,
        ),
        (
            "gunicorn main:app",
            {**GUNICORN, "uvicorn": "0.54"},
            "is sent to the background by gunicorn.conf.py",
            False,
        ),
        (
            "uvicorn main:app --log-level $LEVEL",
            {"uvicorn": "0.54"},
            "is given $LEVEL, which is not known here",
            False,
        ),
    ],
)
def test_what_cannot_be_run_falls_back_to_what_is_installed(
    tmp_path: Path, line: str, installed: dict[str, str], reason: str, missing: bool
) -> None:
    """And the facts say why."""
    if "background" in reason:
        (tmp_path / "gunicorn.conf.py").write_text("daemon = True\n")
    given = {"GUNICORN_CMD_ARGS": "'" if "CMD_ARGS" in reason else ""}
    launch = chosen(tmp_path, command(line, environment=given), installed)
    assert (launch.source, launch.location) == ("uvicorn, installed in the target", None)
    assert launch.chosen == "uvicorn 0.54"
    assert launch.passed_over == PassedOver(
        line.split(maxsplit=1)[0], "Procfile, web", reason, PLACE, missing
    )


def test_a_missing_program_and_no_other_server(tmp_path: Path) -> None:
    """The reason names the program, and where it is started."""
    with pytest.raises(NothingToServeError) as raised:
        chosen(tmp_path, command("gunicorn main:app"), {"flask": "3"})
    assert (
        str(raised.value)
        == f"gunicorn is not installed in the target, and Procfile, web starts it; {NO_SERVER}"
    )


def test_inprocess_needs_no_server_and_wins(tmp_path: Path) -> None:
    """Over ``serve`` and over the deployment's command; the interface must be known."""
    asked = replace(
        request(tmp_path, "x {port}"),
        health=HealthSettings(mode="inprocess"),
        servers=(command("uvicorn main:app"),),
    )
    launch = choose(asked, web("main:make()", "wsgi", factory=True), {})
    assert launch.arguments == (asked.python, str(OWN_SERVER), "main:make()", "wsgi", "127.0.0.1", "{port}")
    assert (launch.source, launch.chosen) == ('mode = "inprocess"', "")
    with pytest.raises(NothingToServeError, match="does not show whether"):
        choose(asked, web(interface=""), {})


ALL = {
    **dict.fromkeys(
        ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress", "flask", "django"), "99"
    ),
}


@pytest.mark.parametrize(
    "target, interface, kind, order",
    [
        ("m:app", "asgi", "x.App", "uvicorn gunicorn hypercorn granian daphne"),
        ("m:make()", "asgi", "x.App", "uvicorn gunicorn hypercorn granian"),
        ("m:make('x')", "asgi", "x.App", "gunicorn hypercorn"),
        ("m:app", "wsgi", "flask.app.Flask", "gunicorn waitress uvicorn hypercorn granian flask"),
        (
            "m:app",
            "wsgi",
            "django.core.handlers.wsgi.WSGIHandler",
            "gunicorn waitress uvicorn hypercorn granian django",
        ),
        ("m:make(x=1)", "wsgi", "x.App", "gunicorn hypercorn"),
    ],
)
def test_the_order_of_what_is_installed(
    tmp_path: Path, target: str, interface: str, kind: str, order: str
) -> None:
    """Each is taken where those before it are not there; the frameworks' own servers come last."""
    there = dict(ALL)
    settings = "shop.settings" if kind.startswith("django.") else ""
    entry = InspectedEntry(Entry("web", target, ""), app=App(kind, interface, settings_module=settings))
    found = []
    while True:
        try:
            launch = choose(request(tmp_path), entry, there or {"x": "1"})
        except NothingToServeError:
            break
        found.append(launch.module)
        del there[launch.module]
    assert found == order.split()


def test_djangos_own_server_needs_the_name_of_the_settings(tmp_path: Path) -> None:
    """Those in effect come before those that the files name; what is configured by hand has none."""
    kind, there = "django.core.handlers.wsgi.WSGIHandler", {"django": "5"}
    seen = InspectedEntry(
        Entry("web", "m:app", "", settings_module="found.settings"),
        app=App(kind, "wsgi", settings_module="loaded.settings"),
    )
    launch = choose(request(tmp_path), seen, there)
    assert (launch.module, launch.environment) == ("django", {"DJANGO_SETTINGS_MODULE": "loaded.settings"})
    with pytest.raises(NothingToServeError):
        choose(request(tmp_path), InspectedEntry(Entry("web", "m:app", ""), app=App(kind, "wsgi")), there)
    flask = InspectedEntry(
        Entry("web", "m:app", ""), app=App("flask.app.Flask", "wsgi", settings_module="orm")
    )
    with pytest.raises(NothingToServeError):  # it has Django for its models alone
        choose(request(tmp_path), flask, there)


def test_an_old_gunicorn_has_no_worker_for_asgi(tmp_path: Path) -> None:
    launch = choose(request(tmp_path), web(), {"gunicorn": "23", "hypercorn": "0.18"})
    assert launch.module == "hypercorn"


@pytest.mark.parametrize("given, expected", [("8", "2"), ("1", "1")])
def test_the_platforms_number_of_workers_is_small(tmp_path: Path, given: str, expected: str) -> None:
    assert environment(request(tmp_path), None, {"WEB_CONCURRENCY": given})["WEB_CONCURRENCY"] == expected
