"""PRD204: each task can run, judged on facts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    BrokenImport,
    Call,
    Celery,
    Facts,
    Failure,
    Location,
    Missing,
    Module,
    TaskOption,
    Way,
)
from pytest_prodready.facts.celery_options import PROBLEMS
from pytest_prodready.findings import Level
from tests.rules.celery.support import SEND, facts, findings, loaded, only, raised

BODY = Way("mail.send")
DELIVER = Way("mail.send", steps=(Call(Location("src/mail/tasks.py", 10), "src.mail.tasks", "deliver"),))


def broken(function: str, line: int = 12, **values: object) -> BrokenImport:
    missing = Missing("src.finance.models", "Payment", ("PaymentTransaction", "Refund"), own=True)
    statement = BrokenImport(
        "src.mail.tasks",
        Location("src/mail/tasks.py", line),
        function,
        "from src.finance.models import Payment",
        raised(missing),
        own=True,
        ways=(BODY,),
    )
    return replace(statement, **values)  # type: ignore[arg-type]  # fields of BrokenImport


def with_broken(*statements: BrokenImport) -> Facts:
    module = Module("src.mail.tasks", "src/mail/tasks.py", broken=statements)
    other = Module(
        "src.mail.other", "src/mail/other.py", broken=(broken("send", module="src.mail.other", ways=()),)
    )
    return facts(Celery("src", "5.5.0", tasks=(SEND,)), None, module, other)


def test_a_task_whose_body_imports_a_name_that_does_not_exist_cannot_run() -> None:
    """A1: the line of the import, the missing name, the nearest one, and the way to it."""
    finding = only(with_broken(broken("send")))
    assert (finding.code, finding.subject, finding.location) == (
        "PRD204",
        "mail.send",
        Location("src/mail/tasks.py", 12),
    )
    assert finding.message == (
        "mail.send cannot run: its body imports Payment from src.finance.models, which has no such name"
    )
    assert "PaymentTransaction" in finding.remedy
    ((_, way),) = finding.details
    assert way == "src/mail/tasks.py:8  send\nsrc/mail/tasks.py:12  from src.finance.models import Payment"


def test_each_broken_import_of_a_task_is_a_finding() -> None:
    """Nested functions are part of the body, and the functions it calls are reached."""
    deliver, inner = broken("deliver", 20, ways=(DELIVER,)), broken("deliver.inner", 22, ways=(DELIVER,))
    found = findings(with_broken(broken("send.work", 13), deliver, inner))
    assert [finding.location and finding.location.line for finding in found] == [13, 20, 22]
    assert "it calls deliver, which imports Payment" in found[1].message


def test_the_names_that_one_statement_lacks_are_one_finding() -> None:
    """A1 has thirteen names in six statements: each statement is told once, with all its names."""
    other = Missing("src.finance.models", "Refnd", ("PaymentTransaction", "Refund"), own=True)
    finding = only(with_broken(broken("send"), broken("send", failure=raised(other))))
    assert finding.message == (
        "mail.send cannot run: its body imports Payment and Refnd from src.finance.models, "
        "which has no such names"
    )
    assert "PaymentTransaction for Payment" in finding.remedy
    assert "Refund for Refnd" in finding.remedy


REFUSED = Failure("raised", "refused", "ConnectionRefusedError", ("builtins.OSError",), module="src.finance")


@pytest.mark.parametrize(
    "statement",
    [
        broken("other", ways=()),
        broken("other", ways=(Way("mail.sender"),)),
        broken("send", own=False),
        broken("send", guard="try"),
        broken("send", failure=REFUSED),
    ],
    ids=["not reached", "another task's", "third party", "guarded", "depends on the state"],
)
def test_imports_that_are_not_the_tasks_or_are_provided_for_are_no_fault(statement: BrokenImport) -> None:
    """Only what the task runs, and only what no installation can make exist."""
    assert findings(with_broken(statement)) == []


def test_an_import_behind_a_condition_says_so() -> None:
    """The name can never exist, but the task fails only there."""
    finding = only(with_broken(broken("send", guard="condition")))
    assert finding.message.startswith(
        "mail.send fails where a condition leads there: its body imports Payment"
    )


def test_a_module_that_does_not_exist_or_does_not_import_is_told_as_such() -> None:
    """The three ways in which an import fails have three sentences."""
    absent = broken("send", failure=raised(Missing("src.finanse", own=True)))
    failing = broken("send", 14, failure=Failure("raised", "boom", "ValueError", module="src.finance"))
    first, second = findings(with_broken(absent, failing))
    assert first.message.endswith("its body imports src.finanse, which does not exist")
    assert second.message.endswith("its body imports a module that does not import itself, ValueError: boom")


def test_the_way_shows_each_call_with_its_place() -> None:
    """From the task over functions of other modules to the broken line."""
    steps = (
        Call(Location("src/mail/tasks.py", 10), "src.pdf", "render"),
        Call(Location("src/pdf.py", 30), "src.fonts", "Fonts.load"),
    )
    statement = broken("Fonts.load", 5, module="src.fonts", location=Location("src/fonts.py", 5))
    finding = only(with_broken(replace(statement, ways=(Way("mail.send", "", steps),))))
    assert finding.message.startswith("mail.send cannot run: it calls src.fonts.Fonts.load, which imports")
    ((_, way),) = finding.details
    assert way.splitlines() == [
        "src/mail/tasks.py:8  send",
        "src/mail/tasks.py:10  calls src.pdf.render",
        "src/pdf.py:30  calls src.fonts.Fonts.load",
        "src/fonts.py:5  from src.finance.models import Payment",
    ]


@pytest.mark.parametrize(
    "way, message",
    [
        (Way("mail.send", "on_failure"), "mail.send fails in its on_failure: its on_failure imports Payment"),
        (Way("mail.send", "before_start"), "mail.send cannot run: its before_start imports Payment"),
        (
            replace(DELIVER, part="after_return"),
            "mail.send fails in its after_return: its after_return calls deliver, which imports Payment",
        ),
    ],
    ids=["on_failure", "before_start", "after_return, by a call"],
)
def test_a_handler_of_the_tasks_class_is_named(way: Way, message: str) -> None:
    """What always runs keeps the task from running; what runs behind it fails for itself."""
    assert only(with_broken(broken("x", ways=(way,)))).message.startswith(message)


OPTION = Location("src/mail/tasks.py", 7)


@pytest.mark.parametrize(
    "option, message, remedy",
    [
        (
            TaskOption("serializer", "'jsn'", "serializer", "json, pickle, yaml", OPTION),
            "cannot be sent: serializer='jsn', and kombu has no such serializer",
            "Write 'json', the nearest there is.",
        ),
        (
            TaskOption("serializer", "'x'", "serializer", "json, yaml", OPTION),
            "cannot be sent: serializer='x', and kombu has no such serializer",
            "Write one of: json, yaml.",
        ),
        (
            TaskOption("serializer", "'pickle'", "content", "json", OPTION),
            "is refused by the worker: serializer='pickle', and accept_content takes only json",
            "Take a serializer that accept_content lists, or add this one to it.",
        ),
        (
            TaskOption("rate_limit", "'ten/m'", "rate", "ValueError: could not convert", OPTION),
            "stops the worker when it starts: rate_limit='ten/m' is no rate (ValueError: could not convert)",
            'Write it as "10/s", "100/m" or "1000/h", or as a number a second.',
        ),
        (
            TaskOption("soft_time_limit", "60", "limits", "60 > 30", OPTION),
            "cannot be sent: its soft time limit is not below its hard one (60 > 30)",
            "Make soft_time_limit the smaller one.",
        ),
        (
            TaskOption("autoretry_for", "tuple", "exceptions", "'ValueError'", OPTION),
            "fails when it raises: autoretry_for holds 'ValueError', which is no exception class",
            "Write a tuple of exception classes, such as autoretry_for=(ConnectionError,).",
        ),
        (
            TaskOption("run", "method", "run", "Export", OPTION),
            "cannot run: its class Export has no run method",
            "Define run(self, …) in the class, or leave the class out of register_task.",
        ),
    ],
    ids=["serializer", "no near one", "content", "rate", "limits", "exceptions", "no run"],
)
def test_an_option_that_is_refused_is_an_error_at_its_line(
    option: TaskOption, message: str, remedy: str
) -> None:
    """What Celery, kombu or Python said of it is the evidence."""
    finding = only(loaded(tasks=(replace(SEND, options=(option,)),)))
    assert (finding.code, finding.level, finding.subject) == ("PRD204", Level.ERROR, "mail.send")
    assert (finding.message, finding.remedy, finding.location) == (f"mail.send {message}", remedy, OPTION)


@pytest.mark.parametrize(
    "option, message, remedy",
    [
        (
            TaskOption("max_retry", "5", "unused", "max_retries, rate_limit"),
            "is declared with max_retry=5, which neither Celery nor the application reads",
            "Write max_retries, the nearest option there is.",
        ),
        (
            TaskOption("countdown", "5", "unused", "apply_async"),
            "is declared with countdown=5, which does nothing there: it is an option of apply_async",
            "Pass countdown where the task is sent: apply_async(…, countdown=…).",
        ),
        (
            TaskOption("retry", "True", "hides"),
            "has retry=True, which takes the place of its method retry()",
            "Leave retry out.",
        ),
    ],
    ids=["misspelt", "of apply_async", "hides a method"],
)
def test_an_option_that_does_nothing_is_a_warning(option: TaskOption, message: str, remedy: str) -> None:
    """It may be there for somebody else; the place is the task where the source does not tell the line."""
    finding = only(loaded(tasks=(replace(SEND, options=(option,)),)))
    assert (finding.level, finding.message, finding.remedy) == (Level.WARNING, f"mail.send {message}", remedy)
    assert finding.location == SEND.location


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_of_an_option_has_its_words(problem: str) -> None:
    """Whatever is looked for is said, with what to write."""
    option = TaskOption("max_retry", "5", problem, "max_retries", OPTION)
    finding = only(loaded(tasks=(replace(SEND, options=(option,)),)))
    assert (finding.code, finding.location) == ("PRD204", OPTION)
    assert finding.message.startswith("mail.send ")
    assert finding.remedy
    assert not re.search(r"[{}]", finding.message + finding.remedy)


def test_an_option_of_the_applications_own_is_no_fault() -> None:
    """A name that is near to none of Celery's is for a signal handler or a library."""
    option = TaskOption("tenant_aware", "True", "unused", "max_retries, rate_limit")
    assert findings(loaded(tasks=(replace(SEND, options=(option,)),))) == []


def test_an_option_that_hides_delay_is_an_error() -> None:
    """No caller can send such a task."""
    option = TaskOption("delay", "5", "hides")
    assert only(loaded(tasks=(replace(SEND, options=(option,)),))).level is Level.ERROR


def test_what_the_configuration_gives_all_tasks_is_told_once() -> None:
    """One subject for all of them, at the place that names the app."""
    option = TaskOption("task_serializer", "'jsn'", "serializer", "json, yaml")
    finding = only(loaded(tasks=(SEND, replace(SEND, name="mail.fetch")), options=(option,)))
    assert (finding.code, finding.subject) == ("PRD204", "tasks of src.celery_app:app")
    assert finding.message == (
        "each task without an own value cannot be sent: task_serializer='jsn', "
        "and kombu has no such serializer"
    )
