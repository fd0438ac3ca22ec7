"""PRD9xx: the gate about itself: what it could not do, and whether it did anything at all."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts, Problem, WaiverUse
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Family, Subject
from pytest_prodready.wording import listed

family = Family("gate")


@family.kind("inspection", "inspections")
def inspection(facts: Facts) -> Iterator[Subject[Problem]]:
    """What went wrong on our side; nothing, as a rule."""
    for at, problem in enumerate(facts.problems):
        same = sum(other.job == problem.job for other in facts.problems[:at])
        yield Subject(f"{problem.job} ({same + 1})" if same else problem.job, problem)


@family.rule(
    "PRD901",
    "target-not-inspected",
    inspection,
    checks="Everything that was to be inspected could be inspected.",
    reason="What could not be looked at must not look like a pass.",
    remedy="Report it with the details below; until it is mended, this part of the target is not verified.",
    always=True,
)
def target_not_inspected(problem: Problem, facts: Facts) -> Iterator[Fault]:
    """PRD901."""
    details = (("what the gate saw", problem.detail),) if problem.detail else ()
    yield Fault(
        f"{problem.job} could not be inspected: {problem.message}",
        problem.remedy,
        problem.location,
        details=details,
    )


@family.kind("check", "checks")
def nothing(facts: Facts) -> Iterator[Subject[Facts]]:
    """One subject when there is nothing that could be judged; none otherwise."""
    if facts.judgeable == 0:
        yield Subject("something-to-check", facts)


@family.rule(
    "PRD902",
    "nothing-to-check",
    nothing,
    checks="The gate has at least one thing to judge.",
    reason="A gate that checked nothing says nothing about the build.",
    remedy='Name what production starts: [tool.prodready] app = "package.module:app", celery, or packages.',
)
def nothing_to_check(seen: Facts, facts: Facts) -> Iterator[Fault]:
    """PRD902."""
    reasons = listed(dict.fromkeys((*facts.skip_reasons, *facts.looked_for)))
    details = (("looked for", "\n".join(facts.looked_for)),) if facts.looked_for else ()
    yield Fault(f"nothing was there to check: {reasons or 'no family is selected'}", "", details=details)


@family.kind("waiver", "waivers", late=True)
def waiver(facts: Facts) -> Iterator[Subject[WaiverUse]]:
    """The waivers of the settings."""
    for use in facts.waivers:
        yield Subject(f"waiver:{use.code}:{use.subject}", use, location=use.location)


@family.rule(
    "PRD903",
    "waiver-stale-or-expired",
    waiver,
    checks="Every waiver is still needed, and its date has not passed.",
    reason="A waiver that outlives its reason hides the next fault of its kind.",
    remedy="Remove the waiver.",
)
def waiver_stale_or_expired(use: WaiverUse, facts: Facts) -> Iterator[Fault]:
    """PRD903."""
    name = f"the waiver of {use.code} for {use.subject}"
    if use.expired:
        yield Fault(
            f"{name} expired on {use.until}; it was accepted because: {use.reason}",
            "Correct what it waived, or decide on a new date.",
            use.location,
        )
    elif not use.used:
        yield Fault(f"{name} matches no finding of this run", "Remove the waiver.", use.location)
