"""Asks ruff about source files, where the extra ``linters`` has brought it; none of its Python code runs.

It is asked as nobody's own configuration would have it (``--isolated``), for a fixed selection; comments
such as ``# noqa: S110`` in the sources count. It writes nothing, neither a cache nor a change.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Any

import importlib_metadata
from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import LintedFile, Linting, Problem, Remark
from pytest_prodready.facts.linters import SELECTION
from pytest_prodready.redaction import Redactor

OLDEST = Version("0.12")
"""The first that knows Python 3.14; it is the bound of the extra."""
NEWEST_SYNTAX = 14
"""The minor version of the newest Python that :data:`OLDEST` knows."""
FILES = 1000
"""Files of one command line: it has a longest length, of 1 MiB where that is short."""
OPTIONS = ("--isolated", "--no-cache", "--exit-zero", "--output-format=json")
UNREAD = "E902"
"""The code of a file that cannot be read; asked for, as it is only logged otherwise."""
TOLD = 2000
"""Characters of what it wrote last that are shown when it failed."""


@dataclass(frozen=True, slots=True)
class Ruff:
    """An installed ruff."""

    executable: str
    version: str

    def __str__(self) -> str:
        return f"ruff {self.version}"


def installed() -> Ruff | None:
    """The ruff in the gate's own environment; ``None`` without one, or with one older than :data:`OLDEST`."""
    try:
        found = importlib_metadata.distribution("ruff")
        if Version(found.version) < OLDEST:
            return None
    except (importlib_metadata.PackageNotFoundError, InvalidVersion):
        return None
    programs = (str(found.locate_file(file)) for file in found.files or () if PurePath(file).name == "ruff")
    executable = next((file for file in programs if os.access(file, os.X_OK)), None)
    return Ruff(os.path.normpath(executable), found.version) if executable else None


def look(
    ruff: Ruff, root: Path, files: Iterable[str], python: str, seconds: float, blank: Redactor
) -> Linting | Problem:
    """What ruff says of each file.

    Args:
        ruff: which one is asked.
        root: the project's directory.
        files: source files, relative to ``root`` or absolute; those that are not there are left out.
        python: the version of the Python that they are for.
        seconds: after which it must have answered for all of them.
        blank: leaves no secret in its words, which quote the source.
    """
    places = {os.path.normpath(root / file): file for file in files}
    there = [place for place in places if os.path.isfile(place)]  # noqa: PTH113 - thousands of them
    remarks: dict[str, list[Remark]] = {place: [] for place in there}
    unread: dict[str, str] = {}
    until = time.monotonic() + seconds
    try:
        for at in range(0, len(there), FILES):
            batch = there[at : at + FILES]
            for place, code, line, message in _ask(ruff, root, batch, python, until - time.monotonic()):
                if code in SELECTION:
                    remarks[place].append(Remark(code, line, blank.blank(message)))
                else:  # a file that is no Python, as far as it knows
                    unread.setdefault(place, blank.blank(message))
    except subprocess.TimeoutExpired:
        return _problem(f"{ruff} gave no answer within {seconds:g} s", _SLOW)
    except _EndedError as error:
        return _problem(f"{ruff} ended with {error}", _BROKEN, blank.blank(error.said))
    except OSError as error:
        return _problem(f"{ruff} could not be started: {error}", _BROKEN)
    except (ValueError, LookupError, TypeError):
        return _problem(f"{ruff} gave an answer that cannot be read", _BROKEN)
    seen = (
        LintedFile(
            places[place],
            tuple(sorted(remarks[place], key=lambda one: (one.line, one.code))),
            "" if remarks[place] else unread.get(place, ""),
        )
        for place in there
    )
    return Linting(str(ruff), tuple(sorted(seen, key=lambda one: one.file)))


_LEAVE_OUT = f"leave its rules out: --prodready-ignore={','.join(SELECTION)}"
_SLOW = f"Give it more time in [tool.prodready.limits] load, or {_LEAVE_OUT}."
_BROKEN = f"Install ruff again, or {_LEAVE_OUT}."


def _problem(message: str, remedy: str, detail: str = "") -> Problem:
    return Problem("the text of the sources", message, detail, remedy)


class _EndedError(Exception):
    """It ended otherwise than with an answer."""

    def __init__(self, status: int, said: str) -> None:
        by = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
        super().__init__(by)
        self.said = said


def _ask(
    ruff: Ruff, root: Path, files: list[str], python: str, seconds: float
) -> Iterator[tuple[str, str, int, str]]:
    """File, code (empty for what is no Python), line and message of each remark."""
    minor = min(int(python.split(".")[1]), NEWEST_SYNTAX)
    selected = f"--select={','.join((*SELECTION, UNREAD))}"
    command = [ruff.executable, "check", *OPTIONS, f"--target-version=py3{minor}", selected, "--", *files]
    for one in json.loads(_output(command, root, seconds)):
        yield one["filename"], one["code"] or "", one["location"]["row"], one["message"]


def _output(command: list[str], root: Path, seconds: float) -> bytes:
    """What a command writes to its standard output.

    Raises:
        TimeoutExpired: it did not end in time, and was ended with whatever it had started.
        _EndedError: it ended with another status than 0.
        OSError: it could not be started.
    """
    # files, not pipes: a process that it leaves behind would hold a pipe open
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={},  # variables of its own would say where it writes, and in which form
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            status = process.wait(max(seconds, 0))
        except BaseException:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if status:
            raise _EndedError(status, _content(errors).decode("utf-8", "replace")[-TOLD:].strip())
        return _content(output)


def _content(file: IO[Any]) -> bytes:
    file.seek(0)
    content: bytes = file.read()
    return content
