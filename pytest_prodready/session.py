"""What one pytest session keeps of the gate: the judgements that its reports carried, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pytest

from pytest_prodready.codec import decode, encode
from pytest_prodready.findings import PASSED, Judgement, Level, Outcome
from pytest_prodready.items import FAMILY_MARKER, GateItem
from pytest_prodready.reports import terminal
from pytest_prodready.reports.terminal import Judged

CARRIED = "prodready"
"""The attribute of a report that carries a judgement, also from one process to another."""
SAID_PASSED = encode(PASSED)
NOTHING_SAID: dict[str, Literal[1]] = {FAMILY_MARKER: 1}
"""The keywords of each report of a subject that passed: pytest keeps all reports."""


def attach(item: pytest.Item, report: pytest.TestReport, marked: bool, strict: bool) -> None:
    """Put what became of ``item`` on its report, in plain values that survive the way to another process."""
    last = report.when == "call" or (report.when == "setup" and not report.passed)
    if isinstance(item, GateItem):
        if report.passed:
            report.keywords = NOTHING_SAID
        if report.skipped:  # the place of the skip is the subject, not our own source
            report.longrepr = (str(item.path), 0, f"Skipped: {item.judgement.reason}")
        if last:
            kind = item.check.kind
            _carry(report, kind.family, kind.plural, item.check.subject, item.judgement)
    elif marked:
        if strict and report.skipped:
            report.outcome = "failed"
            report.longrepr = f"skipped, which --prodready-strict takes for a failure: {_reason(report)}"
        if last or (report.when == "teardown" and report.failed):
            outcome = _outcome(report)
            reason = _reason(report) if outcome is Outcome.SKIPPED else ""
            _carry(report, "tests", "marked tests", item.nodeid, Judgement(outcome, reason=reason))


def _outcome(report: pytest.TestReport) -> Outcome:
    if report.skipped:
        return Outcome.SKIPPED
    if report.failed:
        return Outcome.FAILED if report.when == "call" else Outcome.ERRORED
    return Outcome.PASSED


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def _carry(report: pytest.TestReport, family: str, plural: str, subject: str, judgement: Judgement) -> None:
    said = SAID_PASSED if judgement == PASSED else encode(judgement)  # most share it
    setattr(report, CARRIED, [family, plural, subject, said])


def forget(report: pytest.TestReport, reporter: pytest.TerminalReporter) -> None:
    """Let go of a report that says nothing: pytest keeps all of them, and a gate has thousands of items."""
    kept = reporter.stats.get("", [])
    if report.keywords is NOTHING_SAID and kept and kept[-1] is report:
        kept.pop()


class Verdict:
    """Collects the judgements of a session, from whichever process they come.

    Args:
        kinds: the kinds of subject, (family, plural) each, in the order in which they are shown.
    """

    def __init__(self, kinds: list[tuple[str, str]]) -> None:
        self._kinds = kinds
        self.judged: dict[str, Judged] = {}
        self.refused = ""
        """Why an order of the user was not carried out."""

    def take(self, report: pytest.TestReport) -> None:
        """Keep the judgement that a report carries; a later one of the same item wins."""
        carried: Any = getattr(report, CARRIED, None)
        if carried is not None:
            family, plural, subject, said = carried
            judgement = PASSED if said == SAID_PASSED else decode(Judgement, said)
            self.judged[report.nodeid] = Judged(family, plural, subject, judgement)

    @property
    def checked_nothing(self) -> bool:
        """Subjects were there, and every one was skipped."""
        outcomes = {judged.judgement.outcome for judged in self.judged.values()}
        return outcomes == {Outcome.SKIPPED}

    def _place(self, one: Judged) -> tuple[int, str]:
        kind = (one.family, one.plural)
        return (self._kinds.index(kind) if kind in self._kinds else -1, one.subject)

    @property
    def failed(self) -> bool:
        """A subject failed or could not be judged."""
        outcomes = {judged.judgement.outcome for judged in self.judged.values()}
        return bool(outcomes & {Outcome.FAILED, Outcome.ERRORED})

    def write(self, reporter: pytest.TerminalReporter, well: bool, remarks: Iterable[str] = ()) -> None:
        """Print the verdict.

        Args:
            reporter: where to.
            well: whether all of the session went well.
            remarks: lines about what was not judged, below the counts.
        """
        ready = well and not self.checked_nothing and not self.refused
        # workers report in any order
        judged = sorted(self.judged.values(), key=self._place)
        reporter.section("prodready")
        for family, text in terminal.counts(judged):
            reporter.line(f"{family:<14} {text}")
        for remark in remarks:
            reporter.line(remark)
        reporter.line("")
        for text in terminal.skips(judged):
            reporter.line(text, yellow=True)
        levels = [(Level.ERROR, "red"), (Level.WARNING, "yellow")]
        verbose = reporter.config.get_verbosity() > 0
        if verbose:
            levels.append((Level.INFO, "cyan"))
        for level, colour in levels:
            for text in terminal.places(judged, level):
                reporter.line(text, **{colour: True})
        if self.refused:
            reporter.line(self.refused, red=True)
        elif not well and not self.failed and not self.checked_nothing:
            reporter.line("every check passed, but other tests, or their collection, failed", red=True)
        if self.checked_nothing:
            reporter.line(
                "PRD902 error: every check was skipped, so nothing is known of this build", red=True
            )
        colour = "green" if ready else "red"
        reporter.line(terminal.verdict(judged, ready=ready, verbose=verbose), bold=True, **{colour: True})
