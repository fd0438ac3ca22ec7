"""What production starts besides the web app and the Celery app: scripts, and management commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from pytest_prodready.discovery import django
from pytest_prodready.discovery.import_path import ImportPath
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.tree import AMBIGUOUS, NOT_PRODUCTION, Tree
from pytest_prodready.facts import Entry, Location
from pytest_prodready.scripts import Script
from pytest_prodready.settings import Settings

COMMANDS = "manage.py"
"""The target of management commands where the project has no manage.py of its own."""
_TEST_PARTS = frozenset({"tests", "test", "conftest"})


class Further:
    """Finds these entries of one project.

    Args:
        settings: what the user wrote.
        environ: the environment that the target will have.
        found: the project as Django's, if it is that.
        path: takes the import roots of each entry.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        found: django.Django | None,
        path: ImportPath,
    ) -> None:
        self.settings = settings
        self.environ = environ
        self.django = found
        self.path = path
        self.layout = path.layout
        self.notes: list[tuple[str, str]] = []
        """Lines for the header: what is not loaded."""

    def named(self) -> list[Entry]:
        """The entries that the settings name besides the web app and the Celery app."""
        place, words = self.settings.locations.get("entry_points"), "[tool.prodready] entry_points"
        found = []
        for target in dict.fromkeys(self.settings.entry_points):
            entry = Entry("script", target, words, place)
            preferred = [self.django.directory] if self.django else []
            root = self.layout.root_of_module(entry.module, preferred) or ""
            self.path.add(root, words)
            self.path.own[target] = [root]
            found.append(entry)
        return found

    def scripts(self, declared: Iterable[Script], others: Iterable[Entry]) -> list[Entry]:
        """The console scripts of the project's files, each target once."""
        known = {entry.target for entry in others}
        found: dict[str, Entry] = {}
        for script in production([*declared], self.settings.runtime.extras, self.layout.tree):
            if script.target in known:
                continue
            words = f"{script.table}, {script.name}"
            entry = Entry("script", script.target, words, script.location, started="console")
            root = import_root(entry.module, self.layout)
            if root is not None:
                self.path.add(root, script.table)
                self.path.own[script.target] = [root]
            found.setdefault(script.target, entry)
        return [*found.values()]

    def commands(self, entries: list[Entry]) -> list[Entry]:
        """The management commands of a Django project, all of them one entry; none without its settings."""
        module = settings_module(entries, self.django, self.environ)
        if self.django:
            target, started = self.django.manage, "file"
            self.path.own["commands"] = [self.django.directory]
            self.path.add(self.django.directory, self.django.manage)
        else:
            module = self.environ.get(django.VARIABLE, "")
            top, root = module.partition(".")[0], self.layout.root_of_module(module) if module else None
            if root is None and top not in self.settings.packages:
                return []
            target, started = COMMANDS, "module"
            self.path.own["commands"] = [root or ""]
        if not module:
            words = f"not loaded, as {target} sets no {django.VARIABLE} that can be read"
            self.notes.append(("commands", words))
            return []
        return [
            Entry(
                "commands",
                target,
                f"{django.VARIABLE} {module}",
                Location(target) if self.django else None,
                module,
                started=started,
            )
        ]

    def with_path(self, entry: Entry) -> Entry:
        """A script or the management commands with what each has on ``sys.path``."""
        given = self.path.absolute(place for place in self.layout.given if place)
        if entry.started == "console":
            roots = self.path.own.get(entry.target, [""])
            places = dict.fromkeys([*roots, *self.layout.others(roots)])
            return replace(entry, pythonpath=given, behind=self.path.absolute(places))
        if entry.kind != "commands":
            return replace(entry, pythonpath=self.path.of(entry.target))
        if entry.started != "file" or self.django is None:
            return replace(entry, pythonpath=self.path.of("commands"))
        first, last = path_of(self.layout.tree, self.django)
        in_front = [*self.path.absolute((self.django.directory, *first))]
        in_front += [place for place in given if place not in in_front]
        behind = dict.fromkeys((*self.path.absolute(last), *self.path.of("commands")))
        return replace(
            entry,
            pythonpath=tuple(in_front),
            behind=tuple(place for place in behind if place not in in_front),
        )


def production(found: Collection[Script], extras: Collection[str], tree: Tree) -> list[Script]:
    """The scripts that production may start: not those of tests or tools, nor those of another extra."""
    return [one for one in found if one.selected(extras) and not _is_tool(one.target.partition(":")[0], tree)]


def _is_tool(module: str, tree: Tree) -> bool:
    parts = module.split(".")
    outside = parts[0] in NOT_PRODUCTION and not (parts[0] in AMBIGUOUS and tree.is_package(parts[0]))
    return outside or any(part in _TEST_PARTS or part.startswith("test_") for part in parts)


def import_root(module: str, layout: Layout) -> str | None:
    """The directory that a console script's module is imported from once it is installed."""
    root = layout.root_of_module(module)
    if root is not None or "." not in module:
        return root
    # an import root that only the build backend knows: lib/, python/
    place = module.replace(".", "/")
    for path in layout.tree.files:
        for end in (f"/{place}.py", f"/{place}/__init__.py"):
            if path.endswith(end):
                return path.removesuffix(end)
    top = module.partition(".")[0]
    return next((root for root in ("", "src") if top in layout.names(root)), None)


def settings_module(
    entries: Collection[Entry], found: django.Django | None, environ: Mapping[str, str]
) -> str:
    """The settings that management commands get: the environment's, else what is served, else manage.py's.

    manage.py often names settings for development, which production overrules by the environment.
    """
    served = next((entry.settings_module for entry in entries if entry.settings_module), "")
    return environ.get(django.VARIABLE) or served or (found.settings_module if found else "")


def path_of(tree: Tree, found: django.Django) -> tuple[list[str], list[str]]:
    """The directories that manage.py itself puts first and last on ``sys.path``, relative to the root."""
    first: list[str] = []
    last: list[str] = []
    for place, in_front in django.path_additions(tree, found.manage):
        inside = tree.directory(str(PurePosixPath(found.directory, place)))
        if inside:
            (first if in_front else last).append(inside)
    return first, last


def notes(entries: Collection[Entry]) -> Iterator[tuple[str, str]]:
    """The lines of the header: how many scripts there are, and where they are declared."""
    scripts = [entry for entry in entries if entry.kind == "script"]
    if scripts:
        tables = dict.fromkeys(entry.source.partition(", ")[0] for entry in scripts)
        yield "scripts", f"{len(scripts)} ({', '.join(tables)})"
    for entry in entries:
        if entry.kind == "commands":
            yield "commands", f"{entry.target} ({entry.source})"
