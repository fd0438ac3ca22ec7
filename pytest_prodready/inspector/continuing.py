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
import builtins
import os
import sys
from collections.abc import Iterator
from importlib import machinery
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

from . import failure, guards, made_later, mapping_failures, taint
from .nodes import walk
from .project import Project, source_file
from .standins import PartialModule, StandIn

HERE = os.path.dirname(os.path.abspath(__file__))
MOST = 50
"""Root causes of one start."""
CO_OPTIMIZED = 1
"""Flag of the code of functions: ``inspect.CO_OPTIMIZED``."""
TRIES = 8
"""How often one import statement is run again, after what hid a module was taken away."""
Facts = dict[str, Any]
Place = tuple[str, int]


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
    for why in failed.values():
        for frame in why["frames"]:
            if frame["own"] and frame["function"] == "<module>":
                before = going_on.executed.get(frame["file"], 0)
                going_on.executed[frame["file"]] = max(before, frame["line"])
    going_on.install()
    for name in failed:
        going_on.loading = name
        try:
            __import__(name)
        except BaseException as error:
            going_on.ended(error, name)


class Continuing:
    """Executes the application's modules so that one failure does not hide the next."""

    def __init__(
        self, project: Project, send: Any, hidden: dict[str, str], insist: set[guards.Guard]
    ) -> None:
        self.project = project
        self.send = send
        self.hidden = hidden
        self.insist = insist
        """Lines, and guards, whose failures were seen to be stopped by nobody, although it looked so."""
        self.refused: dict[Place, guards.Guard] = {}
        """Lines whose failure went its way, and what may stop it."""
        self.taint = taint.Taint(project)
        self.causes: dict[object, int] = {}
        self.dependents: set[tuple[int, str, int]] = set()
        self.running: dict[str, ast.stmt] = {}
        """Module → the statement of it that runs now."""
        self.executed: dict[str, int] = {}
        """File, as it is shown → up to which line it was executed before."""
        self.begun: set[str] = set()
        self.mended: set[str] = set()
        """Top-level modules that the application hides, and hides no longer."""
        self.own_files: dict[str, bool] = {}
        self.made: dict[str, Facts] = {}
        """File → what it does to the names of modules."""
        self.loading = ""
        """The module that is loaded again; empty for an entry point."""
        self.import_ = builtins.__import__

    def install(self) -> None:
        """Take over the import statements and the execution of the application's modules."""
        builtins.__import__ = self._import  # type: ignore[assignment]  # typeshed wants dictionaries it never reads
        original = machinery.SourceFileLoader.exec_module

        def exec_module(loader: machinery.SourceFileLoader, module: ModuleType) -> None:
            if self._owns(loader.path):
                self._execute(module, loader.path, loader.get_data(loader.path))
            else:
                original(loader, module)
                return
            self._taken_by_library(module.__name__, sys._getframe(1))

        machinery.SourceFileLoader.exec_module = exec_module  # type: ignore[assignment,method-assign]  # its base's
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> machinery.ModuleSpec | None:
        """Find what the application hides, once it hides it no longer; see :mod:`importlib.abc`."""
        if path is not None or name not in self.mended:
            return None
        places = [entry for entry in sys.path if not self._owns(os.path.join(entry or os.getcwd(), "x"))]
        return machinery.PathFinder.find_spec(name, places)

    def ended(self, error: BaseException, target: str) -> None:
        """Take what has left the entry point altogether."""
        self._surfaced(error.__traceback__)
        if not isinstance(error, Exception) or _is_ours(error):
            return
        described = failure.describe(error, self.project)
        if not any(frame["own"] for frame in described["frames"]):  # type: ignore[attr-defined]
            return
        module, _, path = target.partition(":")
        names = [tuple(part for part in path.partition("(")[0].split(".") if part)] if path else []
        if self._is_proven(error, described, None) or (
            self.taint.clean_traceback(error.__traceback__) and not self.taint.touches(module, names)
        ):
            self._record(error, described, None)

    def _execute(self, module: ModuleType, file: str, data: bytes) -> None:
        name = module.__name__
        names = vars(module)
        shown = self.project.relative(file)
        if shown in self.begun:
            self.executed[shown] = sys.maxsize
        self.begun.add(shown)
        try:
            tree = ast.parse(data, file)
            compile(tree, file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, OverflowError) as error:
            self._let_go(error, (file, getattr(error, "lineno", 0) or 0), sys._getframe(1))
            self._record(error, failure.describe(error, self.project, name), sys._getframe(1))
            self.taint.open.add(name)
            self.taint.blind = True
            names["__getattr__"] = lambda attribute: getattr(StandIn(), attribute)
            return
        if ast.get_docstring(tree, clean=False) is not None:
            names["__doc__"] = ast.get_docstring(tree, clean=False)
        outer = self.running.get(name)
        self._body(tree.body, names, name, file, _future_flags(tree))
        if outer is not None:
            self.running[name] = outer
        else:
            self.running.pop(name, None)

    def _body(self, body: list[ast.stmt], names: Facts, name: str, file: str, flags: int) -> None:
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a text that stands alone would become the docstring
            self.running[name] = statement
            tested = True
            try:
                if isinstance(statement, ast.If):
                    if self.taint.touches(name, taint.loads(statement.test)):
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
            base = taint.absolute(statement, name)
            for public in list(vars(sys.modules[base])) if base in sys.modules else ():
                self.taint.made_of.setdefault((name, public), set()).add((base, (public,)))
            if base in self.taint.open or base not in sys.modules:
                self.taint.open.add(name)
            return
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return
        used = taint.loads(statement, now=True)
        if not self.taint.touches(name, used):
            return
        if taint.makes_names(statement):
            self.taint.open.add(name)
        definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.taint.shake(name, used, definition=definition)
        self.taint.shake_libraries(_libraries(statement, names))

    def _failed(self, error: Exception, statement: ast.stmt, names: Facts, name: str, file: str) -> None:
        """A statement failed: it goes its way, or it is noted and the next one runs."""
        inside = error.__traceback__.tb_next if error.__traceback__ is not None else None
        place = (file, inside.tb_lineno if inside is not None else statement.lineno)
        outer = sys._getframe(2)
        self._let_go(error, place, outer)
        self._surfaced(inside)
        described = failure.describe(error, self.project, "" if inside is not None else name)
        if self._counts(error, described, statement, name, inside, outer):
            self._record(error, described, outer)
        used = taint.loads(statement, now=True)
        definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.taint.bind(name, statement)
        self.taint.shake(name, used, definition=definition)
        self.taint.shake_libraries(
            taint.top_level(frame) for frame in _frames(inside) if not self._owns(frame.f_code.co_filename)
        )
        self._lose(name, names, statement)

    def _pass_over(self, name: str, names: Facts, statement: ast.stmt) -> None:
        """A statement is not run, or not to its end, although production may well run it."""
        self.taint.bind(name, statement)
        self.taint.shake(name, taint.loads(statement, now=True), definition=False)
        self.taint.shake_libraries(_libraries(statement, names))
        if any(self.project.owns_module(base) for base, _ in taint.imported(statement, name)):
            self.taint.blind = True
        self._lose(name, names, statement)

    def _lose(self, name: str, names: Facts, statement: ast.stmt) -> None:
        """The names of a statement that did not run through get stand-ins."""
        lost = taint.bound(statement)
        self.taint.lose(name, lost)
        plain = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom))
        for one in lost:
            if plain or one not in names:
                names[one] = StandIn()
        if taint.makes_names(statement):
            self.taint.open.add(name)

    def _import(
        self,
        name: str,
        globals: Facts | None = None,  # noqa: A002 - the name that callers of __import__ may use
        locals: object = None,  # noqa: A002 - as above
        fromlist: Any = (),
        level: int = 0,
    ) -> object:
        frame = sys._getframe(1)
        if not self._owns(frame.f_code.co_filename):
            return self.import_(name, globals, locals, fromlist, level)  # type: ignore[arg-type]
        package = str((globals or {}).get("__package__") or "")
        for _ in range(TRIES):
            try:
                module = self.import_(name, globals, locals, fromlist, level)  # type: ignore[arg-type]
            except ImportError as error:
                if self._mended(error, frame):
                    continue
                return PartialModule(name, self._top(name) if not fromlist and not level else None)
            if not fromlist or "*" in fromlist:
                return module
            again = False
            lacking = [one for one in fromlist if not _has(module, one)]
            for one in lacking:
                try:
                    _raise_as_python_does(module, one)
                except ImportError as error:
                    again = again or self._mended(error, frame, package)
            if not again:
                return PartialModule(module.__name__, module) if lacking else module
        return PartialModule(name, None)

    def _mended(self, error: ImportError, frame: FrameType, package: str = "") -> bool:
        """Note why an import statement failed, and take away what hid a module: ``True`` to run it again.

        Raises:
            ImportError: the one that was given, where something may stop it, or where it says too little.
        """
        inside = error.__traceback__.tb_next if error.__traceback__ is not None else None
        described = failure.describe(error, self.project, str(frame.f_globals.get("__name__", "")))
        missing: Any = described["missing"]
        if missing is None:
            raise error
        own = bool(missing["own"]) and not missing["shadow"]
        self._let_go(error, (frame.f_code.co_filename, frame.f_lineno), frame, own=own)
        self._surfaced(inside)
        top = missing["module"].partition(".")[0]
        by_library = any(
            not _is_machinery(one) and not self._owns(one.f_code.co_filename) for one in _frames(inside)
        )
        owner = missing["distribution"]
        # what a library asks for, its distribution's own requirements bring
        told = top in self.mended or (bool(owner) and by_library)
        if not told and (self._is_proven(error, described, frame) if own else self._clean_import(frame)):
            self._record(error, described, frame)
        if missing["own"] and not missing["name"]:
            self.taint.blind = True
        if owner and top in self.hidden:
            for hidden in [one for one, other in self.hidden.items() if other == owner]:
                del self.hidden[hidden]
            return True
        if missing["shadow"] and top not in self.mended:
            self.mended.add(top)
            for one in [one for one in sys.modules if one.partition(".")[0] == top]:
                if self.project.owns_loaded(sys.modules[one]):
                    del sys.modules[one]
            return True
        return False

    def _top(self, name: str) -> ModuleType | None:
        found = sys.modules.get(name.partition(".")[0])
        return found if "." in name else None

    def _taken_by_library(self, name: str, frame: FrameType | None) -> None:
        """A library that imports a tainted module, as Django does the settings, may be in another state."""
        while frame is not None and _is_machinery(frame):
            frame = frame.f_back
        if frame is None or self._owns(frame.f_code.co_filename):
            return
        if name in self.taint.open or self.taint.touches(name, [(taint.ANY,)]):
            self.taint.shake_libraries([taint.top_level(frame)])

    def _let_go(
        self, error: BaseException, place: Place, frame: FrameType | None, *, own: bool = False
    ) -> None:
        """Raise ``error`` where some code around may stop it: production goes that way.

        Args:
            error: what was raised.
            place: where.
            frame: the innermost frame that it would reach.
            own: something of the application's is missing: what let such an error out once will do so again.
        """
        guard = guards.stopping(frame, error, HERE, self._owns, self.insist if own else ())
        if guard is not None and (*place, "") not in self.insist:
            self.refused[place] = guard
            raise error

    def _surfaced(self, traceback: TracebackType | None) -> None:
        """An exception came out that was let go: nobody stops it, and the next child can go on behind it."""
        while traceback is not None:
            place = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
            if place in self.refused:
                self.send("unstopped", *place, "")
                self.send("unstopped", *self.refused.pop(place))
            traceback = traceback.tb_next

    def _counts(
        self,
        error: Exception,
        described: Facts,
        statement: ast.stmt,
        name: str,
        inside: TracebackType | None,
        outer: FrameType | None,
    ) -> bool:
        """Whether no earlier failure, and no stand-in, has brought about the failure of a statement."""
        if _is_ours(error):
            return False
        if isinstance(error, ImportError) and self._is_proven(error, described, outer):
            return True
        if statement.lineno <= self.executed.get(self.project.relative(_file(inside)), 0):
            return False
        if not self._reached(outer):
            return False
        mapped = mapping_failures.mapping_failure(error, self.project)
        if mapped is not None and isinstance(statement, ast.ClassDef):
            # that the class cannot be mapped, whatever became of the others
            part = _attribute(statement, str(mapped["attribute"])) or statement
            return not self.taint.touches(name, taint.loads(part, now=True), changed=False)
        missing = described["missing"]
        if missing is not None and missing["module"].partition(".")[0] in self.mended:
            return False
        if self._never_bound(error, name, inside):
            return True
        return not self.taint.touches(name, taint.loads(statement, now=True)) and self.taint.clean_traceback(
            inside
        )

    def _never_bound(self, error: Exception, name: str, inside: TracebackType | None) -> bool:
        """Whether a name of the module, or of a class in it, was never there; ``_`` comes from elsewhere."""
        last = None
        for last in _frames(inside):
            if last.f_globals.get("__name__") != name or (last.f_code.co_flags & CO_OPTIMIZED):
                return False
        lost = getattr(error, "name", None)
        return (
            type(error) is NameError
            and last is not None
            and name not in self.taint.open
            and isinstance(lost, str)
            and lost != "_"
            and lost not in last.f_globals
        )

    def _is_proven(self, error: BaseException, described: Facts, frame: FrameType | None) -> bool:
        """Whether something of the application's is missing that no mending of other places makes exist."""
        missing = described["missing"]
        if not isinstance(error, ImportError) or missing is None or not missing["own"] or missing["shadow"]:
            return False
        if not self._reached(frame):
            return False
        if not missing["name"]:
            return missing["module"].rpartition(".")[0] not in self.taint.open
        module = sys.modules.get(missing["module"])
        if module is None or missing["module"] in self.taint.open:
            return False
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            return not self.taint.touches(missing["module"], [(taint.ANY,)])
        return not self._may_appear(missing["name"], module)

    def _may_appear(self, name: str, module: object) -> bool:
        """Whether the application's sources give ``name`` to ``module`` in other ways than its statements."""
        own = self._names_made(module)
        if own.get("opaque") or name in own.get("declared", ()):
            return True
        last = str(vars(module).get("__name__", "")).rpartition(".")[2]
        return any(
            owner == last or vars(other).get(owner) is module
            for _, other in self.project.modules()
            for owner in self._names_made(other).get("stores", {}).get(name, ())
        )

    def _names_made(self, module: object) -> Facts:
        file = source_file(module)
        if file not in self.made:
            tree = guards.tree_of(file)
            self.made[file] = made_later.read(tree) if tree is not None else {}
        return self.made[file]

    def _clean_import(self, frame: FrameType) -> bool:
        """Whether production comes to an import statement, too, whatever stands in elsewhere."""
        function: FrameType | None = frame
        while function is not None and function.f_code.co_name != "<module>":
            if not self.taint.clean(function):
                return False
            function = function.f_back
        return self._reached(frame)

    def _reached(self, frame: FrameType | None) -> bool:
        """Whether no condition that something tainted decides has led to ``frame``."""
        while frame is not None:
            if (
                self._owns(frame.f_code.co_filename)
                and guards.conditional(frame)
                and not self._is_clean(frame)
            ):
                return False
            frame = frame.f_back
        return True

    def _is_clean(self, frame: FrameType) -> bool:
        if frame.f_code.co_name != "<module>":
            return self.taint.clean(frame)
        name = str(frame.f_globals.get("__name__", ""))
        statement = self.running.get(name)
        return statement is None or not self.taint.touches(name, taint.loads(statement, now=True))

    def _record(self, error: BaseException, described: Facts, frame: FrameType | None) -> None:
        described["frames"] = [*failure.frames_of(frame, self.project), *described["frames"]]
        own = [one for one in described["frames"] if one["own"]]
        place = (own[-1]["file"], own[-1]["line"]) if own else ("", 0)
        key = _key(described, place)
        known = self.causes.get(key)
        if known is None and len(self.causes) < MOST:
            known = self.causes[key] = len(self.causes)
            self.dependents.add((known, *place))
            mapped = mapping_failures.mapping_failure(error, self.project)
            self.send("cause", described, mapped, self.loading)
        elif known is not None and (known, *place) not in self.dependents:
            self.dependents.add((known, *place))
            self.send("dependent", known, *place)

    def _owns(self, file: str) -> bool:
        known = self.own_files.get(file)
        if known is None:
            known = self.own_files[file] = not file.startswith("<") and self.project.owns_file(file)
        return known


def _key(described: Facts, place: Place) -> object:
    """What makes two failures one."""
    missing = described["missing"]
    if missing is None:
        return described["type"], described["message"], place
    hidden = missing["shadow"] or missing["twin"] or missing["distribution"]
    return (hidden,) if hidden else (missing["module"], missing["name"])


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


def _has(module: object, name: str) -> bool:
    try:
        return hasattr(module, name) or f"{module.__name__}.{name}" in sys.modules  # type: ignore[attr-defined]
    except Exception:
        return True  # a module __getattr__ of its own: the statement itself will meet it


def _raise_as_python_does(module: ModuleType, name: str) -> None:
    """Raise the ImportError of ``from module import name``, in the words of this interpreter."""
    code = compile(f"from m import {name}", "<frozen statement>", "exec", dont_inherit=True)
    exec(code, {"__builtins__": {"__import__": lambda *_: module}})  # noqa: S102  # two words of our own


def _attribute(statement: ast.stmt, attribute: str) -> ast.stmt | None:
    """The statement of a class that binds ``attribute``."""
    for node in walk(statement):
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if attribute and any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            return node  # type: ignore[return-value]
    return None


def _libraries(statement: ast.stmt, names: Facts) -> Iterator[str]:
    """The top-level packages that what a statement loads comes from."""
    for chain in taint.loads(statement, now=True):
        value = names.get(chain[0])
        if type(value) is ModuleType:
            yield value.__name__.partition(".")[0]
        elif type(value) is FunctionType:
            yield str(value.__module__).partition(".")[0]
        else:
            cls: Any = value if type in type(value).__mro__ else type(value)
            for base in type.mro(cls):
                yield str(vars(base).get("__module__")).partition(".")[0]


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _is_ours(error: BaseException) -> bool:
    """Whether it was raised by the inspector itself: what an application does may trip over its wrappers."""
    frames = list(_frames(error.__traceback__))
    return bool(frames) and frames[-1].f_code.co_filename.startswith(HERE)


def _file(traceback: TracebackType | None) -> str:
    return traceback.tb_frame.f_code.co_filename if traceback is not None else ""


def _is_machinery(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith(("<", HERE)) or file.endswith(("importlib/__init__.py",))
