"""The commands that the files of a deployment start: Procfile, Dockerfile, systemd and supervisor units."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pytest_prodready.discovery.tree import Tree

_PROCESS = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")
_INSTRUCTION = re.compile(r"(?i)\s*(FROM|CMD|ENTRYPOINT|ENV)\s+(.+)", re.DOTALL)
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)")
_SECTION = re.compile(r"\s*\[([^\]]+)\]")
_DAEMON_OPTIONS = "CELERYD_OPTS"
"""The variable in which Celery's init script and its systemd unit expect the worker's options."""


@dataclass(frozen=True)
class Deployed:
    """One command that a file of the deployment starts."""

    file: str
    line: int
    source: str
    """Where it is written, in words: ``Procfile, worker``."""
    command: str
    """A command line, as a shell reads it."""
    last: int = 0
    """The last line of the file that belongs to it; 0 for the first one."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that are set for it."""
    name: str = ""
    """What the process is called there; empty when it has no name."""
    shell: bool = False
    """It is handed to a shell, which stays between production and what it starts."""
    readable: bool = True
    """False for a command that may start a worker, in a file that cannot be read."""


def procfile(tree: Tree, path: str) -> Iterator[Deployed]:
    """Each process of a Procfile, the release phase left out."""
    for number, line in enumerate(_text(tree, path).splitlines(), 1):
        process = _PROCESS.match(line)
        if process and process[1] != "release":
            yield Deployed(path, number, f"{path}, {process[1]}", process[2], name=process[1])


def dockerfile(tree: Tree, path: str) -> Iterator[Deployed]:
    """What the image of each stage starts: its last CMD, behind its last ENTRYPOINT."""
    environment: dict[str, str] = {}
    started: dict[str, tuple[int, int, str]] = {}
    for first, last, line in _joined(_text(tree, path)):
        found = _INSTRUCTION.match(line)
        if not found:
            continue
        instruction, rest = found[1].upper(), found[2].strip()
        if instruction == "FROM":
            yield from _stage(path, started, environment)
            environment, started = {}, {}
        elif instruction == "ENV":
            environment |= assignments(rest) or dict([rest.partition(" ")[::2]])
        elif instruction in ("CMD", "ENTRYPOINT"):
            started[instruction] = (first, last, rest)
    yield from _stage(path, started, environment)


def _stage(
    path: str, started: dict[str, tuple[int, int, str]], environment: dict[str, str]
) -> Iterator[Deployed]:
    parts = [started[name] for name in ("ENTRYPOINT", "CMD") if name in started]
    if parts:
        command = " ".join(_exec_form(text) or text for _, _, text in parts)
        first, last, text = parts[-1]
        source = f"{path}, {'CMD' if 'CMD' in started else 'ENTRYPOINT'}"
        yield Deployed(path, first, source, command, last, environment, shell=not _exec_form(text))


def _exec_form(text: str) -> str:
    """``["celery", "worker"]`` as a command line; empty for the shell form."""
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return shlex.join(map(str, words)) if isinstance(words, list) else ""


def systemd(tree: Tree, path: str, files: Iterable[str]) -> Iterator[Deployed]:
    """``ExecStart`` of a unit, with the variables that it sets and those of its environment files.

    Args:
        tree: the project's files.
        path: the unit.
        files: those files that may be its environment files.
    """
    environment: dict[str, str] = {}
    starts: list[tuple[int, int, str]] = []
    for first, last, line in _joined(_text(tree, path)):
        key, equals, value = line.partition("=")
        if not equals:
            continue
        key, value = key.strip(), value.strip()
        if key == "Environment":
            environment |= assignments(value)
        elif key == "EnvironmentFile":
            name = PurePosixPath(value.lstrip("-")).name
            for file in files:
                if PurePosixPath(file).name == name:
                    environment |= variables(_text(tree, file))
        elif key == "ExecStart":
            starts.append((first, last, value.lstrip("-@+!:")))
    for first, last, command in starts:
        yield Deployed(path, first, f"{path}, ExecStart", command, last, environment)


def supervisor(tree: Tree, path: str) -> Iterator[Deployed]:
    """The ``command`` of each program of a supervisor configuration."""
    program = ""
    lines = _text(tree, path).splitlines()
    for number, line in enumerate(lines, 1):
        section = _SECTION.match(line)
        if section:
            program = section[1].partition(":")[2] if section[1].startswith("program:") else ""
        found = re.match(r"command\s*=\s*(.+)", line)
        if not program or not found:
            continue
        more = []
        for continued in lines[number:]:
            if not continued[:1].isspace() or not continued.strip():
                break
            more.append(continued.strip())
        command = " ".join([found[1].partition(" ;")[0].strip(), *more])
        yield Deployed(path, number, f"{path}, {program}", command, number + len(more), name=program)


def daemon_options(tree: Tree, path: str) -> Iterator[Deployed]:
    """The file of variables that Celery's init script reads: it stands for the command made of them."""
    text = _text(tree, path)
    environment = variables(text)
    for number, line in enumerate(text.splitlines(), 1):
        found = _ASSIGNMENT.match(line)
        if found and found[1] == _DAEMON_OPTIONS:
            app = environment.get("CELERY_APP", "").removeprefix("-A").removeprefix("--app=").strip()
            named = f"-A {app} " if app else ""
            command = f"celery {named}multi start ${{CELERYD_NODES:-celery}} ${_DAEMON_OPTIONS}"
            yield Deployed(path, number, f"{path}, {_DAEMON_OPTIONS}", command, environment=environment)
            return


def assignments(text: str) -> dict[str, str]:
    """``A=1 "B=2 3"`` as variables; none where it is no such line."""
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    found = [word.partition("=") for word in words]
    return {name: value for name, equals, value in found if equals and name.isidentifier()}


def variables(text: str) -> dict[str, str]:
    """The variables that a file of ``NAME=value`` lines sets."""
    found: dict[str, str] = {}
    for _, _, line in _joined(text):
        if assigned := _ASSIGNMENT.match(line):
            try:
                found[assigned[1]] = " ".join(shlex.split(assigned[2], comments=True))
            except ValueError:
                continue
    return found


def script(tree: Tree, path: str) -> Iterator[Deployed]:
    """Each command of a shell script, with the variables that it sets to plain values."""
    environment = {}
    for first, last, line in _joined(_text(tree, path)):
        assigned = _ASSIGNMENT.fullmatch(line)
        if assigned and " " not in assigned[2].strip():
            environment[assigned[1]] = assigned[2].strip().strip("\"'")
        elif not line.lstrip().startswith("#"):
            yield Deployed(path, first, path, line, last, dict(environment))


def _text(tree: Tree, path: str) -> str:
    return tree.data(path).decode(errors="replace")


def _joined(text: str) -> Iterator[tuple[int, int, str]]:
    """Logical lines, each with its first and its last line: a backslash at the end goes on."""
    parts: list[str] = []
    start = 1
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            start = number
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield start, number, " ".join(part.strip() for part in parts)
            parts = []
    if parts:
        yield start, number, " ".join(part.strip() for part in parts)
