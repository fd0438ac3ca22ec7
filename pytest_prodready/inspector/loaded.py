"""The application's modules as they are loaded, one after the other."""

from __future__ import annotations

import itertools
import sys

from .project import Project


class Loaded:
    """Tells which of the application's modules are new since it was asked last.

    A walk asks after each step: looking through all of ``sys.modules`` each time would take longer with every
    module that there is.

    Args:
        project: tells the application's own modules.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._size = 0

    def names(self) -> list[str]:
        """The names, the application's or not, that were added since they were asked for last."""
        added = len(sys.modules) - self._size
        self._size = len(sys.modules)
        # a dict keeps the order in which names were added
        return list(itertools.islice(reversed(sys.modules), added)) if added > 0 else []

    def new(self) -> list[tuple[str, object]]:
        """The application's modules that were added, by name, each with its module object."""
        return self.project.modules(self.names())
