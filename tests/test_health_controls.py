"""PRD509 end to end: real servers whose real PostgreSQL and Redis are taken away, one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from postgres import create_database

from pytest_prodready.findings import Level
from tests import services
from tests.support import Run, gate

pytestmark = pytest.mark.wide

for needed in ("fastapi", "psycopg", "redis", "uvicorn"):
    pytest.importorskip(needed)

SETTINGS = """
    [project]
    name = "shop"
    version = "1"
    dependencies = ["fastapi", "psycopg", "redis"]

    [tool.prodready]
    app = "shop.main:app"
    runtime.also = ["uvicorn", "psycopg-binary"]
"""
SHOP = """
    import os
    from contextlib import asynccontextmanager

    import psycopg
    import redis
    from fastapi import FastAPI, Response

    if "SETS_AGAIN" in os.environ:
        import shop.sets_again
    DATABASE = os.environ["DATABASE_URL"]
    CACHE = os.environ["REDIS_URL"]


    @asynccontextmanager
    async def lifespan(app):
        if "STARTS" in os.environ:
            with open(os.environ["STARTS"], "a") as file:
                print("started", file=file)
        yield


    app = FastAPI(lifespan=lifespan)


    def database():
        try:
            with psycopg.connect(DATABASE, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False


    def cache():
        try:
            with redis.Redis.from_url(CACHE, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


    def checked(response, **checks):
        response.status_code = 200 if all(checks.values()) else 503
        return {"checks": {name: "ok" if fine else "unavailable" for name, fine in checks.items()}}


"""
HEALTHY = """
    @app.get("/ready")
    def ready(response: Response):
        return checked(response, database=database(), redis=cache())


    @app.get("/live")
    def live():
        return {"status": "alive"}
"""
OPTIONAL_CACHE = """
    @app.get("/ready")
    def ready(response: Response):
        fine = database()
        response.status_code = 200 if fine else 503
        return {"database": "ok" if fine else "down", "redis": "ok" if cache() else "degraded"}
"""
BROKEN = """
    @app.get("/ready")
    def ready():
        return {"status": "ready"}


    @app.get("/health")
    def health():
        return {"status": "ok", "checks": {"database": "ok", "redis": {"status": "up"}}}


    @app.get("/live")
    def live(response: Response):
        return checked(response, database=database())
"""
DEGRADED = """
    @app.get("/ready")
    def ready():
        return {"status": "ok" if database() else "degraded"}


    @app.get("/alive")
    def alive(response: Response):
        return checked(response, database=database())
"""
ALIVE = """
    [tool.prodready.health]
    dependencies = ["DATABASE_URL", "SQLITE_URL", "NOT_SET"]
    [[tool.prodready.health.probes]]
    path = "/alive"
    role = "live"
"""
NOT_WITHOUT = """
    psycopg.connect(DATABASE, connect_timeout=2).close()


    @app.get("/ready")
    def ready():
        return {"database": "ok"}
"""
SET_AGAIN = """
    @app.get("/ready")
    def ready(response: Response):
        return checked(response, database=database())
"""
BOTH = 'health.dependencies = ["DATABASE_URL", "REDIS_URL"]'


@pytest.fixture
def judged(
    pytester: pytest.Pytester, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Run the gate's family of health on a shop with these endpoints, its services there."""
    monkeypatch.setenv(
        "DATABASE_URL", create_database(postgres_server, f"controls_{os.getpid()}", "SELECT 1")
    )
    monkeypatch.setenv("REDIS_URL", services.url("redis"))

    def run(endpoints: str, settings: str = "", *, select: str = "PRD5", **files: str) -> Run:
        pytester.makepyprojecttoml(dedent(SETTINGS) + dedent(settings))
        package = pytester.path / "shop"
        package.mkdir(exist_ok=True)
        (package / "main.py").write_text(dedent(SHOP) + dedent(endpoints))
        for name, text in files.items():
            (package / f"{name}.py").write_text(dedent(text))
        return gate(pytester, f"--prodready-select={select}")

    return run


def told(run: Run) -> list[tuple[str, Level, str, str]]:
    """What was found: code, level, subject, and the path that it is about."""
    return [
        (found.code, found.level, found.subject, found.message.split()[1])
        for found in run.of(Level.ERROR, Level.WARNING)
    ]


def test_healthy_twins(judged: Callable[..., Run]) -> None:
    run = judged(HEALTHY, BOTH)
    assert (told(run), run.status) == ([], 0)
    assert "2 of 2 dependencies" in run.text
    run = judged(OPTIONAL_CACHE)
    assert (told(run), run.status) == ([], 0)
    assert "2 of 2 dependencies" in run.text


def test_found_dependencies(judged: Callable[..., Run]) -> None:
    database, cache = "without DATABASE_URL", "without REDIS_URL"
    run = judged(BROKEN, select="PRD509")
    assert told(run) == [
        ("PRD509", Level.WARNING, database, "/ready"),
        ("PRD509", Level.ERROR, database, "/health"),
        ("PRD509", Level.WARNING, database, "/live"),
        ("PRD509", Level.ERROR, cache, "/health"),
    ]
    assert 'said "database": "ok" while the database of DATABASE_URL was out of reach' in run.text
    assert {str(found.location) for found in run.findings} == {"shop/main.py:23"}


def test_declared_dependencies(judged: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_URL", "sqlite:///shop.db")
    run = judged(DEGRADED, ALIVE, select="PRD509")
    assert told(run) == [
        ("PRD509", Level.ERROR, "without DATABASE_URL", "/alive"),
        ("PRD509", Level.ERROR, "without DATABASE_URL", "/ready"),
    ]
    assert "NOT_SET is not set" in run.text
    assert "SQLITE_URL holds an address without a host" in run.text
    alive, ready = run.findings
    assert str(alive.location) == "pyproject.toml:13"
    assert ready.message == (
        "GET /ready answered 200 while the database of DATABASE_URL was out of reach: its body says "
        '"degraded", and a probe looks at the status alone'
    )


def test_a_server_that_does_not_start_without_it_is_not_ready(judged: Callable[..., Run]) -> None:
    run = judged(NOT_WITHOUT, 'health.dependencies = ["DATABASE_URL"]', select="PRD509")
    assert (told(run), run.status) == ([], 0)
    assert "1 of 1 dependencies" in run.text


def test_an_address_that_is_set_again_proves_nothing(
    judged: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETS_AGAIN", "1")  # as a library does that prefers its own file
    kept = f"import os\nos.environ['DATABASE_URL'] = {os.environ['DATABASE_URL']!r}\n"
    run = judged(SET_AGAIN, select="PRD509", sets_again=kept)
    assert told(run) == []
    assert "the application takes the address from elsewhere" in run.text


def test_other_selections_start_one_server(
    judged: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "starts"
    monkeypatch.setenv("STARTS", str(seen))
    judged(HEALTHY, BOTH, select="PRD501")
    assert len(seen.read_text().split()) == 1
