"""The target: starts children in its interpreter, follows their events, and gives back facts.

Each entry point is loaded first in its own fresh interpreter; the children run side by side.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_prodready import child
from pytest_prodready.codec import WireError, decode
from pytest_prodready.facts import (
    App,
    Celery,
    Database,
    Entry,
    Failure,
    Frame,
    InspectedEntry,
    Interpreter,
    MappingFailure,
    Module,
    Problem,
)
from pytest_prodready.facts import (
    Mapping as MappingFacts,
)
from pytest_prodready.inspector.interpreter import describe
from pytest_prodready.inspector.project import Project
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

INTERPRETER_SCRIPT = Path(__file__).parent / "inspector" / "interpreter.py"
INTERPRETER_LIMIT = 30.0
REVEALED = 5
"""How many hidden distributions are revealed to one entry point before its failure is taken as it is."""
NOT_PRODUCTION = re.compile(r"PYTEST_|_PYTEST|COV_CORE_|COVERAGE_PROCESS_")
"""Environment variables that pytest and its plugins set for their own processes."""
_STACK_LINE = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)
_DUMP = re.compile(
    r"^(?:Stack|Current thread 0x\w+[^\n]*) \(most recent call first\):\n((?:  .*\n?)+)", re.MULTILINE
)
"""What ``faulthandler`` writes of one thread: ``_Py_DumpTraceback`` in CPython's ``Python/traceback.c``."""
LOST = 83
"""The status with which the inspector's ``Events`` leaves when it cannot speak any more."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that the target gets: the job's own, without a trace of pytest.

    Bytecode is not written: nothing may change in the project.
    """
    kept = {name: value for name, value in environ.items() if not NOT_PRODUCTION.match(name)}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept


def interpreter(python: str, root: Path, environ: Mapping[str, str]) -> Interpreter | Problem:
    """Ask the interpreter ``python`` what it is; the application is not involved."""
    if python == sys.executable:
        return decode(Interpreter, describe())  # we know ourselves: a process less to wait for
    try:
        answer = subprocess.run(
            [python, str(INTERPRETER_SCRIPT)],
            cwd=root,
            env=environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INTERPRETER_LIMIT,
            check=True,
        )
        return decode(Interpreter, json.loads(answer.stdout))
    except subprocess.TimeoutExpired:
        return Problem("interpreter", f"{python} gave no answer within {INTERPRETER_LIMIT:g} s")
    except subprocess.CalledProcessError as error:
        return Problem("interpreter", f"{python} cannot run", error.stderr.decode("utf-8", "replace")[-2000:])
    except OSError as error:
        return Problem("interpreter", f"{python} could not be started: {error}")
    except ValueError:
        return Problem("interpreter", f"{python} did not answer as a Python interpreter does")


def inspect(
    request: Request, limits: Limits, environ: Mapping[str, str]
) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    """Load every entry point of ``request``, each in its own interpreter, side by side.

    Returns:
        What was seen of each entry, in the order of the request, and what could not be inspected.
    """
    cancelled = threading.Event()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [
            pool.submit(_inspect_entry, entry, request, limits, environ, cancelled)
            for entry in request.entries
        ]
        try:
            results = [future.result() for future in futures]
        except BaseException:
            cancelled.set()
            raise
    entries = tuple(entry for entry, _ in results)
    return entries, tuple(problem for _, problems in results for problem in problems)


def _inspect_entry(
    entry: Entry, request: Request, limits: Limits, environ: Mapping[str, str], cancelled: threading.Event
) -> tuple[InspectedEntry, list[Problem]]:
    """Inspect one entry; what an installed library, not the application, asks for is revealed to it.

    A database driver or a backend is named in a URL and imported by the library: the image may well bring
    it, and everything else of the entry is still to be judged.
    """
    revealed: list[str] = []
    while True:
        visible = {name: owner for name, owner in request.hidden.items() if owner not in revealed}
        names = tuple(name for name in request.hidden_distributions if name not in revealed)
        narrowed = replace(request, hidden=visible, hidden_distributions=names)
        seen, problems = _inspect_once(entry, narrowed, limits, environ, cancelled)
        asked = _asked_by_a_library(seen)
        if not asked or asked in revealed or len(revealed) == REVEALED:
            return replace(seen, revealed=tuple(revealed)), problems
        revealed.append(asked)


def _asked_by_a_library(seen: InspectedEntry) -> str:
    """The hidden distribution that a file outside the application failed to import; else empty."""
    failure = seen.failure
    if failure is None or failure.missing is None or not failure.frames or failure.frames[-1].own:
        return ""
    return failure.missing.distribution


def _inspect_once(
    entry: Entry, request: Request, limits: Limits, environ: Mapping[str, str], cancelled: threading.Event
) -> tuple[InspectedEntry, list[Problem]]:
    clock = child.Clock(limits.load)
    seen = _Seen(entry, request, limits, clock, Redactor(environ))
    try:
        ending = child.run(
            request.python,
            _question(entry, request, limits),
            cwd=request.root,
            environ=environment(environ),
            clock=clock,
            on_event=seen.event,
            cancelled=cancelled,
        )
    except OSError as error:
        return InspectedEntry(entry), [
            Problem(entry.target, f"{request.python} could not be started: {error}")
        ]
    return seen.result(ending)


def _question(entry: Entry, request: Request, limits: Limits) -> dict[str, object]:
    """The request as the inspector reads it: plain values, no secret among them."""
    argv = {
        "web": ["uvicorn", entry.target],
        "celery": ["celery", "-A", entry.target.partition(":")[0], "worker"],
    }
    return {
        "kind": entry.kind,
        "target": entry.target,
        "settings_module": entry.settings_module,
        "argv": argv.get(entry.kind, [entry.target]),
        "root": str(request.root),
        "packages": list(request.packages),
        "pythonpath": list(request.pythonpath if entry.pythonpath is None else entry.pythonpath),
        "hidden": dict(request.hidden),
        "hidden_distributions": [name.replace("-", "_") for name in request.hidden_distributions],
        "jobs": sorted(request.jobs),
        "database": request.database,
        "database_limit": limits.database,
    }


@dataclass
class _Seen:
    """The events of one child, put together as they arrive."""

    entry: Entry
    request: Request
    limits: Limits
    clock: child.Clock
    redactor: Redactor
    importing: list[tuple[int, str]] = field(default_factory=list)
    """Thread and module of the imports that have begun and not ended, outermost first."""
    raised_in: str = ""
    """The innermost module of the imports that an exception has just ended."""
    failed_in: str = ""
    """That module at the moment when the entry point failed."""
    step: str = "start"
    facts: dict[str, object] = field(default_factory=dict)
    modules: list[object] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    leaving: tuple[int, object] | None = None
    seconds: float | None = None

    def event(self, line: bytes) -> bool:
        """Take one event; ``True`` for the last one."""
        try:
            kind, *values = json.loads(line.decode("utf-8", "surrogatepass"))
            return bool(getattr(self, f"_on_{kind}")(*values))
        except (ValueError, TypeError, AttributeError) as error:
            # facts that were lost must not look like a pass
            self._on_problem(self.step, f"an event cannot be read: {error}", "")
            return False

    def _on_begin(self, name: str, thread: int) -> None:
        self.importing.append((thread, name))
        self.raised_in = ""

    def _on_end(self, name: str, thread: int, succeeded: bool) -> None:
        for at in range(len(self.importing) - 1, -1, -1):
            if self.importing[at] == (thread, name):
                # what the thread began since has ended, though at the recursion limit it could not say so
                self.importing[at:] = [one for one in self.importing[at:] if one[0] != thread]
                break
        self.raised_in = "" if succeeded else self.raised_in or name

    def _on_step(self, name: str) -> None:
        self.step = name
        if name == "database":
            # the driver has its own limit; this one is for the driver that does not keep it
            self.clock.restart(self.limits.database + 2)
        elif name != "load":
            self.clock.restart(self.limits.load)

    def _on_raised(self) -> None:
        self.failed_in = self.raised_in

    def _on_facts(self, name: str, value: object) -> None:
        if name == "module":
            self.modules.append(value)
        elif name == "failure" and isinstance(value, dict):
            self.facts[name] = {**value, "module": value.get("module") or self.failed_in}
        else:
            self.facts[name] = value

    def _on_problem(self, step: str, message: str, detail: str) -> None:
        job = f"{self.entry.target}, step {step}"
        self.problems.append(Problem(job, self.redactor.blank(message), self.redactor.blank(detail)))

    def _on_leaving(self, status: int, frames: object) -> None:
        self.leaving = (status, frames)

    def _on_done(self, seconds: float) -> bool:
        self.seconds = seconds
        return True

    def result(self, ending: child.Ending) -> tuple[InspectedEntry, list[Problem]]:
        """The facts of this entry, once its child has ended in whatever way."""
        if self.seconds is None and ending.status == LOST:
            message = "the application closed the descriptor that the facts travel on"
            problem = Problem(
                f"{self.entry.target}, step {self.step}", message, self.redactor.blank(ending.output)
            )
            return InspectedEntry(self.entry), [*self.problems, problem]
        broken_off = None if self.seconds is not None else self._broken_off(ending)
        try:
            inspected = self._decoded()
        except WireError as error:
            problem = Problem(self.entry.target, f"the inspector's facts cannot be read: {error}")
            return InspectedEntry(self.entry, broken_off), [*self.problems, problem]
        if inspected.failure is not None:
            output = self.redactor.blank(ending.output)
            inspected = replace(inspected, failure=replace(inspected.failure, output=output))
        if broken_off is None:
            return inspected, self.problems
        if self.step == "start":  # the application had not been touched yet
            problem = Problem(
                self.entry.target, f"the inspector did not start: {broken_off.message}", broken_off.output
            )
            return inspected, [*self.problems, problem]
        if self.step == "load":
            return replace(inspected, failure=inspected.failure or broken_off), self.problems
        if self.step == "database":
            limit = self.limits.database
            detail = (
                f"it gave no answer within {limit:g} s" if broken_off.how == "hung" else broken_off.message
            )
            database = Database(self.request.database, problem="unreachable", detail=detail)
            return replace(inspected, database=database), self.problems
        if self.step == "closure" and (culprit := self._own_module_in_progress()):
            module = Module(culprit, culprit.replace(".", "/") + ".py", failure=broken_off)
            return replace(inspected, modules=(*inspected.modules, module)), self.problems
        problem = Problem(f"{self.entry.target}, step {self.step}", broken_off.message, broken_off.output)
        return inspected, [*self.problems, problem]

    def _own_module_in_progress(self) -> str:
        own = [name for _, name in self.importing if name.partition(".")[0] in self.request.packages]
        return own[-1] if own else ""

    def _decoded(self) -> InspectedEntry:
        facts = {name: _blanked(value, self.redactor) for name, value in self.facts.items()}
        mapping = decode(MappingFacts, facts["mapping"]) if facts.get("mapping") else None
        if facts.get("mapping_failure"):
            mapping = MappingFacts(failures=(decode(MappingFailure, facts["mapping_failure"]),))
        return InspectedEntry(
            self.entry,
            failure=decode(Failure, facts["failure"]) if "failure" in facts else None,
            seconds=self.seconds or 0.0,
            app=decode(App, facts["app"]) if facts.get("app") else None,
            celery=decode(Celery, facts["celery"]) if facts.get("celery") else None,
            modules=tuple(decode(Module, _blanked(module, self.redactor)) for module in self.modules),
            mapping=mapping,
            database=decode(Database, facts["database"]) if facts.get("database") else None,
        )

    def _broken_off(self, ending: child.Ending) -> Failure:
        """Why a child ended before it had said everything."""
        module = self.importing[-1][1] if self.importing else ""
        doing = f"while {module} was being imported" if module else "after its imports"
        # an application that sets up a fault handler of its own gets the stack on its stderr
        frames = _frames(ending.stack, self.request) or _frames(ending.output, self.request)
        output = self.redactor.blank(ending.output)
        if ending.timed_out is not None:
            message = f"nothing came back within {ending.timed_out:g} s, {doing}"
            return Failure(
                "hung", message, module=module, frames=frames, seconds=ending.timed_out, output=output
            )
        if self.leaving is not None:
            status, described = self.leaving
            with contextlib.suppress(WireError):
                frames = decode(Failure, {"how": "", "message": "", "frames": described}).frames
            message = f"os._exit({status}) ended the interpreter {doing}"
            return Failure("left", message, module=module, frames=frames, status=status, output=output)
        if ending.status is not None and ending.status < 0:
            name = _signal_name(-ending.status)
            message = f"{name} killed the interpreter {doing}"
            return Failure(
                "crashed", message, module=module, frames=frames, status=-ending.status, output=output
            )
        message = f"the interpreter ended without a word, with status {ending.status}, {doing}"
        return Failure("left", message, module=module, frames=frames, status=ending.status, output=output)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _blanked(value: object, redactor: Redactor, key: str = "") -> object:
    """``value`` with secrets blanked in the fields that hold text of the application's own."""
    if isinstance(value, str):
        if key == "text":
            return redactor.blank_source(value)
        return redactor.blank(value) if key in ("message", "detail", "output") else value
    if isinstance(value, list):
        return [_blanked(item, redactor, key) for item in value]
    if isinstance(value, dict):
        return {name: _blanked(item, redactor, name) for name, item in value.items()}
    return value


def _frames(stack: str, request: Request) -> tuple[Frame, ...]:
    """The frames of a fault handler's dump, outermost first: of the thread that crashed or got the signal."""
    project = Project(str(request.root), request.packages)
    here = str(child.BOOTSTRAP.parent)
    dumps = list(_DUMP.finditer(stack))
    if not dumps:
        return ()
    frames = []
    for found in _STACK_LINE.finditer(dumps[-1][1]):
        file = found["file"]
        if not file.startswith(("<frozen", here)):
            own = file.endswith(".py") and project.owns_file(file)
            frames.append(Frame(project.relative(file), int(found["line"]), found["function"], own=own))
    return tuple(reversed(frames))
