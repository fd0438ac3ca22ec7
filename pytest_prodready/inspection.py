"""The entry points of one run, each loaded in as many fresh interpreters as it takes to know all of it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from pytest_prodready import child
from pytest_prodready.causes import Causes, of_entry
from pytest_prodready.codec import WireError
from pytest_prodready.facts import Command, Entry, Frame, InspectedEntry, Problem
from pytest_prodready.health.names import NAMES
from pytest_prodready.observed import Seen, result
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

ENDED = ("hung", "crashed", "left")
"""How a failure took the interpreter with it."""
STOPPED = 5
"""After how many commands that stop the interpreter those behind them are given up."""
BEFORE_THE_LOOP = {"gunicorn", "hypercorn", "daphne", "waitress-serve", "uwsgi", "runserver"}
"""Servers that import an application before any event loop runs, gunicorn with the workers of uvicorn, too;
granian does within its loop, and so did uvicorn before 0.47."""
CERTAIN = {"builtins.ImportError", "builtins.SyntaxError", "builtins.NameError"}
"""Exceptions that no hurry brings about."""
INSISTING = 6
"""How many interpreters go on after the failures of one entry point."""
NAMING = ("web", "commands", "celery", "module", "script")
"""Kinds of entry points, the one that loads most of the application first."""
REVEALED = 5
"""How many hidden distributions are revealed to one entry point before its failure is taken as it is."""
IMPORT = re.compile(r"(?:.*[:;]\s*)?(?:from\s+(?P<source>[\w.]+)\s+import\b|import\s+(?P<modules>.+))")


@dataclass(frozen=True)
class Inspection:
    """The inspection of all entry points of one run."""

    request: Request
    limits: Limits
    environ: Mapping[str, str]
    """The target's whole environment."""
    cancelled: threading.Event
    """Set → every child is killed."""
    shared: str = ""
    """A directory in which the children of this run tell each other what they have read of the sources."""
    hurried: bool = False
    """Others start beside it, and garbage is hardly collected: what may have failed for that is looked at
    once more, and no further now."""
    hear: Callable[[bytes], object] = bool
    """Is told every event of the children."""

    def group(self, group: list[Entry]) -> tuple[list[InspectedEntry], list[Problem]]:
        """Inspect entries that share an interpreter; what was seen there is the first one's that loads."""
        names = tuple(entry.target.partition(":")[2] for entry in group)
        if group[0].kind == "commands":
            whole, problems = self._commands(group[0])
        else:
            whole, problems = self._entry(group[0], names)
        found = []
        at_first = next((at for at, name in enumerate(names) if name not in whole.names), 0)
        for at, (entry, name) in enumerate(zip(group, names, strict=True)):
            of_this = whole if at == at_first else InspectedEntry(entry, whole.failure, whole.seconds)
            found.append(replace(of_this, entry=entry, failure=whole.failure or whole.names.get(name)))
        return found, problems

    def _commands(self, entry: Entry) -> tuple[InspectedEntry, list[Problem]]:
        """Inspect all management commands; those behind one that stops the interpreter get another one."""
        known: dict[str, Command] = {}
        while True:
            seen, problems = self._entry(entry, skipped=(*known,))
            known |= {command.name: command for command in seen.commands}
            stopping = [one for one in seen.commands if one.failure and one.failure.how in ENDED]
            whole = replace(seen, commands=tuple(known[name] for name in sorted(known)))
            ended = sum(one.failure is not None and one.failure.how in ENDED for one in known.values())
            if stopping and ended == STOPPED:
                message = f"{STOPPED} commands stop the interpreter; those behind them were not looked at"
                return whole, [*problems, Problem(entry.target, message)]
            if not stopping:
                return whole, problems

    def _entry(
        self, entry: Entry, names: tuple[str, ...] = (), skipped: tuple[str, ...] = ()
    ) -> tuple[InspectedEntry, list[Problem]]:
        """Inspect one entry; what an installed library, not the application, asks for is revealed to it.

        A database driver or a backend is named in a URL and imported by the library: the image may well bring
        it, and everything else of the entry is still to be judged.
        """
        revealed: list[str] = []
        while True:
            narrowed = self.revealing(revealed)
            more: dict[str, object] = {"names": list(names), "skipped": list(skipped), "settle": True}
            seen, problems, settled = narrowed.look(entry, **more)
            if seen.failure is not None and seen.failure.loopless and _has_a_loop(entry, self.request):
                within = narrowed.look(entry, **more, loop=True)
                if within[0].failure is None:
                    seen, problems, settled = within
            asked = _asked_by_a_library(seen)
            if not asked or asked in revealed or len(revealed) == REVEALED:
                again = self.hurried and may_be_of_hurry([seen])
                whole = seen if again or settled else narrowed.go_on(seen)
                return replace(whole, revealed=tuple(revealed)), problems
            revealed.append(asked)

    def revealing(self, revealed: Iterable[str]) -> Inspection:
        """The same inspection, with these distributions in sight, and what an installer brings with them."""
        waiting, revealed = [*revealed], set()
        while waiting:
            if (name := waiting.pop()) not in revealed:
                revealed.add(name)
                waiting += self.request.brings.get(name, ())
        hidden = {name: owner for name, owner in self.request.hidden.items() if owner not in revealed}
        unseen = tuple(name for name in self.request.hidden_distributions if name not in revealed)
        return replace(self, request=replace(self.request, hidden=hidden, hidden_distributions=unseen))

    def once(self, entry: Entry) -> tuple[InspectedEntry, list[Problem]]:
        """Inspect one entry in one interpreter, and take what comes of it."""
        seen, problems, _ = self.look(entry)
        return seen, problems

    def look(self, entry: Entry, **more: object) -> tuple[InspectedEntry, list[Problem], bool]:
        """The same; ``True`` when all root causes of its failure are among that."""
        try:
            seen, ending = self._tell(entry, self.limits, **more)
        except OSError as error:
            problem = Problem(entry.target, f"{self.request.python} could not be started: {error}")
            return InspectedEntry(entry), [problem], True
        return *result(seen, ending), seen.settled and not seen.causes.unstopped

    def go_on(self, seen: InspectedEntry) -> InspectedEntry:
        """Load an entry that raised once more, going on after each failure: all its root causes at once.

        One is enough, unless a failure was let go because the application's own code seemed to stop it, and
        did not: the next one goes on behind that, too.
        """
        if seen.failure is None or seen.failure.how != "raised":
            return seen
        failing = sorted({one.file for one in seen.failure.frames if one.own and one.function == "<module>"})
        found: list[Causes] = []
        insist: set[tuple[str, int, str]] = set()
        until = time.monotonic() + self.limits.load
        while len(found) < INSISTING and (left := until - time.monotonic()) > 0:
            more = {"continue": failing, "insist": [list(place) for place in sorted(insist)]}
            try:
                told, _ = self._tell(seen.entry, replace(self.limits, load=left), **more)
            except OSError:
                break
            found.append(told.causes)
            if not told.causes.unstopped - insist:
                break
            insist |= told.causes.unstopped
        try:
            return of_entry(seen, found)
        except WireError:  # the first failure stands
            return seen

    def _tell(self, entry: Entry, limits: Limits, **more: object) -> tuple[Seen, child.Ending]:
        """Run one child to its end.

        Raises:
            OSError: the interpreter could not be started.
        """
        clock = child.Clock(limits.load)
        seen = Seen(entry, self.request, limits, clock, Redactor(self.environ))

        def on_event(line: bytes) -> bool:
            self.hear(line)
            return seen.event(line)

        ending = child.run(
            self.request.python,
            {
                **_question(entry, self.request, limits),
                "shared": self.shared,
                "hurried": self.hurried,
                **more,
            },
            cwd=self.request.root,
            environ=self.environ,
            clock=clock,
            on_event=on_event,
            cancelled=self.cancelled,
        )
        return seen, ending


def may_be_of_hurry(seen: Iterable[InspectedEntry]) -> bool:
    """Whether an entry point may have failed only because it was looked at in a hurry.

    Two that make the same tables, or take the same lock, at the same moment: production starts one of them a
    little later, or once more. And what asks a class for its subclasses sees those, too, that nothing refers
    to and no collection has taken away: each that ``dataclass(slots=True)`` has put another in place of.
    """
    failures = [one.failure for one in seen if one.failure is not None]
    return any(failure.how == "raised" and not CERTAIN & set(failure.bases) for failure in failures)


def _has_a_loop(entry: Entry, request: Request) -> bool:
    """Whether a server may import the entry point within its running event loop."""
    programs = request.serve.split()[:1] or [one.program for one in request.servers]
    known = {PurePath(program).name for program in programs}
    return entry.kind == "web" and not (known and known <= BEFORE_THE_LOOP)


def _asked_by_a_library(seen: InspectedEntry) -> str:
    """The hidden distribution that a file outside the application failed to import; else empty.

    The application's own statement may have called a library that stands in for ``__import__``.
    """
    failure = seen.failure
    if failure is None or failure.missing is None:
        return ""
    called: list[Frame] = []
    for frame in reversed(failure.frames):
        if frame.own:
            body_of_a_library = any(inner.function == "<module>" for inner in called)
            own = not called or (not body_of_a_library and _imports(frame.text, failure.missing.module))
            return "" if own else failure.missing.distribution
        called.append(frame)
    return failure.missing.distribution if called else ""


def _imports(line: str, module: str) -> bool:
    """Whether ``line`` is an import statement, or its first line, of the top-level module of ``module``."""
    found = IMPORT.match(line)
    names = (found["source"] or found["modules"]).split(",") if found else []
    top = module.partition(".")[0]
    return any(re.split(r"\W", name.strip(), maxsplit=1)[0] == top for name in names)


def _jobs(entry: Entry, request: Request) -> frozenset[str]:
    """What is asked of one entry point: some things are the same for all, and are read once.

    The Django project is read as the web application has set it up; only where there is none, as manage.py
    does. The names that the code asks for are read where most of the application is loaded; those in tasks
    and management commands, which it may well not load, where they are.
    """
    jobs = request.jobs
    kinds = [kind for kind in ("module", "web", "celery") if any(one.kind == kind for one in request.entries)]
    first = next((one for one in request.entries if one.kind in kinds[:1]), None)
    if entry != first:
        jobs -= {"migrations"}
    setting_up = [one for kind in ("web", "commands") for one in request.entries if one.kind == kind]
    if entry not in setting_up[:1]:
        jobs -= {"django"}
    with_more = entry.kind in ("celery", "commands")
    return jobs if with_more or entry == _reads_names(request) else jobs - {"names"}


def _reads_names(request: Request) -> Entry | None:
    """The entry point whose interpreter reads the names of all the modules that it has."""
    by_kind = [one for kind in NAMING for one in request.entries if one.kind == kind]
    return by_kind[0] if by_kind else None


def _question(entry: Entry, request: Request, limits: Limits) -> dict[str, object]:
    """The request as the inspector reads it: plain values, no secret among them."""
    argv = {
        "web": ["uvicorn", entry.target],
        "celery": ["celery", "-A", entry.target.partition(":")[0], "worker"],
        "commands": ["manage.py"],
    }
    return {
        "kind": entry.kind,
        "target": entry.target,
        "settings_module": entry.settings_module,
        "argv": argv.get(entry.kind, [entry.target]),
        "root": str(request.root),
        "packages": list(request.packages),
        "pythonpath": list(request.pythonpath if entry.pythonpath is None else entry.pythonpath),
        "started": entry.started,
        "behind": list(entry.behind),
        "forbidden": list(request.forbidden.get(entry.target, ())),
        "cache": str(request.cache or ""),
        "hidden": dict(request.hidden),
        "hidden_distributions": [name.replace("-", "_") for name in request.hidden_distributions],
        "jobs": sorted(_jobs(entry, request)),
        "alembic": [list(one) for one in request.alembic],
        "database": request.database,
        "database_limit": limits.database,
        "scan": request.scan,
        "tables": list(request.tables),
        "live_limit": limits.live,
        "health_names": sorted(NAMES),
        "health_paths": [probe.path.partition("?")[0] for probe in request.health.probes],
        "names": [],
        "names_whole": entry == _reads_names(request),
        "skipped": [],
        "continue": None,
        "insist": [],
        "settle": False,
        "loop": False,
    }
