"""The incidents: the healthy example has no finding, each fault is named with its code, subject and line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stage import Fault, faults

from pytest_prodready.findings import Level, Outcome
from tests.support import MATRIX, Example

MAY_FOLLOW = {"PRD101", "PRD106", "PRD201", "PRD501"}
"""Codes that a fault may have as a consequence besides those that it is there for."""
ALWAYS = {"A1", "C1", "C2", "C3", "C5a", "C6", "C7", "C9", "D1", "D2a"}
"""The faults whose runs are not left to the whole suite: one of each shape."""


def test_the_healthy_example_has_no_error_and_no_warning(example: Callable[..., Example]) -> None:
    run = example().gate()

    assert run.of(Level.ERROR, Level.WARNING) == []
    assert set() == run.subjects(Outcome.SKIPPED) | run.subjects(Outcome.ERRORED)
    assert run.status == 0
    run.result.stdout.fnmatch_lines(
        [
            "prodready: app: src.main:app (Procfile, web)",
            "prodready: celery: src.celery_app (Procfile, worker)",
            "prodready: packages: src (*",
            "*READY: * checks passed*",
        ]
    )


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.id, marks=() if fault.id in ALWAYS else pytest.mark.wide)
        for fault in faults()
    ],
)
def test_each_fault_is_named_with_code_subject_and_line(
    fault: Fault, example: Callable[..., Example], record_property: Callable[[str, object], None]
) -> None:
    if not fault.shows_here():
        pytest.skip(f"{fault.id} shows only with {fault.only_with}")
    broken = example(fault.id)

    run = broken.gate()

    found = {
        (found.code, found.level.value, found.subject, found.location.file, found.location.line)
        for found in run.of(Level.ERROR, Level.WARNING)
        if found.location is not None
    }
    expected = {
        (wanted.code, wanted.level, wanted.subject, wanted.file, wanted.line(broken.root))
        for wanted in fault.expect
    }
    for code, level, subject, file, line in sorted(found):
        record_property(MATRIX, f"{fault.id:<4} {code} {level:<8} {subject} {file}:{line}")
    assert expected <= found
    assert {code for code, *_ in found - expected} <= MAY_FOLLOW
    errors = any(wanted.level == "error" for wanted in fault.expect)
    assert (1 if errors else run.status) == run.status
    assert ("NOT READY" in run.text) == (run.status == 1)
