"""The server that production starts, from each place where a project says it: found, run, and pointed at."""

from __future__ import annotations

import textwrap
import venv

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.support import Run, gate, snapshot

ASGI = """
import os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"up"})
"""
WSGI = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"up"]
"""
SETTINGS = "[tool.prodready]\napp = 'main:app'\n"
SCRIPT = '#!/bin/sh\npython -c \'open("migrated", "w")\'\nexec {}\n'
PLACES = {
    "Procfile": ({"Procfile": "release: python m.py\nweb: {}\n"}, "Procfile, web", "Procfile:2"),
    "Dockerfile": ({"Dockerfile": "FROM python\nCMD {}\n"}, "Dockerfile, CMD", "Dockerfile:2"),
    "script": (
        {"Dockerfile": 'FROM python\nENTRYPOINT ["/app/start.sh"]\n', "start.sh": SCRIPT},
        "start.sh, which Dockerfile, ENTRYPOINT runs",
        "start.sh:3",
    ),
    "compose": (
        {"compose.yaml": "services:\n  web:\n    command: {}\n"},
        "compose.yaml, web",
        "compose.yaml:3",
    ),
    "systemd": (
        {"web.service": "[Service]\nExecStart=/venv/bin/{}\n"},
        "web.service, ExecStart",
        "web.service:2",
    ),
}


def run(pytester: pytest.Pytester, files: dict[str, str], *arguments: str) -> Run:
    """The gate about the server of a project with these files."""
    for name, text in {"pyproject.toml": SETTINGS, "main.py": ASGI, **files}.items():
        (pytester.path / name).write_text(textwrap.dedent(text))
    before = snapshot(pytester.path)
    seen = gate(pytester, "--prodready-select", "PRD501", "-v", *arguments)
    assert snapshot(pytester.path) == before
    return seen


@pytest.mark.parametrize("place", PLACES)
def test_the_command_is_found_and_run(pytester: pytest.Pytester, place: str) -> None:
    """Its addresses, files and background are the gate's; all else is the project's, its faults too."""
    written, source, line = PLACES[place]
    files = {"main.py": WSGI, **written}
    healthy = "gunicorn -k sync -b 0.0.0.0:80 -D -p app.pid --reload main:app"
    seen = run(pytester, {name: text.replace("{}", healthy) for name, text in files.items()})
    assert f"server: gunicorn ({source}" in seen.text
    assert (seen.findings, "server" in seen.subjects(Outcome.PASSED)) == ([], True)

    broken = healthy.replace("sync", "nosuch")
    seen = run(pytester, {name: text.replace("{}", broken) for name, text in files.items()})
    (finding,) = seen.findings
    assert (finding.code, finding.subject, finding.level) == ("PRD501", "server", Level.ERROR)
    assert str(finding.location) == line
    assert "nosuch" in finding.message


def test_what_stands_beside_the_server_is_said_and_not_run(pytester: pytest.Pytester) -> None:
    files = {"Procfile": "web: touch migrated && ddtrace-run uvicorn --lifespan wrong main:app\n"}
    (finding,) = run(pytester, files).findings
    assert str(finding.location) == "Procfile:1"
    assert ("not run of Procfile, web", "ddtrace-run\ntouch migrated") in finding.details


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with nothing installed."""
    place = tmp_path_factory.mktemp("bare")
    venv.create(place, with_pip=False)
    return f"--prodready-python={place}/bin/python"


def test_a_program_that_is_missing(pytester: pytest.Pytester, bare: str) -> None:
    """Without another server nothing is started, and the reason says what to do."""
    seen = run(pytester, {"Procfile": "web: gunicorn -k asgi main:app\n"}, bare)
    judgement = seen.judgements["server"]
    assert judgement.outcome is Outcome.SKIPPED
    assert judgement.reason.startswith(
        "gunicorn is not installed in the target, and Procfile, web starts it; "
    )
    assert 'set mode = "inprocess" in [tool.prodready.health]' in judgement.reason


def test_without_a_server_the_gates_own_serves(pytester: pytest.Pytester, bare: str) -> None:
    """The lifespan is real: it runs, and where it fails its words are shown."""
    settings = f'{SETTINGS}[tool.prodready.health]\nmode = "inprocess"\n'
    seen = run(pytester, {"pyproject.toml": settings}, bare)
    assert (seen.findings, "server" in seen.subjects(Outcome.PASSED)) == ([], True)
    failed = '{"type": "lifespan.startup.failed", "message": "SIGNING_KEY is not set"}'
    broken = ASGI.replace('{"type": "lifespan.startup.complete"}', failed)
    (finding,) = run(pytester, {"pyproject.toml": settings, "main.py": broken}, bare).findings
    assert (finding.code, str(finding.location)) == ("PRD501", "main.py:4")
    assert finding.message.endswith("ERROR: the start-up failed: SIGNING_KEY is not set")
