"""What PRD206 says of entries that never got into the schedule."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import BeatHandler, Failure, LostSchedule
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.celery.family import AS_WORKER
from pytest_prodready.rules.failures import depends_on_state, evidence, explain
from pytest_prodready.wording import listed

UNREACHABLE = {"OSError", "ConnectionError", "OperationalError", "TimeoutError", "DatabaseError"}
"""Classes of exceptions for services that do not answer."""
SEEN = f"the app was watched while it was {AS_WORKER}"


def of_handler(handler: BeatHandler) -> Iterator[Fault]:
    """A function that waits for the app, and was not called or raised; others than beat's are no concern."""
    if handler.problem == "raised":
        yield from _raised(handler)
    elif handler.schedules:
        late = handler.problem == "late"
        why = (
            f"it was connected to {handler.signal} after that signal had been sent"
            if late
            else f"the signal {handler.signal} holds the function only weakly, and nothing else held it"
        )
        yield Fault(
            f"{handler.name} never ran: {why}, so its entries are not in the schedule",
            f"Connect it to {_later(handler.signal)}, in the module that makes the app."
            if late
            else "Define it at the top of a module, or connect it with weak=False.",
            handler.location,
            SEEN,
        )


def _later(signal: str) -> str:
    return "on_after_finalize" if signal == "on_after_configure" else signal


def _raised(handler: BeatHandler) -> Iterator[Fault]:
    failure = handler.failure
    if failure is None:
        return
    lost = ", so the entries that it had yet to add are not in the schedule" if handler.schedules else ""
    explanation = explain(failure)
    yield Fault(
        f"{handler.name} raised when the app sent {handler.signal}, and Celery only logs that: "
        f"{explanation.cause}{lost}",
        explanation.remedy,
        failure.location or handler.location,
        SEEN,
        evidence(failure),
        level=None if handler.schedules and not _may_differ(failure) else Level.WARNING,
    )


def _may_differ(failure: Failure) -> bool:
    """It may be otherwise in production: a service that does not answer here; not what Celery itself says."""
    by_celery = bool(failure.frames) and "/celery/" in failure.frames[-1].file
    last_names = {base.rpartition(".")[2] for base in failure.bases}
    return bool(last_names & UNREACHABLE) or (depends_on_state(failure) and not by_celery)


def of_schedule(lost: LostSchedule) -> Fault:
    """Entries of a schedule that another one has replaced, or that Celery never looks at."""
    names, several = listed(lost.entries), len(lost.entries) > 1
    entries = f"the beat entries {names} never run" if several else f"the beat entry {names} never runs"
    it = "them" if several else "it"
    if not lost.where:
        return Fault(
            f"{entries}: the schedule with {it} was replaced by the one that is assigned here",
            "Add to the schedule instead: app.conf.beat_schedule.update({…}).",
            lost.location,
            SEEN,
            level=Level.WARNING,
        )
    if lost.read:
        return Fault(
            f"{entries}: {lost.where} holds {it}, and {lost.wins} wins over it",
            f"Put all entries into {lost.wins}.",
            lost.location,
            "both were found in the configuration, and the schedule as beat reads it has only one of them",
        )
    return Fault(
        f"{entries}: {lost.where} holds {it}, and this app does not read that key",
        "Write config_from_object(…, namespace='CELERY') for the keys that begin with CELERY_, or name it "
        f"{lost.wins or 'beat_schedule'}.",
        lost.location,
        "found in the configuration, and the schedule as beat reads it does not have the entries",
        level=Level.WARNING if lost.wins else None,
    )
