"""Readiness names its dependencies when they are gone: a PostgreSQL and a Redis that the test kills."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from postgres import GIVEN, NoPostgresError, postgres

from pytest_prodready.findings import Level
from tests.health.applications import Service
from tests.services import missing
from tests.support import gate


@contextmanager
def redis_server(directory: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of the test's own: its URL and its process."""
    redis = pytest.importorskip("redis")
    program = shutil.which("redis-server")
    if program is None:
        missing("redis", "no redis-server is installed; install one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"redis://127.0.0.1:{port}/0"
        # connecting is tried again until the server has its port
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200)
        with redis.Redis.from_url(url, retry=retry, retry_on_error=[redis.ConnectionError]) as client:
            client.ping()
        yield url, process
    finally:
        process.kill()
        process.wait()


def test_dependencies_that_die_are_named(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY while both are there; both are named once both are gone."""
    service = Service("fastapi", "uvicorn")
    for module in (*service.modules, "psycopg"):
        pytest.importorskip(module)
    service.write(pytester.path)
    monkeypatch.chdir(pytester.path)
    monkeypatch.setenv("ADMIN_TOKEN", "an-admin-token-of-the-tests")
    monkeypatch.delenv(GIVEN, raising=False)  # a private server it must be
    select = ("--prodready-select", "PRD502,PRD507")
    with ExitStack() as started:
        try:
            monkeypatch.setenv("DATABASE_URL", started.enter_context(postgres()))
        except NoPostgresError as reason:
            missing("postgres", str(reason))
        url, process = started.enter_context(redis_server(pytester.path))
        monkeypatch.setenv("REDIS_URL", url)
        healthy = gate(pytester, *select)
        process.kill()
        process.wait()

    broken = gate(pytester, *select)

    assert healthy.of(Level.ERROR, Level.WARNING) == []
    errors = {found.code: found for found in broken.of(Level.ERROR)}
    assert {(found.code, found.subject) for found in errors.values()} == {
        ("PRD502", "/ready"),
        ("PRD507", "/ready"),
    }
    assert "database" in errors["PRD507"].message
    assert "redis" in errors["PRD507"].message
