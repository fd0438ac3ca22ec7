"""Import statements tried on the real modules of this interpreter."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from . import failure, garbage, running_loop, unloaded
from .conditions import ANY
from .deferred_statement import CALL, CONDITION, LAZY, TRY, Statement
from .holder import Holder
from .import_reading import read_flags
from .loaded import Loaded
from .made_later import MadeLater
from .parsed import Parsed
from .project import Project, source_file

Facts = dict[str, Any]
_WEAKER = ("", CONDITION, TRY)


class Resolver:
    """Tries import statements, each module once.

    Args:
        project: the application.
        parsed: reads its sources.
    """

    def __init__(self, project: Project, parsed: Parsed) -> None:
        self.project = project
        self.parsed = parsed
        self.reached: dict[str, str] = {}
        """Module → the statement that made it load."""
        self.guards: dict[str, str] = {}
        """Module that raised → the weakest guard among the statements that reach it."""
        self.failures: dict[str, Facts] = {}
        """Module that raised while it was imported → its ``Failure``."""
        self._made_later = MadeLater(project, parsed)
        self._loaded = Loaded(project)
        self._loaded.names()

    def reach_django_urls(self) -> None:
        """Import the URL configuration, which Django itself imports with the first request."""
        settings = sys.modules.get("django.conf")
        if settings is None or "django.core.handlers.base" not in sys.modules:
            return
        try:
            name = settings.settings.ROOT_URLCONF
        except Exception:
            return  # no Django project after all
        if isinstance(name, str) and name not in sys.modules:
            self._load(name, "ROOT_URLCONF")

    def failed_modules(self) -> Iterator[Facts]:
        """A ``Module`` for each of the application's modules that raised when it was reached.

        Left out: those that only statements reach which provide for an exception.
        """
        for name, why in sorted(self.failures.items()):
            if self.guards.get(name) == TRY and why["how"] == "raised":
                continue
            file = _find_file(name)
            yield {
                "name": name,
                "file": self.project.relative(file) if file else name,
                "reached": self.reached.get(name, ""),
                "guard": self.guards.get(name, ""),
                "failure": why,
            }

    def broken(self, statement: Statement, holder: Holder) -> Iterator[Facts]:
        """A ``BrokenImport`` for each part of ``statement`` that does not resolve."""
        place = f"{holder.place}:{statement.line}"
        before = self._guard(statement, holder, None)
        for module, name, _ in statement.imports:
            base = holder.absolute(statement.level, module)
            own = not base or self.project.owns_module(base)
            if not base:
                why: Facts | None = _beyond(holder)
            elif own:
                why = self._try_own(base, name, place, before)
            elif statement.kind == CALL:
                why = None
            else:
                why = self._try_other(base, name, before)
            if why is None:
                continue
            guard = self._guard(statement, holder, why)
            if guard != TRY or (own and self._hides_a_fault(why)):
                yield self._fact(statement, holder, base, name, why, own, guard)

    def swallowed(self, broad: bool, imports: Iterable[Statement], holder: Holder) -> Iterator[Facts]:
        """A ``BrokenImport`` for a guarded import of a module that is there and raises.

        Each was tried when its module was loaded, so trying it again does nothing new.

        Args:
            broad: the ``try`` stops every exception.
            imports: what the ``try`` begins with.
            holder: the module that has it at its top.
        """
        for statement in imports:
            if statement.caught_by and not holder.stops_import_error(statement.caught_by):
                return
            place = f"{holder.place}:{statement.line}"
            for module, name, _ in statement.imports:
                base = holder.absolute(statement.level, module)
                if not base:
                    return
                own = self.project.owns_module(base)
                if own:
                    why = self._try_own(base, name, place, TRY)
                    hidden = why is not None and self._hides_a_fault(why)
                else:
                    why, hidden = self._try_again(base, broad)
                if why is not None and hidden:
                    yield self._fact(statement, holder, base, name, why, own, TRY)
                if why is not None:
                    return  # what stands behind it was not tried

    def _try_again(self, base: str, broad: bool) -> tuple[Facts | None, bool]:
        """Import what a ``try`` went on without, once more: why it fails, and whether that is a fault."""
        if sys.modules.get(base) is not None:
            return None, False
        top = base.partition(".")[0]
        absent = self._unresolved(failure.missing_module(top, self.project), top, "")
        try:
            if importlib.util.find_spec(top) is None:
                return absent, False
            importlib.import_module(base)
        except ModuleNotFoundError as error:
            # absent itself, or something that it needs is: an optional dependency of an optional module
            return absent, bool(error.name) and self.project.owns_module(str(error.name))
        except BaseException as error:
            why = failure.describe(error, self.project, base)
            missing = why.get("missing")
            needs = isinstance(missing, dict) and not missing["name"]
            return why, (broad or isinstance(error, ImportError)) and not needs
        return None, False

    @staticmethod
    def _hides_a_fault(why: Facts) -> bool:
        """The application's module is there and raises, for more than something that is not installed."""
        missing = why.get("missing")
        raised = why["how"] == "raised" and bool(why.get("module"))
        return raised and (not isinstance(missing, dict) or _is_own(missing, TRY))

    def _guard(self, statement: Statement, holder: Holder, why: Facts | None) -> str:
        """The guard of a statement, now that the names of its exceptions and what fails are known."""
        guard = statement.guard
        if guard == TRY:
            not_there = why is None or why.get("type") == "ModuleNotFoundError"
            missing = why.get("missing") if why else None
            own = isinstance(missing, dict) and _is_own(missing, guard)
            if (
                (statement.caught_by and not holder.stops_import_error(statement.caught_by))
                or (statement.absence_only and not not_there)
                or (statement.raises and own)
            ):
                guard = statement.outer
        return TRY if guard != TRY and self._is_asked_for(statement, holder) else guard

    def _is_asked_for(self, statement: Statement, holder: Holder) -> bool:
        """Whether a flag that the conditions took from another module says that a module is there."""
        tops = {
            holder.absolute(statement.level, module).partition(".")[0] for module, _, _ in statement.imports
        }
        for flag in statement.flags:
            relative = flag.lstrip(".")
            base, _, name = holder.absolute(len(flag) - len(relative), relative).rpartition(".")
            other = sys.modules.get(base)
            if other is None or not self.project.owns_module(base) or not source_file(other):
                continue
            found = self.parsed.of(source_file(other), "flags", read_flags) or {}
            speaks_of = set(found.get(name, ()))
            if ANY in speaks_of or speaks_of & tops:
                return True
        return False

    def _fact(
        self, statement: Statement, holder: Holder, base: str, name: str, why: Facts, own: bool, guard: str
    ) -> Facts:
        missing = why.get("missing")
        written = base or "." * statement.level + next(module for module, _, _ in statement.imports)
        text = f"from {written} import {name}" if name else f"import {written}"
        if statement.kind == CALL:
            text = f'import_module("{written}")'
        return {
            "module": holder.name,
            "location": {"file": holder.place, "line": statement.line},
            "function": statement.function,
            "statement": f"lazy {text}" if statement.kind == LAZY else text,
            "failure": why,
            "own": own and (not isinstance(missing, dict) or _is_own(missing, guard)),
            "guard": guard,
        }

    def _try_own(self, base: str, name: str, place: str, guard: str) -> Facts | None:
        why = self._load(base, place, guard)
        if why is not None or not name or name == "*":
            return why
        module = sys.modules.get(base)
        try:
            if module is None or hasattr(module, name):
                return None
        except BaseException:
            return None  # a module __getattr__ of the application's own: it would answer in its own way
        if "__path__" in vars(module):
            why = self._load(f"{base}.{name}", place, guard)
            missing = why.get("missing") if why else None
            if not isinstance(missing, dict) or missing["module"] != f"{base}.{name}":
                return why
        if self._made_later.may_appear(name, module):
            return None
        return self._unresolved(failure.missing_name(base, name, self.project), base, name)

    def _try_other(self, base: str, name: str, guard: str) -> Facts | None:
        """An installed distribution's module: what is loaded is asked, of the rest only what is certain."""
        top = base.partition(".")[0]
        loaded = sys.modules.get(base)
        if loaded is not None:
            try:
                if not name or name == "*" or hasattr(loaded, name):
                    return None
                if hasattr(loaded, "__path__") and importlib.util.find_spec(f"{base}.{name}"):
                    return None
            except Exception:
                return None
            return self._unresolved(failure.missing_name(base, name, self.project), base, name)
        try:
            absent = top not in sys.modules and importlib.util.find_spec(top) is None
            lost = None if absent or guard else unloaded.lacks(base, name)
        except Exception:
            return None
        if absent:
            return self._unresolved(failure.missing_module(top, self.project), top, "")
        if lost is None:
            return None
        if lost == base and name:
            return self._unresolved(failure.missing_name(base, name, self.project), base, name)
        return self._unresolved(failure.missing_module(lost, self.project), lost, "")

    def _unresolved(self, missing: Facts, module: str, name: str) -> Facts:
        message = f"cannot import name '{name}' from '{module}'" if name else f"No module named '{module}'"
        return {
            "how": "raised",
            "type": "ImportError" if name else "ModuleNotFoundError",
            "message": message,
            "missing": missing,
        }

    def _load(self, name: str, place: str, guard: str = "") -> Facts | None:
        """Import one of the application's modules; ``None`` when it is there now."""
        if name in self.failures:
            if _WEAKER.index(guard) < _WEAKER.index(self.guards[name]):
                self.guards[name], self.reached[name] = guard, place
            return self.failures[name]
        if sys.modules.get(name) is not None:
            return None
        self._loaded.names()
        try:
            running_loop.within(lambda: garbage.without(lambda: importlib.import_module(name)))
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(error.name + ".")):
                return self._unresolved(failure.missing_module(error.name, self.project), error.name, "")
            return self._failed(name, error, place, guard)
        except BaseException as error:  # whatever a module does when it is imported is a fact about it
            return self._failed(name, error, place, guard)
        for loaded in self._loaded.names():
            self.reached.setdefault(loaded, place)
        return None

    def _failed(self, name: str, error: BaseException, place: str, guard: str) -> Facts:
        self.reached.setdefault(name, place)
        self.guards[name] = guard
        self.failures[name] = failure.describe(error, self.project, name)
        return self.failures[name]


def _beyond(holder: Holder) -> Facts:
    """Why a relative import goes too far up."""
    where = "beyond top-level package" if holder.package else "with no known parent package"
    return {"how": "raised", "type": "ImportError", "message": f"attempted relative import {where}"}


def _is_own(missing: dict[str, object], guard: str) -> bool:
    """What is missing is the application's, or hidden by something of the application's.

    What it has only in some installations is not, nor, where the statement is guarded, what other
    distributions may add to one of its packages.
    """
    elsewhere = missing.get("bound_at") is not None or (guard and missing.get("shared"))
    return bool((missing["own"] and not elsewhere) or missing["shadow"] or missing["twin"])


def _find_file(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return ""
    return spec.origin or "" if spec is not None else ""
