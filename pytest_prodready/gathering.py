"""Where the facts of a run come from: discovery, the target's interpreters, the installation, the probes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_prodready import contract, target
from pytest_prodready.discovery import Discovered, discover
from pytest_prodready.distributions import inspect as inspect_distributions
from pytest_prodready.facts import (
    Absence,
    Answer,
    Contract,
    Database,
    Dependencies,
    Entry,
    Expectation,
    Facts,
    Health,
    Hello,
    InspectedEntry,
    Problem,
    Route,
    Server,
)
from pytest_prodready.findings import Fault
from pytest_prodready.health import addresses
from pytest_prodready.health.kubernetes import asked_by_kubelet, own_probes, with_probes
from pytest_prodready.health.routes import health_routes, with_role
from pytest_prodready.linters import ruff
from pytest_prodready.options import Options
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request, Watch
from pytest_prodready.settings import FORBIDDEN, Settings
from pytest_prodready.settings.health import KUBELET
from pytest_prodready.wording import listed, nearest

if TYPE_CHECKING:
    from pytest_prodready.probes.client import RunningApp

Judge = Callable[[Expectation, tuple[Answer, ...], tuple[Route, ...] | None], list[Fault]]
"""What is wrong with the answers to an expectation, given the application's routes."""


class Gathering:
    """Asks on behalf of one run; a mistake of ours becomes a problem among the facts, never the run's end.

    Args:
        root: the project's directory.
        settings: its ``[tool.prodready]``.
        options: the command line.
        environ: the environment of the job that runs the gate.
        cache: a directory to keep what was read from sources in; ``None`` for none.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        options: Options,
        environ: Mapping[str, str],
        cache: Path | None = None,
    ) -> None:
        self.root = root
        self.cache = cache
        self.settings = settings
        self.options = options
        self.job_environ = dict(environ)
        self.python = options.python or sys.executable
        self.watch: Watch | None = None
        """Is told of the imports while entry points load."""
        self._problems: list[Problem] = []

    @cached_property
    def discovered(self) -> Discovered:
        """What settings and discovery answer, without starting anything."""
        try:
            return discover(self.root, self.settings, self.job_environ)
        except Exception as error:
            self._problems.append(mistake("discovery", error))
            return Discovered()

    def gather(self, jobs: frozenset[str]) -> Facts:
        """Everything that ``jobs`` ask for, but for the probes' answers."""
        try:
            return self._gather(jobs)
        except Exception as error:
            return Facts(root=str(self.root), problems=(mistake("the gate", error),))

    def _gather(self, jobs: frozenset[str]) -> Facts:
        found, settings = self.discovered, self.settings
        facts = Facts(
            root=str(self.root),
            packages=found.packages,
            url=Redactor(self.job_environ).blank(self.options.url),
            expectations=_expectations(settings.health.probes, ()),
            kubelet=settings.health.probe_as == KUBELET,
            required_env=settings.required_env,
            forbid=settings.imports.forbid,
            live=self.options.live,
            contract=self.contract(),
            unset_env=tuple(name for name in settings.required_env if not self.job_environ.get(name)),
            empty_env=tuple(name for name in settings.required_env if self.job_environ.get(name) == ""),
            settings_locations=settings.locations,
            workers=found.workers,
            migrating=found.migrating,
            vendor=settings.database.vendor,
            deployed_vendors=found.vendors,
            looked_for=found.looked_for,
            problems=tuple(self._problems),
        )
        if not jobs - {"environment"}:
            return facts
        facts = self.with_dependencies(facts)
        if facts.interpreter is None:
            return facts
        request = self.request(jobs, facts)
        entries, problems = target.inspect(request, settings.limits, self.job_environ)
        named = self._unknown_entries(self.entries(facts)) if found.scripts_elsewhere else ()
        remedy = "Write the import string of an entry point, as the header shows it."
        unknown = [Problem(f"the start of {name}", message, remedy=remedy) for name, message in named]
        gathered = replace(
            facts,
            entries=entries,
            problems=(*facts.problems, *unknown, *problems),
            databases=_databases(entries),
        )
        probes = own_probes(found.http_probes, gathered.entry("web"))
        configured = with_probes(settings.health.probes, probes)
        gathered = replace(
            gathered, http_probes=probes, expectations=_expectations(configured, gathered.entries)
        )
        if "controls" in jobs and not self.options.url:
            declared, place = settings.health.dependencies, settings.health.dependencies_location
            environ = target.environment(self.job_environ)
            planned = addresses.plan(declared, gathered.entry("web"), environ, place)
            gathered = replace(gathered, controls=planned)
        return self._with_linting(jobs, self._with_environment(request, gathered))

    def _with_linting(self, jobs: frozenset[str], facts: Facts) -> Facts:
        """``facts`` with what the linter says of the production closure, where one is installed."""
        linter = ruff.installed() if "linters" in jobs else None
        if linter is None or facts.interpreter is None:
            return facts
        files = {seen.file for entry in facts.entries for seen in entry.modules if seen.file.endswith(".py")}
        said = ruff.look(
            linter,
            self.root,
            files,
            facts.interpreter.version,
            self.settings.limits.load,
            Redactor(self.job_environ),
        )
        if isinstance(said, Problem):
            return replace(facts, problems=(*facts.problems, said))
        return replace(facts, linting=said)

    def _with_environment(self, request: Request, facts: Facts) -> Facts:
        """``facts`` with what becomes of starts without a required variable, and of greeting the services."""
        absences: tuple[Absence, ...] = ()
        hellos: tuple[Hello, ...] = ()
        if "absences" in request.jobs and facts.required_env:
            from pytest_prodready import absences as without  # it may start servers: httpx is loaded

            installed = _versions(facts.dependencies)
            absences = without.look(request, facts, self.settings.limits, self.job_environ, installed)
        if "services" in request.jobs:
            from pytest_prodready.probes import services

            named = {one.address: one for seen in reversed(facts.entries) for one in reversed(seen.services)}
            hellos = services.greet(reversed(named.values()), self.settings.limits.live)
        return replace(facts, absences=absences, hellos=hellos)

    def contract(self) -> Contract | None:
        """What an earlier ``--prodready-update`` has written down; ``None`` where there is nothing."""
        written = self.settings.celery
        return contract.read(self.root, self.contract_file, written.contract_location)

    @property
    def contract_file(self) -> str:
        """Where the contract with messages in flight stands, relative to the project."""
        return self.settings.celery.contract or contract.FILE

    def with_dependencies(self, facts: Facts) -> Facts:
        """``facts`` with the interpreter and what is installed in it; without both if it does not answer."""
        python = target.interpreter(self.python, self.root, self.job_environ)
        if isinstance(python, Problem):
            return replace(facts, problems=(*facts.problems, python))
        dependencies, problems = inspect_distributions(self.root, self.settings, python)
        return replace(
            facts,
            interpreter=python,
            dependencies=dependencies,
            problems=(*facts.problems, *problems),
        )

    def request(self, jobs: frozenset[str], facts: Facts) -> Request:
        """What is asked of the target."""
        found, dependencies = self.discovered, facts.dependencies
        kinds = jobs | ({"celery"} if "worker" in jobs else set())
        known = self.entries(facts)
        entries = tuple(entry for entry in known if entry.kind in kinds)
        # names are read where something else loads most of the application, if anything does
        if "names" in jobs and not entries:
            entries = tuple(entry for entry in known if entry.kind == "script")
        hidden = dependencies.hidden if dependencies is not None else {}
        written = self.settings.database
        return Request(
            root=self.root,
            python=self.python,
            jobs=jobs,
            entries=entries,
            packages=found.packages,
            pythonpath=found.pythonpath,
            path=tuple(facts.interpreter.path) if facts.interpreter is not None else (),
            database=found.database,
            alembic=found.alembic,
            scan=(written.scan_rows, written.scan_seconds) if written.scan else None,
            serve=self.settings.serve,
            servers=found.servers,
            url=self.options.url,
            health=self.settings.health,
            hidden=hidden,
            hidden_distributions=tuple(sorted(set(hidden.values()))),
            brings=dependencies.among_hidden() if dependencies is not None else {},
            cache=self.cache,
            forbidden=self.settings.imports.forbidden_at_import,
            watch=self.watch,
        )

    def entries(self, facts: Facts) -> tuple[Entry, ...]:
        """What production starts: what discovery has found, and the scripts that only metadata declares."""
        found = self.discovered
        if not found.scripts_elsewhere or facts.dependencies is None:
            return found.entries
        known = {entry.target for entry in found.entries}
        more = (entry for entry in facts.dependencies.scripts if entry.target not in known)
        return (*found.entries, *more)

    def mistakes(self) -> list[str]:
        """What the settings say about entry points that there are not, as far as files can tell."""
        if not self.settings.imports.forbidden_at_import or self.discovered.scripts_elsewhere:
            return []
        return [message for _, message in self._unknown_entries(self.discovered.entries)]

    def _unknown_entries(self, entries: tuple[Entry, ...]) -> Iterator[tuple[str, str]]:
        """Each name in ``forbidden_at_import`` that no entry point has, with what is wrong."""
        targets = [entry.target for entry in entries]
        place = self.settings.locations.get(FORBIDDEN)
        for name in self.settings.imports.forbidden_at_import:
            if name not in targets:
                near = nearest(name, targets)
                meant = f'did you mean "{near}"?' if near else f"there are {listed(targets) or 'none'}"
                words = f'"forbidden_at_import" names the entry point "{name}", which does not exist'
                yield name, f"{place}: [tool.prodready.imports] {words} — {meant}"

    def inspect(
        self, entry: Entry, jobs: frozenset[str], facts: Facts, tables: Iterable[str] = ()
    ) -> tuple[InspectedEntry, tuple[Problem, ...]]:
        """One entry, whatever discovery has found, in a fresh interpreter.

        Of ``tables`` the columns are read, too, although nothing may map them.
        """
        request = replace(self.request(jobs, facts), entries=(entry,), tables=tuple(sorted(tables)))
        (seen,), problems = target.inspect(request, self.settings.limits, self.job_environ)
        return seen, problems

    def answers(self, jobs: frozenset[str], facts: Facts) -> Health:
        """Start the server, ask every endpoint, stop the server."""
        from pytest_prodready import probes  # httpx is loaded only when something is asked

        try:
            return probes.check(
                self.request(jobs, facts),
                facts.entry("web"),
                facts.expectations,
                self.settings.limits,
                target.environment(self.job_environ),
                _versions(facts.dependencies),
                facts.controls,
                asked_by_kubelet(facts.expectations, facts.http_probes, facts.kubelet),
            )
        except Exception as error:
            return Health(Server(""), mistakes={"server": mistake("the probes", error).message})

    def app(self, jobs: frozenset[str], facts: Facts, judge: Judge) -> RunningApp:
        """The application behind its server, not started yet."""
        from pytest_prodready.probes.client import RunningApp

        web = facts.entry("web")
        routes = web.app.routes if web is not None and web.app is not None else None
        return RunningApp(
            self.request(jobs, facts),
            web,
            self.settings.limits,
            target.environment(self.job_environ),
            _versions(facts.dependencies),
            lambda expectation, answers: judge(expectation, answers, routes),
        )


def mistake(job: str, error: Exception) -> Problem:
    """A mistake of ours as a problem of the run."""
    blank = Redactor(os.environ).blank
    trace = "".join(traceback.format_exception(error)[-8:])
    return Problem(job, blank(f"{type(error).__name__}: {error}"), blank(trace))


def _versions(dependencies: Dependencies | None) -> dict[str, str]:
    """Canonical distribution name → version."""
    return {item.name: item.version for item in dependencies.installed} if dependencies else {}


def _databases(entries: tuple[InspectedEntry, ...]) -> tuple[Database, ...]:
    """What the entry points saw of each database together: each looked up the tables that it maps."""
    merged: dict[str, Database] = {}
    for seen in (one for entry in entries for one in entry.databases):
        first = merged.get(seen.name)
        if first is None or (first.problem and not seen.problem):
            merged[seen.name] = seen
        elif first.source == seen.source:
            merged[seen.name] = replace(
                first,
                columns=tuple(dict.fromkeys((*first.columns, *seen.columns))),
                checks=tuple(dict.fromkeys((*first.checks, *seen.checks))),
                stored=tuple(dict.fromkeys((*first.stored, *seen.stored))),
            )
    defaults = [name for name in ("", "default") if name in merged]
    return tuple(merged[name] for name in dict.fromkeys((*defaults, *sorted(merged))))


def _expectations(
    configured: tuple[Expectation, ...], entries: tuple[InspectedEntry, ...]
) -> tuple[Expectation, ...]:
    """The expectations of the settings, then the health routes of the web app that they do not name."""
    configured = tuple(map(with_role, configured))
    for seen in entries:
        if seen.app is not None and seen.app.routes:
            return (*configured, *health_routes(seen.app.routes, seen.entry.target, configured))
    return configured
