"""A start command of production's, rewritten so that a probe may run it.

It listens on a port of the loopback interface and nowhere else, stays in the foreground, watches no files,
writes none, and has few workers. Everything else is production's: worker class, threads, time limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_prodready.probes.command_lines import SERVERS, Server

MOST_WORKERS = 2
"""Of gunicorn's: one that hangs must not make its neighbours look slow, and more make the start slow."""
_ADDRESS = re.compile(r"(?:[\w.\[\]:*-]*:)?(?:\d+|\{port\})")
_RUNSERVER_VALUES = ("--settings", "--pythonpath", "-v", "--verbosity")
_WORKERS = ("-w", "--workers")
_SWITCHES = frozenset({"-R"})
"""What stays of the options of one letter without a value: gunicorn's."""


class NotUnderstoodError(Exception):
    """The command cannot be run as it is written; ``str()`` says why, in words that follow its program."""


def rewritten(
    program: str, words: tuple[str, ...], exists: Callable[[str], bool], *, workers: bool = False
) -> tuple[str, ...]:
    """The arguments of ``program``, so that a probe may run it.

    Args:
        program: one of :data:`SERVERS`.
        words: what is written behind it.
        exists: whether the project has a file or a directory of this name.
        workers: how many workers gunicorn has may be said elsewhere, in its file or in a variable.

    Raises:
        NotUnderstoodError: the words cannot be rewritten safely.
    """
    server = SERVERS[program]
    written: list[str] = []
    stays = kept(program, words, exists, written)
    if program == "runserver":
        stays = [*_without_address(stays)]
    if program == "fastapi":
        stays = ["run" if word == "dev" and at == 0 else word for at, word in enumerate(stays)]
    own = [*server.own, *(_few(written, elsewhere=workers) if program == "gunicorn" else ())]
    return (*own, *stays) if server.first else (*stays, *own)


def kept(
    program: str, words: tuple[str, ...], exists: Callable[[str], bool], workers: list[str] | None = None
) -> list[str]:
    """What stays of the arguments of ``program``; ``workers`` gets the numbers of workers that do not.

    Raises:
        NotUnderstoodError: see :func:`rewritten`.
    """
    found = [*_Kept(SERVERS[program], exists, [] if workers is None else workers).of(words)]
    if unknown := next((word for word in found if "$" in word), ""):
        raise NotUnderstoodError(f"is given {unknown}, which is not known here")
    return found


@dataclass(frozen=True)
class _Kept:
    """Tells what stays of a command line; the values of the option for the number of workers are noted."""

    server: Server
    exists: Callable[[str], bool]
    workers: list[str]

    def of(self, words: tuple[str, ...]) -> Iterator[str]:
        rest = self._apart(words)
        for word in rest:
            name, equals, value = self._option(word)
            if not name:
                yield word
            elif name in self.server.flags:
                continue
            elif name in self._valued:
                yield from self._with_value(name, value if equals else next(rest, ""))
            else:
                self._refuse_abbreviation(name)
                yield word

    def _apart(self, words: tuple[str, ...]) -> Iterator[str]:
        """The words with those flags apart that are written as one, as in ``-Dw 4``."""
        for word in words:
            rest = word
            while len(rest) > 2 and rest[:2] in self.server.flags | _SWITCHES:
                yield rest[:2]
                rest = f"-{rest[2:]}"
            yield rest

    @property
    def _valued(self) -> frozenset[str]:
        one = self.server
        return one.dropped | one.logs | one.directories | one.files | one.variables

    def _option(self, word: str) -> tuple[str, bool, str]:
        """The option that a word is, whether it holds a value too, and that; no name for any other word."""
        if not word.startswith("-") or word in ("-", "--"):
            return "", False, ""
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            return name, bool(equals), value
        if word[:2] in self._valued:
            return word[:2], len(word) > 2, word[2:].removeprefix("=")
        return word, False, ""

    def _with_value(self, name: str, value: str) -> Iterator[str]:
        if name in _WORKERS:
            self.workers.append(value)
        if name in self.server.dropped:
            return
        if name in self.server.logs:
            yield from (name, "-")
            return
        place = value.removeprefix("file:").removeprefix("json:").removeprefix("toml:")
        if not value.startswith("python:") and "$" not in value and not self.exists(place):
            if name in self.server.files:
                raise NotUnderstoodError(f"reads {place}, which the project does not have")
            if name in self.server.variables or place.startswith(("/", "~")):
                return  # the image's directory is the project's here
            raise NotUnderstoodError(f"is run in {place}, which the project does not have")
        yield from (name, value)

    def _refuse_abbreviation(self, name: str) -> None:
        if self.server.abbreviates and name.startswith("--"):
            ours = sorted(self._valued | self.server.flags)
            meant = next((one for one in ours if one.startswith(name)), "")
            if meant:
                raise NotUnderstoodError(f"is given {name}, which may stand for {meant}")


def _few(written: list[str], *, elsewhere: bool) -> tuple[str, ...]:
    """How many workers gunicorn gets: as many as it is written, but for their limit."""
    if not written and not elsewhere:
        return ()
    number = int(written[-1]) if written and written[-1].isdecimal() else MOST_WORKERS
    return ("--workers", str(max(1, min(number, MOST_WORKERS))))


def _without_address(words: list[str]) -> Iterator[str]:
    """The words of ``runserver`` without the address to listen on."""
    before = ""
    for word in words:
        if before in _RUNSERVER_VALUES or not _ADDRESS.fullmatch(word):
            yield word
        before = word
