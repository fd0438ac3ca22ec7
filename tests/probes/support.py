"""Applications and servers to probe, written into a directory of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import dedent

from pytest_prodready.facts import App, Entry, Expectation, InspectedEntry
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

QUICK = Limits(serve=20.0, probe=10.0, stop=5.0)
INSTALLED = {"uvicorn": "0.54.0", "gunicorn": "27.0.1"}
RUN = ("PRODREADY_TEST_RUN", str(os.getpid()))
ENVIRON = dict([("PATH", os.defpath), RUN])

ASGI = """
    import json

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps({"path": scope["path"]}).encode()})

    def create_app():
        return app
"""
WSGI = """
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    def create_app():
        return app
"""


def write(root: Path, **files: str) -> None:
    """Write ``name.py`` for each keyword."""
    for name, source in files.items():
        (root / f"{name}.py").write_text(dedent(source), encoding="utf-8")


def request(root: Path, serve: str = "", url: str = "") -> Request:
    """A request for health alone."""
    return Request(root=root, python=sys.executable, jobs=frozenset({"health"}), serve=serve, url=url)


def web(target: str = "main:app", interface: str = "asgi", factory: bool = False) -> InspectedEntry:
    """A web entry point that loads."""
    entry = Entry("web", target, "[tool.prodready] app")
    return InspectedEntry(entry, app=App("x.App", interface, factory=factory))


def script(root: Path, source: str) -> Request:
    """A request whose ``serve`` is a Python script that gets its port as the first argument."""
    write(root, serve=source)
    return request(root, f"{sys.executable} serve.py {{port}}")


def paths(*names: str) -> tuple[Expectation, ...]:
    """An expectation of success for each path."""
    return tuple(Expectation(name) for name in names)


def left_behind() -> list[int]:
    """Processes that any server of this test run has left, by its number in their environment."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                environ = (directory / "environ").read_bytes()
            except OSError:
                continue
            if "=".join(RUN).encode() in environ.split(b"\0"):
                found.append(int(directory.name))
    return found
