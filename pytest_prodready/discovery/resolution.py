"""Turns an answer into the entry that it means, and into the import root that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_prodready.discovery import django, source
from pytest_prodready.discovery.attribute import COLON_REQUIRED, attribute
from pytest_prodready.discovery.import_path import ImportPath
from pytest_prodready.discovery.layout import Layout, module_name
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Entry, Location


class Resolution:
    """Tells what the answers of one project mean.

    Args:
        tree: the project's files.
        layout: tells where a module lies.
        path: gets what the entries need of it.
        project: the Django project, if it is one.
        environ: the environment that the target will have.
    """

    def __init__(
        self,
        tree: Tree,
        layout: Layout,
        path: ImportPath,
        project: django.Django | None,
        environ: Mapping[str, str],
    ) -> None:
        self._tree, self._layout, self._path = tree, layout, path
        self._django, self._environ = project, environ
        self._candidates: list[source.Candidate] | None = None

    def candidates(self) -> list[source.Candidate]:
        """The applications in the source, the likeliest first."""
        if self._candidates is None:
            self._candidates = source.candidates(self._tree)
        return self._candidates

    def of_start(self, start: Start) -> tuple[Entry, str]:
        """The entry that an answer means, and the import root that holds it."""
        target, root = start.target, ""
        directories = self._tree.directories(start.directories)
        for place in directories:
            self._path.add(place, start.path_source)
        if start.script:
            script = self._tree.inside(start.script) or Path(start.script).name
            module, root = self._layout.script(script)
            name = start.attribute
            self._path.add(root, start.source)
        else:
            module, _, name = target.partition(":")
            preferred = [*directories, *([self._django.directory] if self._django else [])]
            known = self._layout.root_of_module(module, preferred)
            root = known or ""
            if root and self._django and root == self._django.directory:
                self._path.add(root, self._django.manage)
            elif root:
                self._path.add(root, f"{root} layout")
        path, words = self._tree.file_of(module, root), start.source
        if start.kind == "web":
            served = attribute(self._tree, path, name, start.program, self.candidates)
            if not name and start.program in COLON_REQUIRED:
                words += f", which {start.program} refuses without :{served}"
            target = f"{module}:{served}"
        module_settings = start.settings_module or self._settings_module(path)
        return Entry(start.kind, target, words, start.location, module_settings), root

    def of_candidate(self, found: source.Candidate) -> tuple[Entry, str]:
        """The entry that stands in the source, and the import root that holds it."""
        django_root = self._django.directory if self._django else ""
        if django_root and found.path.startswith(f"{django_root}/"):
            root, words = django_root, self._django.manage if self._django else ""
        else:
            root = self._layout.root_of_file(found.path)
            words = f"{root} layout"
        self._path.add(root, words)
        target = f"{module_name(found.path, root)}:{found.attribute}"
        made = "factory" if found.factory else found.made_by
        entry = Entry(
            found.kind,
            target,
            f"{made} in {found.path}:{found.line}",
            Location(found.path, found.line),
            self._settings_module(found.path),
        )
        return entry, root

    def _settings_module(self, path: str) -> str:
        """Django's settings module for an entry: the environment's, the entry file's own, manage.py's."""
        own = django.settings_named_in(self._tree, path) if path else ""
        if self._django or own:
            default = self._django.settings_module if self._django else ""
            return self._environ.get(django.VARIABLE) or own or default
        return ""
