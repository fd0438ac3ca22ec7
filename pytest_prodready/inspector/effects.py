"""What imports do besides defining names: seen by an audit hook, and by comparing before and after.

Loaded before the application, so it needs nothing that an interpreter does not load by itself. The hook runs
within the application's own calls: it never raises, and returns at once for all that nobody asks about.
"""

import _thread
import _weakref
import os
import stat
import sys

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
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DATAGRAMS = 2
"""``SOCK_DGRAM``: to connect such a socket sends nothing."""
DEVICES = ("/dev/", "/proc/", "/sys/")


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
        self.temporary = _temporary_directories(project.root)
        self.handlers: dict[str, Callable[..., None]] = {}
        self.all_handlers: dict[str, Callable[..., None]] = {
            "socket.connect": self._connect,
            "socket.sendto": lambda _, address: self._network(address),
            "socket.bind": self._bind,
            "subprocess.Popen": lambda executable, arguments, *_: self._program(executable or arguments),
            "os.system": self._system,
            "os.posix_spawn": lambda path, *_: self._unless_told(lambda: self._program(path)),
            "os.spawn": lambda _, path, *_more: self._program(path),
            "pty.spawn": self._program,
            "os.fork": lambda: self._unless_told(lambda: self._keep("fork", "")),
            "os.forkpty": lambda: self._keep("fork", ""),
            "os.exec": lambda path, *_: self.last_word(f"os.exec put {os.path.basename(_text(path))}"),
            "os.kill": self._kill,
            "os.killpg": self._kill,
            "os.chdir": self._chdir,
            "open": self._open,
            "os.mkdir": lambda path, _, directory: self._made(path, directory),
            "os.rmdir": self._file,
            "os.remove": self._file,
            "os.rename": self._rename,
            "os.truncate": lambda path, _: self._file(path),
            "os.link": lambda _, new, _in, new_in: self._made(new, new_in),
            "os.symlink": lambda _, new, directory: self._made(new, directory),
            "shutil.rmtree": lambda path, *_: self._file(path),
            "sqlite3.connect": self._sqlite,
            "_thread.start_new_thread": self._thread,
            "_thread.start_joinable_thread": self._thread,
        }

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
                    self._keep("listen", _address(sock.getsockname()), place)
            except Exception:  # noqa: S110  # it is closed, or of a kind that does not listen
                pass
        self.bound.clear()
        for thread in self._threads_left():
            self.told_threads.add(id(thread))
            self._keep("thread", str(thread.name), self._started(thread) or Place())

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
        place = self._here()
        return self.project.location(place.file, place.line) if place.file else None

    # what is kept, and where it comes from

    def _keep(self, kind: str, detail: str, place: "Place | None" = None) -> None:
        place = place or self._here()
        key = (kind, detail, *place.key)
        if key not in self.found:
            same = sum(1 for other in self.found if (other[0], *other[2:]) == (kind, *place.key))
            if len(self.found) >= KEPT:
                place = Place()
            if len(self.found) >= KEPT or same >= KEPT_ON_A_LINE:
                key = (kind, "", *place.key)
        self.found.setdefault(key, [place, 0])[1] += 1

    def _here(self) -> Place:
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
        self._keep(kind, detail, place or self._body_of(module))

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
        place = self._here()
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

    # one method for each kind of event

    def _connect(self, sock: "Any", address: object) -> None:
        if sock.type & 0xF != DATAGRAMS:
            self._network(address)

    def _network(self, address: object) -> None:
        shown = _address(address)
        if shown:
            self._keep("network", shown)

    def _bind(self, sock: object, address: object) -> None:
        if len(self.bound) < KEPT:
            self.bound.append((_weakref.ref(sock), self._here()))

    def _system(self, command: object) -> None:
        # an assignment before the program may hold a secret
        self._program(next((word for word in _text(command).split() if "=" not in word), "sh"))

    def _program(self, program: "Any") -> None:
        first = program[0] if isinstance(program, (list, tuple)) else program
        self._keep("subprocess", os.path.basename(_text(first)))

    def _unless_told(self, keep: "Callable[[], None]") -> None:
        """``subprocess`` has an event of its own, before it does what every other caller does."""
        if sys._getframe(3).f_globals.get("__name__") != "subprocess":
            keep()

    def _kill(self, process: int, number: int) -> None:
        if process in (0, -1, os.getpid(), os.getpgrp()):
            self.last_word(f"signal {number:d}")

    def _chdir(self, path: object) -> None:
        self.moved = self._here()

    def _thread(self, function: object, *_: object) -> None:
        thread = getattr(function, "__self__", None)
        if thread is not None:
            self.threads = [one for one in self.threads if one[0]() is not None][-KEPT:]
            self.threads.append((_weakref.ref(thread), self._here()))

    def _open(self, path: object, mode: object, flags: int) -> None:
        if flags & WRITING and not isinstance(path, int):
            self._file(path)

    def _made(self, path: "Any", directory: int = -1) -> None:
        if directory < 0 and not os.path.lexists(path):  # else the call does nothing but raise
            self._file(path)

    def _rename(self, old: "Any", new: "Any", old_in: int = -1, new_in: int = -1) -> None:
        if old_in < 0 and os.path.lexists(old):
            self._file(new, new_in)

    def _sqlite(self, database: object) -> None:
        path = _text(database)
        if path and not path.startswith((":memory:", "file:")) and not os.path.exists(path):
            self._file(path)

    def _file(self, path: object, directory: int = -1) -> None:
        """Keep that a file or directory is made, changed or removed, if it is not a temporary one."""
        text = _text(path)
        if not text or directory >= 0:  # relative to a directory that nobody names
            return
        real = os.path.realpath(text)
        if real.startswith(DEVICES) or "__pycache__" in real.rsplit(os.sep, 2)[1:]:
            return
        if real.startswith(self.temporary[real.startswith(self.project.root + os.sep)]):
            return
        try:
            mode = os.stat(real).st_mode
        except OSError:
            mode = stat.S_IFREG  # it is not there yet
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            self._keep("file", self.project.relative(real))


def _temporary_directories(root: str) -> "dict[bool, tuple[str, ...]]":
    """Where temporary files belong: for a path inside of the application's root, and for one outside."""
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    every = {os.path.realpath(place) for place in (*named, "/tmp", "/var/tmp", "/usr/tmp") if place}  # noqa: S108
    places = tuple(os.path.join(place, "") for place in every)
    # the application itself may lie in such a directory: what it writes there is not temporary for that
    return {True: tuple(place for place in places if place.startswith(os.path.join(root, ""))), False: places}


def _text(value: object) -> str:
    if isinstance(value, (str, bytes, os.PathLike)):
        return os.fsdecode(value)
    return ""


def _address(address: object) -> str:
    """``host:port`` or the path of a socket; empty for what is neither."""
    if isinstance(address, tuple) and len(address) >= 2 and isinstance(address[0], str):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return _text(address).replace("\0", "@")


def _file_of(name: str) -> str:
    """The source file of a module that is loaded; never calls into it."""
    try:
        file = vars(sys.modules[name]).get("__file__")
    except Exception:  # it has failed to import, or is something else that the application put there
        return ""
    return file if isinstance(file, str) else ""
