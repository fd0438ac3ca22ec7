"""The incidents of the Django systems: the healthy marketplace has no finding, each fault is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from stage import HERE, MARKETPLACE, Expectation, copy_example, database, environment, faults, migrate

from pytest_prodready.findings import Level, Outcome
from tests.support import MATRIX, Example, Run

Marketplace = Callable[..., Example]
Row = tuple[str, str, str, str, int]
"""Code, level, subject, file and line of a finding."""
Record = Callable[[str, set[Row]], None]
KNOWN = {fault.id: fault for fault in faults(MARKETPLACE)}
TOGETHER = [fault for fault in KNOWN.values() if not fault.sqlite and fault.shows_here()]
"""All that are in the files: none of them hides another."""
WITHOUT_SERVERS = "--prodready-ignore=PRD5"
"""No fault is about what a running server answers; each start of one takes a second."""


@pytest.fixture(scope="module")
def migrated(postgres_server: str) -> str:
    """A database as the last deployment has left it; the gate only reads, so one serves all."""
    for module in ("celery", "django", "gunicorn", "psycopg"):
        pytest.importorskip(module)
    name = f"marketplace_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    return database(postgres_server, name, HERE / MARKETPLACE)


@pytest.fixture
def marketplace(pytester: pytest.Pytester, migrated: str, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """Copy the marketplace, with faults or healthy, and give it its environment."""

    def make(ids: str | None = None, *, sqlite: bool = False) -> Example:
        root = copy_example(pytester.path / "project", ids, MARKETPLACE)
        url = migrate(f"sqlite:///{pytester.path}/marketplace.sqlite") if sqlite else migrated
        for variable, value in environment(url, MARKETPLACE).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
        monkeypatch.chdir(root)
        return Example(root, url, pytester)

    return make


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Record:
    """Put what a fault was named with into the matrix of incidents that the summary shows."""

    def write(name: str, rows: set[Row]) -> None:
        for code, level, subject, file, line in sorted(rows):
            record_property(MATRIX, f"{name:<4} {code} {level:<8} {subject} {file}:{line} ({MARKETPLACE})")

    return write


def named(run: Run) -> set[Row]:
    """Each error and warning."""
    return {
        (one.code, one.level.value, one.subject, one.location.file, one.location.line or 0)
        if one.location is not None
        else (one.code, one.level.value, one.subject, "", 0)
        for one in run.of(Level.ERROR, Level.WARNING)
    }


def wanted(expect: tuple[Expectation, ...], root: Path) -> set[Row]:
    """The same of what a fault is there for."""
    return {(one.code, one.level, one.subject, one.file, one.line(root)) for one in expect}


def test_the_healthy_marketplace_has_no_error_and_no_warning(marketplace: Marketplace) -> None:
    run = marketplace().gate()

    assert run.of(Level.ERROR, Level.WARNING) == []
    assert set() == run.subjects(Outcome.SKIPPED) | run.subjects(Outcome.ERRORED)
    assert run.status == 0
    run.result.stdout.fnmatch_lines(
        [
            "prodready: app: marketplace.wsgi:application (Procfile, web)",
            "prodready: celery: marketplace (Procfile, worker)",
            "*READY: * checks passed*",
        ]
    )


def test_faults_that_come_together_are_all_named(marketplace: Marketplace, record: Record) -> None:
    """Each with code, level, subject and line; and nothing else is."""
    broken = marketplace("+".join(fault.id for fault in TOGETHER))

    run = broken.gate("--prodready-live", WITHOUT_SERVERS)

    expected = {fault.id: wanted(fault.expect, broken.root) for fault in TOGETHER}
    assert named(run) == set().union(*expected.values())
    assert run.status == 1
    for name, rows in expected.items():
        record(name, rows)


@pytest.mark.wide
@pytest.mark.parametrize("name", KNOWN)
def test_each_fault_is_named_with_code_subject_and_line(
    name: str, marketplace: Marketplace, record: Record
) -> None:
    """And with nothing but what it is there for."""
    fault = KNOWN[name]
    if not fault.shows_here():
        pytest.skip(f"{name} shows only with {fault.only_with}")
    broken = marketplace(name, sqlite=fault.sqlite)

    run = broken.gate(*fault.arguments, WITHOUT_SERVERS)

    found = named(run)
    record(name, found)
    assert found == wanted(fault.expect, broken.root)
    errors = any(one.level == "error" for one in fault.expect)
    assert (run.status, "NOT READY" in run.text) == (int(errors), errors)
