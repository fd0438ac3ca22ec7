"""PRD701 on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    CheckMessage,
    DjangoProject,
    Entry,
    Facts,
    Failure,
    InspectedEntry,
    Location,
    SystemCheck,
)
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.django.checks import system_check
from pytest_prodready.rules.django.family import family

LINE = Location("site_/settings.py", 3)
KEY = CheckMessage(
    "security.W009", 30, "The key is weak. It is guessable.", own=True, location=LINE, written=True
)


def judged(*messages: CheckMessage, checks: tuple[SystemCheck, ...] = (), kind: str = "web") -> list[Finding]:
    project = DjangoProject("site_.settings", checks, messages)
    facts = Facts("/", entries=(InspectedEntry(Entry(kind, "site_.wsgi:app", ""), django=project),))
    registry = Registry([family])
    subjects = system_check.subjects(facts)
    return [one for subject in subjects for one in registry.judge(system_check, subject, facts).findings]


@pytest.mark.parametrize(
    "message, level",
    [
        (KEY, Level.ERROR),
        (replace(KEY, written=False), Level.WARNING),
        (replace(KEY, id="security.W008"), Level.WARNING),
        (replace(KEY, id="security.W021"), Level.INFO),
        (CheckMessage("fields.E300", 40, "It refers to nothing."), Level.ERROR),
        (CheckMessage("fields.E300", 40, "It refers to nothing.", own=False), Level.ERROR),
        (CheckMessage("security.E023", 40, "Wrong.", deploy=True), Level.ERROR),
        (CheckMessage("fields.W340", 30, "null has no effect.", own=False), Level.INFO),
        (CheckMessage("portal.E001", 40, "No owner.", own_check=True), Level.ERROR),
        (CheckMessage("portal.E001", 40, "No owner.", own_check=True, deploy=True), Level.WARNING),
        (CheckMessage("drf_spectacular.E001", 40, "No schema.", deploy=True, own=False), Level.WARNING),
        (CheckMessage("otp.E010", 40, "Not configured.", own=False), Level.WARNING),
        (CheckMessage("portal.I001", 20, "By the way."), Level.INFO),
    ],
)
def test_levels(message: CheckMessage, level: Level) -> None:
    """Errors are what Django refuses, and what is wrong behind every proxy."""
    (finding,) = judged(message)
    assert (finding.subject, finding.level) == (message.id, level)


def test_without_a_web_application() -> None:
    """Nobody is served, whatever the settings say."""
    (finding,) = judged(KEY, kind="commands")
    assert finding.level is Level.WARNING


def test_a_hundred_messages_of_one_id_are_one_finding() -> None:
    """The noise for which the checks were switched off; the application's own object is named first."""
    other = CheckMessage("drf_spectacular.W002", 30, "unable to guess", about="lib.View", own=False)
    own = replace(other, about="api.views.Orders", own=True, location=LINE)
    (finding,) = judged(*[other] * 118, own)
    assert finding.message == "api.views.Orders: unable to guess (drf_spectacular.W002, and 118 more)"
    assert finding.location == LINE
    assert finding.details[0][1].endswith("and 99 more")


def test_the_first_sentence_is_the_message() -> None:
    """All of what Django says stands below it."""
    (finding,) = judged(KEY)
    assert finding.message == "The key is weak (security.W009)"
    assert finding.details == (("what the check says", "The key is weak. It is guessable."),)
    assert finding.proof == "Django's own check security.W009, run under site_.settings"


def test_a_check_that_raises_or_reaches_out() -> None:
    """A warning that names it; a note."""
    raising = SystemCheck("api.checks.raises", Failure("raised", "no such thing", "ValueError"))
    stopped = SystemCheck("api.checks.asks", reached_out="open a connection")
    first, second = judged(checks=(raising, stopped, SystemCheck("api.checks.fine")))
    assert (first.level, first.subject) == (Level.WARNING, "check:api.checks.raises")
    assert first.message == "the system check api.checks.raises itself raises: ValueError: no such thing"
    assert (second.level, second.subject) == (Level.INFO, "check:api.checks.asks")
    assert "was about to open a connection" in second.message


def test_no_django_no_subjects() -> None:
    """Of another framework there is nothing to judge."""
    assert list(system_check.subjects(Facts("/", entries=(InspectedEntry(Entry("web", "a:app", "")),)))) == []
