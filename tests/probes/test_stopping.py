"""Real servers that are told to leave, with a request in flight or without: healthy ones and broken ones."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready import codec, probes
from pytest_prodready.facts import Expectation, Health, Stop
from pytest_prodready.probes import shells
from pytest_prodready.probes.launch import Launch
from pytest_prodready.settings import Limits
from pytest_prodready.settings.health import HealthSettings
from tests.probes.support import ENVIRON, INSTALLED, QUICK, request, web, write

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
PATIENT = replace(QUICK, stop=30.0)
SHORT = replace(QUICK, stop=1.0)

ASGI = """
    import asyncio, contextlib

    async def ended():
        pass

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                if message["type"] == "lifespan.shutdown":
                    await ended()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["path"] == "/slow":
            await asyncio.sleep(0.7)
        if scope["path"] == "/never":
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
"""
WSGI = """
    import time

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            time.sleep(0.7)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
"""
SERVING = """
    import http.server, os, signal, subprocess, sys, threading, time

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/slow":
                time.sleep(0.7)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        pass

    def serve():
        Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

    def leave(*_):
        print("leaving", flush=True)
        raise SystemExit

    signal.signal(signal.SIGTERM, leave)
"""
UVICORN = "{python} -m uvicorn main:app --port {{port}} --log-level info"
GUNICORN = "{python} -m gunicorn main:app --bind 127.0.0.1:{{port}} --no-control-socket"


def check(root: Path, serve: str, slow: str = "", limits: Limits = PATIENT) -> Health:
    asked = replace(
        request(root, serve.format(python=sys.executable)),
        jobs=frozenset({"health", "stop"}),
        health=HealthSettings(slow=slow),
    )
    return probes.check(asked, None, (Expectation("/"),), limits, ENVIRON, INSTALLED)


def stopped(root: Path, serve: str, slow: str = "", limits: Limits = PATIENT) -> Stop:
    seen = check(root, serve, slow, limits)
    assert seen.server.failure is None, seen.server.log
    assert seen.stop is not None
    assert codec.decode(Health, codec.encode(seen)) == seen
    return seen.stop


def script(root: Path, source: str, limits: Limits = PATIENT, slow: str = "") -> Stop:
    write(root, serve=SERVING + source)
    return stopped(root, "{python} serve.py {{port}}", slow, limits)


@pytest.mark.parametrize(
    "source, serve",
    [
        (ASGI, UVICORN),
        (ASGI, UVICORN + " --workers 2"),
        (ASGI, GUNICORN + " --worker-class asgi"),
        (WSGI, GUNICORN),
        (WSGI, GUNICORN + " --threads 4"),
        (ASGI, "sh -c 'cd . ; exec " + UVICORN + "'"),
    ],
)
def test_a_request_in_flight_is_answered(tmp_path: Path, source: str, serve: str) -> None:
    """Servers of production finish what they have read, and leave with all their processes."""
    write(tmp_path, main=source)
    seen = stopped(tmp_path, serve, "/slow")
    assert seen.left
    assert seen.leftovers == ()
    assert (seen.shell, seen.idle_held, seen.not_in_flight, seen.handled) == ("", False, "", True)
    assert seen.in_flight is not None
    assert (seen.in_flight.status, seen.in_flight.body, seen.in_flight.error) == (200, "ok", "")


def test_a_request_in_flight_is_cut_off(tmp_path: Path) -> None:
    """A server that leaves at once, by the signal's own action, lets it down."""
    seen = script(
        tmp_path, "\n    signal.signal(signal.SIGTERM, signal.SIG_DFL)\n    serve()\n", slow="/slow"
    )
    assert (seen.left, seen.status, seen.handled) == (True, -15, False)
    assert seen.in_flight is not None
    assert seen.in_flight.error == "the connection was closed before an answer came"


def test_the_request_in_flight_has_the_host_that_the_settings_send(tmp_path: Path) -> None:
    """An application that refuses every other host is asked as its endpoints are."""
    write(tmp_path, main=WSGI.replace('== "/slow"', '== "/slow" and environ["HTTP_HOST"] == "shop.example"'))
    jobs, serve = frozenset({"health", "stop"}), GUNICORN.format(python=sys.executable)
    asked = replace(request(tmp_path, serve), jobs=jobs, health=HealthSettings(slow="/slow"))
    known = Expectation("/", headers={"Host": "env:SHOP_HOST"})
    seen = probes.check(asked, None, (known,), PATIENT, {**ENVIRON, "SHOP_HOST": "shop.example"}, INSTALLED)
    assert seen.stop is not None
    assert seen.stop.not_in_flight == ""
    assert seen.stop.in_flight is not None
    assert seen.stop.in_flight.status == 200


@pytest.mark.parametrize(
    "slow, reason", [("/", "it was answered with 200 at once"), ("/\N{SNOWMAN}\n", "it could not be sent: ")]
)
def test_a_request_that_was_not_in_flight(tmp_path: Path, slow: str, reason: str) -> None:
    """What is answered before the signal could be sent, and what cannot be asked, is said to be so."""
    write(tmp_path, main=WSGI)
    seen = stopped(tmp_path, GUNICORN, slow)
    assert seen.left
    answered = seen.in_flight is not None and seen.in_flight.status == 200
    assert seen.not_in_flight.startswith(reason) or answered  # it may be read and not yet answered


def test_a_shell_that_keeps_the_signal(tmp_path: Path) -> None:
    """The shell leaves, and the server behind it goes on with its port."""
    write(tmp_path, main=ASGI)
    seen = stopped(tmp_path, "sh -c '" + UVICORN + "; :'")
    assert seen.left
    assert seen.shell in shells.SHELLS
    (left,) = seen.leftovers
    assert (left.own, left.listens) == (True, True)
    assert "uvicorn main:app" in left.command


def test_a_lifespan_without_end(tmp_path: Path) -> None:
    """What awaits for ever is killed at the limit, and what the server said last is kept."""
    write(tmp_path, main=ASGI.replace("        pass", "        await asyncio.Event().wait()", 1))
    seen = stopped(tmp_path, UVICORN, "", SHORT)
    assert (seen.left, seen.status, seen.limit) == (False, None, 1.0)
    assert "Waiting for application shutdown." in seen.log
    assert seen.stacks.startswith("Fatal Python error: Aborted")
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.py"]  # no core either


def test_a_request_without_end(tmp_path: Path) -> None:
    """One that is not answered within the limit keeps the server, and is told so."""
    write(tmp_path, main=ASGI)
    seen = stopped(tmp_path, UVICORN, "/never", SHORT)
    assert (seen.left, seen.idle_held) == (False, False)
    assert seen.in_flight is not None
    assert seen.in_flight.error == "no answer came"


@pytest.mark.parametrize(
    "source, left, names",
    [
        # the signal is ignored
        ("\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    serve()\n", False, ()),
        # a thread that is no daemon
        (
            "\n    threading.Thread(target=time.sleep, args=(1000,)).start()\n    serve()\n",
            False,
            ("_shutdown",),
        ),
        # a handler that never comes to its end
        (
            "\n    signal.signal(signal.SIGTERM, lambda *_: time.sleep(1000))\n    serve()\n",
            False,
            ("<lambda>",),
        ),
    ],
)
def test_a_server_that_stays(tmp_path: Path, source: str, left: bool, names: tuple[str, ...]) -> None:
    """It is killed at the limit, and where its threads stood is written down first."""
    seen = script(tmp_path, source, SHORT)
    assert seen.left is left
    assert not seen.idle_held
    assert all(f" in {name}\n" in seen.stacks for name in names)


def test_idle_connections_that_keep_a_server(tmp_path: Path) -> None:
    """A server that waits until its client closes the connection leaves once that is done."""
    seen = script(tmp_path, "\n    Server.daemon_threads = False\n    serve()\n", SHORT)
    assert (seen.left, seen.idle_held) == (False, True)


def test_idle_connections_are_no_matter_of_a_server_that_the_gate_has_chosen(tmp_path: Path) -> None:
    """Its release and its options decide, as with gunicorn 26, and nothing says that production has these."""
    package = tmp_path / "gunicorn"
    (package / "app").mkdir(parents=True)
    run = "sys.argv[1:] = [sys.argv[3].rpartition(':')[2]]\n        Server.daemon_threads = False\n"
    write(package, __init__="", __main__="from gunicorn.app.wsgiapp import run\nrun()\n")
    write(package / "app", __init__="", wsgiapp=f"{SERVING}\n    def run():\n        {run}        serve()\n")
    jobs = frozenset({"health", "stop"})
    asked = replace(request(tmp_path), jobs=jobs, pythonpath=(str(tmp_path),))
    seen = probes.check(asked, web(interface="wsgi"), (Expectation("/"),), QUICK, ENVIRON, INSTALLED)
    assert (seen.server.failure, seen.server.chosen) == (None, "gunicorn 27.0.1")
    assert seen.answers[0].status == 200
    assert seen.stop is not None
    assert (seen.stop.left, seen.stop.idle_held, seen.stop.status) == (True, False, 0)


@pytest.mark.parametrize(
    "child, own, listens",
    [
        ("[sys.executable, '-c', 'import signal; signal.pause()']", True, False),
        ("['sleep', '1000']", False, False),
    ],
)
def test_a_child_that_stays_behind(tmp_path: Path, child: str, own: bool, listens: bool) -> None:
    """Also one in a session of its own is seen, named, and ended."""
    source = f"\n    subprocess.Popen({child}, start_new_session=True)\n    serve()\n"
    seen = script(tmp_path, source)
    assert seen.left
    assert [(one.own, one.listens) for one in seen.leftovers] == [(own, listens)]
    assert seen.leftovers[0].command


def test_a_grandchild_that_keeps_the_port(tmp_path: Path) -> None:
    """Two forks and a session away it still serves, and is ended."""
    source = """
    if os.fork():
        signal.pause()
    if os.fork():
        signal.pause()
    os.setsid()
    serve()
    """
    seen = script(tmp_path, source)
    assert seen.left
    assert any(one.listens and one.own for one in seen.leftovers)


def test_a_secret_in_a_command_line_is_blanked(tmp_path: Path) -> None:
    """What is left is named by its command line, without what that gives away."""
    source = "\n    subprocess.Popen(['sh', '-c', 'sleep 1000; : password=hunter22'])\n    serve()\n"
    seen = script(tmp_path, source)
    assert any("password=" in one.command for one in seen.leftovers)
    assert "hunter22" not in repr(seen)


def test_nobody_waits_for_a_server_that_is_not_judged(tmp_path: Path) -> None:
    """Where the rule is not selected, the grace period of production is not waited for."""
    write(tmp_path, serve=SERVING + "\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    serve()\n")
    asked = request(tmp_path, f"{sys.executable} serve.py {{port}}")
    limits = replace(QUICK, stop=3600.0)  # the test would not end
    seen = probes.check(asked, None, (Expectation("/"),), limits, ENVIRON, INSTALLED)
    assert (seen.stop, seen.answers[0].status) == (None, 200)


def test_a_server_that_left_before_is_not_stopped(tmp_path: Path) -> None:
    """What ended while it was probed is a failure of the server, and its end is not judged."""
    write(tmp_path, serve=SERVING.replace("time.sleep(0.7)", "os._exit(5)") + "\n    serve()\n")
    seen = check(tmp_path, "{python} serve.py {{port}}", "/slow")
    assert seen.stop is None
    assert seen.server.failure is not None
    assert seen.server.failure.message == "it exited with status 5 while it was being probed"


@pytest.mark.parametrize(
    "shell, text, left_out, found",
    [
        ("start.sh", "#!/bin/sh\npython migrate.py\nuvicorn main:app\n", (), "start.sh"),
        ("start.sh", "#!/bin/bash\nset -e\nuvicorn main:app\n", (), "start.sh"),
        ("start.sh", "trap 'kill $SERVER' TERM\nuvicorn main:app & SERVER=$!\nwait\n", (), ""),
        ("start.sh", "uvicorn main:app\n", ("dumb-init --",), ""),
        ("gone.sh", "", (), ""),
        ("", "", (), ""),
    ],
)
def test_a_shell_of_the_deployment(
    tmp_path: Path, shell: str, text: str, left_out: tuple[str, ...], found: str
) -> None:
    """A script that starts the server without exec keeps the signal; nothing of it is run to see that."""
    (tmp_path / "start.sh").write_text(f"touch {tmp_path}/ran\n{text}" if text[:2] != "#!" else text)
    launch = Launch(("uvicorn",), "Dockerfile, CMD", shell=shell, left_out=left_out)
    assert shells.in_the_way(launch, tmp_path, sys.executable) == found
    assert not (tmp_path / "ran").exists()
