"""The gate's own server, in a child as production's would be: HTTP, the lifespan, and the end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from pytest_prodready import probes
from pytest_prodready.facts import Answer
from pytest_prodready.probes.launch import HOST, choose, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.request import Request
from pytest_prodready.rules.health import server_log
from pytest_prodready.settings.health import HealthSettings
from tests.probes.support import ASGI, ENVIRON, QUICK, WSGI, paths, request, web, write

INPROCESS = HealthSettings(mode="inprocess")

BARE = """
    import asyncio

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            scope["state"]["seen"] = []
            assert (await receive())["type"] == "lifespan.startup"
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            print("shut down")
            await send({"type": "lifespan.shutdown.complete"})
            return
        async def reply(status, *pieces, headers=()):
            await send({"type": "http.response.start", "status": status, "headers": list(headers)})
            for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})
        path = scope["path"]
        if path == "/state":
            scope["state"]["mine"] = 1
            scope["state"]["seen"].append(len(scope["state"]))
            return await reply(200, repr(scope["state"]["seen"]).encode())
        if path == "/body":
            length, more = 0, True
            while more:
                message = await receive()
                length, more = length + len(message["body"]), message["more_body"]
            return await reply(200, str(length).encode())
        if path == "/pieces":
            return await reply(200, b"one,", b"two")
        if path == "/nothing":
            return await reply(204)
        if path == "/short":
            return await reply(200, b"abc", headers=[(b"Content-Length", b"10")])
        if path == "/long":
            return await reply(200, b"abc", headers=[(b"content-length", b"1")])
        if path == "/split":
            return await reply(200, headers=[(b"x-name", b"a\\r\\nb: c")])
        if path == "/raises":
            raise ValueError("before the answer")
        if path == "/breaks":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise ValueError("in the answer")
        if path == "/leaves":
            await receive()
            print("left:", (await receive())["type"])
            return await reply(200)
        if path == "/early":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"early,", "more_body": True})
            await receive()
            return await send({"type": "http.response.body", "body": b"late"})
        if path == "/exits":
            raise SystemExit(3)
        if path == "/slow":
            await asyncio.sleep(1)
            return await reply(200, b"done")
        await reply(200, repr((path, scope["raw_path"], scope["query_string"])).encode())
"""


@contextmanager
def serving(root: Path, interface: str = "asgi", target: str = "main:app") -> Iterator[RunningServer]:
    """The application of ``root``, behind the gate's own server."""
    asked = replace(request(root), health=INPROCESS)
    seen = web(target, interface, factory=target.endswith(")"))
    launch = choose(asked, seen, {"uvicorn": "0.54"})
    with RunningServer(launch, asked, environment(asked, seen, ENVIRON), QUICK) as server:
        assert server.failure is None, server.failure
        yield server


def raw(server: RunningServer, data: bytes) -> bytes:
    """All that comes back for these bytes."""
    with socket.create_connection((HOST, server.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "source, target, interface",
    [
        (ASGI, "main:app", "asgi"),
        (ASGI, "main:create_app()", "asgi"),
        (WSGI, "main:app", "wsgi"),
        (WSGI, "main:create_app()", "wsgi"),
    ],
)
def test_the_mode_needs_no_server(tmp_path: Path, source: str, target: str, interface: str) -> None:
    """Nothing is installed, and all is probed as ever; nothing is written."""
    write(tmp_path, main=source)
    asked = replace(request(tmp_path), health=INPROCESS)
    seen = probes.check(
        asked,
        web(target, interface, factory=target.endswith(")")),
        paths("/one", "/a%20b"),
        QUICK,
        ENVIRON,
        {"x": "1"},
    )
    assert seen.server.failure is None, seen.server.failure
    assert seen.server.source == 'mode = "inprocess"'
    assert [(one.status, "/one" in one.body or "/a b" in one.body) for one in seen.answers] == [
        (200, True)
    ] * 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.py"]


def test_requests_and_answers(tmp_path: Path) -> None:
    """Bodies in both forms, answers in pieces, HEAD, and what an application does wrong."""
    write(tmp_path, main=BARE)
    with serving(tmp_path) as server, httpx.Client(base_url=server.url, timeout=10) as client:
        assert client.get("/").text == "('/', b'/', b'')"
        assert client.get("/%C3%A9%2Fx?q=%20").text == "('/é/x', b'/%C3%A9%2Fx', b'q=%20')"
        assert client.get("/pieces").text == "one,two"
        assert (client.head("/pieces").status_code, client.head("/pieces").content) == (200, b"")
        assert client.get("/nothing").status_code == 204
        assert client.post("/body", content=b"x" * 300_000).text == "300000"
        assert client.post("/body", content=iter([b"x" * 70_000, b"", b"y"])).text == "70001"
        assert [client.get("/state").text for _ in range(2)] == ["[2]", "[2, 2]"]  # "mine" was never there
        assert [client.get(path).status_code for path in ("/raises", "/split", "/exits")] == [500] * 3
        # the client gets no 100 in the middle of an answer
        early = raw(
            server, b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"
        )
        assert early.endswith(b"\r\n\r\n6\r\nearly,\r\n4\r\nlate\r\n0\r\n\r\n")
        for broken in ("/short", "/long", "/breaks"):
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(broken)
        with ClosedEarly(server):
            pass
        assert client.get("/").status_code == 200
    assert "ValueError: before the answer" in server.facts.log
    assert "left: http.disconnect" in server.facts.log
    assert "ERROR: for GET /leaves" not in server.facts.log
    assert "shorter than its Content-Length" in server.facts.log


class ClosedEarly:
    """A client that asks and leaves before the answer."""

    def __init__(self, server: RunningServer) -> None:
        self.connection = socket.create_connection((HOST, server.port), timeout=10)

    def __enter__(self) -> None:
        self.connection.sendall(b"GET /leaves HTTP/1.1\r\nHost: x\r\n\r\n")

    def __exit__(self, *error: object) -> None:
        self.connection.close()


REQUESTS = [
    (b"PRODREADY\r\n\r\n", b"400"),
    (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nName : y\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", b"400"),
    (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
    (b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
    (b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", b"400"),
    (
        b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"400",
    ),
    (b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nLarge: " + b"x" * 70_000 + b"\r\n\r\n", b"431"),
    (b"GET / HTTP/1.0\r\n\r\n", b"200"),
    (b"GET http://x/there HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
    (b"POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", b"100"),
]


def test_strict_about_what_a_request_is(tmp_path: Path) -> None:
    """What is no HTTP is refused at once, and the application does not get to see it."""
    write(tmp_path, main=BARE)
    with serving(tmp_path) as server:
        statuses = [raw(server, data).split(b" ", 2)[1] for data, _ in REQUESTS]
        # a body that does not come: the application sees that the client has left, no answer is made up
        cut = raw(server, b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
    assert statuses == [status for _, status in REQUESTS]
    assert b"200" not in cut.partition(b"\r\n")[0]


def test_sigterm_lets_the_request_in_flight_complete(tmp_path: Path) -> None:
    """Then the application's shutdown runs, and the process leaves by itself."""
    write(tmp_path, main=BARE)
    with serving(tmp_path) as server:
        with socket.create_connection((HOST, server.port), timeout=10) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")
            idle = socket.create_connection((HOST, server.port), timeout=10)
            while "asked" not in raw(server, b"GET /asked HTTP/1.0\r\n\r\n").decode():
                pass  # what comes later was accepted later
            server.tell_to_leave()
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.endswith(b"done\r\n0\r\n\r\n")
        assert server.process is not None
        assert server.process.wait(5) == 0
        idle.close()
    assert "shut down" in server.facts.log


@pytest.mark.parametrize(
    "source, how, line",
    [
        (
            """
            async def app(scope, receive, send):
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "no SIGNING_KEY"})
            """,
            "it exited with status 3 before it answered",
            "ERROR: the start-up failed: no SIGNING_KEY",
        ),
        (
            """
            from contextlib import asynccontextmanager
            from starlette.applications import Starlette

            @asynccontextmanager
            async def lifespan(app):
                raise KeyError("SIGNING_KEY")
                yield

            app = Starlette(lifespan=lifespan)
            """,
            "it exited with status 3 before it answered",
            "KeyError: 'SIGNING_KEY'",
        ),
        (
            """
            import sys

            async def app(scope, receive, send):
                sys.exit("FATAL: no SIGNING_KEY")
            """,
            "it exited with status 1 before it answered",
            "SystemExit: FATAL: no SIGNING_KEY",
        ),
    ],
)
def test_a_start_up_that_fails(tmp_path: Path, source: str, how: str, line: str) -> None:
    """The application's own words are kept."""
    if "starlette" in source:
        pytest.importorskip("starlette")
    write(tmp_path, main=source)
    asked = replace(request(tmp_path), health=INPROCESS)
    failure = probes.check(asked, web(), paths("/"), QUICK, ENVIRON, {"x": "1"}).server.failure
    assert failure is not None
    assert (failure.how, failure.message) == ("exited", how)
    assert server_log.error_line(failure.output) == line


def test_an_application_without_a_lifespan(tmp_path: Path) -> None:
    """One that raises for what it does not know is served all the same, as by other servers."""
    source = """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"up"})
    """
    write(tmp_path, main=source)
    asked = replace(request(tmp_path), health=INPROCESS)
    seen = probes.check(asked, web(), paths("/"), QUICK, ENVIRON, {"x": "1"})
    assert (seen.server.failure, seen.answers[0].body) == (None, "up")


def test_wsgi(tmp_path: Path) -> None:
    """A whole body to read, answers in pieces that are closed, errors before and within, threads."""
    source = """
        import threading, time

        closed, together = [], threading.Barrier(2, timeout=10)

        class Pieces:
            def __iter__(self):
                yield b"one,"
                yield b"two"
            def close(self):
                closed.append("yes")

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/raises":
                raise ValueError("before the answer")
            if path == "/silent":
                return [b"x"]
            write = start_response("200 OK", [("Content-Type", "text/plain")])
            if path == "/breaks":
                write(b"half")
                raise ValueError("in the answer")
            if path == "/pieces":
                return Pieces()
            if path == "/together":
                together.wait()
            if path == "/body":
                return [str(len(environ["wsgi.input"].read())).encode(), environ["CONTENT_LENGTH"].encode()]
            return [repr((closed, environ.get("HTTP_X_NAME"), environ["QUERY_STRING"])).encode()]
    """
    write(tmp_path, main=source)
    with serving(tmp_path, "wsgi") as server, httpx.Client(base_url=server.url, timeout=10) as client:
        assert client.get("/pieces").text == "one,two"
        assert client.head("/pieces").content == b""
        # the client may have all of an answer before its pieces are closed
        texts = (client.get("/?a=b", headers=[("X-Name", "1"), ("X-Name", "2")]).text for _ in range(1000))
        assert "(['yes', 'yes'], '1,2', 'a=b')" in texts
        assert client.post("/body", content=iter([b"x" * 70_000, b"y"])).text == "7000170001"
        assert [client.get(path).status_code for path in ("/raises", "/silent")] == [500, 500]
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/breaks")
        answers = probes.http.ask(server.url, paths("/together", "/together"), QUICK, ENVIRON)
        assert [one.status for one in answers] == [200, 200]


def test_wsgi_loads_without_an_event_loop_and_ends_with_its_client(tmp_path: Path) -> None:
    """As behind the servers of WSGI: it may run a loop of its own, and an endless answer is closed."""
    source = """
        import asyncio, threading

        closed = threading.Event()

        async def prepared():
            return "prepared"

        word = asyncio.run(prepared())

        class Endless:
            def __iter__(self):
                while True:
                    yield b"x" * 1000
            def close(self):
                closed.set()

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            if environ["PATH_INFO"] == "/endless":
                return Endless()
            return [f"{word} {closed.wait(10)}".encode()]
    """
    write(tmp_path, main=source)
    with serving(tmp_path, "wsgi") as server, httpx.Client(base_url=server.url, timeout=20) as client:
        with socket.create_connection((HOST, server.port), timeout=10) as connection:
            connection.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1)
        assert client.get("/").text == "prepared True"
    assert "ERROR" not in server.facts.log


def test_a_django_project_with_nothing_but_django(tmp_path: Path) -> None:
    """Its settings, its hosts and its views, without any server installed."""
    pytest.importorskip("django")
    write(
        tmp_path,
        settings="SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nALLOWED_HOSTS = ['127.0.0.1']\n",
        urls="""
            from django.http import JsonResponse
            from django.urls import path
            urlpatterns = [path("ready", lambda request: JsonResponse({"status": "ready"}))]
        """,
        asgi="from django.core.asgi import get_asgi_application\napp = get_asgi_application()\n",
        wsgi="from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n",
    )
    for module, interface in (("asgi", "asgi"), ("wsgi", "wsgi")):
        environ = {**ENVIRON, "DJANGO_SETTINGS_MODULE": "settings"}
        asked: Request = replace(request(tmp_path), health=INPROCESS)
        seen = probes.check(
            asked, web(f"{module}:app", interface), paths("/ready"), QUICK, environ, {"x": "1"}
        )
        answer: Answer = seen.answers[0]
        assert (answer.status, answer.json) == (200, {"status": "ready"})
