"""PRD2xx, judged on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    BeatEntry,
    Celery,
    Discovery,
    Facts,
    Failure,
    Frame,
    Location,
    Missing,
    Module,
    SourceTask,
)
from pytest_prodready.findings import Level, Outcome
from tests.rules.celery.support import (
    PROCFILE,
    SEND,
    facts,
    findings,
    judgements,
    loaded,
    only,
    raised,
)


def test_a_healthy_worker_has_one_passed_subject_for_each_thing() -> None:
    """The app, its tasks, the packages named for discovery and the beat entries are the denominators."""
    seen = loaded(
        tasks=(SEND,),
        discoveries=(
            Discovery("src.mail", "tasks", found=True, exists=True, explicit=True),
            Discovery("src.empty", "tasks", found=False, exists=True, explicit=True),
            Discovery("django.contrib.admin", "tasks", found=False, exists=True, explicit=False),
        ),
        sources=(SourceTask("src.mail.tasks", "send", Location("src/mail/tasks.py", 8), True, "mail.send"),),
        beat=(BeatEntry("nightly", "mail.send", registered=True),),
    )
    outcomes = {name: judgement.outcome for name, judgement in judgements(seen).items()}
    assert outcomes == dict.fromkeys(
        ["src.celery_app:app", "mail.send", "discovery:src.empty", "discovery:src.mail", "beat:nightly"],
        Outcome.PASSED,
    )


def test_names_of_subjects_are_safe_in_a_node_id() -> None:
    """Brackets and double colons would end a node id too early."""
    seen = loaded(
        tasks=(replace(SEND, name="a[b]::c"),),
        beat=(BeatEntry("mail.send([1])", "mail.send", registered=True),),
    )
    assert set(judgements(seen)) == {"src.celery_app:app", "a(b):c", "beat:mail.send((1))"}


def test_no_celery_entry_has_no_subjects() -> None:
    """A project without a worker is not judged as one."""
    assert judgements(Facts("/app")) == {}


# ------------------------------------------------------------------------------------------------ PRD201


def test_an_app_that_does_not_load_is_one_finding_and_its_tasks_are_skipped() -> None:
    """The line that raises is named; the tasks are counted as not judged, once."""
    missing = Missing("src.audit", "log_event", ("log_events",), own=True)
    frame = Frame("src/mail/tasks.py", 3, "<module>", "from src.audit import log_event", own=True)
    result = judgements(facts(None, raised(missing, Frame("celery/loaders/base.py", 9, "x"), frame)))
    assert list(result) == ["src.celery_app:app", "tasks"]
    (finding,) = result["src.celery_app:app"].findings
    assert (finding.code, finding.level) == ("PRD201", Level.ERROR)
    assert finding.location == Location("src/mail/tasks.py", 3)
    assert finding.message == "src.celery_app:app does not load: src.audit has no name 'log_event'"
    assert "log_events" in finding.remedy
    assert result["tasks"].outcome is Outcome.SKIPPED
    assert result["tasks"].reason == "src.celery_app:app does not load"


def test_a_module_that_loses_against_a_package_is_named_where_it_is_started() -> None:
    """C2: none of the application's lines ran, so the line to change is the one that names the app."""
    missing = Missing("src.tasks", "app", file="src/tasks/__init__.py", own=True, twin="src/tasks.py")
    finding = only(facts(None, raised(missing, Frame("kombu/utils/imports.py", 9, "symbol_by_name"))))
    assert finding.location == PROCFILE
    assert "src/tasks.py beside it has the same name and can never be imported" in finding.message
    assert finding.details == (("found in", "Procfile, worker"),)


def test_something_else_than_an_app_says_what_to_name() -> None:
    """The inspector's sentence is the message."""
    failure = Failure(
        "raised", "src.celery_app:make is the function make, not a Celery app", "NotACeleryAppError"
    )
    finding = only(facts(None, failure))
    assert (finding.code, finding.message, finding.location) == ("PRD201", failure.message, PROCFILE)


def test_a_wrong_top_level_package_is_answered_with_the_nearest() -> None:
    """``autodiscover_tasks(["mial"])`` stops the worker."""
    message = "autodiscover_tasks names the package 'mial' at src/celery_app.py:9, which does not exist"
    failure = Failure(
        "raised", message, "MisnamedModuleError", missing=Missing("mial", available=("mail", "src"))
    )
    finding = only(facts(None, failure))
    assert finding.message == f"src.celery_app:app does not load: {message}"
    assert finding.remedy == "Write mail, the nearest there is."


@pytest.mark.parametrize("how", ["hung", "crashed", "left", "exited"])
def test_what_stops_the_interpreter_is_not_this_rules(how: str) -> None:
    """PRD109 judges it."""
    assert findings(facts(None, Failure(how, "it stopped"))) == []


def test_what_is_outside_the_runtime_closure_is_not_this_rules() -> None:
    """PRD105 judges it."""
    assert findings(facts(None, raised(Missing("stripe", distribution="stripe")))) == []


# ------------------------------------------------------------------------------------------------ PRD202


def test_a_package_that_does_not_exist_is_named_with_its_nearest_sibling() -> None:
    """V2: a misspelt package below one that exists."""
    search = Discovery(
        "src.finanse",
        "tasks",
        found=False,
        exists=False,
        explicit=True,
        available=("api", "finance"),
        location=Location("src/celery_app.py", 30),
    )
    finding = only(loaded(discoveries=(search,)))
    assert (finding.code, finding.subject, finding.location) == (
        "PRD202",
        "discovery:src.finanse",
        search.location,
    )
    assert finding.remedy == "Write src.finance, the nearest package there is."


def test_a_package_whose_init_raised_is_named_at_the_line_that_raised() -> None:
    """V1: the ModuleNotFoundError that Celery swallows."""
    failure = raised(
        Missing("openpyxl"), Frame("src/mail/__init__.py", 2, "<module>", "import openpyxl", own=True)
    )
    named = Location("src/celery_app.py", 30)
    search = Discovery(
        "src.mail", "tasks", found=False, exists=True, explicit=True, failure=failure, location=named
    )
    finding = only(loaded(discoveries=(search,)))
    assert (finding.code, finding.location) == ("PRD202", Location("src/mail/__init__.py", 2))
    assert "no module 'openpyxl' is installed" in finding.message
    assert ("named for discovery at", "src/celery_app.py:30") in finding.details


# ------------------------------------------------------------------------------------------------ PRD203

SOURCE = SourceTask("src.mail.jobs", "send", Location("src/mail/jobs.py", 5), loaded=False)
SEARCH = Discovery("src.mail", "tasks", found=False, exists=True, explicit=True)


def test_a_task_in_a_file_of_another_name_is_an_error() -> None:
    """The package is named for discovery, and discovery looked for another module."""
    seen = loaded(sources=(replace(SOURCE, discovery="src.mail"),), discoveries=(SEARCH,))
    finding = only(seen)
    assert (finding.code, finding.level, finding.subject) == ("PRD203", Level.ERROR, "src.mail.jobs.send")
    assert finding.location == SOURCE.location
    assert "autodiscovery looks for src.mail.tasks, which does not exist" in finding.message
    assert "related_name='jobs'" in finding.remedy


def test_a_task_of_a_module_that_nothing_imports_is_a_warning() -> None:
    """It may be switched off on purpose."""
    finding = only(loaded(sources=(SOURCE,)))
    assert finding.level is Level.WARNING
    assert "it never imports src.mail.jobs" in finding.message


def test_a_task_that_a_function_imports_later_says_from_where() -> None:
    """Until that line runs the worker does not know it."""
    module = Module("src.mail.jobs", "src/mail/jobs.py", reached="src/api.py:12")
    finding = only(facts(Celery("src", "5.5.0", sources=(SOURCE,)), None, module))
    assert finding.level is Level.WARNING
    assert "it imports src.mail.jobs only when src/api.py:12 runs" in finding.message


def test_a_loaded_task_that_is_not_registered_is_an_error() -> None:
    """The worker has its module."""
    finding = only(loaded(sources=(replace(SOURCE, loaded=True),)))
    assert finding.level is Level.ERROR
    assert "although the worker loads src.mail.jobs" in finding.message


def test_a_task_whose_name_is_taken_names_both_places() -> None:
    """Two functions under one name: only one of them can be called."""
    finding = only(loaded(sources=(replace(SOURCE, loaded=True, replaced_by="src/b.py:10 src.b.send"),)))
    assert (finding.level, finding.location) == (Level.ERROR, SOURCE.location)
    assert "src/b.py:10 src.b.send" in finding.message


def test_a_task_of_another_app_is_a_warning() -> None:
    """Another worker may have it."""
    finding = only(loaded(sources=(replace(SOURCE, loaded=True, other_app="reports"),)))
    assert (finding.code, finding.level) == ("PRD203", Level.WARNING)
