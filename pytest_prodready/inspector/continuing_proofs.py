"""Whether a failure is one that production meets, too, whatever stands in for what failed before it."""

from __future__ import annotations

import ast
import sys
from difflib import get_close_matches
from types import FrameType, TracebackType
from typing import Any

from . import guards, made_later, stack, statement_lines
from .continuing_state import State
from .mapping import failures
from .nodes import walk
from .project import source_file
from .sources import members, tree_of
from .statement_names import ANY, absolute, loads

CO_OPTIMIZED = 1
"""Flag of the code of functions: ``inspect.CO_OPTIMIZED``."""
Facts = dict[str, Any]


class Proofs:
    """Judges failures by what had a part in them.

    Args:
        state: of the load.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.project = state.project
        self.taint = state.taint
        self._made: dict[str, Facts] = {}
        """File → what it does to the names of modules."""

    def counts(
        self,
        error: Exception,
        described: Facts,
        statement: ast.stmt,
        name: str,
        outer: FrameType | None,
    ) -> bool:
        """Whether no earlier failure, and no stand-in, has brought about the failure of a statement.

        Args:
            error: what it raised.
            described: its ``Failure``.
            statement: one of a module's body.
            name: of the module.
            outer: the innermost frame around the module.
        """
        inside = stack.inside(error)
        if stack.is_ours(error):
            return False
        if isinstance(error, ImportError) and self.is_proven(error, described, outer):
            return True
        if statement.lineno <= self.state.executed.get(self.project.relative(_file(inside)), 0):
            return False
        if not self._reached(outer):
            return False
        mapped = failures.mapping_failure(error, self.project)
        if mapped is not None and isinstance(statement, ast.ClassDef):
            # that the class cannot be mapped, whatever became of the others
            part = _attribute(statement, str(mapped["attribute"])) or statement
            return not self.taint.touches(name, loads(part, now=True), changed=False)
        missing = described["missing"]
        if missing is not None and missing["module"].partition(".")[0] in self.state.mended:
            return False
        if self.state.may_lack(missing):
            return False
        if get_close_matches(str(getattr(error, "name", "")), self.state.not_imported.get(name, ())):
            return False  # spelt right, the import that failed would have bound it
        if self._never_bound(error, name, inside):
            return True
        return not self.taint.touches(name, loads(statement, now=True)) and self.taint.clean_traceback(inside)

    def is_proven(self, error: BaseException, described: Facts, frame: FrameType | None) -> bool:
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
            if self.taint.touches(missing["module"], [(ANY,)]):
                return False
            state = self.state
            # what was not run, or fails as a library is half loaded, would have imported others at its time
            in_order = not (self.taint.blind or state.half_loaded or state.cut_short)
            return in_order or self._goes_round(missing["module"], frame)
        return not self._may_appear(missing["name"], module)

    def _goes_round(self, module: str, frame: FrameType | None) -> bool:
        """Whether imports that come back to ``module`` fail wherever production enters their circle.

        They do where each of its modules asks the next for a name that this one has not bound by the time it
        imports, in turn, the one behind it.
        """
        inner = module
        while frame is not None:
            if self.state.owns(frame.f_code.co_filename):
                name = str(frame.f_globals.get("__name__", ""))
                if not _asks_too_early(frame, name, inner):
                    return False
                if name == module:
                    return True
                inner = name
            frame = frame.f_back
        return False

    def clean_import(self, frame: FrameType) -> bool:
        """Whether production comes to an import statement, too, whatever stands in elsewhere."""
        function: FrameType | None = frame
        while function is not None and function.f_code.co_name != "<module>":
            if not self.taint.clean(function):
                return False
            function = function.f_back
        return self._reached(frame)

    def _never_bound(self, error: Exception, name: str, inside: TracebackType | None) -> bool:
        """Whether a name of the module, or of a class in it, was never there; ``_`` comes from elsewhere."""
        last = None
        for last in stack.frames(inside):
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
        if file not in self._made:
            tree = tree_of(file)
            self._made[file] = made_later.read(tree) if tree is not None else {}
        return self._made[file]

    def _reached(self, frame: FrameType | None) -> bool:
        """Whether no condition that something tainted decides has led to ``frame``."""
        while frame is not None:
            if (
                self.state.owns(frame.f_code.co_filename)
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
        if name in self.state.whole:
            return self.taint.untouched
        statement = self.state.running.get(name)
        return statement is None or not self.taint.touches(name, loads(statement, now=True))


def _attribute(statement: ast.stmt, attribute: str) -> ast.stmt | None:
    """The statement of a class that binds ``attribute``."""
    for node in walk(statement):
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if attribute and any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            return node  # type: ignore[return-value]
    return None


def _asks_too_early(frame: FrameType, importer: str, module: str) -> bool:
    """Whether the statement that a module runs imports a name from another one that has not bound it yet."""
    tree = tree_of(frame.f_code.co_filename) if frame.f_code.co_name == "<module>" else None
    statement, _ = statement_lines.found(tree.body if tree is not None else [], frame.f_lineno)
    if not isinstance(statement, ast.ImportFrom) or absolute(statement, importer) != module:
        return False
    known = {*members(sys.modules.get(module)), "*"}
    names = {alias.name for alias in statement.names}
    return any(f"{module}.{name}" not in sys.modules for name in names - known)


def _file(traceback: TracebackType | None) -> str:
    return traceback.tb_frame.f_code.co_filename if traceback is not None else ""
