"""What the fixtures give: the gate's facts in a test's hands, and checks that fail in the gate's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_prodready import facts
from pytest_prodready.distributions import installed, required
from pytest_prodready.findings import Fault, Level
from pytest_prodready.gate import Gate
from pytest_prodready.registry import Kind
from pytest_prodready.reports import terminal
from pytest_prodready.rules import imports, registry
from pytest_prodready.rules.dependencies import require
from pytest_prodready.rules.imports_commands import command_name, entry_name


def fail(faults: list[str]) -> None:
    """Fail the test with these texts; nothing happens when there are none."""
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


class Imports:
    """``prodready_imports("src.main:app")``: import it in a clean interpreter and get the facts."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __call__(self, import_string: str) -> facts.InspectedEntry:
        """The facts of importing ``module`` or ``module:name`` in a fresh interpreter.

        A failure to import is one of the facts (``failure``), and raises nothing.
        """
        return self._load(import_string)[0]

    def check(self, import_string: str) -> None:
        """Fail the test when it does not import cleanly."""
        fail(self.faults(import_string))

    def faults(self, import_string: str) -> list[str]:
        """What is wrong with the import, as texts; empty when it is clean."""
        seen, problems = self._load(import_string)
        if problems:
            return [f"{problem.job} could not be inspected: {problem.message}" for problem in problems]
        faults = _judged(self._gate, imports.entry_point, entry_name(seen.entry), seen)
        for found in seen.commands:
            faults += _judged(self._gate, imports.command, command_name(found), seen)
        return faults

    def _load(self, import_string: str) -> tuple[facts.InspectedEntry, tuple[facts.Problem, ...]]:
        return self._gate.load_as_started(import_string)


class Dependencies:
    """What is declared, installed and required."""

    def __init__(self, gate: Gate) -> None:
        gathered = gate.dependencies()
        if gathered is None:
            pytest.fail("the target's interpreter could not be inspected", pytrace=False)
        self._facts, self._interpreter = gathered

    @property
    def declared(self) -> tuple[facts.Requirement, ...]:
        """The declared runtime requirements."""
        return self._facts.requirements

    @property
    def graph(self) -> tuple[facts.Bound, ...]:
        """What the installed distributions require of each other."""
        return self._facts.bounds

    @property
    def installed(self) -> dict[str, str]:
        """Canonical distribution name → installed version."""
        return {found.name: found.version for found in self._facts.installed}

    def require(self, requirement: str) -> None:
        """Fail the test when what is installed does not satisfy ``requirement``, its extras included."""
        fail(self.faults(requirement))

    def faults(self, requirement: str) -> list[str]:
        """What is wrong with ``requirement`` in the target, as texts; empty when it is satisfied."""
        markers = self._interpreter.markers
        # all is read once more only where extras are asked for, which nothing else may have asked for
        asks = "[" in requirement
        bounds = required(requirement, installed(self._interpreter.path), markers) if asks else ()
        return [text(fault) for fault in require(requirement, self._facts, markers, bounds)]


def _judged(gate: Gate, kind: Kind[Any], subject: str, seen: facts.InspectedEntry) -> list[str]:
    """The errors that the rules of one kind find in one subject, as texts."""
    return judged(gate, kind, lambda name: name == subject, seen)


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
