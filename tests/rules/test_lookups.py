"""PRD332 on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import AskedClass, Entry, Facts, InspectedEntry, Location, Lookup, Names
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.names.family import asked_class, family

NOTE = "notices.models.Notification"
OR = "nor a lookup that is known there"
LOOKUP = Lookup("created_at", "filter", Location("notices/views.py", 9), "created_at", NOTE, "timestamp")


def judged(*unresolved: Lookup) -> list[Finding]:
    asked = AskedClass(NOTE, Location("notices/models.py", 4), lookups=9, unresolved=unresolved)
    entry = InspectedEntry(Entry("web", "site_.wsgi:app", ""), names_asked=Names(1, 9, 9, 9, (asked,)))
    facts = Facts("/", entries=(entry,))
    registry = Registry([family])
    return [
        one
        for subject in asked_class.subjects(facts)
        for one in registry.judge(asked_class, subject, facts).findings
    ]


@pytest.mark.parametrize(
    "lookup, message, remedy",
    [
        (
            LOOKUP,
            f"filter asks {NOTE} for created_at, which it does not have",
            "Write timestamp, the nearest name there is.",
        ),
        (
            replace(LOOKUP, written="owner__nmae__icontains", missing="nmae", at="auth.User", near="name"),
            f"filter asks {NOTE} for owner__nmae__icontains, and nmae is neither a field of auth.User {OR}",
            "Write owner__name__icontains, the nearest name there is.",
        ),
        (
            replace(LOOKUP, written="-created", how="order_by", missing="created"),
            f"order_by asks {NOTE} for -created, which it does not have",
            "Write -timestamp, the nearest name there is.",
        ),
        (
            replace(LOOKUP, written="^user", how="Page.search_fields", missing="istartswith", near=""),
            f"Page.search_fields asks {NOTE} for ^user, and istartswith is no lookup that is known there",
            f"Write a name that {NOTE} has.",
        ),
        (
            replace(LOOKUP, written="notice.created_at", how="template variable"),
            f"a template shows notice.created_at, and {NOTE} has no attribute created_at",
            "Write notice.timestamp, the nearest name there is.",
        ),
        (
            replace(LOOKUP, near=""),
            f"filter asks {NOTE} for created_at, which it does not have",
            f"Write a name that {NOTE} has.",
        ),
    ],
)
def test_a_name_that_does_not_resolve(lookup: Lookup, message: str, remedy: str) -> None:
    """An error at its line, for the class that is asked, with the whole name to write."""
    (finding,) = judged(lookup)
    assert (finding.code, finding.level, finding.subject) == ("PRD332", Level.ERROR, NOTE)
    assert finding.location == lookup.location
    assert (finding.message, finding.remedy) == (message, remedy)


def test_what_is_not_certain_is_a_warning() -> None:
    """Where the rows may come from elsewhere."""
    assert [one.level for one in judged(replace(LOOKUP, certain=False))] == [Level.WARNING]


def test_each_is_a_finding_of_its_own() -> None:
    """Two lines that are wrong are two findings of one subject; what resolves is none."""
    assert judged() == []
    other = replace(LOOKUP, location=Location("notices/views.py", 12))
    assert [one.location for one in judged(LOOKUP, other)] == [LOOKUP.location, other.location]
