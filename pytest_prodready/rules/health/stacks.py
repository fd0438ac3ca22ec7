"""Where the threads of a process stood, as Python's fault handler has written it down."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_prodready.facts import Location
from pytest_prodready.rules.health import server_log

_THREAD = re.compile(r"(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\):")
_FRAME = re.compile(r'  File "([^"]+)", line (\d+) in (.+)')
_LOOPS = ("/asyncio/", "/selectors.py", "/uvloop/")


@dataclass(frozen=True)
class Standing:
    """The innermost line of the application in one thread."""

    location: Location
    function: str


def waiting(dump: str, root: str) -> tuple[Standing | None, bool]:
    """Where a process that does not leave stands, and whether it is a thread that keeps it.

    The main thread counts first. One that runs an event loop tells nothing of what is awaited; one that waits
    for the others at the interpreter's end is kept by them.

    Args:
        dump: of one or several processes.
        root: the project's directory; only lines of its own are told.
    """
    for threads in _processes(dump):
        *others, main = threads
        ending = any(function in ("_shutdown", "_python_exit") for _, _, function in main)
        if ending:
            found = next(filter(None, (_own(frames, root) for frames in others)), None)
            if found:
                return found, True
        elif found := _own(main, root):
            return found, False
    return None, False


def _processes(dump: str) -> list[list[list[tuple[str, int, str]]]]:
    """Of each process its threads, the main one last; of each thread its frames, the innermost first."""
    found: list[list[list[tuple[str, int, str]]]] = []
    for line in dump.splitlines():
        if line.startswith("Fatal Python error:"):
            found.append([])
        elif _THREAD.match(line) and found:
            found[-1].append([])
        elif (frame := _FRAME.match(line)) and found and found[-1]:
            found[-1][-1].append((frame[1], int(frame[2]), frame[3]))
    return [threads for threads in found if threads]


def _own(frames: list[tuple[str, int, str]], root: str) -> Standing | None:
    for file, line, function in frames:
        if any(part in file for part in _LOOPS):
            return None
        if location := server_log.own_line(file, line, root):
            return Standing(location, function)
    return None
