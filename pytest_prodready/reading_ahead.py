"""A process that reads the application's sources while its entry points load, on a core that is free.

An entry point that has loaded reads the sources of hundreds of modules, and all that time could not begin
before: what this process has read by then, it hears in the directory that the children of a run share.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import threading
from pathlib import Path

from pytest_prodready.request import Request

SCRIPT = Path(__file__).parent / "inspector" / "reading_ahead.py"
MANY = 50
"""Modules of the application, from which on they are worth a process of their own."""


class ReadingAhead:
    """Hears what the children import, and has it read.

    Nothing depends on it: what it has not read, or could not, the children read themselves. For a small
    application, which is read in no time, no process is started.

    Args:
        request: the run.
        shared: the directory in which the children tell each other what they have read.
    """

    def __init__(self, request: Request, shared: str) -> None:
        self._request = request
        self._shared = shared
        packages = "|".join(re.escape(name) for name in request.packages)
        self._begin = re.compile(rf'\["begin","((?:{packages})(?:\.[^"]+)?)",'.encode())
        self._names: dict[bytes, None] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def hear(self, event: bytes) -> None:
        """Take one event of a child, which may be any."""
        begin = self._begin.match(event)
        if begin is None:
            return
        with self._lock:
            if self._process is not None:
                self._tell(begin[1])
            elif len(self._names) < MANY:
                self._names[begin[1]] = None
                if len(self._names) == MANY:
                    self._start()

    def _start(self) -> None:
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                [self._request.python, "-ISB", str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdin is not None
            os.set_blocking(self._process.stdin.fileno(), False)
            question = {
                "cache": str(self._request.cache or ""),
                "shared": self._shared,
                "path": [*self._request.pythonpath, str(self._request.root), *self._request.path],
                "calls": "calls" in self._request.jobs,
            }
            self._tell(json.dumps(question).encode(), *self._names)

    def _tell(self, *lines: bytes) -> None:
        """Write, unless the process is gone, or so far behind that the pipe is full."""
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            os.write(self._process.stdin.fileno(), b"".join(line + b"\n" for line in lines))

    def close(self) -> None:
        """Stop the process, if one was started, wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
