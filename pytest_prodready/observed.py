"""What one child tells, put together as it arrives: events in, facts out, and why it broke off."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from dataclasses import dataclass, field, replace

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
    MappingFailure,
    Module,
    Problem,
)
from pytest_prodready.facts import (
    Mapping as MappingFacts,
)
from pytest_prodready.inspector.project import Project
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

_STACK_LINE = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)
_DUMP = re.compile(
    r"^(?:Stack|Current thread 0x\w+[^\n]*) \(most recent call first\):\n((?:  .*\n?)+)", re.MULTILINE
)
"""What ``faulthandler`` writes of one thread: ``_Py_DumpTraceback`` in CPython's ``Python/traceback.c``."""
LOST = 83
"""The status with which the inspector's ``Events`` leaves when it cannot speak any more."""


@dataclass
class Seen:
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
