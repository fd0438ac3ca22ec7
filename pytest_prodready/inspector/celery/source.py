"""Source text of the application's modules: definitions and the lines where names stand.

Read through one :class:`~..parsed.Parsed`: what is known of a file's content is not parsed again.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from ..parsed import Parsed
from ..project import Project
from . import definitions, written

_NOTHING: dict[str, Any] = definitions.read(ast.Module(body=[], type_ignores=[]))
_in_use = [Parsed()]
_TASK = re.compile(rb"(?i)task")


def keep_in(parsed: Parsed) -> None:
    """Read through ``parsed`` from now on: one inspection has one."""
    parsed.expect("tasks", _read_together, _TASK.search)
    _in_use[0] = parsed


def of(
    file: str, reading: str, read: Callable[[ast.Module], Any], needed: Callable[[bytes], object] = bool
) -> Any:
    """What ``read`` gives for the syntax tree of ``file``: see :meth:`Parsed.of`."""
    return _in_use[0].of(file, reading, read, needed)


def holds(file: str, pattern: re.Pattern[bytes]) -> bool:
    """Whether the text of ``file`` has what ``pattern`` looks for."""
    try:
        with open(file, "rb") as text:
            return pattern.search(text.read()) is not None
    except OSError:
        return False


def written_in(file: str) -> dict[str, Any]:
    """What :func:`.written.read` gives for ``file``; empty when it is no Python."""
    found = of(file, "tasks", _read_together)
    return found["written"] if found else {}


def _read_together(tree: ast.Module) -> dict[str, Any]:
    # each file with tasks is asked for both
    return {"definitions": definitions.read(tree), "written": written.read(tree)}


def _read(file: str) -> dict[str, Any]:
    found = of(file, "tasks", _read_together)
    return found["definitions"] if found else _NOTHING


def functions(file: str) -> dict[tuple[int, str], int]:
    """(first line, name) → the line of ``def``; nested functions included."""
    found: dict[tuple[int, str], int] = _read(file)["functions"]
    return found


def classes(file: str) -> dict[str, int]:
    """Name → line of every class that ``file`` defines."""
    found: dict[str, int] = _read(file)["classes"]
    return found


def texts(file: str) -> dict[str, list[int]]:
    """String constant → the lines where it stands."""
    found: dict[str, list[int]] = _read(file)["texts"]
    return found


def place_of_call(stack: Iterable[tuple[str, int]], text: str, project: Project) -> dict[str, object] | None:
    """Where the application itself made a call: the line of ``text`` in it, else the call's own line.

    Args:
        stack: (file, line) of the callers, innermost first.
        text: a string that may stand in the call, or elsewhere in that file.
        project: tells the application's own files.
    """
    place = line_of_call(stack, text, project)
    return project.location(*place) if place else None


def line_of_call(stack: Iterable[tuple[str, int]], text: str, project: Project) -> tuple[str, int] | None:
    """As :func:`place_of_call`: the file itself and its line."""
    for file, line in stack:
        if project.owns_file(file):
            return file, _line_of(file, text, line) or line
    return None


def _line_of(file: str, text: str, line: int) -> int | None:
    lines = texts(file).get(text, [])
    start, end = _statements(file).get(line, (line, line))
    inside = [found for found in lines if start <= found <= end]
    return inside[0] if inside else lines[0] if len(lines) == 1 else None


@functools.cache
def _statements(file: str) -> dict[int, tuple[int, int]]:
    """Line → first and last line of the innermost simple statement that it belongs to."""
    longest_first = sorted(_read(file)["statements"], key=lambda place: place[0] - place[1])
    return {line: (start, end) for start, end in longest_first for line in range(start, end + 1)}
