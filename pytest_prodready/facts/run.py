"""One entry point as its interpreter saw it, and all that one run has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.celery import Celery
from pytest_prodready.facts.celery_beat import BeatRows
from pytest_prodready.facts.celery_calls import CallSite
from pytest_prodready.facts.celery_contract import Contract
from pytest_prodready.facts.celery_live import Live
from pytest_prodready.facts.celery_tenants import Tenancy
from pytest_prodready.facts.celery_wiring import Binding
from pytest_prodready.facts.celery_workers import WorkerCommand
from pytest_prodready.facts.database import Database, Mapping
from pytest_prodready.facts.dependencies import Dependencies, Interpreter
from pytest_prodready.facts.django import DjangoProject, Receiver
from pytest_prodready.facts.environment import Absence, EnvironmentRead, Hello, Service, SettingsField
from pytest_prodready.facts.health import Control, Expectation, Health, HttpProbe
from pytest_prodready.facts.imports import Effect, ForbiddenImport, ImportCost, Module
from pytest_prodready.facts.linters import Linting
from pytest_prodready.facts.migrations import MigrateCommand, Migrations, VendorMark
from pytest_prodready.facts.names import Names
from pytest_prodready.facts.places import Entry, Failure, Location
from pytest_prodready.facts.web import App


@dataclass(frozen=True, slots=True)
class Command:
    """One management command of the application, loaded after Django was set up as ``manage.py`` does it."""

    name: str
    module: str
    location: Location | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class InspectedEntry:
    """What one fresh interpreter saw of one entry point."""

    entry: Entry
    failure: Failure | None = None
    """Why it did not load; everything below is empty then."""
    seconds: float = 0.0
    """What its imports, and the factory if there is one, took."""
    app: App | None = None
    celery: Celery | None = None
    binding: Binding | None = None
    """Of a web app that has shared tasks of the application loaded."""
    call_sites: tuple[CallSite, ...] = ()
    """The calls in its closure that send tasks."""
    beat_rows: BeatRows | None = None
    """The table of django-celery-beat, where the project has it."""
    tenancy: Tenancy | None = None
    """Of a Celery app in a project that has a schema for each tenant."""
    live: Live | None = None
    """Its live workers, where the command line asks for them."""
    modules: tuple[Module, ...] = ()
    mapping: Mapping | None = None
    databases: tuple[Database, ...] = ()
    """The default one first; empty where nothing asked for one."""
    migrations: Migrations | None = None
    """Of the first entry point alone: they are the same for all of them."""
    revealed: tuple[str, ...] = ()
    """Distributions outside the runtime closure that an installed library asked for, and was given."""
    further: tuple[Failure, ...] = ()
    """Other root causes of the same failing start, found by going on after the first as if it were mended."""
    commands: tuple[Command, ...] = ()
    effects: tuple[Effect, ...] = ()
    """What the imports did besides defining names, in their order."""
    loaded: int = 0
    """How many modules the start loaded, libraries included."""
    libraries: tuple[str, ...] = ()
    """The top-level modules from outside of the application and the standard library that were loaded."""
    costs: tuple[ImportCost, ...] = ()
    """The most expensive imports of the start, by the seconds of their own bodies."""
    forbidden: tuple[ForbiddenImport, ...] = ()
    parsed: int = 0
    """How many source files had to be parsed, as what was read from them before is kept in pytest's cache."""
    unreached: tuple[str, ...] = ()
    """Source files of the application's packages that nothing reaches from here; they were not imported."""
    environment_reads: tuple[EnvironmentRead, ...] = ()
    """The variables that the application's own lines read while it was loaded; also of one that failed."""
    settings_fields: tuple[SettingsField, ...] = ()
    """Fields without default of its pydantic settings classes; also of one that failed."""
    services: tuple[Service, ...] = ()
    """What its configuration names, where the command line or the negative control asks for it."""
    django: DjangoProject | None = None
    """Of the web app of a Django project, or of its management commands where there is none."""
    receivers: tuple[Receiver, ...] = ()
    """The application's own receivers of Django's signals, once it has been loaded."""
    names_asked: Names | None = None
    """What its code asks of the classes that are known; of one entry point alone."""
    names: dict[str, Failure] = field(default_factory=dict)
    """Of a script: attribute → why the module that imports does not give what the script calls."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the gate itself could not do."""

    job: str
    message: str
    detail: str = ""
    remedy: str = ""
    """What to do, where it is no mistake of the gate's."""
    location: Location | None = None
    """The line of the project that it is about, if there is one."""


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """One waiver of the settings, and what the run made of it."""

    code: str
    subject: str
    reason: str
    until: str
    """ISO date."""
    expired: bool
    used: bool
    """A finding of this run is what it waives."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one run has seen."""

    root: str
    packages: tuple[str, ...] = ()
    """Top-level names of the application's own modules and packages."""
    interpreter: Interpreter | None = None
    entries: tuple[InspectedEntry, ...] = ()
    databases: tuple[Database, ...] = ()
    """The default one first; empty where nothing asked for one."""
    dependencies: Dependencies | None = None
    expectations: tuple[Expectation, ...] = ()
    health: Health | None = None
    controls: tuple[Control, ...] = ()
    """The dependencies that readiness is to be asked without, before that was done."""
    http_probes: tuple[HttpProbe, ...] = ()
    """The probes of the application that the manifests of Kubernetes describe."""
    kubelet: bool = False
    """The settings say that production's probes are those of Kubernetes."""
    url: str = ""
    """The deployed instance that is probed instead of a server of our own, login blanked; else empty."""
    unset_env: tuple[str, ...] = ()
    """Required environment variables that are missing or empty."""
    empty_env: tuple[str, ...] = ()
    """Those of them that are set, and empty."""
    required_env: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()
    """What the entry points do that were started without one of them."""
    hellos: tuple[Hello, ...] = ()
    """What came of greeting the services, where the command line asks for it."""
    forbid: tuple[str, ...] = ()
    """Kinds of effect that ``[tool.prodready.imports] forbid`` makes an error."""
    live: bool = False
    """The command line asks for the live workers."""
    settings_locations: dict[str, Location] = field(default_factory=dict)
    """Settings key → the line that sets it."""
    linting: Linting | None = None
    """What the linter says of the production closure; ``None`` where it was not asked, or gave no answer."""
    problems: tuple[Problem, ...] = ()
    judgeable: int | None = None
    """How many subjects can be judged; ``None`` while they are not known yet."""
    skip_reasons: tuple[str, ...] = ()
    """Why the others cannot."""
    waivers: tuple[WaiverUse, ...] = ()
    contract: Contract | None = None
    """What messages of the last release ask of the workers; ``None`` where nothing was written down."""
    workers: tuple[WorkerCommand, ...] = ()
    """The worker commands of the deployment, or what the settings say in their place."""
    migrating: tuple[MigrateCommand, ...] = ()
    """The commands of the deployment that migrate a database."""
    vendor: str = ""
    """Of production's database, as the settings say it; else empty."""
    deployed_vendors: tuple[VendorMark, ...] = ()
    """The vendors whose addresses stand in the files of the deployment."""
    looked_for: tuple[str, ...] = ()
    """What discovery looked for and did not find, in words."""

    def entry(self, kind: str) -> InspectedEntry | None:
        """The inspected entry of ``kind`` (``web``, ``celery``), or ``None``."""
        return next((seen for seen in self.entries if seen.entry.kind == kind), None)

    def database_named(self, name: str) -> Database | None:
        """What was read of the database that a table's ``bind`` names; ``None`` when it was not."""
        return next((one for one in self.databases if one.name == name), None)
