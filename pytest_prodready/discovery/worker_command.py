"""Reads the Celery workers, and the queues that each consumes, out of a command as production writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_prodready.discovery.command import options, parse

_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?::?[-=](?P<default>[^{}]*))?(?::?\?[^{}]*)?\}|(?P<plain>[A-Za-z_]\w*))"
)
_SUBSTITUTION = re.compile(r"\$\([^()]*\)|`[^`]*`|\{\{.*?\}\}|%\(\w+\)s|<%.*?%>", re.DOTALL)
_UNKNOWN = "$UNKNOWN"
"""Stands for what only the shell, a template or the platform fills in."""
_MULTI = ("start", "restart")
_OTHERS = frozenset(
    {"amqp", "beat", "call", "control", "events", "flower", "graph", "inspect", "list", "logtool", "migrate"}
    | {"purge", "report", "result", "shell", "status", "upgrade"}
)
"""Subcommands of Celery that start no worker."""
_DEEPEST = 10
_LONGEST = 1 << 13


@dataclass(frozen=True)
class Worker:
    """One Celery worker, or the workers of one ``celery multi``."""

    app: str = ""
    """What stands behind ``-A``; empty when nothing does."""
    directories: tuple[str, ...] = ()
    """Directories, relative to the root, that the command puts on ``sys.path``."""
    queues: tuple[str, ...] | None = None
    """What stands behind ``-Q``; ``None`` without it."""
    excluded: tuple[str, ...] = ()
    """What stands behind ``-X``."""
    understood: bool = True
    """Everything above is known; false where a variable or a template hides it."""


def expand(text: str, environment: Mapping[str, str]) -> str:
    """``text`` with the variables whose values are known, and with the defaults of those that are not.

    What is longer than any command that somebody writes counts as unknown.
    """

    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        known = environment.get(name, "")
        if known:
            return known if len(known) <= _LONGEST else _UNKNOWN
        return found["default"] if found["default"] is not None else f"${name}"

    for _ in range(_DEEPEST):
        if len(text) > _LONGEST:
            return _UNKNOWN
        expanded = _VARIABLE.sub(value, text)
        if expanded == text:
            break
        text = expanded
    return _SUBSTITUTION.sub(_UNKNOWN, text)


def workers(line: str, environment: Mapping[str, str], directory: str = "") -> Iterator[Worker]:
    """The workers that a shell command line starts; one that is not understood is said to be so.

    Args:
        line: the command.
        environment: the variables that are known there.
        directory: where it is run, relative to the root.
    """
    written, line = line, expand(line, environment)
    commands = [command for command in parse(line, directory) if command.program == "celery"]
    if not commands and may_be_worker(written if line == _UNKNOWN else line):
        yield Worker(understood=False)
    for command in commands:
        given, arguments = options(list(command.words))
        known = command.target or environment.get("CELERY_APP", "")
        if "multi" in arguments[:2]:
            words = command.words[command.words.index("multi") + 1 :]
            yield from _multi(words, known, command.directories)
        elif "worker" in arguments:
            hidden = any("$" in word for word in (*arguments, given.get("-A", ""), given.get("--app", "")))
            yield _worker(known, command.directories, [given], hidden=hidden)
        elif not _OTHERS.intersection(arguments) and may_be_worker(" ".join(command.words)):
            yield Worker(understood=False)


def may_be_worker(text: str) -> bool:
    """Whether a text that is not understood may start a worker."""
    return bool(re.search(r"(?i)celery", text) and re.search(r"(?i)\bworker\b|\bmulti\b", text))


def _worker(app: str, directories: tuple[str, ...], nodes: list[dict[str, str]], *, hidden: bool) -> Worker:
    """The worker of one command line, or those of several that differ in their options only."""
    written = [_option(node, "-Q", "--queues") for node in nodes]
    excluded = [_option(node, "-X", "--exclude-queues") for node in nodes]
    understood = not hidden and not any(
        "$" in text or not text for text in (*written, *excluded) if text is not None
    )
    queues = [None if text is None else text.split(",") for text in written]
    if len(nodes) > 1 and None in queues and any(queues):
        understood = False  # some of the nodes with a list, some without: rare, and no list says both
    if len({*excluded}) > 1:
        understood = False
    lists = [one for one in queues if one is not None]
    return Worker(
        app,
        directories,
        tuple(dict.fromkeys(name for names in lists for name in names)) if lists else None,
        tuple((excluded[0] or "").split(",")) if excluded and excluded[0] else (),
        understood,
    )


def _option(given: Mapping[str, str], *names: str) -> str | None:
    return next((given[name] for name in names if name in given), None)


def _multi(words: Iterable[str], app: str, directories: tuple[str, ...]) -> Iterator[Worker]:
    """The nodes of ``celery multi start``: each has the options for all, and those of its own (``-Q:2``)."""
    rest = list(words)
    if not rest or rest[0] not in _MULTI:
        return
    names: list[str] = []
    common: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}
    at = 1
    while at < len(rest) and rest[at] != "--":
        word = rest[at]
        if not word.startswith("-"):
            names.append(word)
        else:
            name, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if not word.startswith("--") and at + 1 < len(rest) and not rest[at + 1].startswith("-"):
                at, value = at + 1, rest[at + 1]
            option, colon, node = name.partition(":")
            (own.setdefault(node, {}) if colon else common)[option] = value
        at += 1
    numbered = len(names) == 1 and names[0].isdecimal()
    if numbered:
        names = [f"celery{number}" for number in range(1, min(int(names[0]), 1000) + 1)]
    hidden = any("$" in text for text in (*names, *own))
    each: dict[str, dict[str, str]] = {name: dict(common) for name in names or ["celery"]}
    for nodes, given in own.items():
        for node in _nodes(nodes, ranges=numbered):
            by_number = names[int(node) - 1] if node.isdecimal() and 0 < int(node) <= len(names) else node
            if by_number not in each:
                hidden = True
            each.setdefault(by_number, dict(common)).update(given)
    yield _worker(app or common.get("-A", ""), directories, list(each.values()), hidden=hidden)


def _nodes(text: str, *, ranges: bool) -> Iterator[str]:
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if ranges and dash and first.isdecimal() and last.isdecimal():
            yield from map(str, range(int(first), min(int(last), 1000) + 1))
        else:
            yield part
