"""The commands with which production starts its web server."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """A command of the deployment that starts the web app, as it is written there."""

    program: str
    """``uvicorn``, ``gunicorn`` …; ``runserver`` for Django's own server."""
    words: tuple[str, ...] = ()
    """What stands behind the program; ``{port}`` where it names the variable ``PORT``, and variables that
    are not known here as they are written."""
    source: str = ""
    """Where it was found, in words: ``Procfile, web``."""
    location: Location | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """The assignments in front of it, and those for it that are options of the server."""
    directory: str = ""
    """Where it is run, relative to the root, if it says so (``cd``)."""
    as_module: bool = False
    """It is written as ``python -m``."""
    script: str = ""
    """The file that the interpreter runs, relative to the root, of ``manage.py runserver``."""
    left_out: tuple[str, ...] = ()
    """Wrappers in front of it, and the other commands of the line, none of which is run."""
    shell: str = ""
    """The shell that production has between itself and the server, and that takes its signals: ``sh -c``, or
    the script that starts the server without ``exec``; else empty."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Why the project's own command is not what was started."""

    program: str
    source: str
    reason: str
    """In words that follow the program's name."""
    location: Location | None = None
    missing: bool = False
    """The target does not have the program."""
