"""Listens to Celery while the application sets it up: what it skips in silence, what it overwrites.

Called by the import hooks right after a module of Celery was imported, that is before the application can use
it; so nothing but ``sys`` is imported here. What is kept are observations; :mod:`.app`, :mod:`.beat` and
:mod:`.claims` make facts of them once the app is loaded.
"""

import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

DEEPEST = 60
"""Frames of a caller's stack that are kept: enough to reach the application's own line."""

Stack = list[tuple[str, int]]
"""(file, line) of the callers, innermost first."""


class Call:
    """One call of ``app.autodiscover_tasks``: what it was given, and from where."""

    def __init__(self, packages: object, related: object, stack: Stack) -> None:
        self.packages = packages
        self.related = related
        self.stack = stack
        self.searched: list[str] = []


class Search:
    """One package that Celery searched: whether it got a module, and the ImportError that it passed over."""

    def __init__(self, package: str, related: object, call: "Call | None") -> None:
        self.package = package
        self.related = related
        self.call = call
        self.found = False
        self.error: ImportError | None = None
        self.failed = package
        """The module that ``error`` stopped: the package, or the one that was looked for in it."""


class LostEntry:
    """A beat entry that a later registration under the same key has overwritten."""

    def __init__(self, key: str, lost: object, kept: object) -> None:
        self.key = key
        self.lost = lost
        self.kept = kept


class Claim:
    """One registration of a task under a name, whether or not the name was free."""

    def __init__(self, registry: object, name: object, task: object, named: bool, replaces: bool) -> None:
        self.registry = registry
        self.name = name
        self.task = task
        """The function that was decorated, or the instance of a task's class."""
        self.named = named
        """Its author has written the name, rather than leave it to Celery."""
        self.replaces = replaces
        """It takes the name even if another task has it."""


searches: list[Search] = []
claims: list[Claim] = []
calls: list[Call] = []
lost_entries: list[LostEntry] = []
periodic: dict[str, Stack] = {}
"""Key of a beat entry → the last call of ``add_periodic_task`` that registered it."""
_running: list[Call] = []


def loaders_imported(module: "Any") -> None:
    """Record every package that ``celery.loaders.base`` searches for task modules."""
    find = module.find_related_module

    def find_related_module(package: "Any", related_name: "Any") -> "Any":
        search = Search(package, related_name, _running[-1] if _running else None)
        searches.append(search)
        if search.call is not None:
            search.call.searched.append(package)
        try:
            # Celery imports the package first, too, and takes an ImportError to mean that there is none
            __import__(package)
        except ImportError as error:
            search.error = error
        found = find(package, related_name)
        search.found = found is not None
        if found is None and search.error is None:
            search.failed = f"{package}.{related_name}"
            search.error = _swallowed(search.failed)
        return found

    module.find_related_module = find_related_module


def app_base_imported(module: "Any") -> None:
    """Record calls of ``app.autodiscover_tasks`` and ``app.add_periodic_task``, and what takes which name."""
    from . import beat_recorder

    cls = module.Celery
    autodiscover_tasks, _autodiscover_tasks = cls.autodiscover_tasks, cls._autodiscover_tasks
    add_periodic_task, _add_periodic_task = cls.add_periodic_task, cls._add_periodic_task

    def autodiscover(
        self: "Any", packages: "Any" = None, related_name: "Any" = "tasks", *rest: "Any", **options: "Any"
    ) -> "Any":
        calls.append(Call(packages, related_name, _stack()))
        return autodiscover_tasks(self, packages, related_name, *rest, **options)

    def discover(self: "Any", packages: "Any", related_name: "Any", **options: "Any") -> "Any":
        # the search comes later, with the import_modules signal: find the call that it belongs to
        same = [call for call in calls if call.packages is packages and call.related == related_name]
        _running.append(next((call for call in same if not call.searched), Call(packages, related_name, [])))
        try:
            return _autodiscover_tasks(self, packages, related_name, **options)
        finally:
            _running.pop()

    def add(self: "Any", *arguments: "Any", **options: "Any") -> "Any":
        key = add_periodic_task(self, *arguments, **options)
        periodic[key] = _stack()
        return key

    def store(self: "Any", key: "Any", entry: "Any", *rest: "Any", **options: "Any") -> "Any":
        known = self._conf.beat_schedule.get(key)
        if known is not None and known is not entry:
            lost_entries.append(LostEntry(key, known, entry))
        return _add_periodic_task(self, key, entry, *rest, **options)

    from_function, register_task = cls._task_from_fun, cls.register_task

    def create(self: "Any", fun: "Any", name: "Any" = None, *rest: "Any", **options: "Any") -> "Any":
        task = from_function(self, fun, name, *rest, **options)
        claims.append(Claim(self._tasks, name or task.name, fun, bool(name), False))
        return task

    def register(self: "Any", task: "Any", **options: "Any") -> "Any":
        registered = register_task(self, task, **options)
        claims.append(Claim(self._tasks, registered.name, registered, True, True))
        return registered

    beat_recorder.listen(module, _stack, _like)
    cls._task_from_fun = _like(from_function, create)
    cls.register_task = _like(register_task, register)
    cls.autodiscover_tasks = _like(autodiscover_tasks, autodiscover)
    cls._autodiscover_tasks = _like(_autodiscover_tasks, discover)
    cls.add_periodic_task = _like(add_periodic_task, add)
    cls._add_periodic_task = _like(_add_periodic_task, store)


def _swallowed(name: str) -> "ImportError | None":
    """What a Celery may not pass on: an ImportError from inside the module that it looked for."""
    try:
        __import__(name)  # its body has failed once already, and will do so again
    except ModuleNotFoundError as error:
        return None if error.name == name else error
    except ImportError as error:
        return error
    return None


def registry_imported(module: "Any") -> None:
    """Record what is put into a registry by hand, as in ``app.tasks.register(Import())``."""
    cls = module.TaskRegistry
    original = cls.register

    def register(self: "Any", task: "Any") -> None:
        original(self, task)
        claims.append(Claim(self, task.name, dict.get(self, task.name), True, True))

    cls.register = _like(original, register)


def _like(original: "Any", wrapper: "Any") -> "Any":
    wrapper.__name__, wrapper.__qualname__ = original.__name__, original.__qualname__
    wrapper.__doc__, wrapper.__wrapped__ = original.__doc__, original
    return wrapper


def _stack() -> Stack:
    frame: FrameType | None = sys._getframe(2)
    found: Stack = []
    while frame is not None and len(found) < DEEPEST:
        found.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return found
