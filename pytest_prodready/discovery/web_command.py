"""Reads the web servers out of a command as production writes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from pytest_prodready.discovery.command import (
    Command,
    beside,
    changed_to,
    options,
    parse,
    shell_line,
    simple_commands,
)
from pytest_prodready.discovery.deployed import assignments

RUNSERVER = "runserver"
_SUBSTITUTION = re.compile(r"\$\(\([^()]*\)\)|\$\([^()]*\)|`[^`]*`")
_REDIRECTION = re.compile(r"\d*(?:>>?|<)(.*)")
_SUBCOMMANDS = {"flask": {"run"}, "fastapi": {"run", "dev"}}
"""Programs that do more than serve, with what makes them serve."""
_DEEPEST = 5


def servers(line: str) -> Iterator[Command]:
    """The web servers that a line starts, Django's own included."""
    for command in parse(line):
        started = _SUBCOMMANDS.get(command.program)
        subcommand = options([*command.words])[1][:1]
        if command.program != "celery" and (not started or started & {*subcommand}):
            yield command
    yield from _runservers(line, 0)


def _runservers(line: str, depth: int, directory: str = "") -> Iterator[Command]:
    parts = simple_commands(line)
    for part in parts:
        if part[0] == "cd":
            directory = changed_to(part, directory)
        elif (inner := shell_line(part)) and depth < _DEEPEST:
            for command in _runservers(inner, depth + 1, directory):
                others = (*command.beside, *beside(parts, part))
                yield replace(command, shell="" if "exec" in command.front else "sh -c", beside=others)
        elif RUNSERVER in part[1:]:
            at = part.index(RUNSERVER, 1)
            program = PurePosixPath(part[at - 1]).name
            if program in ("manage.py", "django-admin"):
                path = str(PurePosixPath(directory, part[at - 1])) if program == "manage.py" else ""
                yield Command(
                    RUNSERVER,
                    script=path,
                    environment=assignments(shlex.join(part[: at - 1])),
                    words=tuple(part[at + 1 :]),
                    front=tuple(word for word in part[: at - 1] if "=" not in word),
                    directory=directory,
                    beside=tuple(beside(parts, part)),
                )


def substituted(text: str) -> str:
    """``text`` with what only a shell can know, the output of other commands, as an unknown variable."""
    for _ in range(_DEEPEST):
        text = _SUBSTITUTION.sub("$UNKNOWN", text)
    return text


def without_redirections(words: tuple[str, ...]) -> Iterator[str]:
    """The words of a command without what the shell takes for itself."""
    rest = iter(words)
    for word in rest:
        redirected = _REDIRECTION.fullmatch(word)
        if not redirected:
            yield word
        elif not redirected[1]:
            next(rest, None)
