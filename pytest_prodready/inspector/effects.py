"""What imports do besides defining names: seen by an audit hook, and by comparing before and after.

Loaded before the application, so it needs nothing that an interpreter does not load by itself. The hook runs
within the application's own calls: it never raises, and returns at once for all that nobody asks about.
"""

import _thread
import os
import sys

from .audit_events import AuditEvents, address_text
from .process_state import ProcessState

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType
    from typing import Any

    from .project import Project

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT = 200
"""Different effects of one entry point; of what comes after only the number is kept."""
KEPT_ON_A_LINE = 20


class Place:
    """Where an effect comes from: the application's innermost line, and what was being imported there."""

    def __init__(
        self, file: str = "", line: "int | None" = None, module: str = "", library: str = ""
    ) -> None:
        self.file = file
        self.line = line
        self.module = module
        self.library = library

    @property
    def key(self) -> "tuple[object, ...]":
        """What two equal places have in common."""
        return (self.file, self.line, self.module, self.library)


class Effects:
    """The effects of one entry point.

    Args:
        project: tells the application's own files.
        last_word: called with what it does before a call that may well be the interpreter's last.
    """

    def __init__(self, project: "Project", last_word: "Callable[[str], None]") -> None:
        self.project = project
        self.last_word = last_word
        self.told_of_threads = sys.version_info >= (3, 12)
        """The interpreter has an event for a thread that is started."""
        self.main = _thread.get_ident()
        self.busy: set[int] = set()
        """The threads that are in the hook: what it does itself is nobody's effect."""
        self.own: dict[str, bool] = {}
        self.found: dict[tuple[object, ...], list[Any]] = {}
        """Kind, detail and place → the place, and how many times."""
        self.bound: list[tuple[Callable[[], Any], Place]] = []
        self.threads: list[tuple[Callable[[], Any], Place]] = []
        self.told_threads: set[int] = set()
        self.moved: Place | None = None
        self.state = ProcessState(project.packages, self._state_changed)
        self.handlers: dict[str, Callable[..., None]] = {}
        self.all_handlers = AuditEvents(self).handlers

    def begin(self) -> None:
        """From now on, what happens is the application's doing."""
        self.state.begin()
        self.handlers.update(self.all_handlers)

    def end(self) -> None:
        """What happens from now on is not; see what the application has left behind."""
        self.handlers.clear()
        self.state.end()
        socket = sys.modules.get("_socket")
        for reference, place in self.bound if socket is not None else ():
            try:
                sock = reference()
                if sock is not None and sock.getsockopt(
                    vars(socket)["SOL_SOCKET"], vars(socket)["SO_ACCEPTCONN"]
                ):
                    self.keep("listen", address_text(sock.getsockname()), place)
            except Exception:  # noqa: S110  # it is closed, or of a kind that does not listen
                pass
        self.bound.clear()
        for thread in self._threads_left():
            self.told_threads.add(id(thread))
            self.keep("thread", str(thread.name), self._started(thread) or Place())

    def facts(self, find_line: "Callable[[str, str, str, str], int | None]") -> "list[dict[str, object]]":
        """The ``Effect``s so far.

        Args:
            find_line: the line of a file that has an effect which no event tells of: file, module, kind,
                detail.
        """
        told = []
        for (kind, detail, *_), (place, times) in self.found.items():
            file, line, module = place.file, place.line, place.module
            if kind == "output" and not file:
                for name, _ in self.project.modules():
                    line = find_line(_file_of(name), name, kind, str(detail))
                    if line is not None:
                        file, module = _file_of(name), name
                        break
            elif file and line is None:
                line = find_line(file, place.module, str(kind), str(detail))
            told.append(
                {
                    "kind": kind,
                    "detail": detail,
                    "location": self.project.location(file, line) if file else None,
                    "module": module,
                    "library": place.library,
                    "times": times,
                }
            )
        return told

    def hook(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Take one audit event."""
        handler = self.handlers.get(event)
        if handler is None:
            return
        ident = _thread.get_ident()
        if ident in self.busy:
            return
        self.busy.add(ident)
        try:
            handler(*arguments)
        except Exception:  # noqa: S110  # an odd argument: the call itself will say what is wrong with it
            pass
        finally:
            self.busy.discard(ident)

    def threading_imported(self, module: "ModuleType") -> None:
        """Hear of threads where the interpreter does not tell of them."""
        start = vars(module)["_start_new_thread"]

        def _start_new_thread(function: object, *arguments: "Any") -> int:
            self.hook("_thread.start_new_thread", (function, *arguments))
            return start(function, *arguments)  # type: ignore[no-any-return]  # as the original

        vars(module)["_start_new_thread"] = _start_new_thread

    def own_line(self) -> "dict[str, object] | None":
        """The ``Location`` of the application's innermost line of the running stack."""
        place = self.here()
        return self.project.location(place.file, place.line) if place.file else None

    # what is kept, and where it comes from

    def keep(self, kind: str, detail: str, place: "Place | None" = None) -> None:
        """Count an effect; its place is where the application is now, unless another one is given."""
        place = place or self.here()
        key = (kind, detail, *place.key)
        if key not in self.found:
            same = sum(1 for other in self.found if (other[0], *other[2:]) == (kind, *place.key))
            if len(self.found) >= KEPT:
                place = Place()
            if len(self.found) >= KEPT or same >= KEPT_ON_A_LINE:
                key = (kind, "", *place.key)
        self.found.setdefault(key, [place, 0])[1] += 1

    def here(self) -> Place:
        """Where the application is now."""
        library = ""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self.owns(frame.f_code.co_filename):
            file = frame.f_code.co_filename
            body = frame.f_code.co_name == "<module>" and not file.startswith("<")
            if body and not library and os.path.dirname(file) != HERE:
                library = str(frame.f_globals.get("__name__", ""))
            frame = frame.f_back
        if frame is None:
            return self._started(self._this_thread()) or Place(module=library, library=library)
        place = Place(frame.f_code.co_filename, frame.f_lineno, library=library)
        while frame is not None:
            if frame.f_code.co_name == "<module>" and self.owns(frame.f_code.co_filename):
                place.module = str(frame.f_globals.get("__name__", ""))
                break
            frame = frame.f_back
        return place

    def owns(self, file: str) -> bool:
        """Whether a source file is the application's."""
        known = self.own.get(file)
        if known is None:
            known = file.endswith(".py") and os.path.dirname(file) != HERE and self.project.owns_file(file)
            self.own[file] = known
        return known

    def _state_changed(self, kind: str, detail: str, module: str) -> None:
        """Called for what is seen only around the imports: its line is not known yet."""
        if kind in ("directory", "path"):
            sign, path = (detail[0], detail[1:]) if kind == "path" else ("", detail)
            shown = self.project.relative(path) if os.path.isabs(path) else path
            detail = sign + shown
            if kind == "path" and self._put_back("-" if sign == "+" else "+", shown):
                return
        place = self.moved if kind == "directory" else None
        self.keep(kind, detail, place or self._body_of(module))

    def _put_back(self, sign: str, entry: str) -> bool:
        """Forget that ``entry`` was added to the path or removed from it: now it is as it was before."""
        known = [key for key in self.found if key[:2] == ("path", sign + entry)]
        for key in known:
            del self.found[key]
        return bool(known)

    def _body_of(self, name: str) -> Place:
        file = _file_of(name)
        if not name or self.owns(file):
            return Place(file, None, name)
        place = self.here()
        place.library = name
        return place

    def _this_thread(self) -> object:
        """The ``Thread`` that runs here; ``None`` for the main one."""
        threading = sys.modules.get("threading")
        ident = _thread.get_ident()
        return vars(threading)["_active"].get(ident) if threading is not None and ident != self.main else None

    def _started(self, thread: object) -> "Place | None":
        return next((place for reference, place in self.threads if thread and reference() is thread), None)

    def _threads_left(self) -> "Iterator[Any]":
        threading = sys.modules.get("threading")
        if threading is None:
            return
        try:
            running = list(vars(threading)["_active"].items())
        except Exception:  # a module of the application's that has this name
            return
        for ident, thread in running:
            if ident != self.main and not thread.daemon and id(thread) not in self.told_threads:
                yield thread


def _file_of(name: str) -> str:
    """The source file of a module that is loaded; never calls into it."""
    try:
        file = vars(sys.modules[name]).get("__file__")
    except Exception:  # it has failed to import, or is something else that the application put there
        return ""
    return file if isinstance(file, str) else ""
