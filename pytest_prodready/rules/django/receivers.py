"""PRD702: receivers that are connected twice, so that each signal is handled twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pytest_prodready.facts import Facts, Receiver
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.django.family import family

NAMELESS = "object "
"""What the name of a sender begins with that has none."""
Receivers = tuple[tuple[str, tuple[Receiver, ...]], ...]


@family.kind("signal", "signals", needs=("web", "worker", "commands", "receivers"))
def signal(facts: Facts) -> Iterator[Subject[Receivers]]:
    """Each signal that the application receives, with its receivers for one sender in each entry point."""
    found: dict[str, dict[tuple[str, str], list[Receiver]]] = {}
    for seen in facts.entries:
        for one in seen.receivers:
            name = f"signal:{one.signal.rpartition('.')[2]}{_of(one.sender)}"
            found.setdefault(name, {}).setdefault((seen.entry.target, one.sender), []).append(one)
    for name, groups in sorted(found.items()):
        several = tuple((target, tuple(receivers)) for (target, _), receivers in groups.items())
        yield Subject(name, several)


def _of(sender: str) -> str:
    return "" if not sender or sender.startswith(NAMELESS) else f":{sender}"


@family.rule(
    "PRD702",
    "receiver-connected-twice",
    signal,
    checks="No receiver of a signal is connected twice for one sender: as one function under two names of "
    "its module, as a copy in another module, or by a ready() that runs twice.",
    reason="Each save is handled twice: two rows, two mails, or an IntegrityError for the second one.",
    remedy="Connect it once: remove the copy, or import the module under one name.",
)
def receiver_connected_twice(subject: Receivers, facts: Facts) -> Iterator[Fault]:
    """PRD702."""
    told: set[frozenset[object]] = set()
    for target, several in subject:
        for first, second in combinations(several, 2):
            pair = frozenset({first.location, second.location, first.function, second.function})
            fault = _fault(first, second, target) if pair not in told else None
            if fault is not None:
                told.add(pair)
                yield fault


def _fault(first: Receiver, second: Receiver, target: str) -> Fault | None:
    """What is wrong with two receivers of one signal and sender; ``None`` for nothing."""
    copied = bool(first.body) and first.body == second.body
    one_place = first.location == second.location and first.function == second.function
    level = None
    if first.identity == second.identity:
        what = f"{_name(first)} is connected twice, as its dispatch_uid differs"
        remedy = "Connect it once, with one dispatch_uid."
    elif one_place and first.module != second.module:
        what = (
            f"{first.location.file} is loaded under two names, {first.module} and {second.module}, and its "
            f"receiver {first.function} is connected under both"
        )
        remedy = (
            f"Import it under one name everywhere: {min(first.module, second.module, key=len)} or the other."
        )
    elif one_place and copied:
        what = f"{_name(first)} is defined and connected twice by one function, which runs twice"
        remedy = "Move the receiver to the top of its module, or connect it with a dispatch_uid."
    elif copied and first.location.file != second.location.file:
        what = f"{_name(first)} and {_name(second)} do the same, and both are connected"
        remedy = f"Remove one of them: {first.location} or {second.location}."
        if first.function != second.function:
            level = Level.WARNING  # it may be meant
    else:
        return None
    sender = "every sender" if not first.sender else _of(first.sender).lstrip(":") or "one sender"
    return Fault(
        f"{what}: each {first.signal.rpartition('.')[2]} of {sender} is handled twice",
        remedy,
        second.location,
        f"both are among the live receivers of {first.signal} once {target} is loaded",
        details=(("the receivers", f"{first.location}  {_name(first)}\n{second.location}  {_name(second)}"),),
        level=level,
    )


def _name(one: Receiver) -> str:
    return f"{one.module}.{one.function}"
