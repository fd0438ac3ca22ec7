"""What one child tells, put together as it arrives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pytest_prodready import child
from pytest_prodready.causes import Causes
from pytest_prodready.codec import decode
from pytest_prodready.facts import Command, Entry, ForbiddenImport, Location, Problem
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

COSTS = 10
"""How many of the most expensive imports are kept."""


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
    settled: bool = False
    """These are all root causes of a load that failed: no other interpreter has to go on behind it."""
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
            self.clock.restart(self.limits.load)  # each module has a limit of its own
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
        blanked = self.redactor.blank_facts(failure)
        assert isinstance(blanked, dict)
        self.causes.found.append((blanked, self.redactor.blank_facts(mapped), module))

    def _on_dependent(self, cause: int, file: str, line: int) -> None:
        self.causes.dependents.setdefault(cause, []).append(Location(file, line))

    def _on_settled(self) -> None:
        self.settled = True

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

    def own_module_in_progress(self) -> str:
        """The innermost of the application's modules whose import has begun and not ended; empty for none."""
        own = [name for _, name in self.importing if name.partition(".")[0] in self.request.packages]
        return own[-1] if own else ""
