"""What the gate says: a finding is a value, not a print and not an exception."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from pytest_prodready.facts import Location


class Level(Enum):
    """How grave a finding is. Only an error fails the gate, unless the user is strict."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Outcome(Enum):
    """What became of one subject."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule saw in its subject; the rule's code and the subject's name are added by the registry."""

    message: str
    """One sentence: what is wrong."""
    remedy: str
    """What to write or do instead."""
    location: Location | None = None
    proof: str = ""
    """How it was proven."""
    details: tuple[tuple[str, str], ...] = ()
    """Titled blocks of evidence, each possibly of several lines."""
    level: Level | None = None
    """Only where it differs from the rule's own level."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one subject."""

    code: str
    level: Level
    subject: str
    message: str
    remedy: str
    location: Location | None = None
    proof: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one subject, with the findings or the reason behind it."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it was skipped, or could not be judged; else empty."""

    def taken_strictly(self) -> Judgement:
        """``--prodready-strict``: a warning is an error, a skip is a failure."""
        if self.outcome is Outcome.SKIPPED:
            return replace(self, outcome=Outcome.FAILED)
        findings = tuple(
            replace(finding, level=Level.ERROR) if finding.level is Level.WARNING else finding
            for finding in self.findings
        )
        failed = self.outcome is Outcome.PASSED and any(found.level is Level.ERROR for found in findings)
        return replace(self, findings=findings, outcome=Outcome.FAILED if failed else self.outcome)


PASSED = Judgement(Outcome.PASSED)
"""Of every subject that nothing is said about: thousands share one value."""
