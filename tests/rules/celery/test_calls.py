"""PRD208 and PRD209 judged on facts: what is said of a call, and when nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import CallOption, CallSite, Celery, Facts, Location, Parameter, SourceTask, Task
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.celery import family
from tests.rules.celery.support import ENTRY, facts

TO = Parameter("to", "positional", required=True)
SUBJECT = Parameter("subject", "positional", required=False)
SEND = Task(
    "mail.send", "src.mail", "send", Location("src/mail.py", 8), '(to, subject="")', takes=(TO, SUBJECT)
)
PLACE = Location("src/api.py", 42)
SITE = CallSite(
    PLACE, 4, "src.api.create", "mail.send", "src.mail.send", by_name=False, method="delay", complete=True
)
BY_NAME = replace(SITE, by_name=True, method="send_task", task_function="", counts=(1,))
AT = ("the task", 'mail.send(to, subject="") at src/mail.py:8')
CREATE = "src.api.create calls mail.send"


def seen(*sites: CallSite, tasks: tuple[Task, ...] = (SEND,), **celery: object) -> Facts:
    known = ("countdown", "expires", "queue")
    found = Celery("src", "5.5", tasks=tasks, known_options=known, **celery)  # type: ignore[arg-type]  # its fields
    whole = facts(found)
    return replace(whole, entries=(replace(whole.entries[0], call_sites=sites),))


def findings(found: Facts) -> list[Finding]:
    registry = Registry([family]).select(["PRD208", "PRD209"])
    return [
        finding
        for kind in registry.kinds
        for subject in kind.subjects(found)
        for finding in registry.judge(kind, subject, found).findings
    ]


def subjects(found: Facts) -> list[str]:
    kinds = Registry([family]).select(["PRD208"]).kinds
    return [subject.name for kind in kinds for subject in kind.subjects(found)]


@pytest.mark.parametrize(
    "site, message, remedy",
    [
        (
            SITE,
            f"{CREATE}.delay with no arguments, which it refuses: missing a required argument: 'to'",
            'Pass what the task takes: (to, subject="").',
        ),
        (
            replace(SITE, counts=(3,)),
            f"{CREATE}.delay with 3 arguments by position, which it refuses: too many positional arguments",
            'Pass what the task takes: (to, subject="").',
        ),
        (
            replace(SITE, counts=(1,), keywords=("subjct",)),
            (
                f"{CREATE}.delay with 1 argument by position and subjct by keyword, which it refuses: "
                "got an unexpected keyword argument 'subjct'"
            ),
            'Write subject=…, as the task calls it: (to, subject="").',
        ),
        (
            replace(SITE, counts=(1,), keywords=("countdown",)),
            (
                f"{CREATE}.delay with 1 argument by position and countdown by keyword, which it refuses: "
                "got an unexpected keyword argument 'countdown'"
            ),
            "countdown is an option of Celery's: give it to apply_async(…, countdown=…), not to the task.",
        ),
        (
            replace(SITE, method="s", counts=(1,), keywords=("queue",)),
            (
                f"{CREATE}.s with 1 argument by position and queue by keyword, which it refuses: "
                "got an unexpected keyword argument 'queue'"
            ),
            "queue is an option of Celery's: give it to set(…, queue=…), not to the task.",
        ),
        (
            replace(SITE, method="s", counts=(3,), added="result"),
            (
                f"{CREATE}.s with 3 arguments by position (the result of what runs before it included), "
                "which it refuses: too many positional arguments"
            ),
            (
                'Pass what the task takes: (to, subject=""). Write si(…) where the result of the task '
                "before it is not wanted."
            ),
        ),
        (
            replace(
                SITE, counts=(0,), more=True, misuse="args: a text", method="apply_async", complete=False
            ),
            f"{CREATE}.apply_async with a text as args, where a list or tuple is needed",
            "Write args=(value,), with a comma.",
        ),
        (
            replace(SITE, misuse="kwargs: a list", method="apply_async", complete=False),
            f"{CREATE}.apply_async with a list as kwargs, where a dict is needed",
            "Write kwargs={…}.",
        ),
        (
            replace(BY_NAME, counts=(0,)),
            (
                'src.api.create calls send_task("mail.send") with no arguments, which it refuses: '
                "missing a required argument: 'to'"
            ),
            'Pass what the task takes: (to, subject="").',
        ),
    ],
)
def test_a_call_that_does_not_bind(site: CallSite, message: str, remedy: str) -> None:
    """The sentence has the caller, the task, what is passed and why that is refused."""
    (finding,) = findings(seen(site))
    assert (finding.code, finding.level, finding.subject) == (
        "PRD208",
        Level.ERROR,
        "call:src.api.create:mail.send",
    )
    assert (finding.message, finding.remedy, finding.location) == (message, remedy, PLACE)
    assert finding.details == (AT,)


@pytest.mark.parametrize(
    "site, task",
    [
        (replace(SITE, counts=(1,)), SEND),
        (replace(SITE, counts=(1, 3)), SEND),
        (replace(SITE, complete=False), SEND),
        (SITE, replace(SEND, takes=None)),
        (SITE, replace(SEND, own_methods=("delay",))),
        (SITE, replace(SEND, own_methods=("apply_async",))),
        (SITE, replace(SEND, name="mail.other", function="other")),
    ],
    ids=[
        "binds",
        "one way binds",
        "more may come",
        "unknown parameters",
        "own delay",
        "own apply_async",
        "no task",
    ],
)
def test_what_may_be_right_is_silent(site: CallSite, task: Task) -> None:
    """A call that is not proven to fail gives no finding."""
    assert findings(seen(site, tasks=(task,))) == []


def test_a_task_known_by_its_function_alone() -> None:
    """Where the caller's process does not know the name, the function leads to the task."""
    (finding,) = findings(seen(replace(SITE, task="")))
    assert finding.subject == "call:src.api.create:mail.send"


def test_two_workers_with_one_name_must_both_refuse() -> None:
    """The message may be for either of them."""
    other = replace(SEND, takes=())
    assert findings(seen(SITE, tasks=(SEND, other))) == []
    assert len(findings(seen(replace(SITE, counts=(3,)), tasks=(SEND, other)))) == 1


def test_each_call_is_one_subject() -> None:
    """One that two entry points reach counts once; a second one in the same function has a number."""
    again = replace(SITE, location=Location("src/api.py", 50))
    found = seen(SITE, again)
    found = replace(
        found, entries=(*found.entries, replace(found.entries[0], celery=None, call_sites=(SITE,)))
    )
    found = replace(
        found, entries=(found.entries[0], replace(found.entries[1], entry=replace(ENTRY, kind="web")))
    )
    assert subjects(found) == ["call:src.api.create:mail.send", "call:src.api.create:mail.send:2"]


@pytest.mark.parametrize(
    "name, level",
    [
        ("mail.sned", Level.ERROR),
        ("src.mail.gone", Level.ERROR),
        ("mail.send_later", Level.WARNING),
        ("src.mail.elsewhere", Level.WARNING),
    ],
    ids=["misspelt", "of this application", "beside a known one", "not loaded by this worker"],
)
def test_a_name_that_no_worker_has(name: str, level: Level) -> None:
    """It is an error where it can only have been meant for this application."""
    source = SourceTask("src.mail", "elsewhere", Location("src/mail.py", 90), loaded=False)
    (finding,) = findings(seen(replace(BY_NAME, task=name), sources=(source,)))
    assert (finding.level, finding.location) == (level, PLACE)
    assert finding.message == (
        f'src.api.create calls send_task("{name}"), and no worker of this application has such a task'
    )


def test_a_name_of_another_service_is_no_subject() -> None:
    """Sending to somebody else's worker is what send_task is for."""
    assert subjects(seen(replace(BY_NAME, task="billing.charge"))) == []


def test_no_name_is_unknown_while_a_worker_does_not_load() -> None:
    """Its tasks are not known."""
    found = seen(replace(BY_NAME, task="mail.sned"))
    assert subjects(replace(found, entries=(*found.entries, replace(found.entries[0], celery=None)))) == []


OPTION = CallOption("count_down", Location("src/api.py", 43))
GIVES = "src.api.create gives {}=… to mail.send.apply_async, and Celery has no such option: it is ignored"


@pytest.mark.parametrize(
    "name, level, remedy",
    [
        ("count_down", Level.ERROR, "Write countdown=…"),
        ("subject", Level.ERROR, 'It is a parameter of the task: write kwargs={"subject": …}.'),
        ("tenant", Level.WARNING, "Leave it out, or pass it to the task in kwargs={…}."),
    ],
)
def test_an_unknown_option(name: str, level: Level, remedy: str) -> None:
    """A slip of the hand and a misplaced argument are errors; another name may be meant for someone else."""
    site = replace(SITE, counts=(1,), method="apply_async", options=(replace(OPTION, name=name),))
    (finding,) = findings(seen(site))
    assert (finding.code, finding.level, finding.location) == ("PRD209", level, OPTION.location)
    assert (finding.message, finding.remedy) == (GIVES.format(name), remedy)


@pytest.mark.parametrize(
    "options, task",
    [
        (("queue", "expires"), SEND),
        (("stamped_headers", "count_down"), SEND),
        (("count_down",), replace(SEND, own_methods=("apply_async",))),
    ],
    ids=["known", "stamps", "own apply_async"],
)
def test_options_that_may_be_right_are_silent(options: tuple[str, ...], task: Task) -> None:
    """Known ones, headers of one's own, and those of a task that sends itself in its own way."""
    given = tuple(replace(OPTION, name=name) for name in options)
    site = replace(SITE, counts=(1,), method="apply_async", options=given)
    assert findings(seen(site, tasks=(task,))) == []
