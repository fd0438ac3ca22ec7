"""The directories that each entry point has on ``sys.path``, as discovery comes across them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from pytest_prodready.discovery.layout import Layout


class ImportPath:
    """The import roots of one project that are in use.

    Args:
        layout: tells the project's root.
        given: those that the settings name, relative to the root.
    """

    def __init__(self, layout: Layout, given: Iterable[str]) -> None:
        self.layout = layout
        self._found = dict.fromkeys(given, "[tool.prodready] pythonpath")
        self.own: dict[str, list[str]] = {}
        """Kind or target of an entry → the import roots that are its own: the one that holds it first."""

    def add(self, place: str, words: str) -> None:
        """Take a directory, relative to the root; ``words`` say where it was found."""
        self._found.setdefault(place, words)

    def places(self) -> dict[str, str]:
        """Import roots besides the project's own, relative to it → where each was found."""
        return {place: words for place, words in self._found.items() if place}

    def of(self, key: str) -> tuple[str, ...]:
        """The import roots of one entry, absolute: in a monorepo, those of another are another program's.

        A ``src`` below one of its own directories counts all the same: production has it installed.
        """
        own = self.own[key]
        near = {str(PurePosixPath(place, "src")) for place in ["", *own]}
        groups = (self.layout.given, own, near)  # in this order, whichever entry a directory was found for
        places = [place for group in groups for place in self._found if place and place in group]
        return self.absolute(dict.fromkeys(places))

    def absolute(self, places: Iterable[str]) -> tuple[str, ...]:
        """Directories that are relative to the root."""
        return tuple(str(self.layout.tree.root / place) for place in places)
