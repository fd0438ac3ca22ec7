"""Finds what the settings leave unsaid; every answer says where it was found. Nothing is imported or run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_prodready import scripts
from pytest_prodready.discovery import declared, django, further, procfile, source
from pytest_prodready.discovery.attribute import COLON_REQUIRED, attribute
from pytest_prodready.discovery.import_path import ImportPath
from pytest_prodready.discovery.layout import Layout, module_name
from pytest_prodready.discovery.project import likeliest_file, project_root
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Entry, Location
from pytest_prodready.settings import Settings
from pytest_prodready.wording import listed

__all__ = ["Discovered", "discover", "likeliest_file", "project_root"]

_WORDS = {"web": "web app", "celery": "Celery app"}
_PLACES = {
    "web": "the settings, the Procfile, [tool.fastapi], FLASK_APP, manage.py and the source",
    "celery": "the settings, the Procfile and the source",
}


@dataclass(frozen=True)
class Discovered:
    """What production starts, and what the application consists of."""

    entries: tuple[Entry, ...] = ()
    packages: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    """Absolute directories that are on ``sys.path`` besides the project's root, of all entries together."""
    database: str = ""
    """``env:NAME``, ``app``, or empty for: the application's own engine, else ``DATABASE_URL``."""
    notes: tuple[tuple[str, str], ...] = ()
    """Lines for the header: a label, and a value with its source."""
    looked_for: tuple[str, ...] = ()
    """What was looked for and not found, in words."""
    scripts_elsewhere: bool = False
    """The project's files leave open which scripts it has: the metadata of the installed project knows."""


def discover(root: Path, settings: Settings, environ: Mapping[str, str]) -> Discovered:
    """Answer from the settings, else from what the project's files say.

    Args:
        root: the project's directory.
        settings: what the user wrote.
        environ: the environment that the target will have.
    """
    return _Search(root.resolve(), settings, environ).result()


class _Search:
    def __init__(self, root: Path, settings: Settings, environ: Mapping[str, str]) -> None:
        self.root = root
        self.settings = settings
        self.environ = environ
        self.tree = Tree(root)
        self.layout = Layout(self.tree, settings.pythonpath)
        self.django = django.find(self.tree, environ)
        self._candidates: list[source.Candidate] | None = None
        self.path = ImportPath(self.layout, settings.pythonpath)
        self.further = further.Further(settings, environ, self.django, self.path)
        self.notes: list[tuple[str, str]] = []

    def result(self) -> Discovered:
        entries = [entry for kind in ("web", "celery") if (entry := self._entry(kind))]
        found = {entry.kind for entry in entries}
        written = scripts.read(self.root)
        started = [*self.further.named(), *self.further.scripts(written.scripts, entries)]
        commands = self.further.commands(entries)
        self.notes += [*self.further.notes, *further.notes([*started, *commands])]
        places = self.path.places()
        if places:
            sources = listed(dict.fromkeys(places.values()))
            self.notes.append(("import path", f"{listed(places)} ({sources})"))
        packages, words = self._packages([*entries, *started])
        shown = listed(packages) or "none"
        if not self.tree.complete:
            words += ", of a tree too large to be read whole"
        self.notes.append(("packages", f"{shown} ({words})"))
        self.notes.append(("database", self._database()))
        return Discovered(
            entries=(
                *(replace(entry, pythonpath=self.path.of(entry.kind)) for entry in entries),
                *(self.further.with_path(entry) for entry in (*started, *commands)),
            ),
            packages=packages,
            pythonpath=self.path.absolute(places),
            database=self.settings.database,
            notes=tuple(self.notes),
            looked_for=tuple(
                f"a {_WORDS[kind]} (looked in {_PLACES[kind]})" for kind in _WORDS if kind not in found
            ),
            scripts_elsewhere=written.elsewhere,
        )

    def _entry(self, kind: str) -> Entry | None:
        """The entry of one kind: the first of all answers; the header names those that differ."""
        entry: Entry | None = None
        others: list[str] = []
        starts = self._starts(kind)
        if starts:
            entry, root = self._resolve(starts[0])
            others = [f"{one.source} says {one.target or one.script}" for one in self._disputes(starts)]
        elif found := [one for one in self._found() if one.kind == kind]:
            entry, root = self._from_source(found[0])
            same = [f"{one.path}:{one.line} {one.attribute}" for one in found[1:]]
            others = [f"chosen of {len(found)}, also {listed(same, 3)}"] if same else []
        if entry is None:
            return None
        directories = [place for one in starts[:1] for place in self._directories(one)]
        self.path.own[kind] = [*dict.fromkeys([root, *directories])]
        words = "; ".join([entry.source, *others])
        self.notes.append(("app" if kind == "web" else "celery", f"{entry.target} ({words})"))
        return entry

    def _starts(self, kind: str) -> list[Start]:
        """All written answers for one kind, the one that counts first."""
        found = []
        if written := (self.settings.app if kind == "web" else self.settings.celery):
            key = "app" if kind == "web" else "celery"
            place = self.settings.locations.get(key)
            found.append(Start(kind, f"[tool.prodready] {key}", place, target=written))
        found += procfile.starts(self.tree, kind)
        if kind == "web" and not found:
            answers = [declared.fastapi(self.tree), declared.flask(self.tree, self.environ)]
            if self.django:
                answers.append(django.application(self.tree, self.django))
            found = [answer for answer in answers if answer]
        return found

    @staticmethod
    def _disputes(starts: list[Start]) -> list[Start]:
        """The other answers that name something else."""
        named = {(starts[0].target, starts[0].script)}
        return [start for start in starts[1:] if (start.target, start.script) not in named][:3]

    def _resolve(self, start: Start) -> tuple[Entry, str]:
        """The entry that an answer means, and the import root that holds it."""
        target, root = start.target, ""
        directories = self._directories(start)
        for place in directories:
            self.path.add(place, start.path_source)
        if start.script:
            script = self.tree.inside(start.script) or Path(start.script).name
            module, root = self.layout.script(script)
            name = start.attribute
            self.path.add(root, start.source)
        else:
            module, _, name = target.partition(":")
            preferred = [*directories, *([self.django.directory] if self.django else [])]
            known = self.layout.root_of_module(module, preferred)
            root = known or ""
            if root and self.django and root == self.django.directory:
                self.path.add(root, self.django.manage)
            elif root:
                self.path.add(root, f"{root} layout")
        path, words = self.tree.file_of(module, root), start.source
        if start.kind == "web":
            served = attribute(self.tree, path, name, start.program, self._found)
            if not name and start.program in COLON_REQUIRED:
                words += f", which {start.program} refuses without :{served}"
            target = f"{module}:{served}"
        module_settings = start.settings_module or self._settings_module(path)
        return Entry(start.kind, target, words, start.location, module_settings), root

    def _directories(self, start: Start) -> list[str]:
        """The directories of the project that an answer puts on the path."""
        return [place for place in map(self.tree.directory, start.directories) if place]

    def _from_source(self, found: source.Candidate) -> tuple[Entry, str]:
        django_root = self.django.directory if self.django else ""
        if django_root and found.path.startswith(f"{django_root}/"):
            root, words = django_root, self.django.manage if self.django else ""
        else:
            root = self.layout.root_of_file(found.path)
            words = f"{root} layout"
        self.path.add(root, words)
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

    def _found(self) -> list[source.Candidate]:
        if self._candidates is None:
            self._candidates = source.candidates(self.tree)
        return self._candidates

    def _settings_module(self, path: str) -> str:
        """Django's settings module for an entry: the environment's, the entry file's own, manage.py's."""
        own = django.settings_named_in(self.tree, path) if path else ""
        if self.django or own:
            default = self.django.settings_module if self.django else ""
            return self.environ.get(django.VARIABLE) or own or default
        return ""

    def _packages(self, entries: list[Entry]) -> tuple[tuple[str, ...], str]:
        if self.settings.packages:
            return self.settings.packages, "[tool.prodready] packages"
        used = dict.fromkeys(own[0] for own in self.path.own.values())
        roots = [*used] or [*self.path.places(), ""]
        others = self.layout.others(roots)
        modules = [entry.module for entry in entries]
        words = listed(root or "the project's root" for root in [*roots, *others])
        packages = self.layout.packages(roots, modules, others)
        return packages, f"{'found' if packages else 'looked'} in {words}"

    def _database(self) -> str:
        if self.settings.database:
            return f"{self.settings.database} ([tool.prodready] database)"
        words = "the application's own engine"
        if self.environ.get("DATABASE_URL"):
            words += ", else DATABASE_URL of the environment"
        return words
