# ruff: noqa: E501  # a table reads best with one in a line
from __future__ import annotations

from typing import Any

import pytest

from pytest_prodready.facts import Effect, Entry, Facts, ForbiddenImport, InspectedEntry, Location
from pytest_prodready.facts.imports import EFFECTS
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.celery import celery_app
from pytest_prodready.rules.imports import entry_point, family
from pytest_prodready.rules.imports_effects import SAID

REGISTRY = Registry([family])
WEB = Entry("web", "shop.main:app", "Procfile, web", Location("Procfile", 1))
WORKER = Entry("celery", "shop.worker", "Procfile, worker", Location("Procfile", 2))
LINE = Location("shop/db.py", 7)


def findings(*effects: Effect, **more: Any) -> list[Finding]:
    """What is found of a web application and a worker that have the same effects."""
    seen = [InspectedEntry(entry, effects=effects) for entry in (WEB, WORKER)]
    return judged(*seen, **more)


def judged(*seen: InspectedEntry, **more: Any) -> list[Finding]:
    facts = Facts("/", ("shop",), entries=seen, **more)
    return [
        found
        for kind in (entry_point, celery_app)
        for subject in kind.subjects(facts)
        for found in REGISTRY.judge(kind, subject, facts).findings
    ]


def effect(kind: str, detail: str = "x", **more: Any) -> Effect:
    return Effect(kind, detail, more.pop("location", LINE), more.pop("module", "shop.db"), **more)


@pytest.mark.parametrize(
    "effects, message",
    [
        ([effect("network", "db:5432")], "connects to db:5432"),
        ([effect("network", "db:1"), effect("network", "[::1]:2")], "connects to db:1, [::1]:2"),
        ([effect("subprocess", "file")], "starts the program file"),
        ([effect("subprocess", "")], "starts a program"),
        ([effect("subprocess", "gcc", times=200), effect("subprocess", "ld", times=95)], "starts 295 processes: gcc, ld"),
        ([effect("listen", "0.0.0.0:80")], "listens on 0.0.0.0:80"),
        ([effect("file", "app.log")], "writes app.log"),
        ([effect("file", f"f{n}") for n in range(9)], "writes f0, f1, f2, f3, f4 and 4 more, 9 times in all"),
        ([effect("fork", "")], "forks the interpreter"),
        ([effect("fork", "", times=3)], "forks the interpreter 3 times"),
        ([effect("thread", "poll")], "leaves the thread poll running, which is no daemon"),
        ([effect("thread", "a"), effect("thread", "b")], "leaves the threads a, b running, which are no daemons"),
        ([effect("directory", "/srv")], "changes the working directory to /srv"),
        ([effect("output", "sys.stdout"), effect("output", "sys.stderr")], "replaces sys.stdout and sys.stderr"),
        ([effect("path", "-vendor")], "removes vendor from sys.path"),
        ([effect("memory", "2.0 GiB resident")], "takes 2.0 GiB of memory"),
    ],
)  # fmt: skip
def test_what_the_application_does_by_being_imported_is_a_warning(
    effects: list[Effect], message: str
) -> None:
    """One finding for a line, with the module, whatever it does there; told of one entry point, not of both."""
    (found,) = findings(*effects)
    assert (found.code, found.level, found.subject) == ("PRD108", Level.WARNING, "shop.main:app")
    assert found.message == f"importing shop.db {message}"
    assert found.location == LINE
    assert found.remedy.endswith(".")


def test_two_lines_are_two_findings() -> None:
    """And so are two kinds of one line."""
    every = findings(effect("network"), effect("network", location=Location("shop/a.py", 1)), effect("file"))
    assert len(every) == 3


@pytest.mark.parametrize(
    "seen, message",
    [
        (effect("network", "r:1", module=""), "starting shop.main:app connects to r:1"),
        (effect("subprocess", "gcc", library="uuid"), "importing uuid starts the program gcc"),
        (effect("path", "+vendor"), "importing shop.db adds vendor to sys.path"),
        (effect("memory", "2.0 GiB virtual"), "importing shop.db reserves 2.0 GiB of address space"),
    ],
)
def test_what_is_no_call_of_the_import_is_a_note(seen: Effect, message: str) -> None:
    """The factory's own work, a library that does it by itself, and what is common and does no harm."""
    (found,) = findings(seen)
    assert (found.level, found.message) == (Level.INFO, message)


@pytest.mark.parametrize("more", [{}, {"library": "lib"}, {"module": ""}])
def test_what_the_settings_forbid_is_an_error_whoever_does_it(more: dict[str, str]) -> None:
    """For every entry point: none may pass for being the second."""
    every = findings(effect("network", **more), effect("file"), forbid=("network",))
    errors = [found for found in every if found.level is Level.ERROR]
    assert [found.subject for found in errors] == ["shop.main:app", "shop.worker"]
    assert errors[0].proof.endswith('[tool.prodready.imports] forbids "network"')
    assert len(every) == 3


def test_without_a_line_the_entry_point_s_is_named() -> None:
    """So that there is a place in every case."""
    (found,) = findings(effect("network", location=None))
    assert found.location == WEB.location


def test_a_module_that_must_not_be_loaded() -> None:
    """An error by its presence, with the way that leads to it."""
    one = ForbiddenImport("torch", ("shop.main", "shop.ml", "fancy"), LINE)
    (found,) = judged(InspectedEntry(WEB, forbidden=(one,)))
    assert found.level is Level.ERROR
    assert found.message == "shop.main:app loads torch at start, which the settings forbid"
    assert "shop.main → shop.ml → fancy → torch" in found.remedy
    assert found.location == LINE


def test_every_kind_of_effect_can_be_told() -> None:
    """And none that there is not; also where only the number was kept."""
    assert set(SAID) == set(EFFECTS)
    for kind in EFFECTS:
        (found,) = findings(effect(kind, "" if kind not in ("path", "memory") else "-x 1.0 GiB"))
        assert found.message.startswith("importing shop.db ")
