"""PRD207, judged on facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    CallOption,
    CallSite,
    Celery,
    Destination,
    Entry,
    Facts,
    InspectedEntry,
    Location,
    Routing,
    Task,
    TaskPattern,
    WorkerCommand,
)
from pytest_prodready.findings import Finding, Level
from tests.rules.celery.support import ENTRY, SEND, findings, judgements

LINE = Location("Procfile", 2)
ROUTE = Location("src/celery_app.py", 7)
TO_MAIL = Destination("mail.send", "mail", "route", "mail.*", ROUTE)
WORKER = WorkerCommand("Procfile, worker", LINE, ENTRY.target, ("mail",))
ROUTING = Routing((TO_MAIL,), reached=("celery", "mail"), declared=("celery",), default="celery")


PLACE = Location("src/views.py", 9)
CHOSEN = CallOption("queue", PLACE, "mial")
SITE = CallSite(
    Location("src/views.py", 8), 4, "src.views.order", SEND.name, "", False, "apply_async", options=(CHOSEN,)
)


def facts(
    *workers: WorkerCommand,
    routing: Routing = ROUTING,
    others: tuple[InspectedEntry, ...] = (),
    calls: tuple[CallSite, ...] = (),
    task: Task = SEND,
) -> Facts:
    celery = Celery("src", "5.5.0", tasks=(task,), routing=routing)
    entry = InspectedEntry(ENTRY, celery=celery, call_sites=calls)
    return Facts("/app", ("src",), entries=(entry, *others), workers=workers)


def short(found: list[Finding]) -> list[tuple[str, str, Level]]:
    return [(one.subject, str(one.location), one.level) for one in found]


def lost(queue: str) -> Routing:
    return replace(ROUTING, destinations=(replace(TO_MAIL, queue=queue),), reached=("celery", queue))


def test_a_consumed_queue_is_healthy() -> None:
    """Celery's own tasks keep the default queue from being idle, and need no worker."""
    seen = facts(replace(WORKER, queues=("mail", "celery")))
    assert findings(seen) == []
    assert {"queue:mail", "queue:celery"} <= set(judgements(seen))


def test_a_queue_that_nobody_consumes() -> None:
    """The finding says who sends, what decides it, what is consumed, and the nearest queue."""
    (error,) = findings(facts(WORKER, routing=lost("mial")))  # mail, which was meant, is not called idle
    assert short([error]) == [("queue:mial", "src/celery_app.py:7", Level.ERROR)]
    assert error.message == (
        "mail.send goes to the queue mial, which no worker consumes: task_routes sends 'mail.*' there; "
        "nothing is sent to mail, which Procfile:2 has a worker consume"
    )
    assert error.remedy == (
        "Write mail, the nearest queue that a worker consumes, or let a worker consume it: -Q mial "
        "(Procfile, worker, Procfile:2)."
    )
    assert error.details == (("tasks", "mail.send"), ("workers consume", "mail  Procfile:2"))


def test_where_the_nearest_queue_has_tasks_it_is_the_sender_that_is_wrong() -> None:
    routing = replace(lost("mial"), reached=("celery", "mial", "mail"))
    (error,) = findings(facts(WORKER, routing=routing))
    assert error.message == (
        "mail.send goes to the queue mial, which no worker consumes: task_routes sends 'mail.*' there"
    )


def test_a_queue_that_is_not_meant_by_another_is_idle_beside_it() -> None:
    found = findings(facts(WORKER, routing=lost("reports")))
    assert short(found) == [
        ("queue:mail", "Procfile:2", Level.WARNING),
        ("queue:reports", "src/celery_app.py:7", Level.ERROR),
    ]


@pytest.mark.parametrize(
    "workers",
    [
        (),
        (replace(WORKER, understood=False, queues=None),),
        (WORKER, WorkerCommand("compose.yaml, w", Location("compose.yaml", 3), "", understood=False)),
        (replace(WORKER, app="other:app"),),
    ],
)
def test_what_is_not_known_is_not_judged(workers: tuple[WorkerCommand, ...]) -> None:
    """No command, one that is not understood, and those of other apps."""
    assert findings(facts(*workers, routing=lost("mial"))) == []


def test_an_application_that_adds_queues_itself() -> None:
    """What its workers consume is not known."""
    routing = replace(lost("mial"), consumes_more=True)
    assert findings(facts(WORKER, routing=routing)) == []
    (error,) = findings(facts(replace(WORKER, stated=True), routing=routing))  # the settings know better
    assert short([error]) == [("queue:mial", "src/celery_app.py:7", Level.ERROR)]


@pytest.mark.parametrize(
    "change, queue",
    [
        ({}, "mial"),
        ({"task": "mail.other"}, ""),
        ({"options": (CHOSEN, CallOption("routing_key", PLACE))}, ""),
        ({"options": (replace(CHOSEN, text="mail"),)}, ""),
        ({"options": (replace(CHOSEN, text=""),)}, ""),
    ],
)
def test_a_queue_that_a_call_chooses(change: dict[str, Any], queue: str) -> None:
    """The line of the option is named; what an exchange decides, and another's task, is not judged."""
    call = replace(SITE, **change)
    found = findings(facts(WORKER, calls=(call,)))
    assert short(found) == ([(f"queue:{queue}", "src/views.py:9", Level.ERROR)] if queue else [])
    if queue:
        assert found[0].message == (
            "mail.send goes to the queue mial, which no worker consumes: src.views.order asks for it"
        )


def test_a_queue_that_a_task_of_its_own_way_is_given() -> None:
    """Its apply_async may change the queue."""
    task = replace(SEND, own_methods=("apply_async",))
    assert findings(facts(WORKER, calls=(SITE,), task=task)) == []


def test_the_union_of_several_workers() -> None:
    """One that consumes the queue is enough."""
    other = replace(WORKER, queues=("celery",), location=Location("Procfile", 3))
    assert findings(facts(other, WORKER)) == []


def test_a_worker_without_queues() -> None:
    """It consumes what is declared, without what it leaves out."""
    routing = replace(ROUTING, declared=("celery", "mail"))
    whole = replace(WORKER, queues=None)
    assert findings(facts(whole, routing=routing)) == []
    (found,) = findings(facts(replace(whole, excluded=("mail",)), routing=routing))
    assert short([found]) == [("queue:mail", "src/celery_app.py:7", Level.ERROR)]


def test_another_name_of_a_queue() -> None:
    """A broadcast queue is consumed under either name."""
    routing = replace(ROUTING, declared=("mail",), names={"bcast.1": "mail"})
    assert findings(facts(replace(WORKER, queues=("bcast.1",)), routing=routing)) == []


def test_the_place_of_the_default_queue() -> None:
    """Where no line of the source names it, the worker's command is what is to be changed."""
    sent = Destination("mail.send", "celery", "default")
    (found,) = findings(facts(WORKER, routing=replace(ROUTING, destinations=(sent,))))
    assert short([found]) == [("queue:celery", "Procfile:2", Level.ERROR)]
    chosen = replace(ROUTING, destinations=(sent,), chosen=True)
    assert [one.level for one in findings(facts(WORKER, routing=chosen))] == [Level.WARNING]


@pytest.mark.parametrize(
    "routing",
    [
        replace(ROUTING, mentioned=("spare",)),
        replace(ROUTING, computed=True),
        replace(ROUTING, default="spare"),
    ],
)
def test_a_queue_that_may_well_be_used(routing: Routing) -> None:
    """A queue that the source names, that is the default, or that may be computed is not called idle."""
    assert findings(facts(replace(WORKER, queues=("mail", "spare")), routing=routing)) == []


def test_an_undeclared_queue_where_none_is_created() -> None:
    """It is an error at its own line, told once."""
    place = Location("compose.yaml", 9)
    worker = replace(WORKER, queues=("mail", "mial"), lines={"mial": place})
    routing = replace(ROUTING, declared=("celery", "mail"), create_missing=False)
    (found,) = findings(facts(worker, routing=routing))
    assert short([found]) == [("queue:mial", "compose.yaml:9", Level.ERROR)]
    assert found.remedy == "Write mail, the nearest declared queue."


def other(task: Task) -> InspectedEntry:
    return InspectedEntry(
        Entry("celery", "b:app", "x"), celery=Celery("b", "5", tasks=(task,), routing=Routing())
    )


def test_a_task_that_two_apps_share() -> None:
    """Another app's worker receives it if it is the same task; if it only has its name, it does not."""
    theirs = WorkerCommand("Procfile, b", Location("Procfile", 3), "b:app", ("mail",))
    mine = replace(WORKER, queues=("celery",))
    assert findings(facts(mine, theirs, others=(other(SEND),))) == []
    stranger = replace(SEND, module="b.tasks")
    (found,) = findings(facts(mine, theirs, others=(other(stranger),)))
    assert short([found]) == [("queue:mail", "src/celery_app.py:7", Level.ERROR)]
    assert findings(facts(mine, others=(other(SEND),))) == []  # whose workers are not known


@pytest.mark.parametrize(
    "pattern, message, remedy",
    [
        (
            TaskPattern("task_routes", "mail.sned", matched=False),
            "the route of 'mail.sned' does nothing: no registered task is called so",
            "Write mail.send, the nearest there is.",
        ),
        (
            TaskPattern("task_routes", "male.*", matched=False),
            "the route of 'male.*' does nothing: no registered task is called so",
            "Write mail.*, the nearest there is.",
        ),
        (
            TaskPattern("task_routes", "mail[.]sned", matched=False, regular=True),
            "the route of 'mail[.]sned' does nothing: no registered task is called so",
            "Leave it out, or name a registered task.",
        ),
        (
            TaskPattern("task_annotations", "mail.*", matched=False),
            "the annotation of 'mail.*' does nothing: task_annotations takes whole names, or '*' alone",
            "Write a task's whole name.",
        ),
    ],
)
def test_patterns_of_no_task(pattern: TaskPattern, message: str, remedy: str) -> None:
    """Each is a warning, with the nearest task or pattern."""
    (found,) = findings(facts(routing=Routing(patterns=(pattern,))))
    assert (found.code, found.level, found.message, found.remedy) == (
        "PRD207",
        Level.WARNING,
        message,
        remedy,
    )


def test_a_pattern_that_one_of_two_apps_needs() -> None:
    """Apps may share their settings: a match in one of them is enough."""
    pattern = TaskPattern("task_routes", "b.*", matched=False)
    second = InspectedEntry(
        Entry("celery", "b:app", "x"),
        celery=Celery("b", "5", routing=Routing(patterns=(replace(pattern, matched=True),))),
    )
    assert findings(facts(routing=Routing(patterns=(pattern,)), others=(second,))) == []
