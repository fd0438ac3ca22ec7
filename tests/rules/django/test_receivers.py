"""PRD702 on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import Entry, Facts, InspectedEntry, Location, Receiver
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.django.family import family
from pytest_prodready.rules.django.receivers import signal

FIRST = Receiver(
    "django.db.models.signals.post_save",
    "auth.User",
    "api.models",
    "create_profile",
    Location("api/models.py", 9),
    identity=1,
    body="abc",
)
COPY = replace(FIRST, module="api.backup", location=Location("api/backup.py", 7), identity=2)


def judged(*receivers: Receiver, more: tuple[Receiver, ...] = ()) -> list[Finding]:
    entries = (
        InspectedEntry(Entry("web", "site_.wsgi:app", ""), receivers=receivers),
        InspectedEntry(Entry("commands", "manage.py", ""), receivers=more),
    )
    facts = Facts("/", entries=entries)
    registry = Registry([family])
    return [
        one for subject in signal.subjects(facts) for one in registry.judge(signal, subject, facts).findings
    ]


@pytest.mark.parametrize(
    "second, words",
    [
        (COPY, "do the same, and both are connected"),
        (replace(FIRST, module="models", identity=2), "is loaded under two names, api.models and models"),
        (replace(FIRST, uid="again"), "is connected twice, as its dispatch_uid differs"),
        (replace(FIRST, identity=2), "is defined and connected twice by one function, which runs twice"),
    ],
)
def test_twice(second: Receiver, words: str) -> None:
    """An error that names the signal, the sender and both places."""
    (finding,) = judged(FIRST, second)
    assert (finding.level, finding.subject) == (Level.ERROR, "signal:post_save:auth.User")
    assert words in finding.message
    assert finding.message.endswith("each post_save of auth.User is handled twice")
    assert str(FIRST.location) in finding.details[0][1]
    assert finding.location == second.location


@pytest.mark.parametrize(
    "second",
    [
        replace(COPY, sender="auth.Group"),
        replace(COPY, signal="django.db.models.signals.pre_save"),
        replace(COPY, body="def"),
        replace(COPY, body=""),
        replace(FIRST, identity=2, body=""),
        replace(COPY, location=Location("api/models.py", 20), function="other"),
    ],
)
def test_not_the_same(second: Receiver) -> None:
    """Another sender, another signal, another body, an unknown one, a neighbour in one file."""
    assert judged(FIRST, second) == []


def test_a_copy_under_another_name_may_be_meant() -> None:
    """A warning."""
    (finding,) = judged(FIRST, replace(COPY, function="make_profile"))
    assert finding.level is Level.WARNING


def test_two_entry_points_are_two_processes() -> None:
    """One receiver in each is no double; a double in both is told once."""
    assert judged(FIRST, more=(COPY,)) == []
    assert len(judged(FIRST, COPY, more=(FIRST, COPY))) == 1


def test_a_sender_without_a_name() -> None:
    """Two such senders are two."""
    one = replace(FIRST, sender="object 1")
    assert judged(one, replace(COPY, sender="object 2")) == []
    (finding,) = judged(one, replace(COPY, sender="object 1"))
    assert finding.message.endswith("each post_save of one sender is handled twice")
    (finding,) = judged(replace(FIRST, sender=""), replace(COPY, sender=""))
    assert finding.message.endswith("each post_save of every sender is handled twice")
