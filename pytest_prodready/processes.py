"""What Linux's ``/proc`` tells of the processes that the gate has started; elsewhere nothing is found."""

from __future__ import annotations

import os
import select
import shlex
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "PRODREADY_STARTED"
"""The environment variable by which processes are recognised that left the group of what was started."""
_PROC = Path("/proc")
_TABLES = ("tcp", "tcp6")
_ESTABLISHED = "01"
_LISTENING = "0A"


def marked(token: str) -> list[int]:
    """The processes whose environment holds ``MARK=token``."""
    wanted = f"{MARK}={token}".encode()
    found = []
    for directory in _processes():
        with suppress(OSError):  # not ours, or gone meanwhile
            if wanted in (directory / "environ").read_bytes().split(b"\0"):
                found.append(int(directory.name))
    return found


def in_session(leader: int) -> list[int]:
    """The processes of the session that ``leader`` has begun; one that only awaits being reaped is none.

    A process that shows a title of its own has overwritten the environment by which it would be recognised.
    """
    found = []
    for directory in _processes():
        with suppress(OSError):  # gone meanwhile
            state, _, _, session, *_ = (directory / "stat").read_text().rpartition(")")[2].split()
            if int(session) == leader and state not in "ZX":
                found.append(int(directory.name))
    return found


def end_marked(token: str, seconds: float) -> None:
    """Kill the processes with ``token`` and see each of them leave, within ``seconds`` each.

    A few rounds, since one may start another meanwhile.
    """
    for _ in range(5):
        found = marked(token)
        if not found:
            return
        for process in found:
            with suppress(OSError):  # gone meanwhile, or a kernel without pidfd
                _end(process, seconds)


def _end(process: int, seconds: float) -> None:
    if sys.platform == "linux":
        descriptor = os.pidfd_open(process)  # names this very process, should its number be given away
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)


def listening(processes: Iterable[int]) -> list[int]:
    """The TCP ports that the processes listen on."""
    inodes = {inode for process in processes for inode in _sockets(process)}
    return sorted({one.port for one in _connections() if one.state == _LISTENING and one.inode in inodes})


def shows_connections() -> bool:
    """Whether this system tells of its TCP connections."""
    return (_PROC / "net" / "tcp").is_file()


def has_read(port: int, peer: int) -> bool:
    """Whether who serves ``port`` has accepted the connection from port ``peer``, and read all that was sent.

    Both ends are on this machine: nothing may wait in the sender's queue, and nothing in the reader's.
    """
    ends = {(one.port, one.peer): one for one in _connections() if one.state == _ESTABLISHED}
    reader, sender = ends.get((port, peer)), ends.get((peer, port))
    if reader is None or sender is None:
        return False
    return reader.inode != "0" and reader.unread == 0 and sender.unsent == 0


def catches(process: int, number: signal.Signals) -> bool | None:
    """Whether the process has a handler of its own for a signal; ``None`` where that is not known."""
    with suppress(OSError, ValueError):
        for line in (_PROC / str(process) / "status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.partition(":")[2], 16) >> (number - 1) & 1)
    return None


def command_line(process: int) -> str:
    """The words that the process was started with, as one line; empty when it is gone."""
    with suppress(OSError):
        words = (_PROC / str(process) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        return shlex.join(word.decode("utf-8", "replace") for word in words if word)
    return ""


def program(process: int) -> str:
    """The file that the process executes; empty when it is not known."""
    with suppress(OSError):
        return str((_PROC / str(process) / "exe").readlink())
    return ""


@dataclass(frozen=True)
class _Connection:
    """One line of the kernel's table of TCP sockets."""

    port: int
    peer: int
    state: str
    unsent: int
    """Bytes that the other end has not confirmed."""
    unread: int
    inode: str
    """``0`` for one that nobody has accepted yet."""


def _connections() -> Iterator[_Connection]:
    for table in _TABLES:
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                _, own, other, state, queues, _, _, _, _, inode, *_ = line.split()
                port, peer = (int(text.rpartition(":")[2], 16) for text in (own, other))
                unsent, unread = (int(text, 16) for text in queues.split(":"))
                yield _Connection(port, peer, state, unsent, unread, inode)


def _processes() -> Iterator[Path]:
    if _PROC.is_dir():
        yield from (entry for entry in _PROC.iterdir() if entry.name.isdigit())


def _sockets(process: int) -> Iterator[str]:
    with suppress(OSError):
        for descriptor in (_PROC / str(process) / "fd").iterdir():
            with suppress(OSError):
                link = str(descriptor.readlink())
                if link.startswith("socket:["):
                    yield link[len("socket:[") : -1]
