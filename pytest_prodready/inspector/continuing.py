"""Loads once more what has failed, and goes on after each failure as if it were mended: all root causes.

Runs where nothing can be spoilt any more: in a child of its own, or as the last step of one. Until something
fails, the modules of the application are executed as they are; from then on, and where the first failure is
known to come out of them, statement by statement. What fails is noted, the names that it was to bind get
stand-ins, and the next statement runs. Nothing that may be the stand-ins' doing counts: a failure is told
only where it is proven whatever stands in, as a name that the application's own module does not have, or
where nothing had a part in it that an earlier one has touched. What production's own code would stop, goes
its way.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import machinery
from types import FrameType, FunctionType, ModuleType
from typing import Any

from . import failure, stack, statement_lines
from .continuing_causes import Causes
from .continuing_imports import Imports
from .continuing_proofs import Proofs
from .continuing_running import Running
from .continuing_state import State
from .guards import Guard
from .project import Project
from .standins import StandIn
from .statement_names import ANY, bound, imported, loads, makes_names

Facts = dict[str, Any]


def load(request: Facts, project: Project, events: Any) -> None:
    """Load the entry point of a request in this way, and send an event for each root cause that is found."""
    going_on = Continuing(project, events.send, request["hidden"], {tuple(one) for one in request["insist"]})
    going_on.failing.update(request["continue"])
    going_on.install()
    events.send("step", "load")
    load_entry(going_on, request, project)


def load_entry(going_on: Continuing, request: Facts, project: Project) -> None:
    """Load the entry point, with the import system taken over already."""
    from . import loading

    try:
        if request["kind"] == "celery":
            # Celery's search for its app stops ImportErrors, to say less about them
            __import__(request["target"].partition(":")[0])
        loading.load_entry(request, project)
    except BaseException as error:  # whatever is raised is a fact
        going_on.ended(error, request["target"])


def modules(failed: dict[str, Facts], project: Project, hidden: dict[str, str], send: Any) -> None:
    """Load modules again that raised, and send an event for each root cause that is found.

    Args:
        failed: module → its ``Failure``.
        project: the application.
        hidden: top-level module → the installed distribution that is invisible here; is changed.
        send: takes the parts of an event.
    """
    going_on = Continuing(project, send, hidden, set())
    executed = going_on.state.executed
    for why in failed.values():
        for frame in why["frames"]:
            if frame["own"] and frame["function"] == "<module>":
                before = executed.get(frame["file"], 0)
                executed[frame["file"]] = max(before, frame["line"])
    going_on.failing.update(executed)
    going_on.install()
    for name in failed:
        going_on.causes.loading = name
        try:
            __import__(name)
        except BaseException as error:
            going_on.ended(error, name)


class Continuing:
    """Executes the application's modules so that one failure does not hide the next."""

    def __init__(self, project: Project, send: Any, hidden: dict[str, str], insist: set[Guard]) -> None:
        self.project = project
        self.state = State(project)
        self.taint = self.state.taint
        self.causes = Causes(self.state, send, insist)
        self.proofs = Proofs(self.state)
        self.imports = Imports(self.state, self.causes, self.proofs, hidden)
        self.failing: set[str] = set()
        """Files, as they are shown, that the first failure is known to come out of."""
        self._begun: set[str] = set()

    def install(self) -> None:
        """Take over the import statements and the execution of the application's modules."""
        self.imports.install()
        original = machinery.SourceFileLoader.exec_module

        def exec_module(loader: machinery.SourceFileLoader, module: ModuleType) -> None:
            if not self.state.owns(loader.path):
                original(loader, module)
                return
            self._execute(Running(module, loader.path), loader)
            self._taken_by_library(module.__name__, sys._getframe(1))

        machinery.SourceFileLoader.exec_module = exec_module  # type: ignore[assignment,method-assign]  # its base's

    def ended(self, error: BaseException, target: str) -> None:
        """Take what has left the entry point altogether."""
        self.state.spoilt = True
        self.causes.surfaced(error.__traceback__)
        if not isinstance(error, Exception) or stack.is_ours(error):
            return
        described = failure.describe(error, self.project)
        if not any(frame["own"] for frame in described["frames"]):  # type: ignore[attr-defined]
            return
        module, _, path = target.partition(":")
        names = [tuple(part for part in path.partition("(")[0].split(".") if part)] if path else []
        if self.proofs.is_proven(error, described, None) or (
            self.taint.clean_traceback(error.__traceback__) and not self.taint.touches(module, names)
        ):
            self.causes.record(error, described, None)

    def _execute(self, module: Running, loader: machinery.SourceFileLoader) -> None:
        shown = self.project.relative(module.file)
        if shown in self._begun:
            self.state.executed[shown] = sys.maxsize
        self._begun.add(shown)
        self.state.note_whole()
        try:
            code = loader.get_code(module.name)  # what the compiler alone refuses; it may be there already
            whole = self.taint.untouched and shown not in self.failing
            body = [] if whole else module.read(loader)
        except (SyntaxError, ValueError, RecursionError, OverflowError) as error:
            self.causes.let_go(error, (module.file, getattr(error, "lineno", 0) or 0), sys._getframe(1))
            described: Facts = failure.describe(error, self.project, module.name)
            self.causes.record(error, described, sys._getframe(1))
            self.taint.open.add(module.name)
            self.taint.blind = True
            module.names["__getattr__"] = lambda attribute: getattr(StandIn(), attribute)
            return
        outer = self.state.running.get(module.name)
        if whole:
            self._whole(code, module, loader)
        else:
            self._body(body, module)
        if outer is not None:
            self.state.running[module.name] = outer
        else:
            self.state.running.pop(module.name, None)

    def _whole(self, code: Any, module: Running, loader: machinery.SourceFileLoader) -> None:
        """Execute a module at once; behind a statement that raises, statement by statement."""
        self.taint.unread[module.name] = module.file
        self.state.whole.append(module.name)
        try:
            exec(code, module.names)  # noqa: S102  # the application's own code
            return
        except (SystemExit, Exception) as error:
            raised = error
        finally:
            self.state.note_whole()
            self.state.whole.pop()
        inside = stack.inside(raised)
        body = module.read(loader)
        statement, behind = statement_lines.found(body, inside.tb_lineno if inside is not None else 0)
        if statement is None:  # the file is not what was compiled
            self.taint.open.add(module.name)
            self.taint.blind = True
            return
        self.state.running[module.name] = statement
        if isinstance(raised, SystemExit):
            self._pass_over(module.name, module.names, statement)
        else:
            self._failed(raised, statement, module)
        for rest in behind:
            self._body(rest, module)

    def _body(self, body: list[ast.stmt], module: Running) -> None:
        name, names = module.name, module.names
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a text that stands alone would become the docstring
            self.state.running[name] = statement
            tested = True
            try:
                if isinstance(statement, ast.If):
                    if self.taint.touches(name, loads(statement.test)):
                        self._pass_over(name, names, statement)
                        continue
                    tested = bool(eval(module.test(statement), names))  # noqa: S307  # the application's own code
                else:
                    exec(module.code(statement), names)  # noqa: S102  # as above
            except SystemExit:
                self._pass_over(name, names, statement)
                continue
            except Exception as error:
                self._failed(error, statement, module)
                continue
            if isinstance(statement, ast.If):
                self._body(statement.body if tested else statement.orelse, module)
            else:
                self._done(statement, names, name)

    def _done(self, statement: ast.stmt, names: Facts, name: str) -> None:
        """A statement ran through: note what its names are made of, and what it may have changed."""
        self.taint.bind(name, statement)
        if self.taint.untouched or isinstance(statement, (ast.Import, ast.ImportFrom)):
            return
        used = loads(statement, now=True)
        if not self.taint.touches(name, used):
            return
        if makes_names(statement):
            self.taint.open.add(name)
        definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.taint.shake(name, used, definition=definition)
        self.taint.shake_libraries(_libraries(statement, names))

    def _failed(self, error: Exception, statement: ast.stmt, module: Running) -> None:
        """A statement failed: it goes its way, or it is noted and the next one runs."""
        name = module.name
        self._compare(error, statement, self.project.relative(module.file))
        inside = stack.inside(error)
        place = (module.file, inside.tb_lineno if inside is not None else statement.lineno)
        outer = sys._getframe(2)
        self.causes.let_go(error, place, outer)
        self.causes.surfaced(inside)
        described = failure.describe(error, self.project, "" if inside is not None else name)
        missing: Any = described["missing"]
        if isinstance(statement, ast.ImportFrom) and missing is not None and missing["name"]:
            self.state.not_imported.setdefault(name, set()).add(missing["name"])
        if self.proofs.counts(error, described, statement, name, outer):
            self.causes.record(error, described, outer)
        used = loads(statement, now=True)
        definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.taint.bind(name, statement)
        self.taint.shake(name, used, definition=definition)
        within = [one for one in stack.frames(inside) if not stack.is_machinery(one)]
        self.state.cut_short = self.state.cut_short or len(within) > 1  # the first is the statement itself
        libraries = [one for one in within if not self.state.owns(one.f_code.co_filename)]
        self.taint.shake_libraries(map(stack.top_level, libraries))
        if libraries and isinstance(statement, (ast.Import, ast.ImportFrom)):
            self.state.half_loaded = True
        self._lose(name, module.names, statement)

    def _compare(self, error: Exception, statement: ast.stmt, shown: str) -> None:
        """Note where a statement fails that did not when it was executed before, or in another way."""
        line = self.state.executed.get(shown, 0)
        if statement.lineno <= line:
            first = self.state.first == (type(error), failure.message_of(error))
            self.state.spoilt = self.state.spoilt or not first or (statement.end_lineno or 0) < line

    def _pass_over(self, name: str, names: Facts, statement: ast.stmt) -> None:
        """A statement is not run, or not to its end, although production may well run it."""
        self.taint.bind(name, statement)
        self.taint.shake(name, loads(statement, now=True), definition=False)
        self.taint.shake_libraries(_libraries(statement, names))
        if any(self.project.owns_module(base) for base, _ in imported(statement, name)):
            self.taint.blind = True
        self._lose(name, names, statement)

    def _lose(self, name: str, names: Facts, statement: ast.stmt) -> None:
        """The names of a statement that did not run through get stand-ins."""
        lost = bound(statement)
        self.taint.lose(name, lost)
        plain = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom))
        for one in lost:
            if plain or one not in names:
                names[one] = StandIn()
        if makes_names(statement):
            self.taint.open.add(name)

    def _taken_by_library(self, name: str, frame: FrameType | None) -> None:
        """A library that imports a tainted module, as Django does the settings, may be in another state."""
        while frame is not None and stack.is_machinery(frame):
            frame = frame.f_back
        if frame is None or self.state.owns(frame.f_code.co_filename):
            return
        if name in self.taint.open or self.taint.touches(name, [(ANY,)]):
            self.taint.shake_libraries([stack.top_level(frame)])


def _libraries(statement: ast.stmt, names: Facts) -> Iterator[str]:
    """The top-level packages that what a statement loads comes from."""
    for chain in loads(statement, now=True):
        value = names.get(chain[0])
        if type(value) is ModuleType:
            yield value.__name__.partition(".")[0]
        elif type(value) is FunctionType:
            yield str(value.__module__).partition(".")[0]
        else:
            cls: Any = value if type in type(value).__mro__ else type(value)
            for base in type.mro(cls):
                yield str(vars(base).get("__module__")).partition(".")[0]
