"""Where things are, what production starts, and why something in it failed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the project; ``file`` is relative to the project's root where it lies inside it."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that production starts, and where the gate learnt of it."""

    kind: str
    """``web``, ``celery``, ``script`` (a console script, or what ``entry_points`` of the settings names) or
    ``commands`` (all management commands)."""
    target: str
    """An import string: ``src.main:app``, ``src.main:create_app()``, ``src.celery_app:celery_app``; for
    ``commands`` the path of manage.py, or ``manage.py`` where the project has none."""
    source: str
    """Where it was found, in words: ``[tool.prodready] app``, ``Procfile, web``."""
    location: Location | None = None
    settings_module: str = ""
    """Django's settings module, where the target is a Django project; else empty."""
    pythonpath: tuple[str, ...] | None = None
    """Directories put first on this entry's ``sys.path``, absolute; ``None`` for those of the whole run."""
    started: str = "module"
    """``module``: by a server, a worker or ``python -m``, which put the working directory first on
    ``sys.path``; ``console``: by the script that an installer writes, the interpreter's directory is first;
    ``file``: as a file, whose directory is the first of ``pythonpath``."""
    behind: tuple[str, ...] = ()
    """Directories, absolute, that come last on ``sys.path``; of a console script only if its package is not
    installed."""

    @property
    def module(self) -> str:
        """The module part of the import string."""
        return self.target.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback, outermost first in a tuple of frames."""

    file: str
    line: int
    function: str
    text: str = ""
    own: bool = False
    """The file belongs to the application, not to the standard library or to an installed distribution."""


@dataclass(frozen=True, slots=True)
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
    bound_at: int | None = None
    """The line of ``file`` with the ``try`` or the condition that alone binds ``name``, and did not here."""
    shared: bool = False
    """The parent of the missing module is a namespace package, which other distributions may add to."""


STATELESS = {
    f"builtins.{name}" for name in ("ImportError", "SyntaxError", "NameError", "AttributeError", "TypeError")
}
"""Exceptions that a module raises in whatever state the program and the machine are when it is imported."""


@dataclass(frozen=True, slots=True)
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
    also: tuple[Location, ...] = ()
    """Other lines of the application that fail for the same cause, seen by going on after the first."""
    loopless: bool = False
    """It asked for an event loop, in which some servers import an application, and there was none."""

    @property
    def stateless(self) -> bool:
        """It was raised whatever else was going on: a name that is not there, a file that is no Python."""
        return bool(STATELESS & set(self.bases))

    @property
    def location(self) -> Location | None:
        """The innermost line of the application, else the innermost line of all, else ``None``."""
        own = [frame for frame in self.frames if frame.own]
        for frame in (own or list(self.frames))[-1:]:
            return Location(frame.file, frame.line)
        return None

    @property
    def cause(self) -> tuple[object, ...]:
        """What makes two failures one: the thing that is missing, else the line and what was said there."""
        missing = self.missing
        if missing is None:
            return (self.location, self.type, self.message)
        hidden = missing.shadow or missing.twin or missing.distribution
        return (hidden,) if hidden else (missing.module, missing.name)
