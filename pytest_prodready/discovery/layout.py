"""Decides which directories production imports from, and what a file's module is called there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath

from pytest_prodready.discovery.tree import NOT_PRODUCTION, Tree

_NEITHER = sys.stdlib_module_names | {"celery", "django", "fastapi", "flask"}
"""Names that a file of the project rarely means although one of its own files is called so."""
_MOST_VOTERS = 500


class Layout:
    """The import roots of one project.

    Args:
        tree: its files.
        given: import roots that the settings name, relative to the root.
    """

    def __init__(self, tree: Tree, given: Iterable[str] = ()) -> None:
        self.tree = tree
        self.given = tuple(_normal(place) for place in given)
        self._names: dict[str, frozenset[str]] = {}

    def root_of_module(self, module: str, preferred: Iterable[str] = ()) -> str | None:
        """The import root that holds a dotted module; ``None`` when no root of the project has it."""
        roots = [*map(_normal, preferred), *self.given, ""]
        if not self.tree.is_package("src"):
            roots.append("src")
        for root in roots:
            if self.tree.file_of(module, root):
                return root
        return None

    def root_of_file(self, path: str) -> str:
        """The import root that a file is imported from, as the project's own imports show."""
        parents = [_normal(str(parent)) for parent in PurePosixPath(path).parents]
        for place in self.given:
            if place in parents:
                return place
        places = [place for place in reversed(parents) if not place or not self.tree.is_package(place)]
        votes = dict.fromkeys(places, 0)
        if len(places) > 1:
            top = path.split("/", maxsplit=1)[0] + "/"
            voters = [file for file in self.tree.files if file.startswith(top) or "/" not in file]
            for voter in voters[:_MOST_VOTERS]:
                for name in self.tree.imports(voter):
                    first = name.partition(".")[0]
                    for place in places:
                        votes[place] += first not in _NEITHER and first in self.names(place)
        best = max(places, key=lambda place: votes[place])
        if not votes[best] and path.startswith("src/") and "src" in places:
            package = "/".join(path.split("/")[:2])
            return "src" if self.tree.is_package(package) else ""
        return best

    def script(self, path: str) -> tuple[str, str]:
        """Module and import root of a file as ``flask --app`` and ``fastapi run`` see it."""
        path = _normal(path)
        place = PurePosixPath(path)
        root = place.parent
        while _normal(str(root)) and self.tree.is_package(str(root)):
            root = root.parent
        return module_name(path, _normal(str(root))), _normal(str(root))

    def names(self, root: str) -> frozenset[str]:
        """Names of the modules, and of the directories with Python files, directly below an import root."""
        if root not in self._names:
            prefix = f"{root}/" if root else ""
            parts = (file[len(prefix) :].split("/")[0] for file in self.tree.files if file.startswith(prefix))
            names = (part.removesuffix(".py") for part in parts)
            self._names[root] = frozenset(
                name for name in names if name.isidentifier() and name != "__init__"
            )
        return self._names[root]

    def packages(
        self, roots: Iterable[str], modules: Iterable[str], others: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Top-level names of the application.

        Args:
            roots: the import roots that hold entries, relative to the project's root.
            modules: the entries' modules: a directory without ``__init__.py`` counts when one lies in it,
                or when the project imports from it.
            others: import roots besides these, as :meth:`others` gives them.
        """
        tops = {module.partition(".")[0] for module in modules}
        used = list(roots)
        found = set()
        for root in used:
            for name in self.names(root):
                place = _below(root, name)
                if name in NOT_PRODUCTION or place in used:
                    continue
                if self.tree.file_of(name, root) or name in tops or name in self.imported:
                    found.add(name)
        for root in others:
            found.update(self._imported_from(root))
        return tuple(sorted(found))

    def others(self, roots: Iterable[str]) -> list[str]:
        """Import roots besides those that hold entries from which the project's files import.

        That is: its own directory, where production is started; those of the settings; and a ``src`` that is
        no package, which production has installed.
        """
        used = list(roots)
        sources = [_below(root, "src") for root in dict.fromkeys(["", *used])]
        if "src" in self.imported:
            sources = []  # it is a package without an __init__.py
        places = [*self.given, "", *(place for place in sources if not self.tree.is_package(place))]
        unused = [place for place in dict.fromkeys(places) if place not in used]
        return [place for place in unused if self._imported_from(place)]

    def _imported_from(self, root: str) -> set[str]:
        """The names below an import root that can only be its own, and that the project imports.

        A directory without ``__init__.py`` gives way to any installed package of its name.
        """
        names = self.names(root) & self.imported - _NEITHER - NOT_PRODUCTION
        return {name for name in names if self.tree.file_of(name, root)}

    @cached_property
    def imported(self) -> frozenset[str]:
        """The first parts of all names that the project's files import."""
        return frozenset(
            name.partition(".")[0] for file in self.tree.files for name in self.tree.imports(file)
        )


def module_name(path: str, root: str) -> str:
    """The dotted name of a file below an import root."""
    inside = path[len(root) + 1 :] if root else path
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _below(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def _normal(place: str) -> str:
    normal = str(PurePosixPath(place))
    return "" if normal == "." else normal
