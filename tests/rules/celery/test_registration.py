"""PRD203 and PRD205, judged on facts: what the source defines and the worker lacks, names that are taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import Claim, Discovery, Frame, Location, Missing, SourceTask
from pytest_prodready.findings import Level
from tests.rules.celery.support import SEND, findings, loaded, only, raised

SOURCE = SourceTask("src.mail.tasks", "send", Location("src/mail/tasks.py", 5), loaded=False)
NAMED = Location("src/worker.py", 3)
SEARCH = Discovery("src.mail", "tasks", found=False, exists=True, explicit=True, location=NAMED)
HERE = Claim("src.mail.tasks.send", Location("src/mail/tasks.py", 8), own=True, named=True, registered=True)
THERE = Claim("src.b.run", Location("src/b.py", 10), own=True, named=True, registered=False)
LIBRARY = Claim("lib.tasks.send", None, own=False, named=True, registered=False)


def test_a_package_whose_init_failed_is_the_reason() -> None:
    """Nothing is said of files: they are as they should be."""
    failure = raised(
        Missing("stripe"), Frame("src/mail/__init__.py", 1, "<module>", "import stripe", own=True)
    )
    search = replace(SEARCH, failure=failure)
    seen = loaded(sources=(replace(SOURCE, discovery="src.mail"),), discoveries=(search,))
    (finding,) = [found for found in findings(seen) if found.code == "PRD203"]
    assert finding.level is Level.ERROR
    assert finding.message == (
        "src.mail.tasks.send is not registered: autodiscovery dropped src.mail in silence, because importing "
        "it fails: no module 'stripe' is installed"
    )
    assert finding.details == (("fails at", "src/mail/__init__.py:1"),)


@pytest.mark.parametrize(
    "module, level",
    [("src.mail.task", Level.ERROR), ("src.mail.helpers", Level.WARNING)],
    ids=["near", "far"],
)
def test_of_django_apps_only_a_misspelt_file_is_an_error(module: str, level: Level) -> None:
    """All of them are searched, and most need no tasks; but task.py was meant to be tasks.py."""
    source = replace(SOURCE, module=module, discovery="src.mail")
    search = replace(SEARCH, explicit=False, location=None)
    finding = only(loaded(sources=(source,), discoveries=(search,)))
    assert (finding.code, finding.level) == ("PRD203", level)
    assert finding.remedy == f"Rename the module to tasks.py, or add {module!r} to the app's include."


def test_the_entry_that_was_meant_for_the_package_is_named() -> None:
    """It is PRD202's error; each task that is lost by it says so."""
    search = Discovery("src.mial", "tasks", found=False, exists=False, explicit=True, location=NAMED)
    found = {finding.code: finding for finding in findings(loaded(sources=(SOURCE,), discoveries=(search,)))}
    assert (found["PRD202"].level, found["PRD203"].level) == (Level.ERROR, Level.WARNING)
    assert "autodiscovery is told to search src.mial, which does not exist" in found["PRD203"].message
    assert found["PRD203"].remedy == (
        "Correct src.mial at src/worker.py:3, or add 'src.mail.tasks' to the app's include."
    )


@pytest.mark.parametrize(
    "module, why",
    [
        ("src.mail.sending", "autodiscovery is told to search src.mail.sendign, which does not exist"),
        ("src.mail.batches", "it never imports src.mail.batches"),
    ],
    ids=["itself", "loaded by it"],
)
def test_a_module_that_an_entry_names_beside_its_package(module: str, why: str) -> None:
    """With it the worker has lost what else of the package it loads: one error, at the entry, says so."""
    entry = Discovery("src.mail.sendign", "tasks", found=False, exists=False, explicit=True, location=NAMED)
    source = replace(SOURCE, module=module, discovery="src.mail")
    found = {one.code: one for one in findings(loaded(sources=(source,), discoveries=(SEARCH, entry)))}
    assert (found["PRD202"].level, found["PRD202"].location) == (Level.ERROR, NAMED)
    assert found["PRD203"].level is Level.WARNING
    assert why in found["PRD203"].message


@pytest.mark.parametrize("package", ["src.billing", "lib.mial", "src.mial.inner"])
def test_an_entry_that_means_something_else_is_not_named(package: str) -> None:
    """Another place, or another name."""
    search = Discovery(package, "tasks", found=False, exists=False, explicit=True)
    found = {finding.code: finding for finding in findings(loaded(sources=(SOURCE,), discoveries=(search,)))}
    assert found["PRD203"].message == (
        "src.mail.tasks.send is not registered when the worker starts: it never imports src.mail.tasks"
    )


def test_a_package_of_tasks_that_leaves_a_module_out_is_named() -> None:
    """Discovery has loaded the package itself."""
    source = replace(SOURCE, module="src.mail.tasks.late")
    seen = loaded(sources=(source,), discoveries=(replace(SEARCH, found=True),))
    finding = only(seen)
    assert finding.level is Level.WARNING
    assert "autodiscovery loads src.mail.tasks, which does not import src.mail.tasks.late" in finding.message


@pytest.mark.parametrize("name, level", [("send", Level.ERROR), ("", Level.WARNING)])
def test_a_class_that_nothing_registers(name: str, level: Level) -> None:
    """With a name of its own it was meant to be a task; without one it may be a base of others."""
    source = replace(SOURCE, function="Send", loaded=True, of_class=True, task_name=name)
    finding = only(loaded(sources=(source,)))
    assert (finding.code, finding.level, finding.location) == ("PRD203", level, SOURCE.location)
    assert finding.remedy == "Register it: app.register_task(Send())."


# ------------------------------------------------------------------------------------------------ PRD205


def test_two_tasks_of_one_name_are_named_with_both_places() -> None:
    """The one to change is the one that is not called so."""
    finding = only(loaded(tasks=(replace(SEND, claims=(THERE, HERE)),)))
    assert (finding.code, finding.level, finding.subject) == ("PRD205", Level.ERROR, "mail.send")
    assert finding.location == THERE.location
    assert finding.message == (
        "mail.send is the name of 2 tasks, src.b.run (src/b.py:10) and "
        "src.mail.tasks.send (src/mail/tasks.py:8): only one of them can run"
    )
    assert finding.remedy == 'Give src.b.run a name of its own: name="src.b.run".'
    assert finding.details == (("not registered", "src.b.run (src/b.py:10)"),)


def test_a_name_that_celery_has_made_is_the_functions_own() -> None:
    """The other one was given it."""
    generated = replace(HERE, named=False, registered=False)
    given = replace(HERE, function="src.zoo.send", location=Location("src/a.py", 1))
    finding = only(loaded(tasks=(replace(SEND, name="src.mail.tasks.send", claims=(given, generated)),)))
    assert finding.location == given.location


def test_the_same_function_defined_twice_keeps_the_first() -> None:
    """Which of them is called is chance; the later one is the one to rename."""
    again = replace(HERE, location=Location("src/mail/tasks.py", 20), named=False, registered=False)
    name = "src.mail.tasks.send"
    finding = only(loaded(tasks=(replace(SEND, name=name, claims=(again, replace(HERE, named=False))),)))
    assert finding.location == again.location
    assert finding.remedy == f'Give {name} a name of its own: name="{name}_2".'


def test_with_a_librarys_task_it_is_a_warning() -> None:
    """It may be meant so, but decorators leave it to chance."""
    finding = only(loaded(tasks=(replace(SEND, claims=(LIBRARY, HERE)),)))
    assert (finding.code, finding.level, finding.location) == ("PRD205", Level.WARNING, HERE.location)


@pytest.mark.parametrize(
    "claims",
    [(), (HERE,), (LIBRARY, replace(HERE, replaces=True)), (LIBRARY, replace(LIBRARY, function="lib.b"))],
    ids=["none", "one", "replaced on purpose", "of libraries"],
)
def test_other_names_are_in_order(claims: tuple[Claim, ...]) -> None:
    """One task, or what is not the application's to change, or what it has put there itself."""
    assert findings(loaded(tasks=(replace(SEND, claims=claims),))) == []
