"""What the fixtures give: the gate's facts in a test's hands, and checks that fail in the gate's words."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import pytest

from pytest_prodready import facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.gate import Gate
from pytest_prodready.registry import Kind
from pytest_prodready.reports import terminal
from pytest_prodready.rules import celery, database, imports, registry
from pytest_prodready.rules.answers import check_expectation
from pytest_prodready.rules.database.enum_comparison import compare_enum, qualified
from pytest_prodready.rules.database.types import DatabaseTypes
from pytest_prodready.rules.dependencies import require
from pytest_prodready.rules.imports_commands import command_name, entry_name

if TYPE_CHECKING:
    import httpx

    from pytest_prodready.probes.client import RunningApp


def _fail(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


class Imports:
    """``prodready_imports("src.main:app")``: import it in a clean interpreter and get the facts."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __call__(self, import_string: str) -> facts.InspectedEntry:
        """The facts of importing ``module`` or ``module:name`` in a fresh interpreter.

        A failure to import is one of the facts (``failure``), and raises nothing.
        """
        return self._load(import_string)[0]

    def check(self, import_string: str) -> None:
        """Fail the test when it does not import cleanly."""
        _fail(self.faults(import_string))

    def faults(self, import_string: str) -> list[str]:
        """What is wrong with the import, as texts; empty when it is clean."""
        seen, problems = self._load(import_string)
        if problems:
            return [f"{problem.job} could not be inspected: {problem.message}" for problem in problems]
        faults = _judged(self._gate, imports.entry_point, entry_name(seen.entry), seen)
        for found in seen.commands:
            faults += _judged(self._gate, imports.command, command_name(found), seen)
        return faults

    def _load(self, import_string: str) -> tuple[facts.InspectedEntry, tuple[facts.Problem, ...]]:
        return self._gate.load_as_started(import_string)


class CeleryTasks:
    """The tasks, beat schedule, routes and queues as the worker sees them.

    Skips the test when the project has no Celery app; fails it when the app does not load.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        found = next((entry for entry in gate.gathering.discovered.entries if entry.kind == "celery"), None)
        if found is None:
            pytest.skip("no Celery app was found; name it in [tool.prodready] celery")
        seen, problems = gate.load("celery", found.target)
        if seen.celery is None:
            faults = [problem.message for problem in problems]
            faults += _judged(gate, celery.celery_app, found.target, seen)
            _fail(faults or [f"{found.target} could not be inspected"])
        assert seen.celery is not None
        self.app: facts.Celery = seen.celery
        self._seen = seen

    @property
    def tasks(self) -> dict[str, facts.Task]:
        """Registered tasks by name, without Celery's own."""
        return {task.name: task for task in self.app.tasks}

    @property
    def beat(self) -> dict[str, facts.BeatEntry]:
        """The effective beat schedule by entry name."""
        return {entry.name: entry for entry in self.app.beat}

    @property
    def routes(self) -> dict[str, str]:
        """Task name → queue, as the app's own router answers."""
        return self.app.routes

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that the app declares, and those that its tasks are routed to."""
        return self.app.queues

    def check(self, name: str) -> None:
        """Fail the test when the task is not registered, or cannot run."""
        _fail(self.faults(name))

    def faults(self, name: str) -> list[str]:
        """What keeps the task ``name`` from running, as texts; empty when nothing does."""
        if name not in self.tasks:
            return [f"the worker has no task {name}; it has {', '.join(self.tasks) or 'none'}"]
        return _judged(self._gate, celery.task, name, self._seen)


class Enums:
    """Compare Python enums with the types and columns of the application's database."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def labels(self, target: str) -> tuple[str, ...]:
        """The labels of ``type_name``, ``schema.type_name`` or ``table.column``, in the database's order."""
        return self._type(target).labels

    def check(self, python_enum: type[enum.Enum], target: str) -> None:
        """Fail the test when the enum's members do not equal the database's labels."""
        _fail(self.faults(python_enum, target))

    def faults(self, python_enum: type[enum.Enum], target: str) -> list[str]:
        """Every difference between the enum and the database, as texts; empty when they agree."""
        found = self._type(target)
        members = tuple(
            facts.Member(name, member.value if isinstance(member.value, str) else None)
            for name, member in python_enum.__members__.items()
        )
        name = f"{python_enum.__module__}.{python_enum.__qualname__}"
        faults = compare_enum(
            members,
            self._sends(name, found, target),
            found.labels,
            type_name=qualified(found.schema, found.name),
            subject=name,
            proof=database.proof(self._database()),
        )
        return [_text(fault) for fault in faults]

    def _sends(self, enum_name: str, found: facts.DatabaseEnum, target: str) -> tuple[str, ...] | None:
        """What the column that maps this enum sends; ``None`` when no model maps it."""
        for entry in self._gate.facts.entries:
            for column in entry.mapping.columns if entry.mapping else ():
                if column.enum == enum_name and (column.type_name == found.name or column.name == target):
                    return column.sends
        return None

    def _database(self) -> facts.Database:
        seen = self._gate.database()
        if seen is None:
            dead = [entry.entry.target for entry in self._gate.facts.entries if entry.failure is not None]
            why = f"{dead[0]} does not load" if dead else "name it in [tool.prodready] database"
            pytest.skip(f"no database was found: {why}")
        if seen.problem == "refused":
            pytest.fail(f"the database could not be read: {seen.detail}", pytrace=False)
        if seen.problem:
            pytest.skip(f"the database could not be read: {seen.detail}")
        return seen

    def _type(self, target: str) -> facts.DatabaseEnum:
        seen = self._database()
        types = DatabaseTypes(seen)
        rest, _, name = target.rpartition(".")
        schema, _, table = rest.rpartition(".")
        found = types.named(name, rest or None) or types.behind(table, name, schema or None)
        if isinstance(found, str):
            pytest.fail(f"{target}: {found}", pytrace=False)
        if found is None:
            names = sorted(f"{one.schema}.{one.name}" for one in seen.enums)
            pytest.fail(
                f"the database has no enum type {target}, and no mapped column of that name with one; "
                f"its enum types are {', '.join(names) or 'none'}",
                pytrace=False,
            )
        return found


class Dependencies:
    """What is declared, installed and required."""

    def __init__(self, gate: Gate) -> None:
        gathered = gate.dependencies()
        if gathered is None:
            pytest.fail("the target's interpreter could not be inspected", pytrace=False)
        self._facts, self._markers = gathered

    @property
    def declared(self) -> tuple[facts.Requirement, ...]:
        """The declared runtime requirements."""
        return self._facts.requirements

    @property
    def installed(self) -> dict[str, str]:
        """Canonical distribution name → installed version."""
        return {found.name: found.version for found in self._facts.installed}

    def require(self, requirement: str) -> None:
        """Fail the test when the installed distributions do not satisfy ``requirement``."""
        _fail(self.faults(requirement))

    def faults(self, requirement: str) -> list[str]:
        """What is wrong with ``requirement`` in the target, as texts; empty when it is satisfied."""
        return [_text(fault) for fault in require(requirement, self._facts, self._markers)]


class HealthProbes:
    """The running application: an httpx client, and probes with expectations.

    The server is started when it is first needed, once for the session, and stops with it; a test is
    skipped when there is nothing to start.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @property
    def client(self) -> httpx.Client:
        """A client whose base URL is the running application."""
        return self._running().client

    @property
    def url(self) -> str:
        """Where the application answers."""
        return self._running().url

    def probe(
        self,
        path: str,
        *,
        status: int | None = None,
        json: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Fail the test unless ``path`` answers as expected; a header value may be ``env:NAME``."""
        _fail(self.faults(path, status=status, json=json, headers=headers))

    def faults(
        self,
        path: str,
        *,
        status: int | None = None,
        json: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> list[str]:
        """What is wrong with the answer of ``path``, as texts; empty when it is as expected."""
        expected = () if status is None else status
        return [_text(fault) for fault in self._running().probe(path, expected, json, headers)]

    def _running(self) -> RunningApp:
        from pytest_prodready.probes.client import (
            NotRunningError,
        )  # httpx is loaded only when something is asked

        try:
            return self._gate.running_app(check_expectation)
        except NotRunningError as reason:
            why = reason
        if why.server.skipped:
            pytest.skip(str(why))
        pytest.fail(f"the application does not run: {why}", pytrace=False)


def _judged(gate: Gate, kind: Kind[Any], subject: str, seen: facts.InspectedEntry) -> list[str]:
    """The errors that the rules of one kind find in one subject, as texts."""
    everything = facts.Facts(
        root=str(gate.gathering.root), packages=gate.gathering.discovered.packages, entries=(seen,)
    )
    subjects = [one for one in kind.subjects(everything) if one.name == subject]
    every_rule = registry()  # what a test asks for does not depend on --prodready-select
    judgements = [every_rule.judge(kind, one, everything) for one in subjects]
    return [
        terminal.finding(finding)
        for judgement in judgements
        for finding in judgement.findings
        if finding.level is Level.ERROR
    ]


def _text(fault: Fault) -> str:
    return terminal.block(fault.message, fault)
