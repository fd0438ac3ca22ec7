"""What was seen in the target: plain frozen data that every floor above shares.

Facts carry no judgement. They travel as JSON (from the target's interpreter, and to pytest-xdist's
workers), so every field is a string, a number, a boolean, ``None``, or a tuple or dict of those or of
another dataclass of this module. :mod:`pytest_prodready.codec` turns them into JSON values and back.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Location:
    """A place in the project; ``file`` is relative to the project's root where it lies inside it."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Entry:
    """Something that production starts, and where the gate learnt of it."""

    kind: str
    """``web`` or ``celery``."""
    target: str
    """An import string: ``src.main:app``, ``src.main:create_app()``, ``src.celery_app:celery_app``."""
    source: str
    """Where it was found, in words: ``[tool.prodready] app``, ``Procfile, web``."""
    location: Location | None = None
    settings_module: str = ""
    """Django's settings module, where the target is a Django project; else empty."""
    pythonpath: tuple[str, ...] | None = None
    """Directories put first on this entry's ``sys.path``, absolute; ``None`` for those of the whole run."""

    @property
    def module(self) -> str:
        """The module part of the import string."""
        return self.target.partition(":")[0]


@dataclass(frozen=True)
class Frame:
    """One line of a traceback, outermost first in a tuple of frames."""

    file: str
    line: int
    function: str
    text: str = ""
    own: bool = False
    """The file belongs to the application, not to the standard library or to an installed distribution."""


@dataclass(frozen=True)
class Missing:
    """What an ``ImportError`` could not find, and what was there instead."""

    module: str
    """The module that does not exist, or the module that lacks ``name``."""
    name: str = ""
    """The name that ``module`` does not have; empty when the module itself is missing."""
    available: tuple[str, ...] = ()
    """The names that the module (or, for a missing module, its parent package) does have."""
    file: str = ""
    """The file of the module that was looked into; empty when there is none."""
    own: bool = False
    """The module belongs to the application: no installation can make it exist."""
    distribution: str = ""
    """The installed distribution outside the runtime closure that would provide it; else empty."""
    shadow: str = ""
    """A local file or directory that hides the standard library's module of this name; else empty."""
    twin: str = ""
    """A module file that can never be imported because a package of its name wins; else empty."""


@dataclass(frozen=True)
class Failure:
    """Why something in the target did not complete."""

    how: str
    """``raised``, ``exited`` (``SystemExit``), ``left`` (``os._exit`` or the like), ``crashed`` (a signal),
    ``hung`` (time limit), or ``lost`` (the inspector could not go on)."""
    message: str
    """The exception's message, or a sentence."""
    type: str = ""
    """The exception's class name."""
    bases: tuple[str, ...] = ()
    """Qualified names of the exception's classes, most derived first."""
    module: str = ""
    """The module that was being imported at that moment; empty when none was."""
    frames: tuple[Frame, ...] = ()
    missing: Missing | None = None
    status: int | None = None
    """The exit status, or the number of the signal."""
    seconds: float | None = None
    """The time limit that ran out."""
    output: str = ""
    """The tail of what the target wrote to stdout and stderr, secrets blanked."""

    @property
    def location(self) -> Location | None:
        """The innermost line of the application, else the innermost line of all, else ``None``."""
        own = [frame for frame in self.frames if frame.own]
        for frame in (own or list(self.frames))[-1:]:
            return Location(frame.file, frame.line)
        return None


@dataclass(frozen=True)
class BrokenImport:
    """An import statement in a nested scope that was tried on the real modules and did not resolve."""

    module: str
    """The module that holds the statement."""
    location: Location
    function: str
    """Qualified name of the function that holds it."""
    statement: str
    failure: Failure
    own: bool
    """What is missing lies in the application's own packages."""
    guard: str = ""
    """``try`` when the code provides for its absence, ``condition`` when it stands behind one, else empty."""


@dataclass(frozen=True)
class Module:
    """One module of the application in the production closure."""

    name: str
    file: str
    deferred: int = 0
    """How many import statements in nested scopes were tried."""
    reached: str = ""
    """The statement that reaches it (``src/tasks.py:12``); empty when it is loaded at start."""
    guard: str = ""
    """``condition`` when every statement that reaches it stands behind one, else empty."""
    failure: Failure | None = None
    broken: tuple[BrokenImport, ...] = ()


@dataclass(frozen=True)
class Route:
    """One route that the web application has registered."""

    path: str
    methods: tuple[str, ...] = ()
    endpoint: str = ""


@dataclass(frozen=True)
class App:
    """What the web entry point's import string named."""

    type: str
    """Qualified name of the object's class; empty when there was no object."""
    interface: str
    """``asgi``, ``wsgi``, or empty when the object is neither."""
    problem: str = ""
    """``missing`` (no such name), ``not-callable``, ``factory`` (a factory that is not called),
    ``needs-arguments``, ``not-an-app``, or empty."""
    detail: str = ""
    """For a problem: the signature, or the type of what was found."""
    available: tuple[str, ...] = ()
    """For a missing name: the names that the module has."""
    location: Location | None = None
    """Where the object, or its module, is defined."""
    factory: bool = False
    routes: tuple[Route, ...] | None = None
    """``None`` when the framework's routes could not be listed."""


@dataclass(frozen=True)
class Task:
    """One task in the registry of the loaded Celery app; Celery's own tasks are left out."""

    name: str
    module: str
    function: str
    location: Location | None
    signature: str = ""
    """As a caller meets it, without ``self``: ``(job_id, tenant=None)``."""
    reaches: tuple[str, ...] = ()
    """Qualified names of functions of the same module that the task's body reaches by direct calls."""


@dataclass(frozen=True)
class Discovery:
    """One package that autodiscovery was asked to search."""

    package: str
    related: str
    found: bool
    exists: bool
    explicit: bool
    """Named in the call, rather than taken from Django's installed apps."""
    failure: Failure | None = None
    """What importing the package raised, and Celery swallowed."""
    available: tuple[str, ...] = ()
    """For a package that does not exist: its would-be siblings."""
    location: Location | None = None
    """The line that names it."""


@dataclass(frozen=True)
class SourceTask:
    """A task that the source defines with a decorator at the top level of a module."""

    module: str
    function: str
    location: Location
    loaded: bool
    """The worker imported the module."""
    registered: str = ""
    """The name under which this very function is registered; empty when it is not."""
    other_app: str = ""
    """The task is bound to this other Celery app; empty when it is not."""
    replaced_by: str = ""
    """Its name belongs to another function: ``src/b.py:10 b.run``; else empty."""
    discovery: str = ""
    """The explicitly discovered package that the module lies in, where discovery did not load it."""


@dataclass(frozen=True)
class BeatEntry:
    """One entry of the effective beat schedule."""

    name: str
    task: str
    registered: bool
    schedule: str = ""
    bind_error: str = ""
    """Why the real task refuses the entry's arguments; empty when it takes them."""
    signature: str = ""
    schedule_error: str = ""
    lost: str = ""
    """For an entry that another of the same name has overwritten: the task that was lost."""
    location: Location | None = None


@dataclass(frozen=True)
class Celery:
    """The Celery app as the worker has it after loading."""

    name: str
    version: str
    tasks: tuple[Task, ...] = ()
    discoveries: tuple[Discovery, ...] = ()
    sources: tuple[SourceTask, ...] = ()
    beat: tuple[BeatEntry, ...] = ()
    failures: tuple[Failure, ...] = ()
    """What loading raised, as the worker would see it."""
    queues: tuple[str, ...] = ()
    routes: dict[str, str] = field(default_factory=dict)
    """Task name → queue, as the app's own router answers."""


@dataclass(frozen=True)
class Member:
    """One member of a Python enum; ``value`` is ``None`` where it is no string."""

    name: str
    value: str | None


@dataclass(frozen=True)
class EnumColumn:
    """A mapped column whose Python type is an enumeration."""

    table: str
    column: str
    schema: str | None
    model: str
    """Qualified name of the mapped class; empty for a table without one."""
    type_name: str
    type_schema: str | None
    sends: tuple[str, ...]
    """The labels that Python would send, in order."""
    enum: str = ""
    """Qualified name of the Python enum; empty for a list of strings."""
    members: tuple[Member, ...] = ()
    native: bool = True
    array: bool = False
    opaque: str = ""
    """Why what is sent cannot be known (a custom type decorator); else empty."""
    location: Location | None = None

    @property
    def name(self) -> str:
        """``table.column``, with the schema in front where there is one."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True)
class MappingFailure:
    """One class whose mapping does not configure."""

    model: str
    attribute: str
    failure: Failure
    location: Location | None = None
    warned: bool = False
    """It does configure: this version of SQLAlchemy only warns of what others refuse."""
    defined: Location | None = None
    """Where the class that could not be found by its name is written, in a module that was not loaded."""


@dataclass(frozen=True)
class Mapping:
    """What SQLAlchemy's mappers of the loaded application say."""

    classes: tuple[str, ...] = ()
    columns: tuple[EnumColumn, ...] = ()
    failures: tuple[MappingFailure, ...] = ()


@dataclass(frozen=True)
class DatabaseEnum:
    """One enum type of the database with its labels in their order."""

    schema: str
    name: str
    labels: tuple[str, ...]
    visible: bool
    """Found through the session's search path without naming its schema."""


@dataclass(frozen=True)
class DatabaseColumn:
    """One column of a table or view that the application maps an enumeration to."""

    schema: str
    table: str
    column: str
    visible: bool
    type: str
    """The type as the database writes it: ``character varying(20)``, ``place_status``."""
    enum_schema: str = ""
    enum_name: str = ""
    """The enum type behind it (through arrays and domains); empty when there is none."""


@dataclass(frozen=True)
class Database:
    """The database that the application would use, read in a read-only transaction."""

    source: str
    """``env:DATABASE_URL``, or the engine's own place: ``src.db.engine``."""
    dialect: str = ""
    driver: str = ""
    version: str = ""
    read_only: bool = False
    """The server itself said so."""
    problem: str = ""
    """``unreachable``, ``refused`` (login, permission), ``driver``, ``unsupported``, ``unset``, or empty."""
    detail: str = ""
    """For a problem: a sentence without any credential."""
    enums: tuple[DatabaseEnum, ...] = ()
    columns: tuple[DatabaseColumn, ...] = ()


@dataclass(frozen=True)
class InspectedEntry:
    """What one fresh interpreter saw of one entry point."""

    entry: Entry
    failure: Failure | None = None
    """Why it did not load; everything below is empty then."""
    seconds: float = 0.0
    app: App | None = None
    celery: Celery | None = None
    modules: tuple[Module, ...] = ()
    mapping: Mapping | None = None
    database: Database | None = None
    revealed: tuple[str, ...] = ()
    """Distributions outside the runtime closure that an installed library asked for, and was given."""


@dataclass(frozen=True)
class Interpreter:
    """The target's interpreter."""

    executable: str
    version: str
    path: tuple[str, ...]
    """``sys.path`` as production gets it."""
    markers: dict[str, str] = field(default_factory=dict)
    """The environment that PEP 508 markers are evaluated in."""


@dataclass(frozen=True)
class Requirement:
    """One declared requirement of the project."""

    text: str
    name: str
    """Canonical name; empty when ``problem`` says why it could not be read."""
    specifier: str
    location: Location
    extras: tuple[str, ...] = ()
    applies: bool = True
    """Its marker holds in the target's interpreter."""
    constraint: bool = False
    """From a constraints file: bounds the version, asks for nothing."""
    problem: str = ""


@dataclass(frozen=True)
class Distribution:
    """One installed distribution of the target's interpreter."""

    name: str
    """Canonical name."""
    version: str
    place: str = ""
    """The directory that holds it."""


@dataclass(frozen=True)
class Dependencies:
    """What is declared, and what is installed."""

    declared: bool
    """A runtime declaration was found, so that the runtime closure is known."""
    sources: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    installed: tuple[Distribution, ...] = ()
    python: str = ""
    """The target's version."""
    requires_python: str = ""
    requires_python_location: Location | None = None
    hidden: dict[str, str] = field(default_factory=dict)
    """Top-level module → the installed distribution outside the runtime closure that provides it."""
    undeclared: str = ""
    """Why no runtime declaration was found, as a reason for a skip; empty where one was."""


@dataclass(frozen=True)
class Expectation:
    """What one endpoint must answer."""

    path: str
    status: tuple[int, ...] = ()
    """Accepted status codes; empty means any success."""
    method: str = "GET"
    json: dict[str, object] | None = None
    """A subset that the JSON body must contain."""
    headers: dict[str, str] = field(default_factory=dict)
    """Header → ``env:NAME`` or a literal; values are resolved only when the request is sent."""
    refuse_without: tuple[str, ...] = ()
    source: str = ""
    location: Location | None = None
    found: bool = False
    """Found by the gate rather than written in the settings."""


@dataclass(frozen=True)
class Answer:
    """One request and what came back."""

    path: str
    method: str = "GET"
    without: str = ""
    """The header that was left out; empty for the full request."""
    status: int | None = None
    """``None`` when no answer came."""
    content_type: str = ""
    body: str = ""
    """The first part of the body, secrets blanked."""
    json: object = None
    """The decoded body; ``None`` when it is not JSON (see ``json_error``)."""
    json_error: str = ""
    error: str = ""
    """Why no answer came, or why it was not asked, in a sentence."""
    unset: str = ""
    """The environment variable that a header needs and that is not set."""
    location_header: str = ""


@dataclass(frozen=True)
class Server:
    """The server under probe."""

    url: str
    command: str = ""
    """What was run, as one line; empty for a deployed instance."""
    source: str = ""
    started: bool = False
    skipped: str = ""
    """Why nothing was started (no server installed, nothing to serve); else empty."""
    failure: Failure | None = None
    log: str = ""
    """The tail of its output, secrets blanked."""
    attempts: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Health:
    """The server and its answers."""

    server: Server
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something that the gate itself could not do."""

    job: str
    message: str
    detail: str = ""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
