"""One entry point as its interpreter saw it, and all that one run has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.celery import Celery
from pytest_prodready.facts.database import Database, Mapping
from pytest_prodready.facts.dependencies import Dependencies, Interpreter
from pytest_prodready.facts.health import Expectation, Health
from pytest_prodready.facts.imports import Effect, ForbiddenImport, ImportCost, Module
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
    modules: tuple[Module, ...] = ()
    mapping: Mapping | None = None
    database: Database | None = None
    revealed: tuple[str, ...] = ()
    """Distributions outside the runtime closure that an installed library asked for, and was given."""
    further: tuple[Failure, ...] = ()
    """Other root causes of the same failing start, found by going on after the first as if it were mended."""
    commands: tuple[Command, ...] = ()
    effects: tuple[Effect, ...] = ()
    """What the imports did besides defining names, in their order."""
    loaded: int = 0
    """How many modules the start loaded, libraries included."""
    costs: tuple[ImportCost, ...] = ()
    """The most expensive imports of the start, by the seconds of their own bodies."""
    forbidden: tuple[ForbiddenImport, ...] = ()
    parsed: int = 0
    """How many source files had to be parsed, as what was read from them before is kept in pytest's cache."""
    unreached: tuple[str, ...] = ()
    """Source files of the application's packages that nothing reaches from here; they were not imported."""
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
    database: Database | None = None
    dependencies: Dependencies | None = None
    expectations: tuple[Expectation, ...] = ()
    health: Health | None = None
    url: str = ""
    """The deployed instance that is probed instead of a server of our own, login blanked; else empty."""
    unset_env: tuple[str, ...] = ()
    """Required environment variables that are missing or empty."""
    required_env: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    """Kinds of effect that ``[tool.prodready.imports] forbid`` makes an error."""
    settings_locations: dict[str, Location] = field(default_factory=dict)
    """Settings key → the line that sets it."""
    problems: tuple[Problem, ...] = ()
    judgeable: int | None = None
    """How many subjects can be judged; ``None`` while they are not known yet."""
    skip_reasons: tuple[str, ...] = ()
    """Why the others cannot."""
    waivers: tuple[WaiverUse, ...] = ()
    looked_for: tuple[str, ...] = ()
    """What discovery looked for and did not find, in words."""

    def entry(self, kind: str) -> InspectedEntry | None:
        """The inspected entry of ``kind`` (``web``, ``celery``), or ``None``."""
        return next((seen for seen in self.entries if seen.entry.kind == kind), None)
