"""What a project says that production starts."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts import Location


@dataclass(frozen=True)
class Start:
    """One answer to the question what production starts, as it is written somewhere."""

    kind: str
    """``web`` or ``celery``."""
    source: str
    """Where it is written, in words."""
    location: Location | None = None
    program: str = ""
    """The server or worker that is named there; empty when none is."""
    target: str = ""
    """An import string; its attribute may be left out."""
    script: str = ""
    """Instead of a target: a file, which the server itself turns into a module."""
    attribute: str = ""
    """With ``script``: the name in it; empty when the server looks for it."""
    directories: tuple[str, ...] = ()
    """Directories, relative to the root, that the command puts on ``sys.path``."""
    path_source: str = ""
    """Which option or variable names these directories."""
    settings_module: str = ""
