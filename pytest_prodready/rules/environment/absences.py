"""PRD602: what starts without a variable that it requires."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Absence, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.environment.family import family
from pytest_prodready.wording import joined

Absences = tuple[Absence, ...]


@family.kind(
    "start without a variable",
    "starts without a variable",
    needs={"environment", "web", "worker", "absences"},
)
def absence(facts: Facts) -> Iterator[Subject[Absences]]:
    """Each variable of ``required_env``, with the entry points that were started without it."""
    for name in facts.required_env:
        every = tuple(one for one in facts.absences if one.variable == name)
        judged = tuple(one for one in every if not one.skipped and not one.supplied)
        skipped = ""
        if not every:
            skipped = "there is no web application and no Celery app that could be started without it"
        elif not judged and all(one.supplied for one in every):
            skipped = "a file that the application reads itself sets it"
        elif not judged:
            skipped = next(one.skipped for one in every if one.skipped)
        yield Subject(f"without:{name}", judged, skipped=skipped)


@family.rule(
    "PRD602",
    "absence-not-refused",
    absence,
    checks="What reads a variable of [tool.prodready] required_env refuses to start without it, by its name.",
    reason="What starts without its key fails hours later, in words that do not name the variable.",
    remedy="Raise at start where the variable is not set.",
)
def absence_not_refused(subject: Absences, facts: Facts) -> Iterator[Fault]:
    """PRD602."""
    name = subject[0].variable
    place = facts.settings_locations.get("required_env")
    started = [one for one in subject if not one.refused]
    if started:
        first = started[0]
        command = next((one.served for one in started if one.served), "")
        targets = joined(one.entry for one in started)
        does = "starts" if len(started) == 1 else "start"
        how = "" if first.read else "; no line of the application was seen to read it"
        yield Fault(
            f"{targets} {does} without the environment variable {name}, which required_env declares{how}",
            f'Read it without a default, or refuse at start: raise RuntimeError("{name} is not set").',
            first.location or place,
            "started in a fresh interpreter without the variable"
            + (f", and served: {command}" if command else ""),
        )
    for one in subject:
        if one.refused and not one.named:
            yield Fault(
                f"{one.entry} does not start without the environment variable {name}, and does not say that "
                f"it is this that is missing ({one.said})",
                f"Name the variable in what is raised: {name} is not set.",
                one.location or place,
                "started in a fresh interpreter without the variable",
                level=Level.WARNING,
            )
