"""Loads once more what has failed, and goes on after each failure as if it were mended: all root causes.

Runs where nothing can be spoilt any more: in a child of its own, or as the last step of one. The modules of
the application are executed statement by statement. What fails is noted, the names that it was to bind get
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
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from . import failure, stack
from .continuing_causes import Causes
from .continuing_imports import Imports
from .continuing_proofs import Proofs
from .continuing_state import State
from .guards import Guard
from .project import Project
from .standins import StandIn
from .statement_names import ANY, absolute, bound, imported, loads, makes_names

Facts = dict[str, Any]


def load(request: Facts, project: Project, events: Any) -> None:
    """Load the entry point of a request in this way, and send an event for each root cause that is found."""
    from . import steps

    going_on = Continuing(project, events.send, request["hidden"], {tuple(one) for one in request["insist"]})
    going_on.install()
    events.send("step", "load")
    try:
        if request["kind"] == "celery":
            # Celery's search for its app stops ImportErrors, to say less about them
            __import__(request["target"].partition(":")[0])
        steps.load_entry(request, project)
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
        self._begun: set[str] = set()

    def install(self) -> None:
        """Take over the import statements and the execution of the application's modules."""
        self.imports.install()
        original = machinery.SourceFileLoader.exec_module

        def exec_module(loader: machinery.SourceFileLoader, module: ModuleType) -> None:
            if not self.state.owns(loader.path):
                original(loader, module)
                return
            self._execute(module, loader)
            self._taken_by_library(module.__name__, sys._getframe(1))

        machinery.SourceFileLoader.exec_module = exec_module  # type: ignore[assignment,method-assign]  # its base's

    def ended(self, error: BaseException, target: str) -> None:
        """Take what has left the entry point altogether."""
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

    def _execute(self, module: ModuleType, loader: machinery.SourceFileLoader) -> None:
        name, file = module.__name__, loader.path
        names = vars(module)
        shown = self.project.relative(file)
        if shown in self._begun:
            self.state.executed[shown] = sys.maxsize
        self._begun.add(shown)
        try:
            tree = ast.parse(loader.get_data(file), file)
            loader.get_code(loader.name)  # what the compiler alone refuses; most often it was compiled before
        except (SyntaxError, ValueError, RecursionError, OverflowError) as error:
            self.causes.let_go(error, (file, getattr(error, "lineno", 0) or 0), sys._getframe(1))
            self.causes.record(error, failure.describe(error, self.project, name), sys._getframe(1))
            self.taint.open.add(name)
            self.taint.blind = True
            names["__getattr__"] = lambda attribute: getattr(StandIn(), attribute)
            return
        if ast.get_docstring(tree, clean=False) is not None:
            names["__doc__"] = ast.get_docstring(tree, clean=False)
        outer = self.state.running.get(name)
        self._body(tree.body, names, name, file, _future_flags(tree))
        if outer is not None:
            self.state.running[name] = outer
        else:
            self.state.running.pop(name, None)

    def _body(self, body: list[ast.stmt], names: Facts, name: str, file: str, flags: int) -> None:
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
                    test = compile(ast.Expression(statement.test), file, "eval", flags, dont_inherit=True)
                    tested = bool(eval(test, names))  # noqa: S307  # the application's own code
                else:
                    exec(_code(statement, file, flags), names)  # noqa: S102  # as above
            except SystemExit:
                self._pass_over(name, names, statement)
                continue
            except Exception as error:
                self._failed(error, statement, names, name, file)
                continue
            if isinstance(statement, ast.If):
                self._body(statement.body if tested else statement.orelse, names, name, file, flags)
            else:
                self._done(statement, names, name)

    def _done(self, statement: ast.stmt, names: Facts, name: str) -> None:
        """A statement ran through: note what its names are made of, and what it may have changed."""
        self.taint.bind(name, statement)
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            base = absolute(statement, name)
            for public in list(vars(sys.modules[base])) if base in sys.modules else ():
                self.taint.made_of.setdefault((name, public), set()).add((base, (public,)))
            if base in self.taint.open or base not in sys.modules:
                self.taint.open.add(name)
            return
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return
        if self.taint.untouched:
            return
        used = loads(statement, now=True)
        if not self.taint.touches(name, used):
            return
        if makes_names(statement):
            self.taint.open.add(name)
        definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.taint.shake(name, used, definition=definition)
        self.taint.shake_libraries(_libraries(statement, names))

    def _failed(self, error: Exception, statement: ast.stmt, names: Facts, name: str, file: str) -> None:
        """A statement failed: it goes its way, or it is noted and the next one runs."""
        inside = stack.inside(error)
        place = (file, inside.tb_lineno if inside is not None else statement.lineno)
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
        self.taint.shake_libraries(
            stack.top_level(frame)
            for frame in stack.frames(inside)
            if not self.state.owns(frame.f_code.co_filename)
        )
        self._lose(name, names, statement)

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


def _future_flags(tree: ast.Module) -> int:
    import __future__

    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags


def _code(statement: ast.stmt, file: str, flags: int) -> CodeType:
    code: CodeType = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
    return code


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
