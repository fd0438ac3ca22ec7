"""Starts one inspection in the target's interpreter: ``python bootstrap.py REQUEST_FD EVENTS_FD``.

Until the entry point is imported, nothing is loaded that an interpreter does not load by itself, so that a
local ``json.py`` or ``email/`` of the application has the effect that it has in production. The modules
used here are compiled into the interpreter (``marshal``, ``faulthandler``) or loaded at its start (``os``).

The request arrives as one marshalled dict on its own descriptor. Events leave as JSON arrays, one a line, on
another; stdout and stderr belong to the application. ``["begin", name, thread]`` is written *before* a module
is imported and ``["end", name, thread, succeeded, microseconds]`` after, so whatever stops the interpreter is
attributed to the right module.
"""

import _thread
import faulthandler
import marshal
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "prodready_inspector"
IMPORTLIB = "<frozen importlib._bootstrap>"
OUT_OF_REACH = (900, 450, 220)
"""Descriptors to keep the way out on: daemons and launchers close the low ones, and open files there."""
LOST = 83
"""The exit status of a child whose way out was closed all the same."""
AFTER_IMPORT = {
    "celery.loaders.base": ("celery.recorder", "loaders_imported"),
    "celery.app.base": ("celery.recorder", "app_base_imported"),
    "celery.app.registry": ("celery.recorder", "registry_imported"),
}
"""Module of the target → the inspector's function that is called once it has been imported."""

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from .effects import Effects
    from .unshadowed import Unshadowed

_ESCAPES = {number: f"\\u{number:04x}" for number in range(32)} | {34: '\\"', 92: "\\\\"}
_leave = os._exit


def to_json(value: object) -> str:
    """``value`` as JSON: the ``json`` module must not be loaded before the application is."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return '"' + str.translate(value, _ESCAPES) + '"'
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value) if value - value == 0 else "null"
    if isinstance(value, dict):
        return "{" + ",".join([to_json(str(key)) + ":" + to_json(item) for key, item in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([to_json(item) for item in value]) + "]"
    return to_json(f"<{type(value).__name__}>")


class Events:
    """The way out: every event is written whole, and only by the process that was started."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = self._moved(descriptor)
        self.process = os.getpid()
        self.pipe = self._identity()
        self.lock = _thread.RLock()

    @property
    def forked(self) -> bool:
        """Whether this is a process that the application has forked, not the one that was started."""
        return os.getpid() != self.process

    def send(self, *event: object) -> None:
        """Write one event."""
        self.write(to_json(event))

    def write(self, event: str) -> None:
        """Write one event that is JSON already; a process that the application forked stays silent.

        When the application has closed the descriptor, nothing more can be said: the process leaves with a
        status that its parent knows, rather than write into a file that has the number now.
        """
        if self.forked:
            return
        data = f"{event}\n".encode("utf-8", "backslashreplace")
        with self.lock:  # the application's own threads import modules too
            if self._identity() != self.pipe:
                _leave(LOST)
            while data:
                try:
                    data = data[os.write(self.descriptor, data) :]
                except OSError:  # nobody waits for the facts any more
                    _leave(LOST)

    def _identity(self) -> "tuple[int, int] | None":
        try:
            found = os.fstat(self.descriptor)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @staticmethod
    def _moved(descriptor: int) -> int:
        for number in OUT_OF_REACH:
            try:
                os.fstat(number)
            except OSError:
                try:
                    os.dup2(descriptor, number, inheritable=False)
                except OSError:  # more than the limit of open files
                    continue
                os.close(descriptor)
                return number
        os.set_inheritable(descriptor, False)
        return descriptor


def read_request(descriptor: int) -> "dict[str, Any]":
    """Read the marshalled request to its end."""
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    os.close(descriptor)
    request: dict[str, Any] = marshal.loads(b"".join(parts))  # noqa: S302  # written by our own parent
    return request


def watch_imports(
    events: Events,
    after: "dict[str, Callable[[ModuleType], None]]",
    unshadowed: "Unshadowed",
    effects: "Effects",
    forbidden: "frozenset[str]",
) -> None:
    """Write an event around every real import, and call what ``after`` has for a module once it is there.

    ``import`` statements and ``importlib`` both end in this one function of the import system, and only for
    modules that are not loaded yet. The wrapper's code claims the import system's own file name, so that
    the interpreter and ``warnings`` treat its frame as they treat the one that it wraps.
    """
    importlib: Any = sys.modules["_frozen_importlib"]
    original = importlib._find_and_load
    inspector_module = PACKAGE + "."
    main_thread, now = _thread.get_ident(), time.perf_counter_ns
    begins, ended = effects.state.begins, effects.state.ended

    def _find_and_load(name: str, import_: object) -> "ModuleType":
        if name.startswith(inspector_module):
            with unshadowed:
                return original(name, import_)  # type: ignore[no-any-return]  # the import system has no types
        if unshadowed.depth:  # for the inspector, not for the application
            return original(name, import_)  # type: ignore[no-any-return]
        # twice for each of thousands of modules: written without the general way through to_json
        thread = _thread.get_ident()
        ids = f"{to_json(name)},{thread}"
        if name in forbidden:
            events.send("asked", name, effects.own_line())
        if thread == main_thread:
            begins(name)
        events.write(f'["begin",{ids}]')
        began = now()
        try:
            module: ModuleType = original(name, import_)
        except BaseException:
            events.write(f'["end",{ids},false,{(now() - began) // 1000}]')
            if thread == main_thread:
                ended(name)
            raise
        events.write(f'["end",{ids},true,{(now() - began) // 1000}]')
        if thread == main_thread:
            ended(name)
        if name in after:
            after.pop(name)(module)
        return module

    _find_and_load.__code__ = _find_and_load.__code__.replace(co_filename=IMPORTLIB)
    importlib._find_and_load = _find_and_load


def hide(modules: dict[str, str], owns_file: "Callable[[str], bool]") -> None:
    """Make top-level ``modules`` as absent as they are in production, for imports and for ``find_spec``.

    A module of the application that happens to have such a name stays visible.
    """
    importlib: Any = sys.modules["_frozen_importlib"]
    original = importlib._find_spec

    def _find_spec(name: str, path: object, target: object = None) -> object:
        spec = original(name, path, target)
        if spec is not None and name in modules:
            places = [spec.origin, *(spec.submodule_search_locations or ())]
            if not any(isinstance(place, str) and owns_file(place) for place in places):
                # a copy of the application's own may stand further back on the path
                path_entries: list[Any] = sys.path
                behind = [one for one in path_entries if type(one) is str and owns_file(f"{one}/x")]
                external: Any = sys.modules["_frozen_importlib_external"]
                return external.PathFinder.find_spec(name, behind, target) if path is None else None
        return spec

    _find_spec.__code__ = _find_spec.__code__.replace(co_filename=IMPORTLIB)
    importlib._find_spec = _find_spec
    loaded = sys.modules.get("importlib.util")
    if loaded is not None:  # it took its own reference when a .pth file imported it
        vars(loaded)["_find_spec"] = _find_spec


def hide_metadata(distributions: set[str]) -> "Callable[[ModuleType], None]":
    """Return what makes ``distributions`` invisible to an ``importlib.metadata`` that was just imported."""

    def filter_discovery(module: "ModuleType") -> None:
        original = module.Distribution._discover_resolvers  # behind every way to ask, in every version

        def filtered(resolver: "Callable[[object], Iterable[Any]]") -> "Callable[[object], Iterable[Any]]":
            return lambda context: (
                found
                for found in resolver(context)
                if getattr(found, "_normalized_name", "") not in distributions
            )

        module.Distribution._discover_resolvers = staticmethod(lambda: map(filtered, original()))

    return filter_discovery


def report_leaving(events: Events, describe: "Callable[[], list[dict[str, object]]]") -> None:
    """Make ``os._exit`` say from where it was called before it leaves."""

    def _exit(status: int) -> None:
        try:
            if not events.forked:  # every forked worker leaves in this way, and is none of ours
                events.send("leaving", status, describe())
        finally:
            _leave(status)

    os._exit = _exit  # type: ignore[assignment]


def become_production(request: "dict[str, Any]") -> None:
    """Give ``sys.path``, ``sys.argv`` and ``__main__`` the form that the started program would see."""
    path = [*request["pythonpath"]]
    # absent where the interpreter is told to put no script's directory on its path; else without links
    script_first = bool(sys.path) and os.path.realpath(sys.path[0]) == os.path.realpath(HERE)
    if script_first:
        del sys.path[0]
    if request["started"] == "module":
        path.insert(0, os.getcwd())
    elif request["started"] == "console" and script_first:
        path.insert(0, os.path.dirname(sys.executable))
    sys.path[:] = [*path, *(entry for entry in sys.path if entry not in path)]
    if request["started"] != "console" or not is_installed(request["target"]):
        sys.path += [entry for entry in request["behind"] if entry not in sys.path]
    sys.argv[:] = request["argv"]
    main = type(sys)("__main__")
    vars(main).update(__builtins__=sys.modules["builtins"], __file__=program(request))
    sys.modules["__main__"] = main
    package = type(sys)(PACKAGE)
    package.__path__ = [HERE]
    sys.modules[PACKAGE] = package


def program(request: "dict[str, Any]") -> str:
    """The file that the interpreter runs in production, or one in its place.

    It is there: processes that ``multiprocessing`` spawns run it once more, under another name.
    """
    scripts = os.path.dirname(sys.executable)
    directory = os.getcwd() if request["started"] == "file" else scripts
    files = os.path.join(directory, request["argv"][0]), os.path.join(scripts, "gunicorn")
    return next(filter(os.path.isfile, files), sys.executable)


def is_installed(target: str) -> bool:
    """Whether the top-level module of ``target`` is found; a directory alone may be anything's."""
    importlib: Any = sys.modules["_frozen_importlib"]
    spec = importlib._find_spec(target.partition(":")[0].partition(".")[0], None)
    return spec is not None and spec.origin is not None


def inspector(module: str) -> "Any":
    """Import one of the inspector's own modules: only when it is needed, as it may load others in turn."""
    return __import__(f"{PACKAGE}.{module}", fromlist=["*"])


def recorder(module: str, function: str) -> "Callable[[ModuleType], None]":
    """Return what calls ``function`` of the inspector's ``module`` with a module that was just imported."""

    def call(loaded: "ModuleType") -> None:
        getattr(inspector(module), function)(loaded)

    return call


def main() -> None:
    """Inspect what the request asks for, then leave without waiting for what the application left behind."""
    request_descriptor, events_descriptor = int(sys.argv[1]), int(sys.argv[2])
    request = read_request(request_descriptor)
    events = Events(events_descriptor)
    # the stack of one thread: of very many, the dump would leave out the one that matters
    faulthandler.enable(events.descriptor, all_threads=False)
    if hasattr(faulthandler, "register"):
        faulthandler.register(int(request["stack_signal"]), events.descriptor, all_threads=False)
    become_production(request)

    project = inspector("project").Project(request["root"], request["packages"], request["hidden"])
    after = {name: recorder(*place) for name, place in AFTER_IMPORT.items()}
    distributions = set(request["hidden_distributions"])
    if distributions:
        for name in ("importlib.metadata", "importlib_metadata"):
            after[name] = hide_metadata(distributions)
            if name in sys.modules:
                after.pop(name)(sys.modules[name])
    if request["hidden"]:
        hide(request["hidden"], project.owns_file)
    report_leaving(events, lambda: inspector("failure").frames_of(sys._getframe(2), project))

    def last_word(call: str) -> None:
        events.send("last", call, inspector("failure").frames_of(sys._getframe(2), project))

    effects = inspector("effects").Effects(project, last_word)
    if not effects.told_of_threads:
        after["threading"] = effects.threading_imported
        if "threading" in sys.modules:
            after.pop("threading")(sys.modules["threading"])
    forbidden = frozenset(request["forbidden"])
    watch_imports(events, after, inspector("unshadowed").Unshadowed(project), effects, forbidden)
    sys.addaudithook(effects.hook)

    started = time.perf_counter()
    try:
        inspector("steps").run(request, project, events, effects)
    except BaseException as error:  # our own mistake must not look like the application's
        events.send("problem", "inspection", f"{type(error).__name__}: {error}", "")
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105  # contextlib may be the application's
            stream.flush()
        except BaseException:  # noqa: S110  # the application may have replaced or closed it
            pass
    events.send("done", time.perf_counter() - started)
    _leave(0)


if __name__ == "__main__":
    main()
