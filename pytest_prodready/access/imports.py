"""What ``prodready_imports`` gives: an import in a clean interpreter."""

from __future__ import annotations

from typing import Any

from pytest_prodready import facts
from pytest_prodready.access.common import fail, judged
from pytest_prodready.gate import Gate
from pytest_prodready.registry import Kind
from pytest_prodready.rules import imports
from pytest_prodready.rules.imports_commands import command_name, entry_name


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


def _judged(gate: Gate, kind: Kind[Any], subject: str, seen: facts.InspectedEntry) -> list[str]:
    """The errors that the rules of one kind find in one subject, as texts."""
    return judged(gate, kind, lambda name: name == subject, seen)
