"""What was found of a project's declarations."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts import Location, Problem, Requirement
from pytest_prodready.requirements.file import Local


@dataclass(frozen=True)
class Declarations:
    """The requirements, and what else the files say of them."""

    requirements: tuple[Requirement, ...] = ()
    sources: tuple[str, ...] = ()
    """The files and tables that were read, in words."""
    declared: bool = False
    """At least one of them declares what production installs."""
    static: bool = False
    """pyproject.toml lists dependencies and extras, so that installed metadata can add nothing."""
    setup_py: bool = False
    """setup.py names requirements, which only the installed metadata can tell, as it is never run."""
    possible: tuple[Requirement, ...] = ()
    """What extras ask for that production may install, where the settings name none."""
    complete: bool = True
    """The distribution behind every requirement is known; false for a VCS address without a name, say."""
    name: str = ""
    """The project's canonical name; empty when it has none."""
    locals: tuple[Local, ...] = ()
    requires_python: str = ""
    requires_python_location: Location | None = None
    problems: tuple[Problem, ...] = ()
