from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Command,
    Dependencies,
    DjangoProject,
    Entry,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Missing,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.imports import command, entry_point, family

REGISTRY = Registry([family])
PLACE = Location("shop/management/commands/sync.py")
WRITTEN = Location("pyproject.toml", 4)
LINE = Frame("shop/management/commands/sync.py", 3, "<module>", "from shop.models import Ordr", own=True)
LOST = Missing("shop.models", "Ordr", ("Order",), "shop/models.py", own=True)
RAISED = Failure("raised", "cannot import name 'Ordr'", "ImportError", frames=(LINE,), missing=LOST)
SYNC = Command("sync", "shop.management.commands.sync", PLACE)
COMMANDS = InspectedEntry(Entry("commands", "manage.py", "x", settings_module="proj.settings"))
WEB = InspectedEntry(Entry("web", "proj.wsgi:application", "x", settings_module="proj.settings"))
SCRIPT = InspectedEntry(
    Entry("script", "shop.cli:main", "pyproject.toml [project.scripts], shop", WRITTEN, started="console")
)
PROOF = "imported in a fresh interpreter, as production starts it"


def judged(
    kind: Any, *entries: InspectedEntry, packages: tuple[str, ...] = ("shop",)
) -> dict[str, Judgement]:
    """Subject → judgement by the rules of this family."""
    facts = Facts("/", packages, entries=entries)
    return {subject.name: REGISTRY.judge(kind, subject, facts) for subject in kind.subjects(facts)}


def of_command(failure: Failure | None) -> list[Finding]:
    seen = replace(COMMANDS, commands=(replace(SYNC, failure=failure),))
    return list(judged(command, seen)["manage.py sync"].findings)


def of_script(failure: Failure | None, **options: Any) -> list[Finding]:
    return list(judged(entry_point, replace(SCRIPT, failure=failure), **options)["shop.cli:main"].findings)


def test_healthy_commands_pass() -> None:
    """Each is a subject, and so is what they have in common."""
    seen = replace(COMMANDS, commands=(SYNC, replace(SYNC, name="other")))
    passed = Judgement(Outcome.PASSED)
    assert judged(command, seen) == {"manage.py sync": passed, "manage.py other": passed}
    assert judged(entry_point, seen) == {"manage.py": passed}


def test_a_command_that_imports_a_removed_model() -> None:
    """PRD101, an error, with the line and the nearest name."""
    (found,) = of_command(RAISED)
    assert (found.code, found.level, found.message) == (
        "PRD101",
        Level.ERROR,
        "manage.py sync does not import: shop.models has no name 'Ordr'",
    )
    assert (found.location, found.remedy) == (
        Location("shop/management/commands/sync.py", 3),
        "Write Order, the nearest name that it has.",
    )


@pytest.mark.parametrize(
    "failure, code, level",
    [
        (replace(RAISED, missing=Missing("shop.gone", own=True)), "PRD101", Level.ERROR),
        (replace(RAISED, missing=None, type="TypeError", message="boom"), "PRD101", Level.ERROR),
        (replace(RAISED, missing=Missing("rich")), "PRD101", Level.WARNING),
        (replace(RAISED, missing=Missing("rich", "print", ("x",))), "PRD101", Level.ERROR),
        (replace(RAISED, missing=Missing("faker", distribution="faker")), "PRD105", Level.WARNING),
        (
            replace(RAISED, missing=None, type="PermissionError", bases=("builtins.OSError",)),
            "PRD101",
            Level.WARNING,
        ),
        (Failure("hung", "nothing came back within 60 s"), "PRD109", Level.ERROR),
        (Failure("exited", "3", status=3), "PRD109", Level.ERROR),
    ],
)
def test_how_sure_the_failure_of_a_command_is(failure: Failure, code: str, level: Level) -> None:
    """What only an optional distribution, or the state of the system, may lack is a warning."""
    assert [(found.code, found.level) for found in of_command(failure)] == [(code, level)]


@pytest.mark.parametrize(
    "available, level, remedy",
    [
        (("BaseCommand", "Comand"), Level.ERROR, "Call the class Comand Command."),
        (
            ("BaseCommand", "SyncCommand", "helper"),
            Level.WARNING,
            (
                "Call its class Command; if it has none, move the file out of management/commands, or begin "
                "its name with an underscore."
            ),
        ),
    ],
)
def test_a_module_without_the_class_command(available: tuple[str, ...], level: Level, remedy: str) -> None:
    """A misspelt name is an error; else it may be what several commands share."""
    missing = Missing(SYNC.module, "Command", available, "shop/management/commands/sync.py", own=True)
    (found,) = of_command(Failure("raised", "no attribute", "AttributeError", missing=missing))
    assert (found.code, found.level, found.remedy, found.location) == ("PRD101", level, remedy, PLACE)


def test_commands_that_fail_for_one_reason_are_one_finding() -> None:
    """The others are skipped, and say which one tells why."""
    seen = replace(COMMANDS, commands=tuple(replace(SYNC, name=name, failure=RAISED) for name in "ab"))
    found = judged(command, seen)
    assert found["manage.py a"].outcome is Outcome.FAILED
    assert found["manage.py b"].reason == "does not import for the same reason as manage.py a"


def test_settings_that_fail_for_commands_and_web_app_alike() -> None:
    """The web app's finding stands for both."""
    found = judged(entry_point, replace(WEB, failure=RAISED), replace(COMMANDS, failure=RAISED))
    assert found["proj.wsgi:application"].outcome is Outcome.FAILED
    assert found["manage.py"].reason == "does not load for the same reason as proj.wsgi:application"


def test_settings_that_fail_for_commands_alone() -> None:
    """What manage.py itself sets may be all that is missing: it is not run."""
    failed = replace(COMMANDS, failure=RAISED)
    (alone,) = judged(entry_point, failed)["manage.py"].findings
    (beside,) = judged(entry_point, WEB, failed)["manage.py"].findings
    assert (alone.level, beside.level) == (Level.ERROR, Level.WARNING)
    assert alone.message == "manage.py cannot set Django up: shop.models has no name 'Ordr'"
    assert judged(command, failed)["management commands"].reason == "manage.py cannot set Django up"


def test_django_is_not_there() -> None:
    """A manage.py alone does not say that production has Django."""
    failed = replace(
        COMMANDS, failure=Failure("raised", "x", "ModuleNotFoundError", missing=Missing("django"))
    )
    assert judged(entry_point, failed) == {}
    assert judged(command, failed)["management commands"].reason.startswith("Django is not installed")
    assert judged(command, WEB, failed)["management commands"].reason.startswith("Django is not installed")


def test_django_is_there_for_another_entry_point() -> None:
    """A project that brings Django along puts it on sys.path itself: nobody is told that it is missing."""
    failed = replace(
        COMMANDS, failure=Failure("raised", "x", "ModuleNotFoundError", missing=Missing("django"))
    )
    web = replace(WEB, django=DjangoProject("proj.settings"))
    assert judged(entry_point, web, failed).keys() == {"proj.wsgi:application"}
    assert judged(command, web, failed)["management commands"].reason == (
        "proj.wsgi:application puts Django on sys.path itself, and manage.py, which may do so, is not run"
    )


def test_a_script_names_what_its_module_does_not_have() -> None:
    """The place is where the script is declared."""
    missing = Missing("shop.cli", "main", ("man", "x"), "shop/cli.py", own=True)
    (found,) = of_script(
        Failure("raised", "cannot import name", "ImportError", module="shop.cli", missing=missing)
    )
    assert found == Finding(
        "PRD101",
        Level.ERROR,
        "shop.cli:main",
        "shop.cli:main does not import: shop.cli has no name 'main'",
        "Write man, the nearest name that it has.",
        WRITTEN,
        PROOF,
    )


@pytest.mark.parametrize(
    "packages, level",
    [(("shop",), Level.ERROR), (("shoop",), Level.ERROR), (("other",), Level.WARNING), ((), Level.WARNING)],
)
def test_a_script_whose_package_is_not_here(packages: tuple[str, ...], level: Level) -> None:
    """It may be built in the image alone, unless the project has it, or one of nearly its name."""
    gone = Failure("raised", "No module named 'shop'", "ModuleNotFoundError", missing=Missing("shop"))
    (found,) = of_script(gone, packages=packages)
    assert (found.code, found.level) == ("PRD101", level)


def test_a_script_that_needs_what_an_extra_brings() -> None:
    """The image may well be built without it, and never start the script."""
    gone = replace(RAISED, missing=Missing("Typer_Slim"))
    entries = (replace(SCRIPT, failure=gone),)
    levels = []
    for optional in ((), ("typer-slim",)):
        facts = Facts("/", ("shop",), entries=entries, dependencies=Dependencies(True, optional=optional))
        (subject,) = entry_point.subjects(facts)
        levels += [found.level for found in REGISTRY.judge(entry_point, subject, facts).findings]
    assert levels == [Level.ERROR, Level.WARNING]


def test_a_module_that_the_settings_name_alone() -> None:
    """Its name as an entry point differs from its name as a module."""
    seen = InspectedEntry(Entry("script", "shop.worker", "[tool.prodready] entry_points"))
    assert list(judged(entry_point, seen)) == ["python -m shop.worker"]


def test_a_script_that_needs_what_is_not_declared() -> None:
    """PRD105, an error: whoever starts it meets it at once."""
    missing = Missing("rich", distribution="rich")
    (found,) = of_script(replace(RAISED, missing=missing))
    assert (found.code, found.level) == ("PRD105", Level.ERROR)
