"""Which Celery app a decorator makes tasks for, by the object behind it and never by its name alone.

Where the module that holds it is not loaded, its source is read in its place.
"""

from __future__ import annotations

import functools
import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any

from ..project import Project, source_file
from ..statement_names import resolved
from . import source

DEEPEST = 8
"""Steps from a decorator to Celery's own: aliases, wrappers, imports of imports."""
REGISTERING = ("task", "register_task")
MAKING = (["task"], ["register_task"], ["tasks", "register"])
"""What of an app makes tasks."""


class Unread:
    """A name in a module of the application that is not loaded."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope, self.name = scope, name


class Scope:
    """What names mean in one module.

    Args:
        module: its name.
        file: its source.
        loaded: its module object; ``None`` when it is not loaded.
        files: module → file, of the application's modules.
    """

    def __init__(self, module: str, file: str, loaded: Any, files: dict[str, str]) -> None:
        self.module, self.files = module, files
        self.names = None if loaded is None else vars(loaded)
        self.written: dict[str, Any] = source.written_in(file)
        is_package = file.endswith("__init__.py")
        self.package = module if is_package else module.rpartition(".")[0]

    def look(self, name: str) -> Any:
        """What a name means here: an object, a module that is not loaded, or what is only written."""
        if self.names is not None:
            return self.names.get(name)
        if name in self.written.get("makers", ()) or name in self.written.get("classes", ()):
            return Unread(self, name)
        for bound, level, base, imported in reversed(self.written.get("imports", ())):
            if bound == name:
                return self._imported(resolved(level, base, self.package), imported)
        return None

    def _imported(self, base: str, name: str) -> Any:
        module = sys.modules.get(base)
        if module is None:
            scope = self.other(base)
            return scope if scope is None or not name else Unread(scope, name)
        if not name:
            return module
        found = member(module, name)
        return self.other(f"{base}.{name}") if found is None else found

    def other(self, module: str) -> Scope | None:
        """The scope of another module of the application that is not loaded."""
        file = self.files.get(module)
        return Scope(module, file, None, self.files) if file else None


def member(module: Any, name: str) -> Any:
    """What a loaded module holds, without waking its ``__getattr__``; the package celery loads on demand."""
    try:
        if name in vars(module):
            return vars(module)[name]
    except Exception:  # a proxy in sys.modules may raise anything
        return None
    if module is sys.modules.get("celery"):
        return getattr(module, name, None)
    return sys.modules.get(f"{vars(module).get('__name__')}.{name}")


class Makers:
    """Finds the app that a decorator belongs to.

    Args:
        app: the loaded app: ``shared_task`` and ``current_app`` make tasks for it.
        project: the application.
        files: module → file, of its modules.
    """

    def __init__(self, app: Any, project: Project, files: dict[str, str]) -> None:
        from celery.app import shared_task
        from celery.app.base import Celery
        from celery.app.task import Task

        self.app, self.celery, self.shared_task, self.task = app, Celery, shared_task, Task
        self.project, self.files = project, files

    def owner(self, reference: str, scope: Scope, depth: int = 0) -> Any:
        """The app whose ``task`` or ``register_task`` a dotted name is; ``None`` for anything else."""
        first, *rest = reference.split(".")
        value = self._seen(scope.look(first))
        for at, part in enumerate(rest, 1):
            if ModuleType in type(value).__mro__:
                value = member(value, part)
            elif type(value) is Scope:
                value = value.look(part)
            else:
                makes = rest[at - 1 :] in MAKING
                return self._app(value) if makes else None
            value = self._seen(value)
        return self._owner(value, depth)

    def is_task_class(self, reference: str, scope: Scope, depth: int = 0) -> bool:
        """Whether a dotted name is a class of Celery tasks."""
        first, *rest = reference.split(".")
        value = self._seen(scope.look(first))
        for part in rest:
            if ModuleType in type(value).__mro__:
                value = self._seen(member(value, part))
            elif part == "Task" and self._app(value) is not None:
                value = self.task
            else:
                return False
        if type(value) is Unread and depth < DEEPEST:
            bases = value.scope.written.get("classes", {}).get(value.name, (0, ()))[1]
            return any(self.is_task_class(base, value.scope, depth + 1) for base in bases)
        return type in type(value).__mro__ and self.task in type.mro(value)

    def _seen(self, value: Any) -> Any:
        """Through the imports of modules that are not loaded, to where a name is really defined."""
        for _ in range(DEEPEST):
            if type(value) is not Unread:
                return value
            written_here = value.scope.written
            if value.name in written_here.get("makers", ()) or value.name in written_here.get("classes", ()):
                return value
            found = value.scope.look(value.name)
            value = value.scope.other(f"{value.scope.module}.{value.name}") if found is None else found
        return None

    def _app(self, value: Any) -> Any:
        if self.celery in type(value).__mro__:
            return value
        if getattr(type(value), "__module__", "") != "celery.local":
            return None
        return self.app  # celery.current_app, or a promise of an app

    def _owner(self, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            return None
        if value is self.shared_task:
            return self.app
        if type(value) is functools.partial:
            return self._owner(value.func, depth + 1)
        if type(value) is MethodType:
            bound = self.celery in type(value.__self__).__mro__
            return value.__self__ if bound and value.__func__.__name__ in REGISTERING else None
        if type(value) is Unread:
            return self._wrapped(value.scope, value.name, depth)
        if type(value) is FunctionType and self.project.owns_file(value.__code__.co_filename):
            module = sys.modules.get(value.__module__)
            file = source_file(module)
            if file and "." not in value.__qualname__:
                scope = Scope(value.__module__, file, module, self.files)
                return self._wrapped(scope, value.__qualname__, depth)
        return None

    def _wrapped(self, scope: Scope, name: str, depth: int) -> Any:
        """The app that all ways out of a wrapper lead to."""
        references = scope.written.get("makers", {}).get(name, ())
        owners = [self.owner(reference, scope, depth + 1) for reference in references]
        return owners[0] if owners and all(owner is owners[0] for owner in owners) else None
