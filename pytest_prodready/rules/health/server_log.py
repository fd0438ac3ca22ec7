"""The line of a server's log that says why it did not start."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pytest_prodready.facts import Location

SHOWN_LINES = 30
_EXCEPTION = re.compile(
    r"[ |+]*((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Refused|Configured|NotFound|Exit)\b(?::.*)?)$"
)
_ERROR = re.compile(r"\b(?:error|fatal|critical|failed)\b", re.IGNORECASE)
_NAMED = re.compile(r"\w(?:Error|Exception)\b")
_FRAME = re.compile(r'[ |]*File "([^"]+)", line (\d+)')
_FOREIGN = re.compile(r"/(?:site|dist)-packages/|/lib/python3[^/]*/|^<")
_HEADER = "Traceback (most recent call last):"
_LONGEST = 300


def error_line(log: str) -> str:
    """The last exception in the log, else the last line that speaks of an error; else empty."""
    lines = log.splitlines()
    raised = [found[1] for line in lines if (found := _EXCEPTION.match(line))]
    spoken = [line.strip() for line in lines if _ERROR.search(line)]
    return ((raised or spoken or [""])[-1])[:_LONGEST]


def tells_of_errors(log: str) -> bool:
    """Whether a line of the log names an exception or speaks of an error, wherever in the line."""
    return bool(_ERROR.search(log) or _NAMED.search(log))


def place(log: str, root: str) -> Location | None:
    """The innermost line of the application in the log's last traceback."""
    found = None
    for line in log.splitlines():
        if frame := _FRAME.match(line):
            found = own_line(frame[1], int(frame[2]), root) or found
    return found


def own_line(file: str, line: int, root: str) -> Location | None:
    """A line of the application; ``None`` for one of a library's or of Python itself."""
    if _FOREIGN.search(file):
        return None
    relative = os.path.relpath(Path(root) / file, root)
    return None if relative.startswith(os.pardir) else Location(relative.replace(os.sep, "/"), line)


def tracebacks(log: str) -> list[str]:
    """The tracebacks of the log that have a frame, each with the exception in its last line."""
    found: list[str] = []
    lines = log.splitlines()
    for at, line in enumerate(lines):
        prefix, header, _ = line.partition(_HEADER)
        if not header or prefix.strip(" |"):
            continue
        inner = at + 1
        while inner < len(lines) and lines[inner].startswith(prefix + "  "):
            inner += 1
        # the exception's own line, which a log that was cut may lack
        text = "\n".join(part.removeprefix(prefix) for part in lines[at : inner + 1])
        if any(map(_FRAME.match, text.splitlines())):
            found.append(text)
    return found


def runs(traceback: str, function: str) -> bool:
    """Whether a frame of ``traceback`` is in a function of this name."""
    return bool(function) and any(
        line.endswith(f", in {function}") for line in traceback.splitlines() if _FRAME.match(line)
    )


def last_lines(log: str) -> str:
    """The end of the log, as much as is worth showing."""
    return "\n".join(log.rstrip().splitlines()[-SHOWN_LINES:])
