"""What every fixture shares: a test that fails in the gate's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_prodready import facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.gate import Gate
from pytest_prodready.registry import Kind
from pytest_prodready.reports import terminal
from pytest_prodready.rules import registry


def fail(faults: list[str]) -> None:
    """Fail the test with these texts; nothing happens when there are none."""
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


def judged(
    gate: Gate, kind: Kind[Any], wanted: Callable[[str], bool], *entries: facts.InspectedEntry
) -> list[str]:
    """The errors that all rules of one kind find, as texts, each once.

    Args:
        gate: the gate of this session.
        kind: the kind of subject.
        wanted: picks the subjects by their names.
        entries: the entry points that are judged.
    """
    everything = facts.Facts(
        root=str(gate.gathering.root), packages=gate.gathering.discovered.packages, entries=entries
    )
    subjects = [one for one in kind.subjects(everything) if wanted(one.name)]
    every_rule = registry()  # what a test asks for does not depend on --prodready-select
    judgements = [every_rule.judge(kind, one, everything) for one in subjects]
    errors = (
        terminal.finding(finding)
        for judgement in judgements
        for finding in judgement.findings
        if finding.level is Level.ERROR
    )
    return list(dict.fromkeys(errors))


def text(fault: Fault) -> str:
    """A fault as a test's failure shows it."""
    return terminal.block(fault.message, fault)
