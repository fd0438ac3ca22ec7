"""One run of the gate: asks, gathers the facts once, and judges subjects by them."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_prodready import target, waivers
from pytest_prodready.codec import decode, encode
from pytest_prodready.discovery import Discovered, discover
from pytest_prodready.distributions import inspect as inspect_distributions
from pytest_prodready.facts import (
    Answer,
    Database,
    Dependencies,
    Entry,
    Expectation,
    Facts,
    Failure,
    Health,
    InspectedEntry,
    Interpreter,
    Problem,
    Route,
    Server,
)
from pytest_prodready.findings import Fault, Judgement, Level, Outcome
from pytest_prodready.health_routes import health_routes
from pytest_prodready.options import Options
from pytest_prodready.redaction import Redactor
from pytest_prodready.registry import Kind, Registry, Subject
from pytest_prodready.request import Request
from pytest_prodready.settings import Settings, Waiver
from pytest_prodready.wording import listed

if TYPE_CHECKING:
    from pytest_prodready.probes.client import RunningApp

Judge = Callable[[Expectation, tuple[Answer, ...], tuple[Route, ...] | None], list[Fault]]


@dataclass(frozen=True)
class Check:
    """One subject that is to be judged, as the items know it."""

    kind: Kind[Any]
    subject: str

    @property
    def name(self) -> str:
        """The subject's name in a form that a node id can have: one line, no brackets, no ``::``."""
        return " ".join(self.subject.replace("::", ".").replace("[", "(").replace("]", ")").split())


class Gate:
    """One run of the gate.

    Args:
        root: the project's directory.
        settings: its ``[tool.prodready]``.
        options: the command line.
        registry: the rules that are selected.
        environ: the environment of the job that runs the gate.
        families: the families that are asked for; empty for all.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        options: Options,
        registry: Registry,
        environ: Mapping[str, str],
        families: frozenset[str] = frozenset(),
    ) -> None:
        self.root = root
        self.settings = settings
        self.options = options
        self.registry = registry
        self.job_environ = dict(environ)
        self.families = families
        self.python = options.python or sys.executable
        self._discovered: Discovered | None = None
        self._problems: list[Problem] = []
        self._facts: Facts | None = None
        self._catalogue: Database | None = None
        self._running: RunningApp | None = None
        self._open = ExitStack()
        self._judgements: dict[Check, Judgement] = {}
        self._loaded: dict[Entry, tuple[InspectedEntry, tuple[Problem, ...]]] = {}

    # ------------------------------------------------------------------------------------------ facts

    @property
    def discovered(self) -> Discovered:
        """What settings and discovery answer, without starting anything."""
        if self._discovered is None:
            try:
                self._discovered = discover(self.root, self.settings, self.job_environ)
            except Exception as error:  # a mistake of ours is a finding, not the end of the run
                self._discovered = Discovered()
                self._problems.append(_mistake("discovery", error))
        return self._discovered

    @property
    def facts(self) -> Facts:
        """Everything that was seen, gathered when it is first asked for; without the probes' answers."""
        if self._facts is None:
            try:
                self._facts = self._gather()
            except Exception as error:  # a mistake of ours is a finding, not the end of the run
                problem = _mistake("the gate", error)
                self._facts = self._with_subject_count(Facts(root=str(self.root), problems=(problem,)))
        return self._facts

    def notes(self) -> list[str]:
        """What was found, each with its source; a line each."""
        facts = self.facts
        found = [f"{label}: {text}" for label, text in self.discovered.notes]
        if facts.dependencies is not None and facts.dependencies.declared:
            every = facts.dependencies.requirements
            wanted = {one.name or one for one in every if one.problem or (one.applies and not one.constraint)}
            found.append(f"requirements: {len(wanted)} ({listed(facts.dependencies.sources)})")
        by_source: dict[str, list[str]] = {}
        for expectation in facts.expectations:
            by_source.setdefault(expectation.source, []).append(expectation.path)
        found += [f"health: {listed(paths)} ({source})" for source, paths in by_source.items()]
        return found + [f"not found: {text}" for text in facts.looked_for]

    def export(self) -> str:
        """The facts, probes included, as text for another process of this run."""
        if any(kind.late and "health" in kind.needs for kind in self._kinds()):
            self.probe()
        return json.dumps(encode(self.facts))

    def adopt(self, exported: str) -> None:
        """Take the facts that another process of this run has gathered."""
        self._facts = decode(Facts, json.loads(exported))

    def _jobs(self) -> frozenset[str]:
        jobs = {need for kind in self._kinds() for need in kind.needs}
        if self.options.collect_only:  # a listing opens no connection
            jobs -= {"database"}
        if "health" in jobs:
            jobs |= {"dependencies"}
        return frozenset(jobs)

    def _request(self, jobs: frozenset[str], facts: Facts) -> Request:
        found, dependencies = self.discovered, facts.dependencies
        return Request(
            root=self.root,
            python=self.python,
            jobs=jobs,
            entries=tuple(entry for entry in found.entries if entry.kind in jobs),
            packages=found.packages,
            pythonpath=found.pythonpath,
            database=found.database,
            expectations=facts.expectations,
            serve=self.settings.serve,
            url=self.options.url,
            hidden=dependencies.hidden if dependencies else {},
            hidden_distributions=tuple(sorted(set(dependencies.hidden.values()))) if dependencies else (),
        )

    def _gather(self) -> Facts:
        jobs, found = self._jobs(), self.discovered
        facts = Facts(
            root=str(self.root),
            packages=found.packages,
            url=Redactor(self.job_environ).blank(self.options.url),
            expectations=self.settings.health,
            required_env=self.settings.required_env,
            unset_env=tuple(name for name in self.settings.required_env if not self.job_environ.get(name)),
            settings_locations=self.settings.locations,
            looked_for=found.looked_for,
            problems=tuple(self._problems),
        )
        if not jobs - {"environment"}:
            return self._with_subject_count(facts)
        python = target.interpreter(self.python, self.root, self.job_environ)
        if isinstance(python, Problem):
            return self._with_subject_count(replace(facts, problems=(*facts.problems, python)))
        facts = self._with_dependencies(replace(facts, interpreter=python), python)
        entries, problems = target.inspect(self._request(jobs, facts), self.settings.limits, self.job_environ)
        facts = replace(
            facts,
            entries=entries,
            problems=(*facts.problems, *problems),
            database=_one_database(entries),
            expectations=_expectations(self.settings.health, entries),
        )
        return self._with_subject_count(facts)

    def _with_dependencies(self, facts: Facts, python: Interpreter) -> Facts:
        dependencies, problems = inspect_distributions(self.root, self.settings, python)
        return replace(facts, dependencies=dependencies, problems=(*facts.problems, *problems))

    def _with_subject_count(self, facts: Facts) -> Facts:
        subjects = [subject for kind in self._kinds() for subject in kind.subjects(facts)]
        reasons = dict.fromkeys(subject.skipped for subject in subjects if subject.skipped)
        judgeable = sum(not subject.skipped for subject in subjects)
        return replace(
            facts,
            judgeable=judgeable,
            skip_reasons=tuple(reasons),
            waivers=tuple(waivers.use(waiver, used=False) for waiver in self._waivers()),
        )

    def _waivers(self) -> list[Waiver]:
        """The waivers of rules that are selected: of the others nothing is known in this run."""
        return [waiver for waiver in self.settings.waivers if waiver.code in self.registry.rules]

    # ----------------------------------------------------------------------------------------- probes

    def probe(self) -> None:
        """Start the server, ask every endpoint and stop it, once; afterwards the facts hold the answers."""
        if self.facts.health is None:
            health = self._answers()
            self._facts = replace(self.facts, health=health)

    def _answers(self) -> Health:
        from pytest_prodready import probes  # httpx is loaded only when something is asked

        facts = self.facts
        try:
            return probes.check(
                self.request(),
                facts.entry("web"),
                facts.expectations,
                self.settings.limits,
                self.environ,
                self.installed,
            )
        except Exception as error:  # a mistake of ours is a finding, not the end of the run
            mistake = _mistake("the probes", error)
            return Health(Server("", failure=Failure("lost", mistake.message, output=mistake.detail)))

    def request(self) -> Request:
        """What is asked of the target in this run."""
        return self._request(self._jobs(), self.facts)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the target's processes."""
        return target.environment(self.job_environ)

    @property
    def installed(self) -> dict[str, str]:
        """Canonical distribution name → version, of the target's interpreter."""
        dependencies = self.facts.dependencies
        return {item.name: item.version for item in dependencies.installed} if dependencies else {}

    # -------------------------------------------------------------------------------------- judgement

    def _kinds(self) -> Iterator[Kind[Any]]:
        for kind in self.registry.kinds:
            if not self.families or kind.family in self.families:
                yield kind

    def checks(self) -> list[Check]:
        """Every subject of this run, in the order of the families; each name once."""
        found = [Check(kind, subject.name) for kind in self._kinds() for subject in kind.subjects(self.facts)]
        return list(dict.fromkeys(found))

    def judge(self, check: Check) -> Judgement:
        """Judge one subject; the first that needs the probes' answers sets them going."""
        if check not in self._judgements:
            if check.kind.family == "health" and check.kind.late:
                self.probe()
            facts = self._with_waiver_uses() if check.kind.name == "waiver" else self.facts
            subject = next((item for item in check.kind.subjects(facts) if item.name == check.subject), None)
            self._judgements[check] = self._judged(check.kind, subject, facts)
        return self._judgements[check]

    def _judged(self, kind: Kind[Any], subject: Subject[Any] | None, facts: Facts) -> Judgement:
        if subject is None:
            return Judgement(
                Outcome.ERRORED, reason="it was there when the items were collected, and is gone now"
            )
        judgement = self.registry.judge(kind, subject, facts)
        judgement = waivers.apply(judgement, self.settings.waivers, dt.datetime.now().astimezone().date())
        return strict(judgement) if self.options.strict else judgement

    def _with_waiver_uses(self) -> Facts:
        """The facts with what became of each waiver, once every other subject has been judged."""
        judgements = [self.judge(check) for check in self.checks() if check.kind.name != "waiver"]
        uses = tuple(
            waivers.use(waiver, used=any(waivers.waives(waiver, judgement) for judgement in judgements))
            for waiver in self._waivers()
        )
        return replace(self.facts, waivers=uses)

    # --------------------------------------------------------------- what fixtures and markers ask for

    def load(self, kind: str, import_string: str) -> tuple[InspectedEntry, tuple[Problem, ...]]:
        """One entry point, or any other import string (kind ``module``), in a fresh interpreter; kept."""
        known = next((seen for seen in self.facts.entries if seen.entry.target == import_string), None)
        if known is not None and known.entry.kind == kind:
            return known, ()
        entry = Entry(kind, import_string, "the test")
        if entry not in self._loaded:
            request = replace(self._request(frozenset({kind, "mapping"}), self.facts), entries=(entry,))
            (seen,), problems = target.inspect(request, self.settings.limits, self.job_environ)
            self._loaded[entry] = seen, problems
        return self._loaded[entry]

    def running_app(self, judge: Judge) -> RunningApp:
        """The application behind its server, started when it is first asked for and stopped by :meth:`close`.

        Args:
            judge: what is wrong with the answers to an expectation, given the application's routes.

        Raises:
            NotRunningError: there is nothing to start, or it does not start.
        """
        from pytest_prodready.probes.client import RunningApp

        if self._running is None:
            web = self.facts.entry("web")
            routes = web.app.routes if web is not None and web.app is not None else None
            app = RunningApp(
                self.request(),
                web,
                self.settings.limits,
                self.environ,
                self.installed,
                lambda expectation, answers: judge(expectation, answers, routes),
            )
            self._running = self._open.enter_context(app)
        return self._running

    def close(self) -> None:
        """Stop what was started for the session."""
        self._open.close()
        self._running = None

    def database(self) -> Database | None:
        """The database's catalogue, read now if the run had no reason to; ``None`` when there is none."""
        if self.facts.database is None and self._catalogue is None:
            found = next(iter(self.discovered.entries), Entry("database", "", "the test"))
            jobs = frozenset({found.kind, "catalogue"})
            request = replace(self._request(jobs, self.facts), entries=(found,))
            (seen,), _ = target.inspect(request, self.settings.limits, self.job_environ)
            self._catalogue = seen.database
        return self.facts.database or self._catalogue

    def dependencies(self) -> tuple[Dependencies, dict[str, str]] | None:
        """What is declared and installed, and the marker environment; ``None`` if nobody answers."""
        facts = self.facts
        if facts.dependencies is None:
            python = target.interpreter(self.python, self.root, self.job_environ)
            if isinstance(python, Problem):
                return None
            facts = self._with_dependencies(replace(facts, interpreter=python), python)
        if facts.dependencies is None or facts.interpreter is None:
            return None
        return facts.dependencies, facts.interpreter.markers


def _one_database(entries: tuple[InspectedEntry, ...]) -> Database | None:
    """What the entry points saw of the database together: each looked up the tables that it maps."""
    first: Database | None = None
    for seen in (entry.database for entry in entries if entry.database is not None):
        if first is None or (first.problem and not seen.problem):
            first = seen
        elif first.source == seen.source:
            columns = tuple(dict.fromkeys((*first.columns, *seen.columns)))
            first = replace(first, columns=columns)
    return first


def _mistake(job: str, error: Exception) -> Problem:
    blank = Redactor(os.environ).blank
    trace = "".join(traceback.format_exception(error)[-8:])
    return Problem(job, blank(f"{type(error).__name__}: {error}"), blank(trace))


def strict(judgement: Judgement) -> Judgement:
    """``--prodready-strict``: a warning is an error, a skip is a failure."""
    if judgement.outcome is Outcome.SKIPPED:
        return replace(judgement, outcome=Outcome.FAILED)
    findings = tuple(
        replace(finding, level=Level.ERROR) if finding.level is Level.WARNING else finding
        for finding in judgement.findings
    )
    failed = judgement.outcome is Outcome.PASSED and any(finding.level is Level.ERROR for finding in findings)
    return replace(judgement, findings=findings, outcome=Outcome.FAILED if failed else judgement.outcome)


def _expectations(
    configured: tuple[Expectation, ...], entries: tuple[InspectedEntry, ...]
) -> tuple[Expectation, ...]:
    """The expectations of the settings, then the health routes of the web app that they do not name."""
    for seen in entries:
        if seen.app is not None and seen.app.routes:
            return (*configured, *health_routes(seen.app.routes, seen.entry.target, configured))
    return configured
