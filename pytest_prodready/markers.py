"""The markers of hand-written tests: each opts its test in and checks a precondition before the body."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_prodready.gate import Gate


def _imports(gate: Gate, import_string: str) -> list[str]:
    """prodready_import(import_string): it imports cleanly in a fresh interpreter."""
    from pytest_prodready.access.imports import Imports

    return Imports(gate).faults(import_string)


def _tasks(gate: Gate, pattern: str = "*", *, at_least: int = 1) -> list[str]:
    """prodready_tasks(pattern, at_least=1): the worker has tasks of these names, and each can run."""
    from pytest_prodready.access.celery import CeleryTasks

    celery = CeleryTasks(gate)
    names = celery.matching(pattern)
    faults = celery.faults(*names) + celery.unregistered(pattern)
    if len(names) < at_least:
        faults.insert(0, f"the worker has {len(names)} tasks that match {pattern}, not at least {at_least}")
    return faults


def _enum(gate: Gate, python_enum: type[enum.Enum], database_type: str) -> list[str]:
    """prodready_enum(PyEnum, "type_name" or "table.column"): its members equal the database's labels."""
    from pytest_prodready.access.enums import Enums

    return Enums(gate).faults(python_enum, database_type)


def _requires(gate: Gate, requirement: str) -> list[str]:
    """prodready_requires(requirement): the installed version satisfies it."""
    from pytest_prodready.access.dependencies import Dependencies

    return Dependencies(gate).faults(requirement)


def _health(
    gate: Gate,
    path: str,
    *,
    status: int | Iterable[int] | None = None,
    json: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    text: str = "",
    answer_headers: dict[str, str] | None = None,
    refuse_without: Iterable[str] = (),
    within: float = 0,
) -> list[str]:
    """prodready_health(path, status=None, json=None, text="", within=0, …): the probe answers so."""
    from pytest_prodready.access.health import HealthProbes

    return HealthProbes(gate).faults(
        path,
        status=status,
        json=json,
        headers=headers,
        method=method,
        text=text,
        answer_headers=answer_headers,
        refuse_without=refuse_without,
        within=within,
    )


def _env(gate: Gate, *names: str) -> list[str]:
    """prodready_env(*names): these environment variables are set and not empty."""
    from pytest_prodready.rules.environment.family import give, missing

    environ = gate.gathering.job_environ
    return [
        f"PRD601: {missing(name, empty=name in environ)}\n  fix     {give(name)}"
        for name in names
        if not environ.get(name)
    ]


CHECKS: dict[str, Callable[..., list[str]]] = {
    "prodready_import": _imports,
    "prodready_tasks": _tasks,
    "prodready_enum": _enum,
    "prodready_requires": _requires,
    "prodready_health": _health,
    "prodready_env": _env,
}

DECLARED = (
    "prodready: run this test as a part of the gate, and only with --prodready.",
    *(str(function.__doc__) for function in CHECKS.values()),
)
"""The marker lines for pytest: a signature and a sentence each."""


def marks(item: pytest.Item) -> Iterator[pytest.Mark]:
    """The gate's markers on a test, the outermost first."""
    for mark in reversed(list(item.iter_markers())):
        if mark.name == "prodready" or mark.name in CHECKS:
            yield mark


def check(item: pytest.Item, gate: Gate) -> None:
    """Check the preconditions of a marked test.

    Raises:
        pytest.fail.Exception: one of them does not hold, or a marker's arguments are wrong.
    """
    for mark in marks(item):
        if mark.name == "prodready":
            continue
        function = CHECKS[mark.name]
        try:
            inspect.signature(function).bind(gate, *mark.args, **mark.kwargs)
        except TypeError as error:
            faults = [f"{mark.name}: {error}; it is written {function.__doc__}"]
        else:
            faults = function(gate, *mark.args, **mark.kwargs)
        if faults:
            pytest.fail("\n\n".join(faults), pytrace=False)
