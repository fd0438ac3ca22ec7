"""Finds what the settings leave unsaid; every answer says where it was found. Nothing is imported or run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_prodready import scripts
from pytest_prodready.discovery import (
    alembic,
    declared,
    django,
    further,
    kubernetes_probes,
    migrate_command,
    procfile,
    source,
    web_commands,
    workers,
)
from pytest_prodready.discovery.discovered import Discovered
from pytest_prodready.discovery.import_path import ImportPath
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.project import likeliest_file, project_root
from pytest_prodready.discovery.resolution import Resolution
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Entry, MigrateCommand, ServerCommand, WorkerCommand
from pytest_prodready.settings import Settings
from pytest_prodready.wording import listed

__all__ = ["Discovered", "discover", "likeliest_file", "project_root"]

_WORDS = {"web": "web app", "celery": "Celery app"}
_PLACES = {
    "web": "the settings, the files of the deployment, [tool.fastapi], FLASK_APP, manage.py and the source",
    "celery": "the settings, the Procfile and the source",
}


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
        self.path = ImportPath(self.layout, settings.pythonpath)
        self.resolution = Resolution(self.tree, self.layout, self.path, self.django, environ)
        self.further = further.Further(settings, environ, self.django, self.path)
        self.workers = workers.Workers(self.tree, self.layout)
        self.web_commands = web_commands.WebCommands(self.tree, self.layout, environ)
        self.notes: list[tuple[str, str]] = []
        self._entries: list[Entry] = []

    def result(self) -> Discovered:
        web = self._entry("web")
        celery = self._celery()
        entries = [*([web] if web else []), *celery]
        servers = self._servers(web) if web else ()
        commands_of_workers = self._workers(celery)
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
        environments, migrating = self._migrations()
        return Discovered(
            entries=(
                *(replace(entry, pythonpath=self.path.of(self._path_key(entry))) for entry in entries),
                *(self.further.with_path(entry) for entry in (*started, *commands)),
            ),
            packages=packages,
            pythonpath=self.path.absolute(places),
            database=self.settings.database.url,
            workers=commands_of_workers,
            servers=servers,
            alembic=environments,
            migrating=migrating,
            http_probes=kubernetes_probes.find(self.tree),
            vendors=migrate_command.vendors(self.tree),
            notes=tuple(self.notes),
            looked_for=tuple(
                f"a {_WORDS[kind]} (looked in {_PLACES[kind]})" for kind in _WORDS if kind not in found
            ),
            scripts_elsewhere=written.elsewhere,
        )

    def _entry(self, kind: str) -> Entry | None:
        """The entry of one kind: the first of all answers; the header names those that differ."""
        starts = self._starts(kind)
        if starts:
            others = [f"{one.source} says {one.target or one.script}" for one in self._disputes(starts)]
            return self._started(starts[0], others)
        if found := [one for one in self.resolution.candidates() if one.kind == kind]:
            same = [f"{one.path}:{one.line} {one.attribute}" for one in found[1:]]
            others = [f"chosen of {len(found)}, also {listed(same, 3)}"] if same else []
            return self._noted(*self.resolution.of_candidate(found[0]), others)
        return None

    def _celery(self) -> list[Entry]:
        """The Celery apps: those that the settings name, else all that are started, else of the source."""
        starts = self._starts("celery")
        named = len(self.settings.celery.app)
        if named:
            chosen = starts[:named]
        else:
            deployed = [start for start in self.workers.starts() if self.workers.file(start)]
            chosen = self._apart([*starts[:1], *deployed])
        if chosen:
            known = {start.target for start in chosen}
            disputes = [one for one in self._disputes([*chosen[:1], *starts]) if one.target not in known]
            others = [f"{one.source} says {one.target}" for one in disputes]
            return [self._started(chosen[0], others), *map(self._started, chosen[1:])]
        entry = self._entry("celery")
        more = source.conventional(self.resolution.candidates(), "celery")
        further = [self._noted(*self.resolution.of_candidate(one)) for one in more[1:]] if entry else []
        return [entry, *further] if entry else []

    def _apart(self, starts: list[Start]) -> list[Start]:
        """Those that name different apps: the first one for each."""
        found: dict[tuple[str, str], Start] = {}
        for start in starts:
            place, name = self.workers.file(start) or start.target, start.target.partition(":")[2]
            if not any(file == place and (not name or known in ("", name)) for file, known in found):
                found[place, name] = start
        return [*found.values()]

    def _started(self, start: Start, others: list[str] | None = None) -> Entry:
        """The entry that an answer means; ``others`` are the words about those that differ."""
        entry, root = self.resolution.of_start(start)
        return self._noted(entry, root, others, self.tree.directories(start.directories))

    def _noted(
        self, entry: Entry, root: str, others: list[str] | None = None, directories: Iterable[str] = ()
    ) -> Entry:
        """``entry``, with its import roots kept and its line in the header."""
        self._entries.append(entry)
        self.path.own[self._path_key(entry)] = [*dict.fromkeys([root, *directories])]
        words = "; ".join([entry.source, *(others or ())])
        self.notes.append(("app" if entry.kind == "web" else "celery", f"{entry.target} ({words})"))
        return entry

    def _path_key(self, entry: Entry) -> str:
        """The key of its import roots: its kind, or its target where another one of the kind came first."""
        first = next((one for one in self._entries if one.kind == entry.kind), entry)
        return entry.kind if first.target == entry.target else entry.target

    def _servers(self, entry: Entry) -> tuple[ServerCommand, ...]:
        """The commands that start the web app; the first one has a line in the header."""
        file = self.tree.file_of(entry.module, self.path.own["web"][0])
        servers = self.web_commands.of(entry.target, file, django=bool(entry.settings_module))
        if servers and not self.settings.serve:
            self.notes.append(("server", web_commands.words(servers[0])))
        if not servers and entry.source == declared.FASTAPI:  # it is what "fastapi run" starts
            return (ServerCommand("fastapi", ("run",), entry.source, entry.location),)
        return servers

    def _workers(self, entries: list[Entry]) -> tuple[WorkerCommand, ...]:
        """What the workers of these apps consume: as the settings say, else as the deployment's files do."""
        if consumed := self.settings.celery.consumes:
            words = "[tool.prodready.celery] consumes"
            self.notes.append(("queues", f"{listed(consumed)} ({words})"))
            first = next(iter(consumed.values()))
            return (WorkerCommand(words, first, queues=tuple(consumed), lines=consumed, stated=True),)
        roots = {entry.target: self.path.own[self._path_key(entry)][0] for entry in entries}
        commands = self.workers.commands(roots)
        if commands:
            unknown = next((one for one in commands if not one.understood), None)
            queues = listed(
                dict.fromkeys(name for one in commands for name in one.queues or ["all declared"])
            )
            words = listed([*dict.fromkeys(one.source for one in commands)], 3)
            note = f"not known, as {unknown.location} leaves them open" if unknown else f"{queues} ({words})"
            self.notes.append(("queues", note))
        return commands

    def _starts(self, kind: str) -> list[Start]:
        """All written answers for one kind, the one that counts first."""
        found = []
        if kind == "web" and self.settings.app:
            place = self.settings.locations.get("app")
            found.append(Start(kind, "[tool.prodready] app", place, target=self.settings.app))
        if kind == "celery":
            found += [
                Start(kind, "[tool.prodready] celery", place, target=app)
                for app, place in self.settings.celery.app.items()
            ]
        found += procfile.starts(self.tree, kind)
        if kind == "web" and not found:
            answers = [declared.fastapi(self.tree), declared.flask(self.tree, self.environ)]
            if self.django:
                answers.append(django.application(self.tree, self.django))
            found = [answer for answer in answers if answer] or self.web_commands.starts()
        return found

    @staticmethod
    def _disputes(starts: list[Start]) -> list[Start]:
        """The other answers that name something else."""
        named = {(starts[0].target, starts[0].script)}
        return [start for start in starts[1:] if (start.target, start.script) not in named][:3]

    def _packages(self, entries: list[Entry]) -> tuple[tuple[str, ...], str]:
        if self.settings.packages:
            # the settings of this deployment often stand beside the packages
            module = further.settings_module(entries, self.django, self.environ)
            top = module.partition(".")[0]
            if not module or top in self.settings.packages or self.layout.root_of_module(module) is None:
                return self.settings.packages, "[tool.prodready] packages"
            return (*self.settings.packages, top), f"[tool.prodready] packages, {module}"
        used = dict.fromkeys(own[0] for own in self.path.own.values())
        roots = [*used] or [*self.path.places(), ""]
        others = self.layout.others(roots)
        modules = [entry.module for entry in entries]
        words = listed(root or "the project's root" for root in [*roots, *others])
        packages = self.layout.packages(roots, modules, others)
        return packages, f"{'found' if packages else 'looked'} in {words}"

    def _migrations(self) -> tuple[tuple[tuple[str, str], ...], tuple[MigrateCommand, ...]]:
        """The environments of Alembic, and what the deployment migrates with; its lines in the header."""
        environments = alembic.environments(self.tree)
        if not environments and not self.django:
            return (), ()
        migrating = migrate_command.find(self.tree)
        places = [f"{file} [{section}]" if section else file for file, section in environments]
        words = [*places, *([self.django.manage] if self.django else [])]
        commands = listed(dict.fromkeys(f"{one.location}" for one in migrating), 3)
        self.notes.append(("migrations", f"{listed(words, 3)} ({commands or 'no command that migrates'})"))
        return environments, migrating

    def _database(self) -> str:
        if self.settings.database.url:
            return f"{self.settings.database.url} ([tool.prodready] database)"
        words = "the application's own engine"
        if self.environ.get("DATABASE_URL"):
            words += ", else DATABASE_URL of the environment"
        return words
