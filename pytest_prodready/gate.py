"""One run of the gate: its facts, gathered once, and the judgement of each subject by them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_prodready import waivers
from pytest_prodready.codec import decode, encode
from pytest_prodready.discovery.further import notes
from pytest_prodready.facts import (
    Database,
    Dependencies,
    Entry,
    Facts,
    InspectedEntry,
    Interpreter,
    Problem,
)
from pytest_prodready.findings import Judgement, Outcome
from pytest_prodready.gathering import Gathering, Judge
from pytest_prodready.registry import Kind, Registry, Subject
from pytest_prodready.reports import terminal
from pytest_prodready.settings import Waiver
from pytest_prodready.wording import listed

if TYPE_CHECKING:
    from pytest_prodready.probes.client import RunningApp


MOST_TABLES = 20_000
"""As many names some drivers take in one statement."""


@dataclass(frozen=True, slots=True)
class Check:
    """One subject that is to be judged, as the items know it."""

    kind: Kind[Any]
    subject: str

    @property
    def name(self) -> str:
        """The subject's name in a form that a node id can have: one line, no brackets, no ``::``."""
        name = " ".join(self.subject.replace("::", ".").replace("[", "(").replace("]", ")").split())
        return self.subject if name == self.subject else name  # one text instead of two, for thousands


class Gate:
    """One run of the gate.

    Args:
        gathering: where its facts come from.
        registry: the rules that are selected.
        families: the families that are asked for; empty for all.
    """

    def __init__(
        self, gathering: Gathering, registry: Registry, families: frozenset[str] = frozenset()
    ) -> None:
        self.gathering = gathering
        self.registry = registry
        self._kinds = [kind for kind in registry.kinds if not families or kind.family in families]
        self._facts: Facts | None = None
        self._subjects: dict[Kind[Any], dict[str, Subject[Any]]] = {}
        self._judgements: dict[Check, Judgement] = {}
        self._loaded: dict[Entry, tuple[InspectedEntry, tuple[Problem, ...]]] = {}
        self._catalogue: tuple[Database, ...] | None = None
        self._whole: tuple[Database, ...] | None = None
        self._workers: tuple[tuple[InspectedEntry, tuple[Problem, ...]], ...] | None = None
        self._running: RunningApp | None = None
        self._open = ExitStack()

    @property
    def facts(self) -> Facts:
        """Everything that was seen, gathered when it is first asked for; without the probes' answers."""
        if self._facts is None:
            self._take(self.gathering.gather(self._jobs))
            self._count_subjects()
        assert self._facts is not None
        return self._facts

    def _take(self, facts: Facts) -> None:
        """Judge by ``facts`` from now on."""
        self._facts = facts
        self._subjects.clear()

    @property
    def _jobs(self) -> frozenset[str]:
        jobs = {need for kind in self._kinds for need in kind.needs}
        if not self.gathering.options.live:
            jobs -= {"live", "services"}
        if self.gathering.options.collect_only:  # a listing opens no connection
            jobs -= {"database", "rows", "live", "services", "absences"}
        return frozenset(jobs)

    def _count_subjects(self) -> None:
        """Add to the facts how much there is to judge, and the waivers as they stand before anything is."""
        subjects = [(kind, subject) for kind in self._kinds for subject in self._subjects_of(kind).values()]
        # what probes have still to find out may yet turn out to be skipped
        skipped = [subject.skipped for kind, subject in subjects if subject.skipped and not kind.late]
        self._take(
            replace(
                self.facts,
                judgeable=len(subjects) - len(skipped),
                skip_reasons=tuple(dict.fromkeys(skipped)),
                waivers=tuple(waivers.use(waiver, used=False, today=_today()) for waiver in self._waivers()),
            )
        )

    def export(self) -> str:
        """The facts, probes included, as text for another process of this run."""
        if any(kind.late and "health" in kind.needs for kind in self._kinds):
            self.probe()
        return json.dumps(encode(self.facts))

    def adopt(self, exported: str) -> None:
        """Take the facts that another process of this run has gathered."""
        self._take(decode(Facts, json.loads(exported)))

    def reread_contract(self) -> None:
        """Judge by the contract as it stands now."""
        self._take(replace(self.facts, contract=self.gathering.contract()))
        self._count_subjects()

    def probe(self) -> None:
        """Start the server, ask every endpoint and stop it, once; afterwards the facts hold the answers."""
        if self.facts.health is None:
            self._take(replace(self.facts, health=self.gathering.answers(self._jobs, self.facts)))

    def notes(self) -> list[str]:
        """What was found, each with its source; a line each."""
        facts = self.facts
        discovered = self.gathering.discovered
        found = [f"{label}: {text}" for label, text in discovered.notes]
        more = [one for one in self.gathering.entries(facts) if one not in discovered.entries]
        found += [f"{label}: {text}" for label, text in notes(more)]
        if facts.dependencies is not None and facts.dependencies.declared:
            every = facts.dependencies.requirements
            wanted = {one.name or one for one in every if one.problem or (one.applies and not one.constraint)}
            found.append(f"requirements: {len(wanted)} ({listed(facts.dependencies.sources)})")
        if facts.contract is not None:
            number = len(facts.contract.tasks)
            found.append(f"contract: {number} task{'' if number == 1 else 's'} ({facts.contract.file})")
        by_source: dict[str, list[str]] = {}
        for expectation in facts.expectations:
            by_source.setdefault(expectation.source, []).append(expectation.path)
        found += [f"health: {listed(paths)} ({source})" for source, paths in by_source.items()]
        if facts.linting is not None and facts.linting.files:
            found.append(f"linter: {facts.linting.linter} (installed beside the gate)")
        found += [f"loaded: {text}" for text in terminal.starts(facts)]
        return found + [f"not found: {text}" for text in facts.looked_for]

    def remarks(self) -> list[str]:
        """What was not judged and is worth a line, as far as anything was gathered."""
        return terminal.unreached(self._facts) if self._facts is not None else []

    def costs(self) -> list[str]:
        """What the start of each entry point costs and reads of the environment, as lines."""
        if self._facts is None:
            return []
        return [*terminal.costs(self._facts), *terminal.environment(self._facts)]

    def checks(self) -> Iterator[Check]:
        """Every subject of this run, in the order of the families."""
        for kind in self._kinds:
            for name in self._subjects_of(kind):
                yield Check(kind, name)

    def judge(self, check: Check) -> Judgement:
        """Judge one subject; the first that needs the probes' answers sets them going."""
        if check not in self._judgements:
            if check.kind.family == "health" and check.kind.late:
                self.probe()
            if check.kind.name == "waiver":
                self._settle_waivers()
            subject = self._subjects_of(check.kind).get(check.subject)
            self._judgements[check] = self._judged(check.kind, subject)
        return self._judgements[check]

    def _subjects_of(self, kind: Kind[Any]) -> dict[str, Subject[Any]]:
        """The subjects of a kind by their names, listed once for the facts that there are."""
        if kind not in self._subjects:
            self._subjects[kind] = {subject.name: subject for subject in kind.subjects(self.facts)}
        return self._subjects[kind]

    def _judged(self, kind: Kind[Any], subject: Subject[Any] | None) -> Judgement:
        if subject is None:
            gone = "it was there when the items were collected, and is gone now"
            return Judgement(Outcome.ERRORED, reason=gone)
        judgement = self.registry.judge(kind, subject, self.facts)
        judgement = waivers.apply(judgement, self.gathering.settings.waivers, _today())
        return judgement.taken_strictly() if self.gathering.options.strict else judgement

    def _waivers(self) -> list[Waiver]:
        """The waivers of rules that are selected: of the others nothing is known in this run."""
        return [waiver for waiver in self.gathering.settings.waivers if waiver.code in self.registry.rules]

    def _settle_waivers(self) -> None:
        """Put into the facts what became of each waiver, once every other subject has been judged."""
        judgements = [self.judge(check) for check in list(self.checks()) if check.kind.name != "waiver"]
        uses = tuple(
            waivers.use(waiver, used=any(waivers.waives(waiver, one) for one in judgements), today=_today())
            for waiver in self._waivers()
        )
        self._take(replace(self.facts, waivers=uses))

    def load(self, kind: str, import_string: str) -> tuple[InspectedEntry, tuple[Problem, ...]]:
        """One entry point, or any other import string (kind ``module``), in a fresh interpreter; kept."""
        for seen in self.facts.entries:
            if (seen.entry.kind, seen.entry.target) == (kind, import_string):
                return seen, ()
        return self._load(Entry(kind, import_string, "the test"))

    def _load(self, entry: Entry) -> tuple[InspectedEntry, tuple[Problem, ...]]:
        for seen in self.facts.entries:
            if seen.entry == entry:
                return seen, ()
        if entry not in self._loaded:
            jobs = frozenset({entry.kind, "mapping"})
            self._loaded[entry] = self.gathering.inspect(entry, jobs, self.facts)
        return self._loaded[entry]

    def workers(self) -> tuple[tuple[InspectedEntry, tuple[Problem, ...]], ...]:
        """Every Celery app as its worker has it, with what its tasks import later; loaded once."""
        jobs = frozenset({"celery", "closure"})
        if jobs <= self._jobs:
            return tuple((seen, ()) for seen in self.facts.entries if seen.entry.kind == "celery")
        if self._workers is None:  # the rules that need them are not selected
            apps = (entry for entry in self.gathering.discovered.entries if entry.kind == "celery")
            self._workers = tuple(self.gathering.inspect(entry, jobs, self.facts) for entry in apps)
        return self._workers

    def load_as_started(self, import_string: str) -> tuple[InspectedEntry, tuple[Problem, ...]]:
        """A script or the management commands as production starts them; anything else as a module."""
        for entry in self.gathering.entries(self.facts):
            if entry.target == import_string and entry.kind in ("script", "commands"):
                return self._load(entry)
        return self.load("module", import_string)

    def databases(self) -> tuple[Database, ...]:
        """What was read of the databases, read now if the run had no reason to; empty when there is none."""
        if not self.facts.databases and self._catalogue is None:
            self._catalogue = self._read_databases()
        return self.facts.databases or self._catalogue or ()

    def whole_databases(self) -> tuple[Database, ...]:
        """The same with the columns of all tables, whether something maps them or not."""
        if self._whole is None:
            tables = sorted({table.name for one in self.databases() for table in one.tables})
            self._whole = self._read_databases(tables[:MOST_TABLES])
        return self._whole

    def _read_databases(self, tables: Iterable[str] = ()) -> tuple[Database, ...]:
        entries = [seen.entry for seen in self.facts.entries if seen.databases]
        entries += [*self.gathering.discovered.entries, Entry("database", "", "the test")]
        jobs = frozenset({entries[0].kind, "catalogue"})
        seen, _ = self.gathering.inspect(entries[0], jobs, self.facts, tables)
        return seen.databases

    def dependencies(self) -> tuple[Dependencies, Interpreter] | None:
        """What is declared and installed, and the target's interpreter; ``None`` if nobody answers."""
        facts = self.facts
        if facts.dependencies is None:
            facts = self.gathering.with_dependencies(facts)
        if facts.dependencies is None or facts.interpreter is None:
            return None
        return facts.dependencies, facts.interpreter

    def running_app(self, judge: Judge) -> RunningApp:
        """The application behind its server, started when it is first asked for and stopped by :meth:`close`.

        Raises:
            NotRunningError: there is nothing to start, or it does not start.
        """
        if self._running is None:
            app = self.gathering.app(self._jobs, self.facts, judge)
            self._running = self._open.enter_context(app)
        return self._running

    def close(self) -> None:
        """Stop what was started for the session."""
        self._open.close()
        self._running = None


def _today() -> dt.date:
    """The day where the gate runs."""
    return dt.datetime.now().astimezone().date()
