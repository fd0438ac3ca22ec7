"""Finds what the settings leave unsaid; every answer says where it was found. Nothing is imported or run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pytest_prodready import scripts
from pytest_prodready.discovery import declared, django, further, procfile, source
from pytest_prodready.discovery.attribute import COLON_REQUIRED, attribute
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
    packages_source: str = ""
    pythonpath: tuple[str, ...] = ()
    """Absolute directories that are on ``sys.path`` besides the project's root, of all entries together."""
    pythonpath_source: str = ""
    database: str = ""
    """``env:NAME``, ``app``, or empty for: the application's own engine, else ``DATABASE_URL``."""
    database_source: str = ""
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
        self.roots: dict[str, str] = dict.fromkeys(settings.pythonpath, "[tool.prodready] pythonpath")
        """Import roots besides the project's own, relative to it → where each was found."""
        self.own: dict[str, list[str]] = {}
        """Kind of entry → the import roots that are its own: the one that holds it first."""
        self.notes: list[tuple[str, str]] = []

    def result(self) -> Discovered:
        entries = [entry for kind in ("web", "celery") if (entry := self._entry(kind))]
        found = {entry.kind for entry in entries}
        written = scripts.read(self.root)
        started = [*self._named(), *self._scripts(written.scripts, entries)]
        commands = self._commands(entries)
        self.notes += further.notes([*started, *commands])
        pythonpath = [place for place in self.roots if place]
        sources = listed(dict.fromkeys(self.roots[place] for place in pythonpath))
        if pythonpath:
            self.notes.append(("import path", f"{listed(pythonpath)} ({sources})"))
        packages, packages_source = self._packages([*entries, *started])
        shown = listed(packages) or "none"
        if not self.tree.complete:
            packages_source += ", of a tree too large to be read whole"
        self.notes.append(("packages", f"{shown} ({packages_source})"))
        database_source = self._database()
        return Discovered(
            entries=(
                *(replace(entry, pythonpath=self._pythonpath(entry.kind)) for entry in entries),
                *(self._with_path(entry) for entry in (*started, *commands)),
            ),
            packages=packages,
            packages_source=packages_source,
            pythonpath=tuple(str(self.root / place) for place in pythonpath),
            pythonpath_source=sources,
            database=self.settings.database,
            database_source=database_source,
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
        self.own[kind] = [*dict.fromkeys([root, *directories])]
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
            self.roots.setdefault(place, start.path_source)
        if start.script:
            script = self._inside(start.script) or Path(start.script).name
            module, root = self.layout.script(script)
            name = start.attribute
            self.roots.setdefault(root, start.source)
        else:
            module, _, name = target.partition(":")
            preferred = [*directories, *([self.django.directory] if self.django else [])]
            known = self.layout.root_of_module(module, preferred)
            root = known or ""
            if root and self.django and root == self.django.directory:
                self.roots.setdefault(root, self.django.manage)
            elif root:
                self.roots.setdefault(root, f"{root} layout")
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
        places = (self._inside(one) for one in start.directories)
        return [place for place in places if place and (self.root / place).is_dir()]

    def _from_source(self, found: source.Candidate) -> tuple[Entry, str]:
        django_root = self.django.directory if self.django else ""
        if django_root and found.path.startswith(f"{django_root}/"):
            root, words = django_root, self.django.manage if self.django else ""
        else:
            root = self.layout.root_of_file(found.path)
            words = f"{root} layout"
        if root:
            self.roots.setdefault(root, words)
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

    def _named(self) -> list[Entry]:
        """The entries that the settings name besides the web app and the Celery app."""
        place, words = self.settings.locations.get("entry_points"), "[tool.prodready] entry_points"
        found = []
        for target in dict.fromkeys(self.settings.entry_points):
            entry = Entry("script", target, words, place)
            preferred = [self.django.directory] if self.django else []
            root = self.layout.root_of_module(entry.module, preferred) or ""
            if root:
                self.roots.setdefault(root, words)
            self.own[target] = [root]
            found.append(entry)
        return found

    def _scripts(self, declared: Iterable[scripts.Script], others: Iterable[Entry]) -> list[Entry]:
        """The console scripts of the project's files, each target once."""
        known = {entry.target for entry in others}
        found: dict[str, Entry] = {}
        for script in further.production([*declared], self.settings.runtime.extras, self.tree):
            if script.target in known:
                continue
            words = f"{script.table}, {script.name}"
            entry = Entry("script", script.target, words, script.location, started="console")
            root = further.import_root(entry.module, self.layout)
            if root is not None:
                if root:
                    self.roots.setdefault(root, script.table)
                self.own[script.target] = [root]
            found.setdefault(script.target, entry)
        return [*found.values()]

    def _commands(self, entries: list[Entry]) -> list[Entry]:
        """The management commands of a Django project, all of them one entry; none without its settings."""
        module = further.settings_module(entries, self.django, self.environ)
        if self.django:
            target, started = self.django.manage, "file"
            self.own["commands"] = [self.django.directory]
            if self.django.directory:
                self.roots.setdefault(self.django.directory, self.django.manage)
        else:
            module = self.environ.get(django.VARIABLE, "")
            top, root = module.partition(".")[0], self.layout.root_of_module(module) if module else None
            if root is None and top not in self.settings.packages:
                return []
            target, started = further.COMMANDS, "module"
            self.own["commands"] = [root or ""]
        if not module:
            self.notes.append(
                ("commands", f"not loaded, as {target} sets no {django.VARIABLE} that can be read")
            )
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

    def _with_path(self, entry: Entry) -> Entry:
        """A script or the management commands with what each has on ``sys.path``."""
        given = tuple(str(self.root / place) for place in self.layout.given if place)
        if entry.started == "console":
            roots = self.own.get(entry.target, [""])
            places = dict.fromkeys([*roots, *self.layout.others(roots)])
            return replace(entry, pythonpath=given, behind=tuple(str(self.root / place) for place in places))
        if entry.kind != "commands":
            return replace(entry, pythonpath=self._pythonpath(entry.target))
        if entry.started != "file" or self.django is None:
            return replace(entry, pythonpath=self._pythonpath("commands"))
        first, last = further.path_of(self.tree, self.django)
        in_front = [str(self.root / place) for place in (self.django.directory, *first)]
        in_front += [place for place in given if place not in in_front]
        behind = dict.fromkeys([*(str(self.root / place) for place in last), *self._pythonpath("commands")])
        return replace(
            entry,
            pythonpath=tuple(in_front),
            behind=tuple(place for place in behind if place not in in_front),
        )

    def _pythonpath(self, kind: str) -> tuple[str, ...]:
        """The import roots of one entry, absolute: in a monorepo, those of another are another program's.

        A ``src`` below one of its own directories counts all the same: production has it installed.
        """
        own = self.own[kind]
        near = {str(PurePosixPath(place, "src")) for place in ["", *own]}
        groups = (self.layout.given, own, near)  # in this order, whichever entry a directory was found for
        places = [place for group in groups for place in self.roots if place and place in group]
        return tuple(str(self.root / place) for place in dict.fromkeys(places))

    def _inside(self, place: str) -> str:
        """A place relative to the root; empty when it lies outside, as paths of a production image do."""
        try:
            return (self.root / place).resolve().relative_to(self.root).as_posix()
        except (ValueError, OSError, RuntimeError):  # outside, no path at all, a loop of links
            return ""

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
        used = dict.fromkeys(own[0] for own in self.own.values())
        roots = [*used] or [*(place for place in self.roots if place), ""]
        others = self.layout.others(roots)
        modules = [entry.module for entry in entries]
        words = listed(root or "the project's root" for root in [*roots, *others])
        packages = self.layout.packages(roots, modules, others)
        return packages, f"{'found' if packages else 'looked'} in {words}"

    def _database(self) -> str:
        if self.settings.database:
            words = "[tool.prodready] database"
            self.notes.append(("database", f"{self.settings.database} ({words})"))
            return words
        words = "the application's own engine"
        if self.environ.get("DATABASE_URL"):
            words += ", else DATABASE_URL of the environment"
        self.notes.append(("database", words))
        return words
