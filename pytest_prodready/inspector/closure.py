"""The production closure: the application's modules that are loaded, and those that function bodies reach.

Every import statement in a nested scope is tried on the real modules, and what it loads is looked at in
turn. Only the application's own modules are imported for that; of installed distributions it is only asked
whether they are there.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator

from . import deferred, failure, made_later
from .project import Project, source_file

Facts = dict[str, object]
_WEAKER = ("", deferred.CONDITION, deferred.TRY)


def walk(project: Project, kind: str) -> Iterator[Facts]:
    """Yield a ``Module`` for each of the application's modules in the closure of what was loaded.

    Args:
        project: the application.
        kind: the kind of the entry point; a Django web app reaches its URLs at the first request.
    """
    resolver = _Resolver(project)
    if kind == "web":
        resolver.reach_django_urls()
    done: set[int] = set()
    while True:
        # one module object may be known under several names
        waiting = {id(module): (name, module) for name, module in project.modules() if id(module) not in done}
        if not waiting:
            break
        for identity, (name, module) in waiting.items():
            done.add(identity)
            yield _module(name, module, resolver)
    yield from resolver.failed_modules()


def _module(name: str, module: object, resolver: _Resolver) -> Facts:
    file = source_file(module)
    facts: Facts = {
        "name": name,
        "file": resolver.project.relative(file),
        "reached": resolver.reached.get(name, ""),
    }
    try:
        with open(file, "rb") as source:
            found = deferred.statements(ast.parse(source.read(), file))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return facts  # it was imported, so it is no syntax error of today's file: nothing to read here
    facts["deferred"] = len(found)
    facts["broken"] = [
        broken for statement in found for broken in resolver.broken(statement, name, module, file)
    ]
    return facts


class _Resolver:
    """Tries import statements on the real modules of this interpreter, each module once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.reached: dict[str, str] = {}
        """Module → the statement that made it load."""
        self.guards: dict[str, str] = {}
        """Module that raised → the weakest guard among the statements that reach it."""
        self.failures: dict[str, Facts] = {}
        """Module that raised while it was imported → its ``Failure``."""

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
            if self.guards.get(name) == deferred.TRY and why["how"] == "raised":
                continue
            file = _find_file(name)
            yield {
                "name": name,
                "file": self.project.relative(file) if file else name,
                "reached": self.reached.get(name, ""),
                "guard": self.guards.get(name, ""),
                "failure": why,
            }

    def broken(
        self, statement: deferred.Statement, importer: str, module: object, file: str
    ) -> Iterator[Facts]:
        """A ``BrokenImport`` for each part of ``statement`` that does not resolve."""
        place = f"{self.project.relative(file)}:{statement.node.lineno}"
        for base, name in _imported(statement.node, _package(importer, module)):
            own = self.project.owns_module(base)
            why = self._try_own(base, name, place, statement.guard) if own else self._try_other(base, name)
            if why is None or statement.guard == deferred.TRY:
                continue
            missing = why.get("missing")
            yield {
                "module": importer,
                "location": self.project.location(file, statement.node.lineno),
                "function": statement.function,
                "statement": f"from {base} import {name}" if name else f"import {base}",
                "failure": why,
                "own": own and (not isinstance(missing, dict) or _is_own(missing)),
                "guard": statement.guard,
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
        if made_later.may_appear(name, module, self.project):
            return None
        return self._unresolved(failure.missing_name(base, name, self.project), base, name)

    def _try_other(self, base: str, name: str) -> Facts | None:
        """An installed distribution's module: absent altogether, or loaded already and without the name."""
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
        except Exception:
            return None
        return self._unresolved(failure.missing_module(top, self.project), top, "") if absent else None

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
        if name in sys.modules:
            return None
        before = set(sys.modules)
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(error.name + ".")):
                return self._unresolved(failure.missing_module(error.name, self.project), error.name, "")
            return self._failed(name, error, place, guard)
        except BaseException as error:  # whatever a module does when it is imported is a fact about it
            return self._failed(name, error, place, guard)
        for loaded in set(sys.modules) - before:
            self.reached.setdefault(loaded, place)
        return None

    def _failed(self, name: str, error: BaseException, place: str, guard: str) -> Facts:
        self.reached.setdefault(name, place)
        self.guards[name] = guard
        self.failures[name] = failure.describe(error, self.project, name)
        return self.failures[name]


def _is_own(missing: dict[str, object]) -> bool:
    """What is missing is the application's, or hidden by something of the application's."""
    return bool(missing["own"] or missing["shadow"] or missing["twin"])


def _package(name: str, module: object) -> str:
    """What relative imports in ``module`` are relative to."""
    package = vars(module).get("__package__")
    if isinstance(package, str):
        return package
    return name if "__path__" in vars(module) else name.rpartition(".")[0]


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, str]]:
    """(module, name) pairs that a statement imports, absolute; the name is empty for ``import module``."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ""
        return
    base = node.module or ""
    if node.level:
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        if not package:
            return  # beyond the top-level package
        base = f"{package}.{base}" if base else package
    if base:
        for alias in node.names:
            yield base, alias.name


def _find_file(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return ""
    return spec.origin or "" if spec is not None else ""
