"""Keeps code that the gate runs, and that production runs seldom, from reaching or changing anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_EVENTS = {
    "socket.connect": "open a connection",
    "socket.getaddrinfo": "open a connection",
    "socket.sendto": "send something",
    "sqlite3.connect": "open the database",
    "subprocess.Popen": "start a process",
    "os.system": "start a process",
    "os.fork": "start a process",
    "os.posix_spawn": "start a process",
    "os.mkdir": "make a directory",
    "os.remove": "remove a file",
    "os.rename": "rename a file",
    "os.rmdir": "remove a directory",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


class ReachedOutError(BaseException):
    """What was stopped; no ``except Exception`` of a retry holds it up."""


class _Watch:
    """One hook for the interpreter's life: it cannot be taken off again."""

    def __init__(self) -> None:
        self.active = False
        self.installed = False
        self.stopped = ""

    def refuse(self, what: str) -> None:
        self.stopped = self.stopped or what
        raise ReachedOutError(what)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        what = _EVENTS.get(event, "")
        if event == "open" and len(arguments) == 3 and isinstance(arguments[2], int):
            what = "write a file" if arguments[2] & _WRITING and arguments[0] != os.devnull else ""
        if what:
            self.refuse(what)


_WATCH = _Watch()


class Stopped:
    """What a piece of code was kept from doing; empty where it wanted to do nothing of the kind."""

    what = ""


@contextmanager
def nothing_outward() -> Iterator[Stopped]:
    """Stop connections, processes and writes of the code inside; tell what was stopped."""
    from django.db.backends.base.base import (  # type: ignore[import-untyped,unused-ignore]
        BaseDatabaseWrapper,
    )

    def refuse(*_: object) -> None:
        _WATCH.refuse("open the database")

    if not _WATCH.installed:
        sys.addaudithook(_WATCH)
        _WATCH.installed = True
    stopped = Stopped()
    own = {name: vars(BaseDatabaseWrapper)[name] for name in ("connect", "ensure_connection", "cursor")}
    for name in own:
        setattr(BaseDatabaseWrapper, name, refuse)
    _WATCH.active, _WATCH.stopped = True, ""
    try:
        yield stopped
    except ReachedOutError:
        pass
    finally:
        _WATCH.active = False
        for name, method in own.items():
            setattr(BaseDatabaseWrapper, name, method)
        stopped.what = _WATCH.stopped
