"""PRD205: each name belongs to one task."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Claim, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.celery.family import AS_WORKER, family
from pytest_prodready.rules.celery.tasks import TaskInModule, task


@family.rule(
    "PRD205",
    "task-name-taken",
    task,
    checks="No two tasks are registered under one name.",
    reason="Only one of them can be called. Celery says nothing, or warns, and which of two decorated "
    "functions stays differs from one start to the next.",
    remedy="Give each task a name of its own.",
)
def task_name_taken(subject: TaskInModule, facts: Facts) -> Iterator[Fault]:
    """PRD205: an error between two tasks of the application's own, else at most a warning."""
    name, claims = subject.task.name, subject.task.claims
    own = [claim for claim in claims if claim.own]
    if len(claims) < 2 or not own:
        return
    foreign = len(own) < len(claims)
    if len(own) == 1 and own[0].replaces and own[0].registered:
        return  # a library's task is replaced on purpose
    # the one to change is the one that has the name by least right
    intruder = max(own, key=lambda claim: _right(claim, name))
    others = [claim for claim in claims if claim is not intruder]
    also = " and ".join(map(_shown, others))
    lost = [claim for claim in claims if not claim.registered]
    yield Fault(
        f"{name} is the name of {len(claims)} tasks, {_shown(intruder)} and {also}: only one of them can run",
        f'Give {intruder.function} a name of its own: name="{_free(intruder, name)}".',
        intruder.location,
        AS_WORKER,
        tuple(("not registered", _shown(claim)) for claim in lost),
        level=Level.WARNING if foreign and len(own) == 1 else Level.ERROR,
    )


def _right(claim: Claim, name: str) -> tuple[bool, bool, bool, str, int]:
    """The smaller, the more the name is the task's own: the task is called so, or comes first."""
    place = claim.location
    return (
        claim.function != name,
        claim.function.rpartition(".")[2] != name.rpartition(".")[2],
        claim.named,
        place.file if place else "",
        place.line or 0 if place else 0,
    )


def _free(claim: Claim, name: str) -> str:
    return claim.function if claim.function != name else f"{claim.function}_2"


def _shown(claim: Claim) -> str:
    return f"{claim.function} ({claim.location})" if claim.location else claim.function
