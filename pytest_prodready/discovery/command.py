"""Reads the application out of a server's or worker's command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

_FLAGS = frozenset(
    [
        "--factory",
        "--reload",
        "--preload",
        "--daemon",
        "-D",
        "--check-config",
        "--print-config",
        "--spew",
        "-R",
        "--debug",
        "--call",
        "--capture-output",
        "--enable-stdio-inheritance",
        "--proxy-protocol",
        "--proxy-headers",
        "--access-log",
        "--use-colors",
        "--server-header",
        "--date-header",
        "--inherit-credentials",
        "--ws-per-message-deflate",
        "--initgroups",
        "--http2",
        "--reuse-port",
        "--log-syslog",
        "--disable-redirect-access-to-syslog",
        "--enable-backlog-metric",
        "--suppress-ragged-eofs",
        "--do-handshake-on-connect",
        "--permit-obsolete-folding",
        "--strip-header-spaces",
        "--permit-unconventional-http-method",
        "--permit-unconventional-http-version",
        "--casefold-http-method",
        "--with-threads",
        "--expose-tracebacks",
        "--ipv4",
        "--ipv6",
        "--ident",
        "--insecure",
        "--respawn-failed-workers",
        "--log",
        "--reload-engine-auto",
        "--verbose",
        "-B",
        "--beat",
        "-E",
        "--task-events",
        "--events",
        "--purge",
        "--discard",
        "--detach",
        "--disable-prefetch",
        "--without-gossip",
        "--without-heartbeat",
        "--without-mingle",
        "--skip-checks",
        "-C",
        "--quiet",
        "-q",
        "--version",
        "--help",
        "-h",
    ]
)
"""Options that take no value, of all the servers together; every other option takes one."""
_DEFAULT_ATTRIBUTE = {"gunicorn": "application", "hypercorn": "app", "granian": "app"}
"""What the server looks for when its argument names a module only; uvicorn and daphne refuse to start."""
_PLAIN = ("uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve")
_PROGRAMS = frozenset({*_PLAIN, "fastapi", "flask", "celery"})
_ONLY_NAME = frozenset({"install", "which", "echo", "printf"})
"""Words behind which a program is named, and not started."""
_DIRECTORY_OPTIONS = ("--app-dir", "--chdir", "--pythonpath", "--working-dir", "--workdir")
_IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*(\(.*\))?)?")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\([^()]*\)|`[^`]*`")
_DEEPEST = 5


@dataclass(frozen=True)
class Command:
    """What one command line starts."""

    program: str
    target: str = ""
    script: str = ""
    attribute: str = ""
    configuration: str = ""
    """gunicorn's configuration file, where the command line names no application."""
    directories: tuple[str, ...] = ()
    path_source: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    """The assignments in front of the command."""
    words: tuple[str, ...] = ()
    """What stands behind the program."""
    front: tuple[str, ...] = ()
    """What stands in front of it: wrappers, an interpreter with ``-m``; assignments left out."""
    beside: tuple[str, ...] = ()
    """The other commands of the line."""
    directory: str = ""
    """Where ``cd`` has gone before it, relative to the root."""
    shell: str = ""
    """``sh -c``, where the line is handed to a shell of its own that does not make way for the program."""


def parse(line: str, directory: str = "", depth: int = 0) -> Iterator[Command]:
    """The servers and workers that a shell command line starts, in its order.

    Wrappers in front of the program (``exec``, ``poetry run``, ``ddtrace-run``, ``sh -c``) are passed over.
    A line that the shell would refuse starts nothing.
    """
    parts = simple_commands(line)
    for part in parts:
        if part[0] == "cd":
            directory = changed_to(part, directory)
        elif (shell := shell_line(part)) and depth < _DEEPEST:
            for inner in parse(shell, directory, depth + 1):
                made_way = "exec" in inner.front
                others = (*inner.beside, *beside(parts, part))
                yield replace(inner, shell=inner.shell or ("" if made_way else "sh -c"), beside=others)
        elif command := _command(part):
            command = replace(command, beside=tuple(beside(parts, part)))
            if directory not in ("", "."):
                places = (directory, *(str(PurePosixPath(directory, one)) for one in command.directories))
                script = str(PurePosixPath(directory, command.script)) if command.script else ""
                command = replace(
                    command, directories=places, path_source="cd", script=script, directory=directory
                )
            yield command


def changed_to(words: list[str], directory: str) -> str:
    """The directory, relative to the root, into which ``cd`` goes from ``directory``."""
    # an absolute directory is one of the production image: the project's own, most likely
    place = words[1] if len(words) > 1 and words[1][:1] not in ("/", "$", "~") else ""
    return str(PurePosixPath(directory, place)) if place else ""


def beside(parts: list[list[str]], part: list[str]) -> Iterator[str]:
    """The other commands of a line; of ``2>&1`` a lone number is left."""
    for other in parts:
        if other is not part and other[0] != "cd" and not other[0].isdigit():
            yield shlex.join(other)


def simple_commands(line: str) -> list[list[str]]:
    """The words of each simple command of a shell's line; none where the shell would refuse it."""
    lexer = shlex.shlex(_SUBSTITUTION.sub("0", line), posix=True, punctuation_chars="&|;")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return [*_split([*lexer])]
    except ValueError:
        return []


def _split(words: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    comment = False
    for word in [*words, ";"]:
        if word and set(word) <= set("&|;"):
            if part:
                yield part
            part, comment = [], False
        elif comment or word.startswith("#"):
            comment = True
        else:
            part.append(word)


def shell_line(words: list[str]) -> str:
    """What ``sh -c`` gets among the words of a command; empty where it is no such command."""
    for at, word in enumerate(words[:-2]):
        if PurePosixPath(word).name in ("sh", "bash") and re.fullmatch(r"-[a-z]*c", words[at + 1]):
            return words[at + 2]
    return ""


def _command(words: list[str]) -> Command | None:
    environment: dict[str, str] = {}
    for at, word in enumerate(words):
        name = PurePosixPath(word).name
        if name in _PROGRAMS and (at == 0 or not {words[0], words[at - 1]} & _ONLY_NAME):
            command = _application(name, words[at + 1 :], environment)
            front = tuple(one for one in words[:at] if not _ASSIGNMENT.fullmatch(one))
            return replace(command, front=front) if command else None
        if assignment := _ASSIGNMENT.fullmatch(word):
            environment[assignment[1]] = assignment[2]
    return None


def _application(program: str, words: list[str], environment: dict[str, str]) -> Command | None:
    given, arguments = options(words)
    directories = [(given[name], name) for name in _DIRECTORY_OPTIONS if name in given]
    directories += [(place, "PYTHONPATH") for place in re.split("[:;]", environment.get("PYTHONPATH", ""))]
    # an absolute path is one of the production image, and $VARIABLES are unknown here
    inside = [(place, name) for place, name in directories if place.strip(".") and place[0] not in "/$~"]
    base = Command(
        program,
        directories=tuple(place for place, _ in inside),
        path_source=inside[0][1] if inside else "",
        environment=environment,
        words=tuple(words),
    )
    if program == "celery":
        target = given.get("--app") or given.get("-A") or ""
        return replace(base, target=target if _IMPORT_STRING.fullmatch(target) else "")
    if program == "flask":
        return _flask(base, given.get("--app") or given.get("-A") or environment.get("FLASK_APP", ""))
    if program == "fastapi":
        entrypoint = given.get("--entrypoint") or given.get("-e") or ""
        script = next((word for word in arguments if word.endswith(".py")), "")
        if _IMPORT_STRING.fullmatch(entrypoint):
            return replace(base, target=entrypoint)
        return replace(base, script=script, attribute=given.get("--app", "")) if script else None
    named = [word.removeprefix("asgi:").removeprefix("wsgi:") for word in arguments]
    target = next((word for word in named if _IMPORT_STRING.fullmatch(word)), "")
    if not target:
        configuration = given.get("-c") or given.get("--config") or "gunicorn.conf.py"
        return replace(base, configuration=configuration) if program == "gunicorn" and not arguments else None
    if ":" not in target and program in _DEFAULT_ATTRIBUTE:
        target = f"{target}:{_DEFAULT_ATTRIBUTE[program]}"
    if ("--factory" in given or "--call" in given) and not target.endswith(")"):
        target += "()"
    return replace(base, target=target)


def _flask(base: Command, app: str) -> Command | None:
    """``--app`` of flask: a file, or a module, each with or without a name in it."""
    place, _, attribute = app.partition(":")
    if place.endswith(".py"):
        return replace(base, script=place, attribute=attribute)
    return replace(base, target=app) if _IMPORT_STRING.fullmatch(app) else None


def flask_app(value: str) -> Command | None:
    """What a value of ``FLASK_APP`` names."""
    return _flask(Command("flask"), value.strip())


def options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and what is neither."""
    found: dict[str, str] = {}
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            arguments.append(word)
        elif equals and word.startswith("--"):
            found[name] = value
        elif not word.startswith("--") and len(word) > 2 and word not in _FLAGS:
            found[word[:2]] = word[2:].removeprefix("=")
        elif word in _FLAGS or word.startswith("--no-"):
            found[word] = ""
        else:
            found[word] = next(rest, "")
    return found, arguments
