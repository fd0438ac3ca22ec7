"""PRD501: what is said of a server that does not start, and of one that stood in for the project's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import Failure, Location, PassedOver, Server
from pytest_prodready.findings import Finding, Level, Outcome
from tests.rules.health.support import APP, UP, facts, findings, found, json, outcomes

PLACE = Location("Procfile", 2)
MISSING = PassedOver("gunicorn", "Procfile, web", "is not installed in the target", PLACE, missing=True)


def only(found: list[Finding]) -> Finding:
    (one,) = found
    return one


def test_the_line_of_the_command() -> None:
    """Where the log names no line of the application, the command's own line is to be changed."""
    failure = Failure("exited", "it exited with status 1 before it answered", output="Error: no such option")
    server = replace(
        UP,
        started=False,
        url="",
        failure=failure,
        location=PLACE,
        source="Procfile, web",
        left_out=("exec-it",),
    )
    finding = only(findings(facts(server=server)))
    assert (finding.code, finding.level, finding.location) == ("PRD501", Level.ERROR, PLACE)
    assert ("not run of Procfile, web", "exec-it") in finding.details
    log = 'Traceback (most recent call last):\n  File "/app/src/main.py", line 3, in f\nKeyError: 1\n'
    finding = only(findings(facts(server=replace(server, failure=replace(failure, output=log)))))
    assert finding.location == Location("src/main.py", 3)
    finding = only(findings(facts(server=replace(server, location=None))))
    assert finding.location == APP


def test_what_the_server_itself_lacks() -> None:
    """As the gunicorn of celery-director, which needs the pkg_resources that nothing brings."""
    log = "Traceback (most recent call last):\nModuleNotFoundError: No module named 'pkg_resources'\n"
    failure = Failure("exited", "it exited with status 1 before it answered", output=log)
    seen = facts(server=replace(UP, started=False, url="", failure=failure))
    remedy = "Add what provides pkg_resources to the runtime requirements: the server needs it."
    assert only(findings(seen)).remedy == remedy
    assert only(findings(replace(seen, packages=("pkg_resources",)))).remedy != remedy


@pytest.mark.parametrize(
    "chosen, started, level",
    [
        ("django 5.2", False, Level.WARNING),
        ("django 5.2", True, Level.ERROR),
        ("gunicorn 26.2.0", False, Level.ERROR),
        ("", False, Level.ERROR),
    ],
)
def test_a_server_that_loads_the_settings_first(chosen: str, started: bool, level: Level) -> None:
    """Django's own, where nobody has asked for it: the app's module may do something for the settings."""
    failure = Failure(
        "exited", "it exited with status 1 before it answered", output="No module named 'local'"
    )
    server = replace(UP, started=started, url="", failure=failure, chosen=chosen)
    assert only(findings(facts(server=server))).level is level


WAITS = """INFO:     Waiting for application startup.
[09:15:07] INFO     INFO:backoff:Backing off             _common.py:105
                    ping_search_engine(...) for 5.3s
                    (ConnectionError: Your elasticsearch
                    is not available or not responding.
"""
CORRECT, SEE, PORT = (
    "Correct what the last lines of its log",
    "See what it waits for",
    "Let the command listen",
)


@pytest.mark.parametrize(
    "source, log, more, remedy",
    [
        ("serve", "", {}, PORT),
        ("serve", "INFO: ready to serve", {}, PORT),
        ("serve", WAITS, {}, CORRECT),
        ("serve", "CRITICAL no database", {}, CORRECT),
        # it waits for nothing: it listens, and where is seen
        ("serve", WAITS, {"elsewhere": (8000,)}, PORT),
        ("serve", "", {"accepted": True}, SEE),
        # the port stands in a command that the gate has made
        ("Procfile, web", "", {}, SEE),
        ("uvicorn, installed in the target", "", {}, SEE),
        ("uvicorn, installed in the target", WAITS, {}, CORRECT),
        ("uvicorn, installed in the target", WAITS, {"elsewhere": (9090,)}, CORRECT),  # that of its metrics
        ("Procfile, web", "", {"elsewhere": (8000,)}, PORT),
    ],
)
def test_the_remedy_of_a_server_that_is_silent(
    source: str, log: str, more: dict[str, Any], remedy: str
) -> None:
    """The port is blamed only where the log, the command and the connections do not speak against it."""
    failure = Failure("hung", "it did not accept a connection on port 1 within 30 s", output=log)
    server = replace(UP, started=False, url="", source=source, failure=failure, **more)
    assert only(findings(facts(server=server))).remedy.startswith(remedy)


def test_what_a_procfile_starts_must_be_there() -> None:
    """Another server stood in, and answered: the deploy itself has only the first."""
    finding = only(findings(facts(server=replace(UP, passed_over=MISSING))))
    assert (finding.code, finding.level, finding.location) == ("PRD501", Level.WARNING, PLACE)
    assert finding.message == (
        "Procfile, web starts gunicorn, which is not installed in the target; another server stood in for it"
    )
    assert finding.remedy == "Add gunicorn to the runtime requirements."
    assert finding.proof == "looked for gunicorn in the target; ran uvicorn src.main:app"


@pytest.mark.parametrize(
    "own",
    [
        replace(MISSING, location=Location("Dockerfile", 9)),
        replace(MISSING, location=None),
        replace(MISSING, missing=False, reason="reads g.py, which the project does not have"),
    ],
)
def test_an_image_may_bring_what_is_missing_here(own: PassedOver) -> None:
    """Nothing is said of a server that runs; of one that does not, it may be the reason."""
    assert findings(facts(server=replace(UP, passed_over=own))) == []
    failed = replace(UP, failure=Failure("hung", "it did not accept a connection"), passed_over=own)
    finding = only(findings(facts(server=failed)))
    assert ("not started", f"gunicorn (Procfile, web): it {own.reason}") in finding.details


def test_where_the_gate_itself_failed_nothing_is_said_of_the_application() -> None:
    """It is errored rather than failed; and what was seen in another part is judged."""
    said = "a mistake of the gate's own, worth a report: KeyError: 'x', http.py, line 7"
    seen = facts(found(), server=Server(""))
    assert seen.health is not None
    broken = {"server": "KeyError: 'x', http.py, line 7"}
    assert outcomes(replace(seen, health=replace(seen.health, mistakes=broken))) == {
        "server": (Outcome.ERRORED, said),
        "/health": (Outcome.ERRORED, said),
    }
    seen = facts(found(), answers=(json("/health", 200, {}),))
    assert seen.health is not None
    assert set(outcomes(replace(seen, health=replace(seen.health, mistakes={"knocks": "no"}))).values()) == {
        (Outcome.PASSED, "")
    }
