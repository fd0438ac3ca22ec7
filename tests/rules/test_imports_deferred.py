from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import pytest

from pytest_prodready.facts import (
    BrokenImport,
    Call,
    Celery,
    Dependencies,
    Distribution,
    Entry,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Missing,
    Module,
    Requirement,
    Task,
    Way,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules import celery
from pytest_prodready.rules.imports_deferred import swallowed, unresolved

LINE = Location("src/pay.py", 7)
GONE = Missing("src.models", "Gone", ("Here",), "src/models.py", own=True)
ABSENT = Missing("redis", "", (), "", own=False)


def broken(missing: Missing | None, **more: object) -> BrokenImport:
    """A statement that does not resolve."""
    message = "attempted relative import beyond top-level package"
    failure = Failure("raised", message, "ImportError", missing=missing)
    fields: dict[str, object] = {
        "module": "src.pay",
        "location": LINE,
        "function": "pay",
        "statement": "from src.models import Gone",
        "failure": failure,
        "own": missing is None or missing.own,
        **more,
    }
    return BrokenImport(**fields)  # type: ignore[arg-type]  # as given


def facts(*found: BrokenImport, **more: object) -> tuple[Module, Facts]:
    """The module that holds them, in a run with two entry points."""
    module = Module("src.pay", "src/pay.py", reached="src/main.py:3", broken=found)
    entries = tuple(
        InspectedEntry(Entry(kind, target, ""), modules=(module,) if target != "src.other:main" else ())
        for kind, target in (
            ("web", "src.main:app"),
            ("celery", "src.worker:app"),
            ("script", "src.other:main"),
        )
    )
    return module, Facts("/", ("src",), entries=entries, **more)  # type: ignore[arg-type]  # as given


def one(judge: Callable[[Module, Facts], Iterable[Fault]], *found: BrokenImport, **more: object) -> Fault:
    """The one fault."""
    (fault,) = judge(*facts(*found, **more))
    return fault


def test_who_can_reach_it_is_said() -> None:
    """The entry points that load the module, the statement that reaches it, and the tasks, each once."""
    seen = (broken(GONE), broken(GONE, ways=(Way("pay.sync"), Way("pay.all"))))
    fault = one(unresolved, *seen)
    assert fault.message == "pay cannot run its import: src.models has no name 'Gone'"
    assert fault.details == (
        ("reached from", "src.main:app, src.worker:app, through src/main.py:3"),
        ("tasks that can reach it", "pay.all, pay.sync"),
    )
    assert (fault.level, fault.location) == (None, LINE)


def test_one_statement_with_several_names_is_one_fault() -> None:
    """With all that it lacks."""
    other = replace(GONE, name="Lost")
    assert one(unresolved, broken(GONE), broken(other)).message == (
        "pay cannot run its import: src.models has no names 'Gone' and 'Lost'"
    )


def test_a_lazy_import_at_the_top_is_the_module_s() -> None:
    """There is no function to name."""
    fault = one(unresolved, broken(GONE, function="", statement="lazy from src.models import Gone"))
    assert fault.message == "src.pay cannot run its lazy import: src.models has no name 'Gone'"


def test_a_relative_import_too_far_up() -> None:
    """An error, with what Python says."""
    fault = one(unresolved, broken(None, statement="from .. import x"))
    assert fault.message == (
        "pay cannot run its import: ImportError: attempted relative import beyond top-level package"
    )
    assert fault.remedy == "from .. import x leads above the package of src.pay: import by the full name."
    assert fault.level is None


def requirement(name: str, **more: object) -> Requirement:
    """A declared requirement."""
    return Requirement(name, name, "", Location("pyproject.toml", 5), **more)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    "missing, guard, requirements, installed, level",
    [
        (ABSENT, "", (), (), Level.INFO),
        (ABSENT, "", (requirement("redis"),), (), None),
        (ABSENT, "condition", (requirement("redis"),), (), Level.INFO),
        (ABSENT, "", (requirement("redis", applies=False),), (), Level.INFO),
        (ABSENT, "", (requirement("redis", constraint=True),), (), Level.INFO),
        (ABSENT, "", (requirement("redis"),), ("redis",), Level.INFO),
        (replace(ABSENT, module="Some_Thing"), "", (requirement("some-thing"),), (), None),
        (replace(ABSENT, distribution="redis"), "", (requirement("redis"),), (), Level.WARNING),
        (replace(ABSENT, module="redis.gone"), "", (), ("redis",), Level.WARNING),
        (replace(ABSENT, name="gone"), "", (), ("redis",), Level.WARNING),
        (replace(ABSENT, name="gone"), "condition", (), ("redis",), Level.INFO),
        (replace(ABSENT, name="gone"), "", (requirement("redis"),), (), Level.WARNING),
    ],
)
def test_how_sure_it_is_of_others(
    missing: Missing,
    guard: str,
    requirements: tuple[Requirement, ...],
    installed: tuple[str, ...],
    level: Level | None,
) -> None:
    """An absent distribution is an error only if production asks for it, with nothing before the import."""
    dependencies = Dependencies(
        True, requirements=requirements, installed=tuple(Distribution(name, "1") for name in installed)
    )
    judge = partial(unresolved, outside=bool(missing.distribution))
    assert one(judge, broken(missing, guard=guard), dependencies=dependencies).level is level


FRAME = Frame("src/late.py", 2, "<module>", "from src.models import Gone", own=True)
RAISES = Failure("raised", "boom", "ValueError", ("builtins.ValueError",), "src.late", (FRAME,))


def test_a_broken_module_in_a_try_is_a_warning() -> None:
    """Said at the statement, with what really happened."""
    fault = one(swallowed, broken(None, failure=RAISES, guard="try"))
    assert fault.message == (
        "pay goes on as if src.late were absent: it exists, but its import fails: ValueError: boom"
    )
    assert (fault.level, fault.location) == (Level.WARNING, LINE)
    assert fault.details[-1] == ("way to the line", "src/late.py:2  from src.models import Gone")


def test_a_broken_library_at_the_top_of_a_module() -> None:
    """It is installed, and the module goes on without it."""
    failure = replace(RAISES, module="magic", frames=(replace(FRAME, own=False),))
    fault = one(swallowed, broken(None, failure=failure, guard="try", own=False, function=""))
    assert fault.message == (
        "src.pay goes on as if magic were absent: it is installed, but its import fails: ValueError: boom"
    )


@pytest.mark.parametrize(
    "more",
    [
        {"guard": "try", "failure": replace(RAISES, bases=("django.core.exceptions.ImproperlyConfigured",))},
        {"guard": "try", "failure": replace(RAISES, message="x isn't in an application in INSTALLED_APPS.")},
        {"guard": "try", "failure": replace(RAISES, frames=(replace(FRAME, own=False),))},
        {"guard": "try"},
        {"failure": RAISES},
        {"guard": "condition", "failure": RAISES},
    ],
)
def test_what_may_be_meant_is_silent(more: dict[str, object]) -> None:
    """A state of the program, an app that is not enabled; and what other rules say."""
    seen = facts(broken(None, **more))
    assert list(swallowed(*seen)) == []


def test_a_task_whose_call_leads_to_another_module_is_named() -> None:
    """PRD204 at the statement, with the function that holds it."""
    way = Way("sync", steps=(Call(Location("src/pay.py", 2), "src.helper", "pay"),))
    _, found = facts(broken(GONE, module="src.helper", ways=(way,)))
    task = Task("sync", "src.pay", "sync", Location("src/pay.py", 1))
    entries = (
        replace(found.entries[0], modules=()),
        replace(found.entries[1], celery=Celery("", "5", (task, replace(task, name="other")))),
    )
    found = replace(found, entries=entries)
    judged = {
        subject.name: Registry([celery.family]).judge(celery.task, subject, found)
        for subject in celery.task.subjects(found)
    }
    (finding,) = judged["sync"].findings
    assert judged["other"].findings == ()
    assert (finding.code, finding.location) == ("PRD204", LINE)
    assert finding.message == (
        "sync cannot run: it calls src.helper.pay, which imports Gone from src.models, which has no such name"
    )
