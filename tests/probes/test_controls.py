"""The server without its dependency: real servers, and real ports that refuse."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_prodready.facts import Answer, Control, Expectation, Health, Server
from pytest_prodready.probes import controls
from pytest_prodready.probes.launch import choose
from tests.probes.support import ENVIRON, QUICK, script

SERVER = """
    import os, socket, sys
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import urlsplit

    starting = 2  # answers until it is up
    remembered = 2  # answers that are given without asking the dependency

    def there(name):
        parts = urlsplit(os.environ[name])
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=20).close()
        except ConnectionRefusedError:
            return False
        return parts.path == "/shop" and parts.username == "me"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            global remembered, starting
            fine = True
            if self.path == "/ready":
                fine = there("A_URL") and there("B_URL")
            elif self.path == "/alive":  # not at once
                starting -= 1
                fine = starting < 0
            elif self.path == "/remembers":
                remembered -= 1
                fine = remembered >= 0 or there("A_URL")
            self.send_response(200 if fine else 503)
            self.end_headers()

        def log_message(self, *_): pass

    if "STRICT" in os.environ and not there("A_URL"):
        sys.exit("the dependency is not there")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
ASKED = (
    Expectation("/ready", role="ready"),
    Expectation("/remembers", role="ready"),
    Expectation("/live", role="live"),
    Expectation("/alive", role="live"),
    Expectation("/reports"),
)
THERE = Health(Server("", seconds=1.0), tuple(Answer(one.path, status=200) for one in ASKED))
A, B = (Control(name, "database", True, (name,)) for name in ("A_URL", "B_URL"))


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    """An environment with two addresses of one service that is there."""
    with socket.create_server(("127.0.0.1", 0)) as service:
        address = f"tcp://me:secret@127.0.0.1:{service.getsockname()[1]}/shop"
        yield {**ENVIRON, "A_URL": address, "B_URL": address}


def look(
    root: Path, environ: dict[str, str], *planned: Control, there: Health = THERE
) -> tuple[Control, ...]:
    request = script(root, SERVER)
    return controls.look(planned, choose(request, None, {}), request, None, ASKED, QUICK, environ, there)


def statuses(control: Control) -> dict[str, int | None]:
    return {answer.path: answer.status for answer in control.answers}


def test_each_dependency_is_dead_in_its_own_server(tmp_path: Path, environ: dict[str, str]) -> None:
    skipped = Control("C_URL", declared=True, skipped="C_URL is not set")
    without_a, left, without_b = look(tmp_path, environ, A, skipped, B)
    assert left == skipped
    # what remembers is given the time to notice, and what starts the time to start
    assert statuses(without_a) == {"/ready": 503, "/remembers": 503, "/live": 200, "/alive": 200}
    assert statuses(without_b) == {"/ready": 503, "/remembers": 200, "/live": 200, "/alive": 200}
    assert (without_a.failure, without_a.pointed) == (None, None)


def test_a_server_that_does_not_start(tmp_path: Path, environ: dict[str, str]) -> None:
    (control,) = look(tmp_path, environ | {"STRICT": "1"}, A)
    assert control.failure is not None
    assert control.failure.how == "exited"
    assert control.answers == ()


def test_nothing_is_started_where_nothing_can_be_compared(tmp_path: Path, environ: dict[str, str]) -> None:
    failing = Health(Server(""), tuple(Answer(one.path, status=503) for one in ASKED))
    assert look(tmp_path, environ | {"STRICT": "1"}, A, there=failing) == (A,)


def test_a_dead_port_refuses_and_cannot_be_taken() -> None:
    with controls.dead_port() as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=20)
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
                other.bind(("127.0.0.1", port))
