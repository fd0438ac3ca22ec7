"""What is known while an application is loaded again, on which all parts of that rely."""

from __future__ import annotations

import ast
from typing import Any

from .project import Project
from .taint import Taint


class State:
    """How far the application's modules have come.

    Args:
        project: the application.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.taint = Taint(project)
        self.running: dict[str, ast.stmt] = {}
        """Module → the statement of it that runs now."""
        self.whole: list[str] = []
        """Modules that run as they are now, not statement by statement, the outermost first."""
        self.executed: dict[str, int] = {}
        """File, as it is shown → up to which line it was executed before."""
        self.first: tuple[type, str] | None = None
        """Class and message of the failure that was there before, in this interpreter."""
        self.spoilt = False
        """Something failed that did not when it was executed before, or the load came to no end."""
        self.mended: set[str] = set()
        """Top-level modules that the application hides, and hides no longer."""
        self.half_loaded = False
        """A library may have found something else in place of a module, or failed while it was imported."""
        self.cut_short = False
        """A call did not come to its end: what it would have imported is not known."""
        self.not_imported: dict[str, set[str]] = {}
        """Module → the names that its imports did not find."""
        self._own_files: dict[str, bool] = {}

    def may_lack(self, missing: dict[str, Any] | None) -> bool:
        """Whether a library lacks a name that it may well have once it is loaded as a whole."""
        if not self.half_loaded or missing is None or missing["own"] or missing["shadow"]:
            return False
        return bool(missing["name"])

    def note_whole(self) -> None:
        """What modules that run as a whole do once something has failed is not known."""
        if self.whole and not self.taint.untouched:
            self.taint.open.update(self.whole)
            self.taint.blind = True

    def owns(self, file: str) -> bool:
        """Whether the code of ``file``, as a frame names it, is the application's."""
        known = self._own_files.get(file)
        if known is None:
            known = self._own_files[file] = not file.startswith("<") and self.project.owns_file(file)
        return known
