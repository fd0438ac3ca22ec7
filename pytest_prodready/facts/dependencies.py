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


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution of the target's interpreter."""

    name: str
    """Canonical name."""
    version: str
    place: str = ""
    """The directory that holds it."""


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
