"""The application's modules, and the import statements that did not resolve."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


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
