"""Writes the contract with messages in flight, when the user orders it; nothing else is ever written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pytest_prodready import contract, rules, waivers
from pytest_prodready.facts import Contract, ContractTask, Location
from pytest_prodready.findings import Level
from pytest_prodready.gate import Gate
from pytest_prodready.reports import terminal
from pytest_prodready.rules.celery.contract import not_loaded, registered, sent_to

WHOLE = ("PRD201", "PRD202", "PRD203")
"""While one of these rules finds an error, the worker lacks tasks that it ought to have."""


@dataclass(frozen=True)
class Update:
    """What became of an update."""

    said: str
    """One sentence, to be shown."""
    refused: bool = False


def update(gate: Gate) -> Update:
    """Write the contract of this build, and judge by it from now on.

    Args:
        gate: its facts have been gathered.
    """
    file = gate.gathering.contract_file
    if gate.gathering.options.collect_only:
        return Update(f"--collect-only writes nothing: {file} is as it was")
    if reason := _incomplete(gate):
        return Update(f"{file} is not written, as the worker lacks tasks: {reason}", refused=True)
    before, queues = gate.facts.contract, sent_to(gate.facts)
    tasks = {
        name: ContractTask(
            name, task.parameters if task.signature else None, queues.get(name, ""), Location(file)
        )
        for name, task in registered(gate.facts).items()
    }
    content, path = contract.text(tasks.values()), gate.gathering.root / file
    if before is not None and not before.mistakes and path.read_bytes() == content.encode():
        return Update(f"{file} is up to date: {_number(len(tasks))}")
    try:
        contract.write(path, content)
    except OSError as error:
        return Update(f"{file} cannot be written: {error.strerror}", refused=True)
    gate.reread_contract()
    return Update(f"wrote {file}: {_number(len(tasks))}{_difference(before, gate.facts.contract)}; commit it")


def _incomplete(gate: Gate) -> str:
    """Why the registered tasks are not all that this build has; empty when they are."""
    facts, registry = gate.facts, rules.registry().select(WHOLE)
    today = dt.datetime.now().astimezone().date()
    for kind in registry.kinds:
        for subject in kind.subjects(facts):
            judged = registry.judge(kind, subject, facts)
            found = waivers.apply(judged, gate.gathering.settings.waivers, today).findings
            if error := next((one for one in found if one.level is Level.ERROR), None):
                return terminal.line(error)
    if reason := not_loaded(facts):
        return reason
    return "" if registered(facts) else "it has none"


def _difference(before: Contract | None, after: Contract | None) -> str:
    """How the new contract differs from the one before, as `` (1 added, 2 changed)``."""
    if before is None or after is None:
        return ""
    old = {one.name: (one.parameters, one.queue) for one in before.tasks}
    new = {one.name: (one.parameters, one.queue) for one in after.tasks}
    parts = (
        (len(new.keys() - old.keys()), "added"),
        (len(old.keys() - new.keys()), "removed"),
        (sum(new[name] != old[name] for name in new.keys() & old.keys()), "changed"),
    )
    said = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f" ({said})" if said else ""


def _number(tasks: int) -> str:
    return "1 task" if tasks == 1 else f"{tasks} tasks"
