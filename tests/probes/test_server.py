"""Real servers, healthy and hostile: started, awaited, asked, and gone afterwards."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready import probes
from pytest_prodready.facts import Expectation, Health, Operation, PassedOver
from pytest_prodready.probes.launch import NO_SERVER, Launch
from pytest_prodready.probes.output import KEPT
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.probes.support import ASGI, ENVIRON, INSTALLED, QUICK, WSGI, paths, request, script, web, write

SHORT = replace(QUICK, serve=1.0)


def check(asked: Request, *names: str, limits: Limits = QUICK, environ: dict[str, str] = ENVIRON) -> Health:
    return probes.check(asked, None, paths(*names), limits, environ, INSTALLED)


@pytest.mark.parametrize(
    "source, target, interface, only",
    [
        (ASGI, "main:app", "asgi", "uvicorn"),
        (ASGI, "main:create_app()", "asgi", "uvicorn"),
        (ASGI, "main:app", "asgi", "gunicorn"),
        (WSGI, "main:app", "wsgi", "gunicorn"),
        (WSGI, "main:create_app()", "wsgi", "gunicorn"),
        (WSGI, "main:app", "wsgi", "uvicorn"),
    ],
)
def test_the_installed_servers(tmp_path: Path, source: str, target: str, interface: str, only: str) -> None:
    """uvicorn and gunicorn serve bare ASGI and WSGI applications and factories."""
    write(tmp_path, main=source)
    seen = probes.check(
        request(tmp_path),
        web(target, interface, factory=target.endswith("()")),
        paths("/one", "/two"),
        QUICK,
        ENVIRON,
        {only: INSTALLED[only]},
    )
    assert seen.server.failure is None, seen.server.log
    assert seen.server.started
    assert seen.server.attempts >= 1
    assert f"{only} " in seen.server.command
    assert [(answer.path, answer.status) for answer in seen.answers] == [("/one", 200), ("/two", 200)]
    assert all(answer.path in answer.body for answer in seen.answers)
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.py"]  # nothing was written into the project


@pytest.mark.parametrize(
    "framework, interface, source",
    [
        (
            "fastapi",
            "asgi",
            """
            from fastapi import FastAPI
            app = FastAPI()

            @app.get("/ready")
            async def ready() -> dict[str, str]:
                return {"status": "ready"}
            """,
        ),
        (
            "starlette",
            "asgi",
            """
            from starlette.applications import Starlette
            from starlette.responses import JSONResponse
            from starlette.routing import Route

            async def ready(request):
                return JSONResponse({"status": "ready"})

            app = Starlette(routes=[Route("/ready", ready)])
            """,
        ),
        (
            "flask",
            "wsgi",
            """
            from flask import Flask
            app = Flask(__name__)

            @app.get("/ready")
            def ready():
                return {"status": "ready"}
            """,
        ),
    ],
)
def test_real_frameworks(tmp_path: Path, framework: str, interface: str, source: str) -> None:
    """Applications of real frameworks answer as they do in production."""
    pytest.importorskip(framework)
    write(tmp_path, main=source)
    seen = probes.check(
        request(tmp_path), web("main:app", interface), paths("/ready"), QUICK, ENVIRON, INSTALLED
    )
    assert seen.server.failure is None, seen.server.log
    assert (seen.answers[0].status, seen.answers[0].json) == (200, {"status": "ready"})


def test_a_lifespan_that_fails(tmp_path: Path) -> None:
    """An application whose start-up raises makes the server exit, and its words are kept."""
    write(
        tmp_path,
        main="""
        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "no database"})
        """,
    )
    seen = probes.check(request(tmp_path), web(), paths("/"), QUICK, ENVIRON, INSTALLED)
    assert seen.server.failure is not None
    assert (seen.server.failure.how, seen.server.failure.status) == ("exited", 3)
    assert "no database" in seen.server.failure.output
    assert seen.answers == ()


def test_an_application_that_loads_in_the_worker_only_is_awaited(tmp_path: Path) -> None:
    """A bound port alone is not an answer: gunicorn binds before its worker loads the application."""
    write(tmp_path, main="raise RuntimeError('no settings')")
    seen = probes.check(request(tmp_path), web(interface="wsgi"), paths("/"), QUICK, ENVIRON, INSTALLED)
    assert seen.server.failure is not None
    assert (seen.server.failure.how, seen.server.failure.status) == ("exited", 3)
    assert "RuntimeError: no settings" in seen.server.failure.output


@pytest.mark.parametrize(
    "source, how, status, message",
    [
        ("print('bye'); raise SystemExit(7)", "exited", 7, "it exited with status 7 before it answered"),
        ("print('bye')", "exited", 0, "it exited with status 0 before it answered"),
        (
            "import os; print('bye', flush=True); os.kill(os.getpid(), 9)",
            "crashed",
            9,
            "it was ended by SIGKILL before it answered",
        ),
    ],
)
def test_a_server_that_dies(tmp_path: Path, source: str, how: str, status: int, message: str) -> None:
    """A server that leaves is seen leaving, with its status and its last words."""
    failure = check(script(tmp_path, source), "/").server.failure
    assert failure is not None
    assert (failure.how, failure.status, failure.message) == (how, status, message)
    assert failure.output == "bye\n"


def test_a_server_that_never_binds(tmp_path: Path) -> None:
    """A server that does nothing is stopped at the limit."""
    failure = check(script(tmp_path, "import signal; signal.pause()"), "/", limits=SHORT).server.failure
    assert failure is not None
    assert (failure.how, failure.seconds) == ("hung", 1.0)
    assert failure.message.startswith("it did not accept a connection on port ")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
def test_a_server_that_listens_elsewhere(tmp_path: Path) -> None:
    """The port that it listens on instead is named."""
    source = """
        import pathlib, signal, socket
        with socket.create_server(("127.0.0.1", 0)) as server:
            pathlib.Path("port").write_text(str(server.getsockname()[1]))
            signal.pause()
    """
    seen = check(script(tmp_path, source), "/", limits=SHORT).server
    port = (tmp_path / "port").read_text()
    assert seen.failure is not None
    assert seen.failure.message.endswith(f"; it listens on port {port} instead")
    assert (seen.accepted, seen.elsewhere) == (False, (int(port),))


def test_a_server_that_accepts_and_never_answers(tmp_path: Path) -> None:
    """A port that is bound by a server that never gets to its requests is no start."""
    source = """
        import signal, socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
            signal.pause()
    """
    seen = check(script(tmp_path, source), "/", limits=SHORT).server
    assert seen.failure is not None
    assert seen.failure.message == "it accepts connections and answered none of them within 1 s"
    assert (seen.accepted, seen.elsewhere) == (True, ())


ANSWERING = """
    import http.server, os, signal, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/die":
                os._exit(5)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def serve():
        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_that_ignores_sigterm(tmp_path: Path) -> None:
    """A server that does not want to leave is killed after the limit."""
    source = ANSWERING + "\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    serve()\n"
    seen = check(script(tmp_path, source), "/", limits=replace(QUICK, stop=0.3))
    assert (seen.server.failure, seen.answers[0].status) == (None, 200)


def test_a_server_that_floods_its_output(tmp_path: Path) -> None:
    """Output without end neither blocks the server nor fills memory: the tail is kept."""
    source = (
        ANSWERING
        + """
    import threading
    def flood():
        while True:
            print("x" * 1000)
    threading.Thread(target=flood, daemon=True).start()
    serve()
    """
    )
    seen = check(script(tmp_path, source), "/")
    assert (seen.server.failure, seen.answers[0].status) == (None, 200)
    assert 1000 <= len(seen.server.log) <= KEPT


def test_a_server_that_goes_to_the_background(tmp_path: Path) -> None:
    """A server that forks and leaves is told to stay, and what it left behind is ended."""
    source = """
        import os, signal
        if os.fork():
            os._exit(0)
        os.setsid()
        signal.pause()
    """
    failure = check(script(tmp_path, source), "/").server.failure
    assert failure is not None
    assert failure.how == "left"
    assert failure.message.startswith("it went to the background")


def test_children_of_a_server_leave_with_it(tmp_path: Path) -> None:
    """A child in a session of its own, that ignores SIGTERM and holds the output open, is ended too."""
    source = (
        ANSWERING
        + """
    import subprocess
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    serve()
    """
    )
    assert check(script(tmp_path, source), "/").answers[0].status == 200


def test_a_server_that_leaves_while_it_is_probed(tmp_path: Path) -> None:
    """A request that ends the process is a failure of the server, too."""
    seen = check(script(tmp_path, ANSWERING + "\n    serve()\n"), "/die")
    assert seen.answers[0].error == "the connection was closed before an answer came"
    assert seen.server.failure is not None
    assert seen.server.started
    assert seen.server.failure.message == "it exited with status 5 while it was being probed"


def test_another_port_is_tried_when_the_first_is_taken(tmp_path: Path) -> None:
    """A port that somebody else took meanwhile is no fault of the application."""
    source = (
        ANSWERING
        + """
    import pathlib
    if not pathlib.Path("tried").exists():
        pathlib.Path("tried").touch()
        sys.exit("[Errno 98] Address already in use")
    serve()
    """
    )
    seen = check(script(tmp_path, source), "/")
    assert (seen.server.failure, seen.answers[0].status) == (None, 200)


def test_a_port_of_its_own_that_is_taken_is_reported(tmp_path: Path) -> None:
    """An application that always finds its port taken is not tried for ever."""
    source = "import sys; open('tries', 'a').write('x'); sys.exit('OSError: Address already in use')"
    failure = check(script(tmp_path, source), "/").server.failure
    assert failure is not None
    assert "Address already in use" in failure.output
    assert (tmp_path / "tries").read_text() == "xxx"


@pytest.mark.parametrize(
    "serve, message",
    [
        ("no-such-server --port {port}", "no-such-server could not be started: no such file or directory"),
        ('serve "a', "serve is no command line: no closing quotation"),
    ],
)
def test_a_command_that_cannot_be_run(tmp_path: Path, serve: str, message: str) -> None:
    """A command that does not exist is said so, without a traceback."""
    failure = check(request(tmp_path, serve), "/").server.failure
    assert failure is not None
    assert failure.message == message


def test_nothing_to_start_has_its_reason(tmp_path: Path) -> None:
    """Without an application or a server there are no answers, and a reason."""
    seen = probes.check(request(tmp_path), web(), paths("/"), QUICK, ENVIRON, {"flask": "3.0"})
    assert seen.server.skipped == NO_SERVER
    assert seen.answers == ()


def test_no_secret_of_the_environment_is_in_the_log(tmp_path: Path) -> None:
    """What the server prints of its secrets is blanked in every fact."""
    source = "import os; print(os.environ['API_TOKEN']); raise SystemExit(1)"
    seen = check(script(tmp_path, source), "/", environ={**ENVIRON, "API_TOKEN": "correct-horse-battery"})
    assert "correct-horse" not in repr(seen)
    assert seen.server.failure is not None


def test_a_secret_cut_in_half_by_the_bound_is_not_shown(tmp_path: Path) -> None:
    """The first line of a cut log may hold a part of a secret, and is left out."""
    lines = f"print(('y' * 63 + chr(10)) * {KEPT // 64 - 1})"
    source = f"print('correct-horse-battery' * 10); {lines}; raise SystemExit(1)"
    seen = check(script(tmp_path, source), "/", environ={**ENVIRON, "API_TOKEN": "correct-horse-battery"})
    assert "horse" not in seen.server.log
    assert "battery" not in seen.server.log


def test_an_interrupted_test_leaves_nothing(tmp_path: Path) -> None:
    """Also when the user interrupts, the server is stopped and its port is free."""
    asked = script(tmp_path, ANSWERING + "\n    serve()\n")
    launch = Launch((sys.executable, "serve.py", "{port}"), "serve")
    port = 0

    def interrupted() -> None:
        nonlocal port
        with RunningServer(launch, asked, ENVIRON, QUICK) as server:
            port = int(server.url.rpartition(":")[2])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_an_interrupt_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    """The interrupt that falls into the wait for the server stops it as well."""
    asked = script(
        tmp_path,
        """
        import os, signal
        os.kill(os.getppid(), signal.SIGINT)
        signal.pause()
        """,
    )
    assert threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            check(asked, "/")
    finally:
        signal.signal(signal.SIGINT, previous)


def test_the_project_is_first_on_the_path_only_after_the_server_is_loaded(tmp_path: Path) -> None:
    """A local module named like one of the standard library acts as it does in production."""
    write(tmp_path, main=ASGI, logging="raise RuntimeError('the local logging was imported')")
    seen = probes.check(request(tmp_path), web(), (Expectation("/"),), QUICK, ENVIRON, INSTALLED)
    assert seen.server.failure is None, seen.server.log


def test_a_mistake_in_one_part_takes_no_other_with_it(tmp_path: Path) -> None:
    """The answers stand, the server is told to leave, and the part says what went wrong, without secrets."""
    write(tmp_path, main=ASGI)
    entry = web()
    assert entry.app is not None
    impossible = Operation("/one", schemes=("hunter2hunter2",))  # type: ignore[arg-type]
    served = replace(entry, app=replace(entry.app, operations=(impossible,)))
    jobs = frozenset({"health", "doors", "stop"})
    environ = {**ENVIRON, "API_TOKEN": "hunter2"}
    asked = replace(request(tmp_path), jobs=jobs)
    seen = probes.check(asked, served, paths("/one"), QUICK, environ, INSTALLED)
    assert [answer.status for answer in seen.answers] == [200]
    assert seen.stop is not None
    assert seen.stop.left
    assert list(seen.mistakes) == ["knocks"]
    assert seen.mistakes["knocks"].startswith("AttributeError: ")
    assert "knocks.py, line " in seen.mistakes["knocks"]
    assert "hunter2" not in str(seen.mistakes)


def test_why_a_command_was_passed_over_shows_no_secret(tmp_path: Path) -> None:
    passed = PassedOver("gunicorn", "Procfile, web", "is given db://u:hunter22@$HOST")
    launch = Launch(("true",), "x", passed_over=passed)
    shown = RunningServer(launch, request(tmp_path), ENVIRON, QUICK).facts.passed_over
    assert shown is not None
    assert shown.reason == "is given db://u:•••@$HOST"
