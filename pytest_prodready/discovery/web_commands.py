"""Finds the commands with which the deployment starts a web server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from pytest_prodready.discovery import deployed
from pytest_prodready.discovery.command import Command
from pytest_prodready.discovery.deployed import Deployed
from pytest_prodready.discovery.deployment import OTHERS_FILE, commands, script_of
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.procfile import wsgi_app
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.discovery.web_command import RUNSERVER, servers, substituted, without_redirections
from pytest_prodready.discovery.worker_command import expand
from pytest_prodready.discovery.yaml_commands import COMPOSE
from pytest_prodready.facts import Location, ServerCommand
from pytest_prodready.redaction import Redactor
from pytest_prodready.wording import listed

_ABOUT = re.compile(
    rb"uvicorn|gunicorn|hypercorn|daphne|granian|waitress-serve|runserver|\b(?:fastapi|flask)\b[^\n]*\brun\b"
)
_PASSES_ON = re.compile(rb'^[^#\n]*\bexec\s+(?:\S+\s+)*"?\$[@{*]', re.MULTILINE)
_PORT = {"PORT": "{port}"}
_INTERPRETER = re.compile(r"(?:.*/)?python[\d.]*")
_WORDS_OF_THE_SHELL = frozenset({"exec", "then", "else", "do", "!"})
_DEEPEST = 5
_SHOWN = 3
"""Words of a command that is not run."""


@dataclass(frozen=True)
class Found:
    """One command that starts a web server, and where it stands."""

    deployed: Deployed
    command: Command
    shell: str = ""
    """The shell that production has between itself and the server."""


class WebCommands:
    """The commands of one project that start a web server.

    Args:
        tree: its files.
        layout: tells where a module lies.
        environ: the environment that the server will have.
    """

    def __init__(self, tree: Tree, layout: Layout, environ: Mapping[str, str]) -> None:
        self.tree = tree
        self.layout = layout
        blank = Redactor(environ).blank
        self.known = {name: value for name, value in environ.items() if blank(value) == value}
        """The variables that may stand in an argument list: no secrets."""

    @cached_property
    def found(self) -> list[Found]:
        """Every command, the likeliest to be production's first."""
        written = [one for one in commands(self.tree, _ABOUT) if one.readable]
        return [found for one in sorted(written, key=_order) for found in self._of(one, one.environment, 0)]

    def starts(self) -> list[Start]:
        """The web apps that they name, as far as the project has a file of that name."""
        starts = (
            Start(
                "web",
                one.deployed.source,
                Location(one.deployed.file, one.deployed.line),
                program=one.command.program,
                target=one.command.target,
                script=one.command.script,
                attribute=one.command.attribute,
                directories=(*one.command.directories, *self._beside(one)),
                path_source=f"{one.deployed.source}: its directory",
                settings_module=one.command.environment.get("DJANGO_SETTINGS_MODULE", ""),
            )
            for one in self.found
            if one.command.program != RUNSERVER and self._file(one)
        )
        return [start for start in starts if not OTHERS_FILE.search(str(start.location))]

    def of(self, target: str, file: str, *, django: bool) -> tuple[ServerCommand, ...]:
        """The commands that start one application.

        Args:
            target: its import string.
            file: the file that holds it, relative to the root; empty when the project has none.
            django: it is a Django project's, so that its own server serves it too.
        """
        module, _, name = target.partition(":")
        found = []
        for one in self.found:
            if one.command.program == RUNSERVER:
                # in a compose file it is a developer's: it wants the database before it serves anything
                same = django and not COMPOSE.fullmatch(PurePosixPath(one.deployed.file).name)
            else:
                place, (written, _, own) = self._file(one), one.command.target.partition(":")
                own = own or one.command.attribute
                same = place == file if place or one.command.script else written == module
                same = same and (not own or _plain(own) == _plain(name))
            if same:
                found.append(self._server_command(one))
        return tuple(found)

    def _of(self, written: Deployed, environment: Mapping[str, str], depth: int) -> Iterator[Found]:
        """The servers of one command, those of the script that it runs included."""
        known = {**environment, **self.known, **_PORT}
        line = substituted(expand(substituted(written.command), known))
        script = script_of(self.tree, line)
        started = [*servers(line)]
        for command in started:
            if command.configuration:
                file = self._inside(command.configuration)
                command = replace(command, target=wsgi_app(self.tree, replace(command, configuration=file)))
            shell = "sh -c" if written.shell and "exec" not in command.front else command.shell
            if script and not _PASSES_ON.search(self.tree.data(script)):
                shell = script
            yield Found(written, command, shell)
        if script and not started and depth < _DEEPEST:
            for inner in deployed.script(self.tree, script):
                for one in self._of(inner, {**inner.environment, **environment}, depth + 1):
                    made_way = "exec" in one.command.front
                    source = f"{script}, which {written.source} runs"
                    place = replace(one.deployed, source=source, name=written.name)
                    yield Found(place, one.command, one.shell or ("" if made_way else script))

    def _file(self, one: Found) -> str:
        """The file of the application that a command names; empty when the project has none."""
        if one.command.script:
            return self.tree.inside(one.command.script)
        root = self._root(one)
        return self.tree.file_of(one.command.target.partition(":")[0], root) if root is not None else ""

    def _root(self, one: Found) -> str | None:
        """The import root of the application that a command names; ``None`` when the project has none."""
        module = one.command.target.partition(":")[0]
        places = [*one.command.directories, *self._beside(one)]
        return self.layout.root_of_module(module, self.tree.directories(places)) if module else None

    def _beside(self, one: Found) -> tuple[str, ...]:
        """The directory of the file, where it is not the root: a service of a repository has its own."""
        place = str(PurePosixPath(one.deployed.file).parent)
        return () if place == "." else (place,)

    def _directory(self, one: Found) -> str:
        """Where a command is run: where it goes itself, else the directory of a service with its own file."""
        if one.command.directory:
            return self.tree.directory(one.command.directory)
        return next((place for place in self._beside(one) if self._root(one) == place), "")

    def _server_command(self, one: Found) -> ServerCommand:
        command = one.command
        wrappers = [word for word in command.front if word not in _WORDS_OF_THE_SHELL]
        as_module = command.front[-1:] == ("-m",)
        if any(map(_INTERPRETER.fullmatch, wrappers[-3:])):  # python -u -m
            at = max(at for at, word in enumerate(wrappers) if _INTERPRETER.fullmatch(word))
            wrappers = wrappers[:at]
        return ServerCommand(
            command.program,
            tuple(self._inside(word) for word in without_redirections(command.words)),
            one.deployed.source,
            Location(one.deployed.file, one.deployed.line),
            {**_own_variables(one), **command.environment},
            self._directory(one),
            as_module,
            self._script(command) if command.program == RUNSERVER else "",
            (*([" ".join(wrappers)] if wrappers else []), *command.beside),
            one.shell,
        )

    def _script(self, command: Command) -> str:
        """The project's manage.py; empty where it has none there."""
        script = self._inside(command.script).removeprefix("./")
        return script if script and self.tree.inside(script) and self.tree.data(script) else ""

    def _inside(self, word: str) -> str:
        """A word whose path of the image is turned into that of the file in the project, if there is one."""
        option, equals, path = word.rpartition("=")
        if not path.startswith("/"):
            return word
        parts = PurePosixPath(path).parts[1:]
        tails = (str(PurePosixPath(*parts[at:])) for at in range(len(parts)))
        known = next((tail for tail in tails if self.tree.inside(tail) and self.tree.data(tail)), "")
        return f"{option}{equals}{known}" if known else word


def _order(written: Deployed) -> tuple[bool, int, int]:
    """Its place: production before development, the Procfile before images, these before all others."""
    name = PurePosixPath(written.file).name
    if name == "Procfile":
        kind = 0 if written.name == "web" else 1
    elif re.search(r"(?i)dockerfile", name):
        kind = 2
    else:
        kind = 3 if COMPOSE.fullmatch(name) else 4
    # the last stage of a Dockerfile is the one that is built
    return bool(OTHERS_FILE.search(written.file)), kind, -written.line if kind == 2 else 0


def words(command: ServerCommand) -> str:
    """A command in a line of the header: arguments are not shown, they may hold secrets."""
    left_out = listed([" ".join(one.split()[:_SHOWN]) for one in command.left_out], 3)
    return f"{command.program} ({command.source}{f'; not run: {left_out}' if left_out else ''})"


def _own_variables(one: Found) -> dict[str, str]:
    """The variables of the image or the service that are options of the server, as ``GUNICORN_CMD_ARGS`` is.

    What else they hold is for where the image runs: addresses of hosts that are not here.
    """
    prefix = f"{one.command.program.upper()}_"
    given = one.deployed.environment
    return {name: value for name, value in given.items() if name.startswith(prefix)}


def _plain(name: str) -> str:
    """A name without the call of it."""
    return name.partition("(")[0]
