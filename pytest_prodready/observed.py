"""What one child tells, put together as it arrives: events in, facts out, and why it broke off."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_prodready import child
from pytest_prodready.causes import Causes, of_modules
from pytest_prodready.codec import WireError, decode
from pytest_prodready.facts import (
    App,
    BeatRows,
    Binding,
    CallSite,
    Celery,
    Command,
    Database,
    Effect,
    Entry,
    EnvironmentRead,
    Failure,
    ForbiddenImport,
    Frame,
    ImportCost,
    InspectedEntry,
    Live,
    Location,
    MappingFailure,
    Migrations,
    Module,
    Problem,
    Service,
    SettingsField,
    Tenancy,
    Way,
)
from pytest_prodready.facts import (
    Mapping as MappingFacts,
)
from pytest_prodready.inspector.effect_lines import find_line
from pytest_prodready.inspector.project import Project
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

_STACK_LINE = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)
_DUMP = re.compile(
    r"^(?:Stack|Current thread 0x\w+[^\n]*) \(most recent call first\):\n((?:  .*\n?)+)", re.MULTILINE
)
"""What ``faulthandler`` writes of one thread: ``_Py_DumpTraceback`` in CPython's ``Python/traceback.c``."""
COSTS = 10
"""How many of the most expensive imports are kept."""
LOST = 83
"""The status with which the inspector's ``Events`` leaves when it cannot speak any more."""


@dataclass(frozen=True)
class _Plain:
    """Facts that are no dataclass of their own."""

    names: dict[str, Failure] = field(default_factory=dict)
    unreached: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    call_sites: tuple[CallSite, ...] = ()
    parsed: int = 0
    environment_reads: tuple[EnvironmentRead, ...] = ()
    settings_fields: tuple[SettingsField, ...] = ()
    services: tuple[Service, ...] = ()
    reaching: tuple[tuple[str, str, tuple[Way, ...]], ...] = ()
    """Module and function of a broken import, and how tasks can reach it."""


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
    commands: list[object] = field(default_factory=list)
    command: Command | None = None
    """The management command that is being imported."""
    problems: list[Problem] = field(default_factory=list)
    leaving: tuple[int, object] | None = None
    last: tuple[str, object] | None = None
    """A call that may well have been the interpreter's last, and its frames."""
    within: dict[int, list[int]] = field(default_factory=dict)
    """Thread → for each of its imports in progress, the microseconds of the imports in it."""
    loaded: int = 0
    costs: list[tuple[int, int, str]] = field(default_factory=list)
    """(own, total, module) of the start, in microseconds: the most expensive are among them."""
    asked: dict[str, ForbiddenImport] = field(default_factory=dict)
    """Forbidden modules whose import has begun."""
    forbidden: list[ForbiddenImport] = field(default_factory=list)
    causes: Causes = field(default_factory=Causes)
    """What was found by going on after a failure."""
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
        self.within.setdefault(thread, []).append(0)
        self.raised_in = ""
        self.last = None  # the application went on
        if self.request.watch is not None and self.step == "load":
            self.request.watch(self.entry.target, name, self.loaded)

    def _on_end(self, name: str, thread: int, succeeded: bool, microseconds: int) -> None:
        within = self.within.setdefault(thread, [])
        if self.importing and within and self.importing[-1] == (thread, name):
            self.importing.pop()  # as it is with nearly all of them
            depth = len(within) - 1
        else:
            depth = self._ended_out_of_order(name, thread)
        self.raised_in = "" if succeeded else self.raised_in or name
        inner = within[depth] if depth < len(within) else 0
        del within[depth:]
        if within:
            within[-1] += microseconds
        if succeeded and self.step == "load":
            self.loaded += 1
            self.costs.append((microseconds - inner, microseconds, name))
            if len(self.costs) > 10 * COSTS:
                self.costs = sorted(self.costs, reverse=True)[:COSTS]
            if name in self.asked:
                self.forbidden.append(self.asked.pop(name))

    def _ended_out_of_order(self, name: str, thread: int) -> int:
        """Take an import off that is not the last that began; return how many its thread is still in."""
        for at in range(len(self.importing) - 1, -1, -1):
            if self.importing[at] == (thread, name):
                # what the thread began since has ended, though at the recursion limit it could not say so
                self.importing[at:] = [one for one in self.importing[at:] if one[0] != thread]
                break
        return sum(one == thread for one, _ in self.importing)

    def _on_asked(self, name: str, location: object) -> None:
        if self.step == "load" and name not in self.asked:
            # for the sake of a module below it, the module itself is imported first
            chain = [module for _, module in self.importing if not module.startswith(f"{name}.")]
            self.asked[name] = decode(ForbiddenImport, {"module": name, "chain": chain, "location": location})

    def _on_last(self, call: str, frames: object) -> None:
        self.last = (call, frames)

    def _on_step(self, name: str) -> None:
        self.step = name
        if name == "databases":
            # the driver has its own limit; this one is for the driver that does not keep it
            scan = self.request.scan[1] + 2 if self.request.scan is not None else 0
            self.clock.restart(self.limits.database + 2 + scan)
        elif name == "rows":
            self.clock.restart(self.limits.database + 2)
        elif name == "live":
            self.clock.restart(self.limits.live + 2)
        elif name != "load":
            self.clock.restart(self.limits.load)

    def _on_command(self, name: str, module: str, file: str) -> None:
        self.clock.restart(self.limits.load)
        self.command = Command(name, module, Location(file))

    def _on_raised(self) -> None:
        self.failed_in = self.raised_in

    def _on_facts(self, name: str, value: object) -> None:
        if name == "module":
            self.modules.append(value)
        elif name == "conflicts" and isinstance(value, list):
            self._add_to_modules(value)
        elif name == "command":
            self.commands.append(value)
            self.command = None
        elif name == "failure" and isinstance(value, dict):
            self.facts[name] = {**value, "module": value.get("module") or self.failed_in}
        else:
            self.facts[name] = value

    def _add_to_modules(self, more: list[dict[str, object]]) -> None:
        """Add fields of modules to those of the same names, and the modules that are not known yet."""
        known = {module["name"]: module for module in self.modules if isinstance(module, dict)}
        for fact in more:
            if fact["name"] in known:
                known[fact["name"]].update(fact)
            else:
                self.modules.append(fact)

    def _on_cause(self, failure: dict[str, object], mapped: object, module: str) -> None:
        blanked = _blanked(failure, self.redactor)
        assert isinstance(blanked, dict)
        self.causes.found.append((blanked, _blanked(mapped, self.redactor), module))

    def _on_dependent(self, cause: int, file: str, line: int) -> None:
        self.causes.dependents.setdefault(cause, []).append(Location(file, line))

    def _on_unstopped(self, file: str, line: int, module: str) -> None:
        self.causes.unstopped.add((file, line, module))

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
            doing = f", while {self.importing[-1][1]} was being imported" if self.importing else ""
            message = f"the application closed the descriptor that the facts travel on{doing}"
            if place := self._closing_line():
                message += f": {place} closes descriptors"
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
        if self.step == "further":  # what the application does where it was made to go on says nothing
            return inspected, self.problems
        if self.step == "load":
            return replace(inspected, failure=inspected.failure or broken_off), self.problems
        if self.step == "databases":
            limit = self.limits.database
            detail = (
                f"it gave no answer within {limit:g} s" if broken_off.how == "hung" else broken_off.message
            )
            database = Database(self.request.database, problem="unreachable", detail=detail)
            return replace(inspected, databases=(*inspected.databases, database)), self.problems
        if self.step == "migrations":
            doing = "hung" if broken_off.how == "hung" else f"ended the interpreter: {broken_off.message}"
            migrations = Migrations(problem=f"reading the migrations {doing}")
            return replace(inspected, migrations=migrations), self.problems
        if self.step == "rows":
            how = "gave no answer in time" if broken_off.how == "hung" else f"ended it: {broken_off.message}"
            rows = BeatRows(chosen=True, problem=f"Reading the table of django-celery-beat {how}.")
            return replace(inspected, beat_rows=rows), self.problems
        if self.step == "live":
            doing = "hung" if broken_off.how == "hung" else f"ended the interpreter: {broken_off.message}"
            live = Live("", problem="unreachable", detail=f"asking it {doing}")
            return replace(inspected, live=live), self.problems
        if self.step == "closure" and (culprit := self._own_module_in_progress()):
            module = Module(culprit, culprit.replace(".", "/") + ".py", failure=broken_off)
            return replace(inspected, modules=(*inspected.modules, module)), self.problems
        if self.command is not None:
            command = replace(self.command, failure=broken_off)
            return replace(inspected, commands=(*inspected.commands, command)), self.problems
        problem = Problem(f"{self.entry.target}, step {self.step}", broken_off.message, broken_off.output)
        return inspected, [*self.problems, problem]

    def _own_module_in_progress(self) -> str:
        own = [name for _, name in self.importing if name.partition(".")[0] in self.request.packages]
        return own[-1] if own else ""

    def _closing_line(self) -> str:
        """Where the innermost of the application's modules in progress closes descriptors, by its source."""
        module = self._own_module_in_progress().replace(".", "/")
        for directory in (self.request.root, *map(Path, self.request.pythonpath)):
            for file in (directory / f"{module}.py", directory / module / "__init__.py"):
                if module and (line := find_line(str(file), "", "output", "")):
                    return f"{file.relative_to(self.request.root)}:{line}"
        return ""

    def _decoded(self) -> InspectedEntry:
        facts = {name: _blanked(value, self.redactor) for name, value in self.facts.items()}
        mapping = decode(MappingFacts, facts["mapping"]) if facts.get("mapping") else None
        if facts.get("mapping_failure"):
            mapping = MappingFacts(failures=(decode(MappingFailure, facts["mapping_failure"]),))
        known = [one.name for one in dataclasses.fields(_Plain)]
        plain = decode(_Plain, {name: facts[name] for name in known if facts.get(name)})
        modules = (decode(Module, _blanked(module, self.redactor)) for module in self.modules)
        ways = {(module, function): several for module, function, several in plain.reaching}
        return InspectedEntry(
            self.entry,
            failure=decode(Failure, facts["failure"]) if "failure" in facts else None,
            seconds=float(str(facts.get("seconds", 0.0))),
            app=decode(App, facts["app"]) if facts.get("app") else None,
            celery=decode(Celery, facts["celery"]) if facts.get("celery") else None,
            binding=decode(Binding, facts["binding"]) if facts.get("binding") else None,
            call_sites=plain.call_sites,
            beat_rows=decode(BeatRows, facts["rows"]) if facts.get("rows") else None,
            tenancy=decode(Tenancy, facts["tenancy"]) if facts.get("tenancy") else None,
            live=decode(Live, facts["live"]) if facts.get("live") else None,
            modules=of_modules(
                tuple(_reached_by(module, ways) if module.broken else module for module in modules),
                self.causes,
            ),
            mapping=mapping,
            databases=tuple(decode(Database, one) for one in _items(facts.get("databases"))),
            migrations=decode(Migrations, facts["migrations"]) if facts.get("migrations") else None,
            effects=tuple(decode(Effect, effect) for effect in _items(facts.get("effects"))),
            loaded=self.loaded,
            costs=tuple(
                ImportCost(name, own / 1e6, total / 1e6)
                for own, total, name in sorted(self.costs, reverse=True)[:COSTS]
            ),
            forbidden=tuple(self.forbidden),
            commands=tuple(decode(Command, _blanked(command, self.redactor)) for command in self.commands),
            names=plain.names,
            unreached=plain.unreached,
            libraries=plain.libraries,
            parsed=plain.parsed,
            environment_reads=plain.environment_reads,
            settings_fields=plain.settings_fields,
            services=plain.services,
        )

    def _broken_off(self, ending: child.Ending) -> Failure:
        """Why a child ended before it had said everything."""
        module = self.importing[-1][1] if self.importing else ""
        doing = f"while {module} was being imported" if module else "after its imports"
        # an application that sets up a fault handler of its own gets the stack on its stderr
        frames = _frames(ending.stack, self.request) or _frames(ending.output, self.request)
        output = self.redactor.blank(ending.output)
        call, described = self.last or ("", None)
        if call.startswith("os.exec") and not ending.stack:  # else it failed: an interpreter is still there
            message = f"{call} in the interpreter's place {doing}"
            return Failure("left", message, module=module, frames=_shown(described), output=output)
        if ending.timed_out is not None:
            message = f"nothing came back within {ending.timed_out:g} s, {doing}"
            return Failure(
                "hung", message, module=module, frames=frames, seconds=ending.timed_out, output=output
            )
        if self.leaving is not None:
            status, described = self.leaving
            frames = _shown(described)
            message = f"os._exit({status}) ended the interpreter {doing}"
            return Failure("left", message, module=module, frames=frames, status=status, output=output)
        if ending.status is not None and ending.status < 0:
            name = _signal_name(-ending.status)
            if call == f"signal {-ending.status}":
                frames = frames or _shown(described)
            message = f"{name} killed the interpreter {doing}"
            return Failure(
                "crashed", message, module=module, frames=frames, status=-ending.status, output=output
            )
        message = f"the interpreter ended without a word, with status {ending.status}, {doing}"
        return Failure("left", message, module=module, frames=frames, status=ending.status, output=output)


def _reached_by(module: Module, ways: dict[tuple[str, str], tuple[Way, ...]]) -> Module:
    """``module`` with the ways on which tasks can reach its broken imports."""
    broken = (replace(one, ways=ways.get((one.module, one.function), ())) for one in module.broken)
    return replace(module, broken=tuple(broken))


def _shown(frames: object) -> tuple[Frame, ...]:
    with contextlib.suppress(WireError):
        return decode(Failure, {"how": "", "message": "", "frames": frames}).frames
    return ()


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


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
