"""PRD211, judged on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    Binding,
    Celery,
    Driver,
    Entry,
    Facts,
    InspectedEntry,
    Location,
    Module,
    Sending,
    Setup,
)
from pytest_prodready.findings import Finding, Level
from tests.rules.celery.support import findings, judgements

WEB = Entry("web", "src.main:app", "Procfile, web", Location("Procfile", 1))
WORKER = Entry("celery", "src.jobs:app", "Procfile, worker", Location("Procfile", 2))
MADE = Location("src/jobs.py", 4)
CALL = Sending("tasks.send", Location("src/views.py", 9))
LOST = Binding((Location("src/tasks.py", 3),), (CALL,), main=False, thread=False)
SETUP = Setup(location=MADE)
INIT = Module("src", "src/__init__.py")


def facts(binding: Binding | None = None, setup: Setup = SETUP, *modules: Module) -> Facts:
    worker = InspectedEntry(WORKER, celery=Celery("src", "5.5.0", setup=setup), modules=(INIT,))
    return Facts("/app", ("src",), entries=(InspectedEntry(WEB, binding=binding, modules=modules), worker))


def short(found: list[Finding]) -> list[tuple[str, str, str, Level]]:
    return [(one.code, one.subject, str(one.location), one.level) for one in found]


def test_a_healthy_web_process() -> None:
    """Whoever has no shared task loaded is no subject; whoever has the right app passes."""
    assert findings(facts(replace(LOST, main=True, thread=True))) == []
    assert "wiring:src.main:app" in judgements(facts(LOST))
    assert "wiring:src.main:app" not in judgements(facts())


@pytest.mark.parametrize(
    "binding, modules, level",
    [
        (LOST, (), Level.ERROR),
        (replace(LOST, sends=()), (), Level.WARNING),
        (LOST, (Module("src.jobs", "src/jobs.py", reached="src/views.py:8"),), Level.WARNING),
    ],
)
def test_no_app_at_all(binding: Binding, modules: tuple[Module, ...], level: Level) -> None:
    """An error where a task is sent and no function imports the app later; the place is the package's."""
    (found,) = findings(facts(binding, Setup(location=MADE), *modules))
    assert short([found]) == [("PRD211", "wiring:src.main:app", "src/__init__.py:1", level)]
    assert found.remedy == "Write from .jobs import app in src/__init__.py."


def test_the_default_app_may_be_configured() -> None:
    """By a celeryconfig, or by the environment: then nothing is wrong."""
    assert findings(facts(replace(LOST, configured=True))) == []


@pytest.mark.parametrize(
    "sends, expected",
    [
        ((replace(CALL, threaded=True),), [Level.ERROR]),
        ((CALL,), [Level.WARNING]),
        ((), []),
    ],
)
def test_another_thread(sends: tuple[Sending, ...], expected: list[Level]) -> None:
    """An error where the sending endpoint is seen to run in one; the place is where the app is made."""
    found = findings(facts(replace(LOST, main=True, sends=sends)))
    assert short(found) == [("PRD211", "wiring:src.main:app", str(MADE), level) for level in expected]


def test_no_worker_no_judgement() -> None:
    """Without a Celery app of the project there is nothing that tasks could belong to."""
    assert findings(Facts("/app", entries=(InspectedEntry(WEB, binding=LOST),))) == []


@pytest.mark.parametrize(
    "setup, expected",
    [
        (
            Setup(eager=True, eager_always=True, eager_location=CALL.location),
            [("src/views.py:9", Level.ERROR)],
        ),
        (Setup(eager=True, eager_location=CALL.location), [("src/views.py:9", Level.WARNING)]),
        (Setup(eager=True, location=MADE), [("src/jobs.py:4", Level.WARNING)]),
        (Setup(eager=True, development="DEBUG is on"), []),
        (Setup(broker=False), [("Procfile:2", Level.WARNING)]),
        (Setup(broker=False, location=MADE), [("src/jobs.py:4", Level.WARNING)]),
        (Setup(broker=False, development="APP_ENV is dev"), []),
    ],
)
def test_the_configuration(setup: Setup, expected: list[tuple[str, Level]]) -> None:
    """What is on for certain is an error; what may be the job's own is a warning, or nothing."""
    assert [(str(one.location), one.level) for one in findings(facts(None, setup))] == expected


@pytest.mark.parametrize(
    "driver, level, message",
    [
        (
            Driver("broker", "redis", "package", "redis"),
            Level.ERROR,
            "the broker of src.jobs:app is at redis://, which needs redis: it is not installed",
        ),
        (
            Driver("broker", "redis", "package", "redis", hidden="redis"),
            Level.WARNING,
            (
                "the broker of src.jobs:app is at redis://, which needs redis: it is installed here, but the "
                "runtime requirements do not ask for it"
            ),
        ),
        (
            Driver("result backend", "", "unknown"),
            Level.ERROR,
            "the result backend of src.jobs:app is at its address, which Celery knows no way to",
        ),
    ],
)
def test_what_an_address_needs(driver: Driver, level: Level, message: str) -> None:
    """A package that is only not declared is a warning."""
    (found,) = findings(facts(None, Setup(drivers=(driver,), location=MADE)))
    assert (found.level, found.message, found.location) == (level, message, MADE)
