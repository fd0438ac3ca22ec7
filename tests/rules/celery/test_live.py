"""PRD212 on facts: what the live workers answered, against this build."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import Celery, Facts, InspectedEntry, Live, LiveQueue, LiveWorker, Location, Task
from pytest_prodready.findings import Judgement, Level, Outcome
from tests.rules.celery.support import ENTRY, PROCFILE, SEND, judgements

MAIL = LiveQueue("mail", "mail", "direct", "mail")
VERSIONS = {"celery": "5.5.0", "kombu": "5.5.0", "Python": "3.12"}
WORKER = LiveWorker("celery@a", 1, ("mail.send",), (MAIL,), VERSIONS)
LIVE = Live("redis://cache:6379/0", waited=2.0, destinations=(MAIL,), software=VERSIONS)
BUILD = Celery("src", "5.5.0", tasks=(SEND,), routes={"mail.send": "mail"})


def seen(*workers: LiveWorker, live: Live = LIVE, build: Celery = BUILD) -> Facts:
    live = replace(live, workers=workers)
    return Facts("/app", ("src",), entries=(InspectedEntry(ENTRY, celery=build, live=live),), live=True)


def of_workers(facts: Facts) -> dict[str, Judgement]:
    return {name: one for name, one in judgements(facts).items() if name.startswith("live:")}


def only(facts: Facts) -> tuple[str, Level, str, Location | None]:
    ((name, finding),) = [
        (name, finding) for name, one in of_workers(facts).items() for finding in one.findings
    ]
    assert finding.code == "PRD212"
    return name, finding.level, finding.message, finding.location


def test_workers_of_this_build_pass() -> None:
    assert {name: one.outcome for name, one in of_workers(seen(WORKER)).items()} == {
        "live:src.celery_app:app": Outcome.PASSED,
        "live:src.celery_app:app:mail": Outcome.PASSED,
        "live:celery@a": Outcome.PASSED,
    }


def test_without_the_option_there_is_no_subject() -> None:
    assert of_workers(replace(seen(WORKER), live=False)) == {}


def test_an_unreachable_broker_is_one_error_at_the_entry_point() -> None:
    facts = seen(live=replace(LIVE, problem="unreachable", detail="nothing listens there"))
    assert only(facts) == (
        "live:src.celery_app:app",
        Level.ERROR,
        "the broker redis://cache:6379/0 of src.celery_app:app could not be reached: nothing listens there",
        PROCFILE,
    )
    assert of_workers(facts)["live:src.celery_app:app:mail"].outcome is Outcome.SKIPPED


def test_workers_that_cannot_be_asked_are_a_skip() -> None:
    facts = seen(live=replace(LIVE, problem="unsupported", detail="the transport sqs has no remote control"))
    ((name, judged),) = of_workers(facts).items()
    assert (name, judged.outcome) == ("live:src.celery_app:app", Outcome.SKIPPED)
    assert judged.reason == "the transport sqs has no remote control"


def test_a_broker_that_was_not_asked_is_no_pass() -> None:
    facts = replace(seen(), entries=(InspectedEntry(ENTRY, celery=BUILD),))
    assert of_workers(facts)["live:src.celery_app:app"].outcome is Outcome.ERRORED


def test_a_task_that_a_consumer_of_its_queue_lacks() -> None:
    """One of two workers is enough: it gets half of the messages."""
    name, level, message, location = only(seen(WORKER, replace(WORKER, name="celery@b", tasks=())))
    assert (name, level, location) == ("live:celery@b", Level.ERROR, SEND.location)
    assert message == (
        "the live worker celery@b consumes the queue mail, and does not have mail.send, "
        "which this build sends there: it discards such a message"
    )


def test_a_worker_of_other_queues_need_not_have_the_task() -> None:
    other = LiveWorker("celery@b", 1, ("mail.send",), (LiveQueue("slow"),), VERSIONS)
    assert {one.outcome for one in of_workers(seen(WORKER, other)).values()} == {Outcome.PASSED}


def test_a_worker_of_another_application_is_no_subject() -> None:
    stranger = LiveWorker("shop@b", 1, ("shop.sell",), (LiveQueue("shop"),), {"celery": "4.4.7"})
    assert "live:shop@b" not in of_workers(seen(WORKER, stranger))


def test_a_queue_that_nobody_consumes() -> None:
    name, level, message, location = only(seen(replace(WORKER, queues=(LiveQueue("slow"),))))
    assert (name, level, location) == ("live:src.celery_app:app:mail", Level.ERROR, SEND.location)
    assert message == "no live worker consumes the queue mail, where this build sends mail.send"


def test_a_worker_that_does_not_say_what_it_consumes_leaves_doubt() -> None:
    name, level, message, _ = only(seen(replace(WORKER, queues=None)))
    assert (name, level) == ("live:src.celery_app:app:mail", Level.WARNING)
    assert message == (
        "it is not known whether a live worker consumes the queue mail: "
        "celery@a did not say which queues it consumes"
    )


def test_a_broadcast_has_a_queue_of_another_name_for_each_worker() -> None:
    destination = LiveQueue("bcast.1", "all", "fanout", "")
    consumed = LiveQueue("bcast.2", "all", "fanout", "")
    live = replace(LIVE, destinations=(destination,))
    build = replace(BUILD, routes={"mail.send": "bcast.1"})
    facts = seen(replace(WORKER, queues=(consumed,)), live=live, build=build)
    assert {one.outcome for one in of_workers(facts).values()} == {Outcome.PASSED}


def test_two_direct_queues_of_one_exchange_are_two() -> None:
    """Unless they have the same routing key: then what is sent to the one lies in both."""
    other = LiveQueue("other", "mail", "direct", "other")
    assert only(seen(replace(WORKER, queues=(other,))))[0] == "live:src.celery_app:app:mail"
    bound = replace(other, routing_key="mail")
    assert {one.outcome for one in of_workers(seen(replace(WORKER, queues=(bound,)))).values()} == {
        Outcome.PASSED
    }


def test_a_task_that_this_build_has_lost_is_a_warning() -> None:
    name, level, message, _ = only(seen(replace(WORKER, tasks=("mail.send", "mail.spam"))))
    assert (name, level) == ("live:celery@a", Level.WARNING)
    assert message.startswith("the live worker celery@a has mail.spam, which this build does not have")


def test_what_another_app_of_this_build_has_is_not_lost() -> None:
    more = Celery("beat", "5.5.0", tasks=(Task("mail.spam", "src.spam", "spam", None),))
    facts = seen(replace(WORKER, tasks=("mail.send", "mail.spam")))
    entry = replace(ENTRY, target="src.other:app")
    other = InspectedEntry(entry, celery=more, live=Live("", problem="unsupported", detail="off"))
    assert {one.outcome for one in of_workers(replace(facts, entries=(*facts.entries, other))).values()} == {
        Outcome.PASSED,
        Outcome.SKIPPED,
    }


def test_other_versions_are_a_warning() -> None:
    """What a worker did not say is not compared."""
    name, level, message, _ = only(seen(replace(WORKER, software={"celery": "5.3.6", "kombu": "5.5.0"})))
    assert (name, level) == ("live:celery@a", Level.WARNING)
    assert message == "the live worker celery@a runs celery 5.3.6 (this build: 5.5.0)"


def test_two_workers_of_one_name_are_a_warning() -> None:
    name, level, message, _ = only(seen(replace(WORKER, answers=2)))
    assert (name, level) == ("live:src.celery_app:app", Level.WARNING)
    assert message == "2 live workers share the name celery@a, so they cannot be told apart"
