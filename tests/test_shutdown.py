"""PRD508 as a user sees it: the gate over projects whose server leaves, and over twins that do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.support import gate

pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc"),
]

FASTAPI = """
    import contextlib, os, threading, time
    from fastapi import FastAPI

    def poll(until):
        while not until.wait(0.05):
            pass
        {thread}

    @contextlib.asynccontextmanager
    async def lifespan(app):
        until = threading.Event()
        worker = threading.Thread(target=poll, args=(until,))
        worker.start()
        yield
        until.set()
        {end}

    app = FastAPI(lifespan=lifespan)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {{"status": "ok"}}

    @app.get("/report")
    def report() -> dict[str, str]:
        time.sleep(0.7)
        return {{"status": "done"}}

    if __name__ == "__main__":
        import sys, uvicorn
        config = uvicorn.Config(app, port=int(sys.argv[1]))
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        {signal}
        server.run()
"""
FLASK = """
    import threading, time
    from flask import Flask
    app = Flask(__name__)

    def poll():
        time.sleep(1000)

    threading.Thread(target=poll, daemon={daemon}).start()

    @app.get("/health")
    def health():
        return {{"status": "ok"}}

    @app.get("/report")
    def report():
        time.sleep(0.7)
        return {{"status": "done"}}
"""
OWN_SIGNAL = "import signal; signal.signal(signal.SIGTERM, lambda *_: setattr(server, 'should_exit', True))"
UVICORN = "uvicorn main:app --port {port}"
GUNICORN = "gunicorn main:app --bind 127.0.0.1:{port} --no-control-socket --threads 4"


def fastapi(thread: str = "pass", end: str = "worker.join()", signal: str = OWN_SIGNAL) -> str:
    return dedent(FASTAPI).format(thread=thread, end=end, signal=signal)


def flask(*, daemon: bool) -> str:
    return dedent(FLASK).format(daemon=daemon)


@dataclass(frozen=True)
class Twin:
    """A project, and what is said of it; nothing of a healthy one."""

    name: str
    source: str
    serve: str
    message: str = ""
    line: str = ""
    """A part of the line that is named; of ``pyproject.toml`` where it stands there."""
    limit: float = 30


TWINS = [
    Twin("uvicorn and FastAPI", fastapi(), UVICORN),
    Twin("uvicorn in a program of its own", fastapi(), "python main.py {port}"),
    Twin(
        "a lifespan that hangs",
        fastapi(end="time.sleep(1000)"),
        UVICORN,
        "the server had not left 1 s after SIGTERM: it stands in lifespan",
        "time.sleep(1000)",
        1,
    ),
    Twin(
        "a lifespan that raises",
        fastapi(end="raise ValueError('closed twice')"),
        UVICORN,
        "the application raised while it was shut down: ValueError: closed twice",
        "raise ValueError",
    ),
    Twin(
        "a thread that is no daemon",
        fastapi(thread="time.sleep(1000)", end="pass"),
        "python main.py {port}",
        "the server had not left 2 s after SIGTERM: a thread that is no daemon stands in poll",
        "time.sleep(1000)",
        2,
    ),
    Twin(
        "SIGTERM ends it at once",
        fastapi(signal=""),
        "python main.py {port}",
        "GET /report, which was in flight when SIGTERM came, was cut off: the connection was closed",
        "serve =",
    ),
    Twin("gunicorn and Flask", flask(daemon=True), GUNICORN),
    Twin(
        "a worker with a thread that is no daemon",
        flask(daemon=False),
        GUNICORN,
        "the server had not left 6 s after SIGTERM: a worker does not come to its end",
        "app = Flask",
        6,
    ),
    Twin("a shell that makes way", fastapi(), f"sh -c 'cd . ; exec {UVICORN}'"),
    Twin(
        "a shell in front",
        fastapi(),
        f"sh -c '{UVICORN}; true'",
        "SIGTERM reaches {shell} and not the server behind it, which goes on: ",
        "serve =",
    ),
]


@pytest.mark.parametrize("twin", TWINS, ids=lambda one: one.name)
def test_how_a_server_leaves(pytester: pytest.Pytester, twin: Twin) -> None:
    """The broken one is named with its line, the healthy one passes; a request is in flight meanwhile."""
    pytest.importorskip("flask" if "Flask" in twin.source else "fastapi")
    (pytester.path / "main.py").write_text(twin.source)
    (pytester.path / "pyproject.toml").write_text(
        f'[tool.prodready]\napp = "main:app"\nserve = "{twin.serve}"\n'
        f'limits = {{ stop = {twin.limit} }}\n[tool.prodready.health]\nslow = "/report"\n'
    )
    run = gate(pytester, "--prodready-select=PRD508")
    if not twin.message:
        assert run.findings == []
        assert run.subjects(Outcome.PASSED) >= {"shutdown"}
        return
    (found,) = run.findings
    assert (found.code, found.subject, found.level) == ("PRD508", "shutdown", Level.ERROR)
    shell = Path("/bin/sh").resolve().name
    assert found.message.startswith(twin.message.format(shell=shell))
    assert found.location is not None
    file = pytester.path / found.location.file
    assert twin.line in file.read_text().splitlines()[(found.location.line or 1) - 1]


def test_a_shell_of_the_deployment_is_named(pytester: pytest.Pytester) -> None:
    """The gate starts the server itself; what production has in front of it is said with its line."""
    pytest.importorskip("fastapi")
    (pytester.path / "main.py").write_text(fastapi())
    (pytester.path / "start.sh").write_text("#!/bin/sh\necho starting\nuvicorn main:app\n")
    (pytester.path / "Dockerfile").write_text('FROM python:3.12\nCOPY . .\nENTRYPOINT ["sh", "./start.sh"]\n')
    run = gate(pytester, "--prodready-select=PRD508")
    (found,) = run.findings
    assert (found.code, found.level) == ("PRD508", Level.WARNING)
    assert "starts the server behind start.sh and without exec" in found.message
    assert str(found.location) == "start.sh:3"
    (pytester.path / "start.sh").write_text("#!/bin/sh\necho starting\nexec uvicorn main:app\n")
    assert gate(pytester, "--prodready-select=PRD508").findings == []
