"""Runs the gate as a user does, and reads what came out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_prodready.codec import decode
from pytest_prodready.findings import Finding, Judgement, Level, Outcome

QUIET = ("-p", "no:cacheprovider")
MATRIX = "incident"
"""The property of a test report that holds one row of the incident matrix."""


@dataclass(frozen=True)
class Run:
    """One finished run of the gate."""

    result: pytest.RunResult
    judgements: dict[str, Judgement]
    """Subject → judgement, from the reports of this process; of a second family: ``family::subject``."""

    @property
    def status(self) -> int:
        """The exit status."""
        return int(self.result.ret)

    @property
    def text(self) -> str:
        """Everything that was printed."""
        return self.result.stdout.str() + self.result.stderr.str()

    @property
    def findings(self) -> list[Finding]:
        """All findings, each once."""
        every = (found for judgement in self.judgements.values() for found in judgement.findings)
        return list(dict.fromkeys(every))

    def of(self, *levels: Level) -> list[Finding]:
        """The findings of these levels."""
        return [found for found in self.findings if found.level in levels]

    def codes(self, *levels: Level) -> set[str]:
        """The codes of the findings, of all levels or of the given ones."""
        return {found.code for found in (self.of(*levels) if levels else self.findings)}

    def subjects(self, outcome: Outcome) -> set[str]:
        """The subjects with this outcome."""
        return {subject for subject, judgement in self.judgements.items() if judgement.outcome is outcome}


@dataclass(frozen=True)
class Example:
    """A copy of the example with its own database, as a project of its own."""

    root: Path
    url: str
    pytester: pytest.Pytester

    def gate(self, *arguments: str) -> Run:
        """Run ``pytest --prodready`` in it."""
        return gate(self.pytester, *arguments)


def gate(pytester: pytest.Pytester, *arguments: str) -> Run:
    """Run ``pytest --prodready`` in the current directory, in this process."""
    # the outer session's warning filters and plugins are not the inner run's
    result = pytester.runpytest_inprocess("--prodready", *QUIET, *arguments)
    return Run(result, _judgements(result))


def _judgements(result: pytest.RunResult) -> dict[str, Judgement]:
    recorder = getattr(result, "reprec", None)
    if recorder is None or not hasattr(recorder, "getreports"):  # the run ended before it had begun
        return {}
    judgements = {}
    for report in recorder.getreports("pytest_runtest_logreport"):
        carried = getattr(report, "prodready", None)
        if carried is not None:
            family, _, subject, said = carried
            # Two families may judge one thing: a backend is named in the settings, and it has attributes.
            name = f"{family}::{subject}" if subject in judgements else subject
            judgements[name] = decode(Judgement, said)
    return judgements


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` with its content."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }
