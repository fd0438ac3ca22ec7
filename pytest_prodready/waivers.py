"""Waivers: findings that were accepted for a stated reason until a stated date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pytest_prodready.facts import WaiverUse
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.settings import Waiver


def apply(judgement: Judgement, waivers: tuple[Waiver, ...], today: date) -> Judgement:
    """Return ``judgement`` with the errors and warnings that a valid waiver names turned into notes."""
    findings = tuple(
        _waived(finding, waiver) if (waiver := _matching(finding, waivers, today)) else finding
        for finding in judgement.findings
    )
    failed = any(finding.level is Level.ERROR for finding in findings)
    outcome = Outcome.PASSED if judgement.outcome is Outcome.FAILED and not failed else judgement.outcome
    return replace(judgement, findings=findings, outcome=outcome)


def waives(waiver: Waiver, judgement: Judgement) -> bool:
    """Whether a finding of ``judgement`` is what ``waiver`` names."""
    return any(_same(finding, waiver) for finding in judgement.findings)


def use(waiver: Waiver, *, used: bool, today: date) -> WaiverUse:
    """What became of ``waiver`` in this run."""
    return WaiverUse(
        waiver.code,
        waiver.subject,
        waiver.reason,
        waiver.until.isoformat(),
        expired=waiver.until < today,
        used=used,
        location=waiver.location,
    )


def _matching(finding: Finding, waivers: tuple[Waiver, ...], today: date) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.until >= today and _same(finding, waiver)), None)


def _same(finding: Finding, waiver: Waiver) -> bool:
    return finding.code == waiver.code and finding.subject == waiver.subject


def _waived(finding: Finding, waiver: Waiver) -> Finding:
    if finding.level is Level.INFO:
        return finding
    note = ("waived", f"until {waiver.until.isoformat()}: {waiver.reason}")
    return replace(finding, level=Level.INFO, details=(note, *finding.details))
