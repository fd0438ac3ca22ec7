"""Starts the entry points once more, each without one variable that the settings require: who refuses?

Nothing else is changed: a file that the application reads itself may bring the variable back.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from pytest_prodready import target
from pytest_prodready.facts import Absence, Facts, Failure, InspectedEntry, Location
from pytest_prodready.inspection import Inspection, may_be_of_hurry
from pytest_prodready.probes.launch import BadCommandError, Launch, NothingToServeError, choose, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

MOST = 40
"""Starts of one run; what comes after is not tried, and says so."""
KINDS = ("web", "celery")


def look(
    request: Request, facts: Facts, limits: Limits, environ: Mapping[str, str], installed: Mapping[str, str]
) -> tuple[Absence, ...]:
    """What each entry point does without each variable of ``required_env``.

    Those that read a variable while they load are started without it; where none does, all of them.

    Args:
        request: as it was inspected.
        facts: what was seen with all variables that there are.
        limits: of each start.
        environ: the environment of the job.
        installed: canonical distribution name → version, of the target's interpreter.
    """
    trial = _Trial(request, limits, target.environment(environ), installed)
    wanted = [(name, seen) for name in facts.required_env for seen in _candidates(name, facts)]
    cancelled = trial.cancelled
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool:
        try:
            futures = [pool.submit(trial.load, name, seen) for name, seen in wanted[:MOST]]
            loads = [future.result() for future in futures]
        except BaseException:
            cancelled.set()
            raise
    tried = [trial.absence(name, seen, load) for (name, seen), load in zip(wanted, loads, strict=False)]
    skipped = f"more than {MOST} starts would be needed"
    left = [Absence(name, seen.entry.target, refused=False, skipped=skipped) for name, seen in wanted[MOST:]]
    return (*tried, *left)


def _candidates(name: str, facts: Facts) -> Iterator[InspectedEntry]:
    every = [seen for seen in facts.entries if seen.entry.kind in KINDS]
    reading = [seen for seen in every if _reading(name, seen)[0]]
    yield from reading or every


def _reading(name: str, seen: InspectedEntry) -> tuple[bool, Location | None]:
    """Whether the entry reads the variable while it loads, and the line."""
    for read in seen.environment_reads:
        if read.name == name:
            return True, read.location
    for one in seen.settings_fields:
        if name in one.variables:
            return True, one.location
    return False, None


def _supplied(name: str, seen: InspectedEntry) -> bool:
    """Whether the application had the variable although its environment did not."""
    there = ("set", "file")
    return any(read.name == name and read.state in there for read in seen.environment_reads) or any(
        name in one.variables and one.state in there for one in seen.settings_fields
    )


@dataclass
class _Trial:
    request: Request
    limits: Limits
    environ: Mapping[str, str]
    installed: Mapping[str, str]
    cancelled: threading.Event = field(default_factory=threading.Event)
    serves: bool | None = None
    """Whether the server comes up with all variables; ``None`` while it was not tried."""

    def load(self, name: str, seen: InspectedEntry) -> InspectedEntry:
        """The entry as it loads without the variable; as it was seen, where that is not there anyhow."""
        if name not in self.environ:
            return seen
        found = self._once(name, seen)
        of_another = found.failure is not None and not _names(found.failure, name, seen)
        return self._once(name, seen) if of_another and may_be_of_hurry([found]) else found

    def _once(self, name: str, seen: InspectedEntry) -> InspectedEntry:
        # that it loads is all that is asked
        request = replace(self.request, jobs=frozenset({"environment"}), entries=(seen.entry,), watch=None)
        inspection = Inspection(request, self.limits, self._without(name), self.cancelled)
        found, _ = inspection.revealing(seen.revealed).once(seen.entry)
        return found

    def _without(self, name: str) -> dict[str, str]:
        return {key: value for key, value in self.environ.items() if key != name}

    def absence(self, name: str, seen: InspectedEntry, load: InspectedEntry) -> Absence:
        """What the start without the variable says; of a web application that loads, also its server's."""
        read, place = _reading(name, seen)
        absence = Absence(name, seen.entry.target, refused=False, location=place, read=read)
        if load.failure is not None:
            if name in self.environ and seen.failure is not None:
                return replace(absence, skipped=f"{seen.entry.target} does not load")
            named = _names(load.failure, name, seen)
            if not named and load is seen:  # it may well fail for something else
                return replace(absence, skipped=f"{seen.entry.target} does not load")
            said = _said(load.failure)
            return replace(
                absence, refused=True, named=named, said=said, location=load.failure.location or place
            )
        if _supplied(name, load):
            return replace(absence, supplied=True)
        if seen.entry.kind == "web" and not self.request.url:
            return self._served(absence, name, load)
        return absence

    def _served(self, absence: Absence, name: str, seen: InspectedEntry) -> Absence:
        """The same, once the server was started: much is checked only by what runs before a request."""
        try:
            launch = choose(self.request, seen, self.installed)
        except (NothingToServeError, BadCommandError):
            return absence
        failure, command = self._serve(launch, seen, self._without(name))
        if failure is None:
            return replace(absence, served=command)
        named = _names(failure, name, seen)
        if not named:
            if self.serves is None:
                self.serves = self._serve(launch, seen, self.environ)[0] is None
            if not self.serves or name not in self.environ:
                return replace(absence, skipped="the server does not start with the variable either")
        return replace(absence, refused=True, named=named, said=failure.message, served=command)

    def _serve(
        self, launch: Launch, seen: InspectedEntry, environ: Mapping[str, str]
    ) -> tuple[Failure | None, str]:
        given = environment(self.request, seen, environ)
        with RunningServer(launch, self.request, given, self.limits) as server:
            words = [launch.module or launch.arguments[0], *launch.arguments[not launch.module :]]
            return server.failure, Redactor(environ).blank(" ".join(words))


def _names(failure: Failure, name: str, seen: InspectedEntry) -> bool:
    """Whether what is said names the variable, or the field of the settings class that it sets."""
    said = f"{failure.message}\n{failure.output}"
    if re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", said):
        return True
    fields = [one.field for one in seen.settings_fields if name in one.variables]
    return any(re.search(rf"^{re.escape(one)}$", said, re.MULTILINE) for one in fields)


def _said(failure: Failure) -> str:
    first = failure.message.strip().partition("\n")[0]
    return f"{failure.type}: {first}" if failure.type else first
