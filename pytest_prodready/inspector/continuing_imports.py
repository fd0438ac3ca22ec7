"""Mends import statements that fail: stand-ins for what they lack, and what hid a module is taken away."""

from __future__ import annotations

import builtins
import os
import sys
from importlib import machinery
from types import FrameType, ModuleType
from typing import Any

from . import failure, stack
from .continuing_causes import Causes
from .continuing_proofs import Proofs
from .continuing_state import State
from .standins import PartialModule

TRIES = 8
"""How often one import statement is run again, after what hid a module was taken away."""
Facts = dict[str, Any]


class Imports:
    """Stands in for ``__import__``, and finds what the application hid.

    Args:
        state: of the load.
        causes: takes what fails.
        proofs: tells which of that counts.
        hidden: top-level module → the installed distribution that is invisible here; is changed.
    """

    def __init__(self, state: State, causes: Causes, proofs: Proofs, hidden: dict[str, str]) -> None:
        self.state = state
        self.causes = causes
        self.proofs = proofs
        self.hidden = hidden
        self.original = builtins.__import__

    def install(self) -> None:
        """Take over the import statements of the application's modules."""
        builtins.__import__ = self._import  # type: ignore[assignment]  # typeshed wants dictionaries it never reads
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> machinery.ModuleSpec | None:
        """Find what the application hides, once it hides it no longer; see :mod:`importlib.abc`."""
        if path is not None or name not in self.state.mended:
            return None
        places = [entry for entry in sys.path if not self.state.owns(os.path.join(entry or os.getcwd(), "x"))]
        return machinery.PathFinder.find_spec(name, places)

    def _import(
        self,
        name: str,
        globals: Facts | None = None,  # noqa: A002 - the name that callers of __import__ may use
        locals: object = None,  # noqa: A002 - as above
        fromlist: Any = (),
        level: int = 0,
    ) -> object:
        frame = sys._getframe(1)
        if not self.state.owns(frame.f_code.co_filename):
            return self.original(name, globals, locals, fromlist, level)  # type: ignore[arg-type]
        for _ in range(TRIES):
            try:
                module = self.original(name, globals, locals, fromlist, level)  # type: ignore[arg-type]
            except ImportError as error:
                if self._mended(error, frame):
                    continue
                return self._partial(name, _top(name) if not fromlist and not level else None)
            if not fromlist or "*" in fromlist:
                return module
            again = False
            lacking = [one for one in fromlist if not _has(module, one)]
            for one in lacking:
                try:
                    _raise_as_python_does(module, one)
                except ImportError as error:
                    again = again or self._mended(error, frame)
            if not again:
                return self._partial(module.__name__, module) if lacking else module
        return self._partial(name, None)

    def _partial(self, name: str, module: ModuleType | None) -> PartialModule:
        self.state.taint.partial = True
        return PartialModule(name, module)

    def _mended(self, error: ImportError, frame: FrameType) -> bool:
        """Note why an import statement failed, and take away what hid a module: ``True`` to run it again.

        Raises:
            ImportError: the one that was given, where something may stop it, or where it says too little.
        """
        project, mended = self.state.project, self.state.mended
        inside = stack.inside(error)
        described: Facts = failure.describe(error, project, str(frame.f_globals.get("__name__", "")))
        missing: Any = described["missing"]
        if missing is None:
            raise error
        own = bool(missing["own"]) and not missing["shadow"]
        self.causes.let_go(error, (frame.f_code.co_filename, frame.f_lineno), frame, own=own)
        self.causes.surfaced(inside)
        top = missing["module"].partition(".")[0]
        by_library = any(
            not stack.is_machinery(one) and not self.state.owns(one.f_code.co_filename)
            for one in stack.frames(inside)
        )
        owner = missing["distribution"]
        # what a library asks for, its distribution's own requirements bring
        told = top in mended or self.state.may_lack(missing) or (bool(owner) and by_library)
        if not told and (
            self.proofs.is_proven(error, described, frame) if own else self.proofs.clean_import(frame)
        ):
            self.causes.record(error, described, frame)
        if missing["name"]:
            importer = str(frame.f_globals.get("__name__", ""))
            self.state.not_imported.setdefault(importer, set()).add(missing["name"])
        if missing["own"] and not missing["name"]:
            self.state.taint.blind = True
        if owner and top in self.hidden:
            for hidden in [one for one, other in self.hidden.items() if other == owner]:
                del self.hidden[hidden]
            return True
        if missing["shadow"] and top not in mended:
            self.state.half_loaded = True
            mended.add(top)
            for one in [one for one in sys.modules if one.partition(".")[0] == top]:
                if project.owns_loaded(sys.modules[one]):
                    del sys.modules[one]
            return True
        return False


def _top(name: str) -> ModuleType | None:
    found = sys.modules.get(name.partition(".")[0])
    return found if "." in name else None


def _has(module: object, name: str) -> bool:
    try:
        return hasattr(module, name) or f"{module.__name__}.{name}" in sys.modules  # type: ignore[attr-defined]
    except Exception:
        return True  # a module __getattr__ of its own: the statement itself will meet it


def _raise_as_python_does(module: ModuleType, name: str) -> None:
    """Raise the ImportError of ``from module import name``, in the words of this interpreter."""
    code = compile(f"from m import {name}", "<frozen statement>", "exec", dont_inherit=True)
    exec(code, {"__builtins__": {"__import__": lambda *_: module}})  # noqa: S102  # two words of our own
