"""PRD213 on facts: tasks that query what only tenants have."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import (
    BeatEntry,
    CallSite,
    Celery,
    Facts,
    InspectedEntry,
    Location,
    Task,
    Tenancy,
    TenantQuery,
)
from pytest_prodready.findings import Finding, Level
from tests.rules.celery.support import ENTRY, judgements

SYNC = Task("ats.sync", "ats.tasks", "sync", Location("ats/tasks.py", 3), "(job_id, schema_name=None)")
QUERY = TenantQuery("ats.sync", "ats.Job", Location("ats/tasks.py", 5), "ats.tasks.sync", enters=False)
GIVEN = replace(QUERY, enters=True, parameter="schema_name", position=1)
NIGHTLY = BeatEntry("nightly", "ats.sync", registered=True, location=Location("proj/settings.py", 9))
SITE = CallSite(
    Location("ats/signals.py", 7), 4, "ats.signals.on_save", "ats.sync", "ats.tasks.sync", False, "delay",
    counts=(1,), complete=True,
)  # fmt: skip


def told(
    query: TenantQuery, *sites: CallSite, carried: tuple[str, ...] = (), beat: tuple[BeatEntry, ...] = ()
) -> list[tuple[str, Level, str]]:
    tenancy = Tenancy(carried, (query,))
    worker = InspectedEntry(ENTRY, celery=Celery("proj", "5.5.0", (SYNC,), beat=beat), tenancy=tenancy)
    web = InspectedEntry(replace(ENTRY, kind="web", target="proj.wsgi:app"), call_sites=sites)
    judged = judgements(Facts("/app", ("ats",), entries=(worker, web)))["tenant:ats.sync"]
    found: list[Finding] = [one for one in judged.findings if one.code == "PRD213"]
    return [(str(one.location), one.level, one.message) for one in found]


TABLE = "ats.Job, which only the tenants' schemas have a table for"
NAKED = f"ats.sync runs in the public schema and queries {TABLE}: nothing brings it into a tenant's schema"
LEFT_OUT = f"ats.sync is sent without schema_name, so it enters no tenant's schema and queries {TABLE}"


def test_a_task_that_nothing_brings_into_a_schema() -> None:
    assert told(QUERY) == [("ats/tasks.py:5", Level.WARNING, NAKED)]


def test_a_task_that_enters_one_is_healthy() -> None:
    assert told(replace(QUERY, enters=True), SITE) == []


def test_a_message_that_carries_the_schema_is_healthy() -> None:
    assert told(QUERY, SITE, carried=("ats.sync",)) == []


def test_beat_has_no_schema_to_carry() -> None:
    query = replace(QUERY, beat=("nightly",))
    ((place, level, message),) = told(query, carried=("ats.sync",), beat=(NIGHTLY,))
    assert (place, level) == ("proj/settings.py:9", Level.WARNING)
    assert message == (
        "beat entry 'nightly' sends ats.sync from no tenant's schema: it runs in the public one and queries "
        + TABLE
    )


def test_a_call_without_the_parameter() -> None:
    assert told(GIVEN, SITE) == [("ats/signals.py:7", Level.WARNING, LEFT_OUT)]


def test_calls_that_pass_it_or_may() -> None:
    """By position, by keyword, or where the source does not tell."""
    others = (
        replace(SITE, counts=(2,)),
        replace(SITE, keywords=("schema_name",)),
        replace(SITE, counts=(1, 2)),
        replace(SITE, more=True),
        replace(SITE, more_keywords=True),
        replace(SITE, complete=False),
        replace(SITE, misuse="args: a text"),
        replace(SITE, task="ats.other", task_function="ats.tasks.other"),
    )
    assert told(GIVEN, *others) == []


def test_a_parameter_that_can_be_given_by_keyword_alone() -> None:
    keyword_only = replace(GIVEN, position=-1)
    assert told(keyword_only, replace(SITE, counts=(9,))) == [("ats/signals.py:7", Level.WARNING, LEFT_OUT)]


def test_a_beat_entry_without_the_parameter() -> None:
    ((place, _, message),) = told(replace(GIVEN, beat=("nightly",)), beat=(NIGHTLY,))
    assert (place, message) == (
        "proj/settings.py:9",
        (
            "beat entry 'nightly' sends ats.sync without schema_name, so it enters no tenant's schema "
            f"and queries {TABLE}"
        ),
    )
