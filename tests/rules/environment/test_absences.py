"""PRD602 and PRD603 on facts."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Absence, Facts, Hello, Location, Service
from pytest_prodready.findings import Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.environment.absences import absence
from pytest_prodready.rules.environment.family import family
from pytest_prodready.rules.environment.services import service

LINE = Location("pyproject.toml", 4)
CODE = Location("app/config.py", 7)
STARTS = Absence("KEY", "app:app", refused=False, location=CODE, read=True)


def judge(*absences: Absence) -> Judgement:
    facts = Facts("/", required_env=("KEY",), absences=absences, settings_locations={"required_env": LINE})
    (subject,) = absence.subjects(facts)
    assert subject.name == "without:KEY"
    return Registry([family]).judge(absence, subject, facts)


def test_it_starts_without() -> None:
    (found,) = judge(STARTS).findings
    assert (found.code, found.level, found.location) == ("PRD602", Level.ERROR, CODE)
    assert found.message == "app:app starts without the environment variable KEY, which required_env declares"


def test_it_starts_without_what_it_never_reads() -> None:
    (found,) = judge(Absence("KEY", "app:app", refused=False)).findings
    assert found.location == LINE
    assert found.message.endswith("; no line of the application was seen to read it")


def test_two_start_without() -> None:
    (found,) = judge(STARTS, Absence("KEY", "w:app", refused=False, read=True)).findings
    assert found.message.startswith("app:app and w:app start without")


def test_it_refuses() -> None:
    """By name: passed. Otherwise: a warning with what it says."""
    assert judge(Absence("KEY", "app:app", refused=True, named=True)) == Judgement(Outcome.PASSED)
    (found,) = judge(Absence("KEY", "app:app", refused=True, said="TypeError: None", location=CODE)).findings
    assert (found.level, found.location) == (Level.WARNING, CODE)
    assert "(TypeError: None)" in found.message


@pytest.mark.parametrize(
    "absences, reason",
    [
        ((), "there is no web application and no Celery app that could be started without it"),
        (
            (Absence("KEY", "app:app", refused=False, supplied=True),),
            "a file that the application reads itself sets it",
        ),
        (
            (Absence("KEY", "app:app", refused=False, skipped="app:app does not load"),),
            "app:app does not load",
        ),
    ],
)
def test_nothing_to_judge(absences: tuple[Absence, ...], reason: str) -> None:
    judged = judge(*absences)
    assert (judged.outcome, judged.reason) == (Outcome.SKIPPED, reason)


def test_services() -> None:
    """PRD603 for each that did not answer, with the setting that it comes from."""
    mail = Service("smtp", "mail server", "localhost", 25, "EMAIL_HOST", location=CODE)
    cache = Service("redis", "cache", "::1", 6379, "CACHES['default']")
    facts = Facts("/", hellos=(Hello(mail, "closed", "nothing listens there"), Hello(cache)))
    registry = Registry([family])
    judged = {one.name: registry.judge(service, one, facts) for one in service.subjects(facts)}
    assert judged["live:redis:::1:6379"] == Judgement(Outcome.PASSED)
    (found,) = judged["live:smtp:localhost:25"].findings
    assert (found.code, found.level, found.location) == ("PRD603", Level.ERROR, CODE)
    assert found.message == "the mail server at localhost:25 (SMTP) cannot be reached: nothing listens there"
    assert "EMAIL_HOST" in found.remedy
