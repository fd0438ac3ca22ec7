"""C6, C7, C8 and the negative control, in every framework behind every server; healthy twins are silent."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest

from pytest_prodready.findings import Level, Outcome
from tests import services
from tests.health.applications import CELLS, Service
from tests.support import MATRIX, Run, gate

pytestmark = pytest.mark.wide
CONTROLS = {("PRD509", "without DATABASE_URL"), ("PRD509", "without REDIS_URL")}
Record = Callable[[str, object], None]


@pytest.fixture
def service(
    request: pytest.FixtureRequest,
    pytester: pytest.Pytester,
    postgres_server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Service:
    """A cell of the matrix, with its dependencies up and its environment set."""
    cell = Service(*request.param)
    for module in (*cell.modules, "psycopg", "redis"):
        pytest.importorskip(module)
    monkeypatch.setenv("DATABASE_URL", postgres_server)
    monkeypatch.setenv("REDIS_URL", services.url("redis"))
    monkeypatch.setenv("ADMIN_TOKEN", "an-admin-token-of-the-tests")
    monkeypatch.chdir(pytester.path)
    return cell


every_cell = pytest.mark.parametrize("service", CELLS, ids="-".join, indirect=True)


def judged(pytester: pytest.Pytester) -> tuple[Run, set[tuple[str, str]]]:
    """A run of the gate, and its errors as (code, subject)."""
    run = gate(pytester, "--prodready-select", "PRD5")
    return run, {(found.code, found.subject) for found in run.of(Level.ERROR)}


def record(record_property: Record, service: Service, fault: str, run: Run) -> None:
    """Rows of the matrix at the end of the run."""
    name = f"{fault} {service.framework} behind {service.server}"
    for found in run.of(Level.ERROR):
        record_property(MATRIX, f"{name}: {found.code} {found.level.value} {found.subject}")
    if not run.of(Level.ERROR):
        record_property(MATRIX, f"{name}: READY")


@every_cell
def test_a_healthy_service_has_no_finding(
    service: Service, pytester: pytest.Pytester, record_property: Record
) -> None:
    service.write(pytester.path)

    run, errors = judged(pytester)

    record(record_property, service, "healthy", run)
    assert errors == set()
    assert run.of(Level.WARNING) == []
    assert run.subjects(Outcome.SKIPPED) | run.subjects(Outcome.ERRORED) == set()
    assert run.subjects(Outcome.PASSED) >= {
        "server",
        "/ready",
        "/healthz",
        "/api/gdpr/status",
        "shutdown",
        *(subject for _, subject in CONTROLS),
    }


@every_cell
def test_an_open_endpoint_and_a_server_that_does_not_leave_are_named(
    service: Service, pytester: pytest.Pytester, record_property: Record
) -> None:
    # Django has no lifespan, and uvicorn's own handler of the signal is set after the application is loaded
    leaves = service.framework == "django-asgi"
    service.write(pytester.path, "C7", *([] if leaves else ["C8"]), stop=3)

    run, errors = judged(pytester)

    record(record_property, service, "C7" if leaves else "C7, C8", run)
    stays = set() if leaves else {("PRD508", "shutdown")}
    assert errors == {("PRD506", "/api/gdpr/status"), *stays}


@every_cell
def test_readiness_that_only_pretends_is_named(
    service: Service, pytester: pytest.Pytester, record_property: Record
) -> None:
    service.write(pytester.path, "control")

    run, errors = judged(pytester)

    record(record_property, service, "control", run)
    assert errors == CONTROLS


@every_cell
def test_a_dependency_that_is_down_is_named(
    service: Service, pytester: pytest.Pytester, record_property: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.write(pytester.path)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{held.getsockname()[1]}/0")
        run, errors = judged(pytester)

    record(record_property, service, "C6", run)
    assert errors == {("PRD502", "/ready"), ("PRD507", "/ready")}
    assert any("redis" in found.message for found in run.of(Level.ERROR) if found.code == "PRD507")
    assert os.environ["REDIS_URL"] not in run.text
