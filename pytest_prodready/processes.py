"""What Linux's ``/proc`` tells of the processes that the gate has started; elsewhere nothing is found."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

MARK = "PRODREADY_STARTED"
"""The environment variable by which processes are recognised that left the group of what was started."""
_PROC = Path("/proc")
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
    ports = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and fields[9] in inodes:
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return sorted(ports)


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
