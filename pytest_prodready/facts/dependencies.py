"""The target's interpreter, what is declared, and what is installed in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Entry, Location


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The target's interpreter."""

    executable: str
    version: str
    path: tuple[str, ...]
    """``sys.path`` as production gets it."""
    markers: dict[str, str] = field(default_factory=dict)
    """The environment that PEP 508 markers are evaluated in."""
    abi: str = ""
    """CPython's tag for compiled modules: ``cp311``, ``cp313t``; empty for other implementations."""


@dataclass(frozen=True, slots=True)
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


PRODUCTION = "production"
"""The declared runtime requirements pull it in."""
POSSIBLE = "possible"
"""Only extras of the project do, of which nobody says whether production installs them."""
INSTALLED = "installed"
"""It is installed here, and nothing that is declared for production pulls it in."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution of the target's interpreter."""

    name: str
    """Canonical name."""
    version: str
    place: str = ""
    """The directory that holds it."""
    within: str = PRODUCTION
    """:data:`PRODUCTION`, :data:`POSSIBLE` or :data:`INSTALLED`."""
    way: tuple[str, ...] = ()
    """From a declared requirement to itself, each as ``name`` or ``name[extra]``."""
    modules: tuple[str, ...] = ()
    """The top-level modules that it brings, as far as its list of files tells."""
    lacking: tuple[str, ...] = ()
    """Files of its list that are not on the disk, as far as imports and their data may need them."""
    tags: tuple[str, ...] = ()
    """The tags of its wheel, where the interpreter takes none of them; else empty."""
    problem: str = ""
    """What is wrong with its metadata, although it says what it is; else empty."""
    further: tuple[str, ...] = ()
    """Other versions of it behind it on the path, each with its directory."""
    beside: tuple[str, ...] = ()
    """Versions of it whose metadata lies in the same directory: which one is read depends on chance."""
    importable: bool = True
    """It brings a module, or anything else of use: scripts, plugins, data, other distributions."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one installed distribution requires of another in this environment."""

    distribution: str
    """Canonical name of the one that requires."""
    name: str
    """Canonical name of what it requires."""
    specifier: str
    extra: str = ""
    """The extra of ``distribution`` that it stands behind; empty for what is required in any case."""
    asked: bool = True
    """The extra was asked for; true where there is none."""
    within: str = PRODUCTION
    """What leads to ``distribution``, and to its extra if it was asked for."""
    way: tuple[str, ...] = ()
    """How the declared requirements lead there, see :class:`Distribution`."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Metadata that cannot be read."""

    place: str
    """The directory of the metadata, such as ``shop-1.0.dist-info``, with its path."""
    name: str
    """The canonical name in the directory's name; empty when it has none."""
    reason: str
    leftover: bool = False
    """It has neither metadata nor a list of files, or pip has set it aside: an interrupted removal."""
    within: str = INSTALLED


@dataclass(frozen=True, slots=True)
class SharedModule:
    """A top-level module of which two or more distributions claim the same file."""

    module: str
    distributions: tuple[str, ...]
    files: tuple[str, ...]
    """The files that they claim with another content each, the first few."""
    count: int = 0
    """How many there are."""
    wins: str = ""
    """The distribution whose content the first of them has on the disk; empty when it is none of theirs."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One distribution in a lock file, that this environment would install from it."""

    name: str
    versions: tuple[str, ...]
    """Several where the lock has some for different environments, and does not say which one is this."""
    location: Location
    required: bool = False
    """The lock is a list of what to install: it should be there."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A declared requirement that a lock does not have as it is declared now."""

    requirement: Requirement
    locked: str
    """The version in the lock; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock file that counts."""

    file: str
    packages: tuple[Locked, ...] = ()
    problem: str = ""
    """Why it says nothing: it cannot be read, or is of a version that is not known."""
    location: Location | None = None
    unknown: bool = False
    """The problem is a version of the format that is not known here; others may know it."""
    stale: tuple[Stale, ...] = ()
    others: tuple[str, ...] = ()
    """The lock files that do not count beside it."""


@dataclass(frozen=True, slots=True)
class Bringer:
    """An installed distribution that is not the project, and brings packages of the application."""

    name: str
    """Canonical name."""
    modules: tuple[str, ...]
    """Its top-level modules."""
    requires: tuple[str, ...]
    """Canonical names of all that its metadata asks for, with any marker, and any extra but those of its
    developers."""


@dataclass(frozen=True, slots=True)
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
    optional: tuple[str, ...] = ()
    """Canonical names of what only extras of the project ask for that production may install."""
    scripts: tuple[Entry, ...] = ()
    """The console scripts in the metadata of the installed distributions that are the application itself."""
    bounds: tuple[Bound, ...] = ()
    """What the installed distributions require of each other; behind extras that nobody asked for, only what
    bounds something that is installed."""
    own: tuple[str, ...] = ()
    """Canonical names of the installed distributions that are the application itself."""
    bringers: tuple[Bringer, ...] = ()
    """The others that bring packages of the application, as far as the project's directory has no such."""
    also: tuple[str, ...] = ()
    """Canonical names of ``runtime.also``."""
    unreadable: tuple[Unreadable, ...] = ()
    shared: tuple[SharedModule, ...] = ()
    lock: Lock | None = None
    complete: bool = True
    """The distribution behind every declared requirement is known."""

    def among_hidden(self) -> dict[str, tuple[str, ...]]:
        """Each distribution that is hidden from the target → those of them that it requires."""
        outside = set(self.hidden.values())
        found: dict[str, list[str]] = {}
        for one in self.bounds:
            if one.asked and {one.distribution, one.name} <= outside:
                found.setdefault(one.distribution, []).append(one.name)
        return {name: tuple(required) for name, required in found.items()}
