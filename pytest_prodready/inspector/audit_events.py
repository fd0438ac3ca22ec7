"""What the interpreter tells an audit hook, made into effects.

Loaded before the application, as :mod:`.effects` is.
"""

import _weakref
import os
import stat
import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .effects import Effects

KEPT = 200
"""Sockets that are bound, and threads that are started: what is left of them at the end is looked at."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DATAGRAMS = 2
"""``SOCK_DGRAM``: to connect such a socket sends nothing."""
DEVICES = ("/dev/", "/proc/", "/sys/")


class AuditEvents:
    """One method for each kind of event.

    Args:
        effects: keeps what is seen.
    """

    def __init__(self, effects: "Effects") -> None:
        self.effects = effects
        self.temporary = _temporary_directories(effects.project.root)
        self.handlers: dict[str, Callable[..., None]] = {
            "socket.connect": self._connect,
            "socket.sendto": lambda _, address: self._network(address),
            "socket.bind": self._bind,
            "subprocess.Popen": lambda executable, arguments, *_: self._program(executable or arguments),
            "os.system": self._system,
            "os.posix_spawn": lambda path, *_: self._unless_told(lambda: self._program(path)),
            "os.spawn": lambda _, path, *_more: self._program(path),
            "pty.spawn": self._program,
            "os.fork": lambda: self._unless_told(lambda: self.effects.keep("fork", "")),
            "os.forkpty": lambda: self.effects.keep("fork", ""),
            "os.exec": lambda path, *_: self.effects.last_word(
                f"os.exec put {os.path.basename(_text(path))}"
            ),
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
        """Name of the event → what is called with its arguments."""

    def _connect(self, sock: "Any", address: object) -> None:
        if sock.type & 0xF != DATAGRAMS:
            self._network(address)

    def _network(self, address: object) -> None:
        shown = address_text(address)
        if shown:
            self.effects.keep("network", shown)

    def _bind(self, sock: object, address: object) -> None:
        if len(self.effects.bound) < KEPT:
            self.effects.bound.append((_weakref.ref(sock), self.effects.here()))

    def _system(self, command: object) -> None:
        # an assignment before the program may hold a secret
        self._program(next((word for word in _text(command).split() if "=" not in word), "sh"))

    def _program(self, program: "Any") -> None:
        first = program[0] if isinstance(program, (list, tuple)) else program
        self.effects.keep("subprocess", os.path.basename(_text(first)))

    def _unless_told(self, keep: "Callable[[], None]") -> None:
        """``subprocess`` has an event of its own, before it does what every other caller does."""
        if sys._getframe(3).f_globals.get("__name__") != "subprocess":
            keep()

    def _kill(self, process: int, number: int) -> None:
        if process in (0, -1, os.getpid(), os.getpgrp()):
            self.effects.last_word(f"signal {number:d}")

    def _chdir(self, path: object) -> None:
        self.effects.moved = self.effects.here()

    def _thread(self, function: object, *_: object) -> None:
        thread = getattr(function, "__self__", None)
        if thread is not None:
            self.effects.threads = [one for one in self.effects.threads if one[0]() is not None][-KEPT:]
            self.effects.threads.append((_weakref.ref(thread), self.effects.here()))

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
        if real.startswith(self.temporary[real.startswith(self.effects.project.root + os.sep)]):
            return
        try:
            mode = os.stat(real).st_mode
        except OSError:
            mode = stat.S_IFREG  # it is not there yet
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            self.effects.keep("file", self.effects.project.relative(real))


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


def address_text(address: object) -> str:
    """``host:port`` or the path of a socket; empty for what is neither."""
    if isinstance(address, tuple) and len(address) >= 2 and isinstance(address[0], str):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return _text(address).replace("\0", "@")
