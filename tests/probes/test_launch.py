"""The choice of a server."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready.facts import App, Entry, Failure, InspectedEntry
from pytest_prodready.probes.launch import (
    NO_SERVER,
    BadCommandError,
    NothingToServeError,
    choose,
    environment,
)
from pytest_prodready.request import Request
from tests.probes.support import request, web

BOTH = {"uvicorn": "0.54.0", "gunicorn": "27.0.1"}


@pytest.mark.parametrize(
    "target, interface, factory, installed, arguments",
    [
        ("src.main:app", "asgi", False, BOTH, "src.main:app --host 127.0.0.1 --port {port}"),
        ("src.main", "asgi", False, BOTH, "src.main:app --host 127.0.0.1 --port {port}"),
        ("main:make()", "asgi", True, BOTH, "main:make --host 127.0.0.1 --port {port} --factory"),
        (
            "main:app",
            "wsgi",
            False,
            {"uvicorn": "0.54.0"},
            "main:app --host 127.0.0.1 --port {port} --interface wsgi",
        ),
        (
            "main:app",
            "wsgi",
            False,
            {"gunicorn": "20.1"},
            "main:app --bind 127.0.0.1:{port} --workers 1 --threads 8",
        ),
        (
            "main:make()",
            "wsgi",
            True,
            BOTH,
            "main:make() --bind 127.0.0.1:{port} --workers 1 --threads 8 --no-control-socket",
        ),
        (
            'main:make("x")',
            "asgi",
            True,
            BOTH,
            (
                'main:make("x") --bind 127.0.0.1:{port} --workers 1 --threads 8 --no-control-socket'
                " --worker-class asgi"
            ),
        ),
        (
            "main:app",
            "asgi",
            False,
            {"gunicorn": "24.0.0"},
            "main:app --bind 127.0.0.1:{port} --workers 1 --threads 8 --worker-class asgi",
        ),
    ],
)
def test_the_interface_decides(
    target: str, interface: str, factory: bool, installed: dict[str, str], arguments: str
) -> None:
    """ASGI goes to uvicorn, WSGI to gunicorn; the other one stands in where it can."""
    launch = choose(request(Path("/")), web(target, interface, factory), installed)
    assert launch.arguments == tuple(arguments.split())
    assert launch.source == f"{launch.module}, installed in the target"
    assert launch.chosen == f"{launch.module} {installed[launch.module]}"


def test_serve_wins_and_is_split_without_a_shell() -> None:
    """The command of the settings is taken as it is."""
    launch = choose(request(Path("/"), 'serve "a b" --port {port} $HOME'), web(), BOTH)
    assert launch.arguments == ("serve", "a b", "--port", "{port}", "$HOME")
    assert (launch.module, launch.source, launch.chosen) == ("", "serve", "")


@pytest.mark.parametrize(
    "serve, problem",
    [('serve "a', "serve is no command line: no closing quotation"), (" ", "serve is an empty command line")],
)
def test_a_serve_that_is_no_command(serve: str, problem: str) -> None:
    """A command line that cannot be split is said to be one."""
    with pytest.raises(BadCommandError, match=problem):
        choose(request(Path("/"), serve), None, {})


@pytest.mark.parametrize(
    "seen, installed, reason",
    [
        (None, BOTH, "no web application was found, so nothing was started"),
        (web(), {}, NO_SERVER),
        (web(), {"gunicorn": "23.0.0"}, NO_SERVER),
        (web(), {"gunicorn": "not a version"}, NO_SERVER),
        (
            web(interface=""),
            BOTH,
            "main:app does not show whether it is an ASGI or a WSGI application: set serve",
        ),
        (
            web('main:make("x")', factory=True),
            {"uvicorn": "0.54"},
            'uvicorn cannot call make("x") with arguments: set serve',
        ),
        (
            InspectedEntry(Entry("web", "src.main:app", ""), failure=Failure("raised", "no")),
            BOTH,
            "src.main:app does not load, so nothing was started",
        ),
        (
            InspectedEntry(Entry("web", "src.main:app", ""), app=App("", "", problem="missing")),
            BOTH,
            "src.main:app is no web application, so nothing was started",
        ),
    ],
)
def test_nothing_to_serve(seen: InspectedEntry | None, installed: dict[str, str], reason: str) -> None:
    """What cannot be started has a reason that names it."""
    with pytest.raises(NothingToServeError) as raised:
        choose(replace(request(Path("/")), python="/nowhere/bin/python"), seen, installed)
    assert str(raised.value) == reason


def test_what_lies_beside_the_interpreter_stands_in_for_distributions_that_could_not_be_read(
    tmp_path: Path,
) -> None:
    """Nothing known is not the same as nothing installed."""
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    for directory in (
        tmp_path / "bin",
        site / "gunicorn-25.1.0.dist-info",
        site / "gunicorn_more-1.dist-info",
    ):
        directory.mkdir(parents=True)
    (tmp_path / "bin" / "gunicorn").touch()
    asked = replace(request(Path("/")), python=str(tmp_path / "bin" / "python"))
    launch = choose(asked, web(), {})
    assert launch.module == "gunicorn"
    assert "--no-control-socket" in launch.arguments
    with pytest.raises(NothingToServeError):
        choose(asked, web(), {"flask": "3.0"})


def test_the_environment_of_the_server() -> None:
    """The target's own programs and directories come first, and no bytecode is written."""
    asked = Request(
        root=Path("/app"), python="/venv/bin/python", jobs=frozenset(), pythonpath=("/app/src", "/app/lib")
    )
    django = InspectedEntry(Entry("web", "x:app", "", settings_module="shop.settings"))
    given = environment(asked, django, {"PATH": "/bin", "PYTHONPATH": "/more"})
    assert given["PATH"] == f"/venv/bin{os.pathsep}/bin"
    assert given["PYTHONPATH"] == os.pathsep.join(("/app/src", "/app/lib", "/more"))
    assert given["PYTHONDONTWRITEBYTECODE"] == "1"
    assert given["DJANGO_SETTINGS_MODULE"] == "shop.settings"
    assert "PYTHONPATH" not in environment(request(Path("/")), None, {})
    assert environment(request(Path("/")), None, {})["PATH"].startswith(str(Path(sys.executable).parent))
