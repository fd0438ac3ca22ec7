"""The application's modules, what stands in their way, and what their imports do and cost."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the way of a task to a line."""

    location: Location
    module: str
    """The module of the function that is called."""
    function: str
    """Its qualified name."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a Celery task reaches a function: call by call, none for the task's own function."""

    task: str
    part: str = ""
    """The method of the task's class where it begins, such as ``on_failure``; empty for its body."""
    steps: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokenImport:
    """An import that runs later than its module, or in a ``try``, and that failed on the real modules."""

    module: str
    """The module that holds the statement."""
    location: Location
    function: str
    """Qualified name of the function that holds it; empty for one at the top of its module."""
    statement: str
    failure: Failure
    own: bool
    """What is missing lies in the application's own packages."""
    guard: str = ""
    """``condition`` when it stands behind one; ``try`` when the code goes on without a module that is there
    and does not import; else empty."""
    ways: tuple[Way, ...] = ()
    """How Celery tasks can reach the function that holds the statement, one for each that can."""


@dataclass(frozen=True, slots=True)
class Importer:
    """A module that imports a name which another module of this name took from it."""

    module: str
    location: Location
    own: bool
    """It is the application's, which may well mean its own module."""
    missing: tuple[str, ...] = ()
    """Names of the hidden module that its source uses and that the winner does not have."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A top-level module of the application that wins over a standard or an installed one of its name."""

    path_entry: str
    """The directory on ``sys.path`` that exposes it, relative to the root: ``.`` for the root itself."""
    because: str
    """Why that directory is there: ``directory`` (the working directory), ``start`` (the start command or the
    settings), ``environment`` (``PYTHONPATH``); empty when it is not known."""
    standard: bool
    """The standard library's module is hidden; else an installed distribution's."""
    hidden: str
    """The file that loses, or empty for one that is built into the interpreter."""
    distribution: str = ""
    """The installed distribution whose module is hidden; else empty."""
    importers: tuple[Importer, ...] = ()


@dataclass(frozen=True, slots=True)
class Twin:
    """Two files of the application that claim one module name."""

    winner: str
    """The file or directory that an import finds."""
    loser: str
    """The one that can never be imported, or, for ``case``, that another file system takes for the winner."""
    how: str
    """``package`` (``x/__init__.py`` wins over ``x.py``), ``module`` (``x.py`` over a directory without
    ``__init__.py``), or ``case`` (names that differ only in case)."""


@dataclass(frozen=True, slots=True)
class SecondName:
    """One of the names under which a file was executed more than once."""

    name: str
    importers: tuple[str, ...] = ()
    """The application's modules that hold the module of this name, or a function or class of it."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A top-level definition that a later one of the same name replaces before anything used it."""

    name: str
    first: Location
    second: Location
    identical: bool = False
    """Both are the same code."""


EFFECTS = (
    "network",
    "subprocess",
    "listen",
    "file",
    "thread",
    "fork",
    "directory",
    "output",
    "path",
    "memory",
)
"""The kinds of :class:`Effect`."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that an import did besides defining names."""

    kind: str
    """One of :data:`EFFECTS`."""
    detail: str
    """The address, program, file, thread or amount; never an argument list, which may hold a secret."""
    location: Location | None = None
    """The application's innermost line that led to it."""
    module: str = ""
    """The module that was being imported; empty when none was."""
    library: str = ""
    """The installed module whose own import did it, not a call of the application; else empty."""
    times: int = 1


@dataclass(frozen=True, slots=True)
class ImportCost:
    """What one module cost while the entry point was loaded."""

    module: str
    seconds: float
    """Of its own body, without the imports in it."""
    total: float
    """With the imports in it, in seconds."""


@dataclass(frozen=True, slots=True)
class ForbiddenImport:
    """A module that an entry point must not load at start, and was seen to load."""

    module: str
    chain: tuple[str, ...]
    """The modules whose imports led to it, outermost first."""
    location: Location | None = None
    """The application's innermost line that led to it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A top-level module from outside the application that one of its modules imports."""

    module: str
    line: int
    guard: str = ""
    """``try`` or ``condition``, where it is imported only if it is there or wanted; else empty."""
    uses: tuple[str, ...] = ()
    """Names of the module's optional features that the importing module calls (``read_excel``)."""


@dataclass(frozen=True, slots=True)
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
    shadow: Shadow | None = None
    twin: Twin | None = None
    compiled: str = ""
    """``sourceless`` when only a compiled file is there, ``stale`` when the compiled file that runs was made
    from another source, ``unloaded`` when a compiled file without source lies there that nothing loaded here;
    else empty."""
    also: tuple[SecondName, ...] = ()
    """Every name under which the same file was executed, this one first; empty when it was executed once."""
    replaced: tuple[Replaced, ...] = ()
    further: tuple[Failure, ...] = ()
    """Other root causes why it does not import, found by going on after ``failure`` as if it were mended."""
    imports: tuple[Imported, ...] = ()
    """What it imports from outside, the standard library left out; each top-level module once."""
