"""Which server to start for an application, and with what environment: pure choices, easily tested."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_prodready.facts import InspectedEntry, Location, PassedOver, ServerCommand
from pytest_prodready.probes import gunicorn_file, hypercorn_file, variables
from pytest_prodready.probes.command_lines import HOST, PORT, SERVERS
from pytest_prodready.probes.installed import Application, at_least, choices, known, of, quiet
from pytest_prodready.probes.rewriting import MOST_WORKERS, NotUnderstoodError, rewritten
from pytest_prodready.request import Request

__all__ = ["HOST", "PORT", "BadCommandError", "Launch", "NothingToServeError", "choose", "environment"]

INPROCESS = "inprocess"
READS_TABLE = "0.0.15"
"""The first version of fastapi-cli that finds the application in pyproject.toml."""
OWN_SERVER = Path(__file__).resolve().parent.parent / "inspector" / "serving" / "start.py"
NO_SERVER = (
    "no server is installed in the target: add uvicorn or gunicorn, set serve, "
    'or set mode = "inprocess" in [tool.prodready.health]'
)
_NOT_OURS = frozenset({"PATH", "PORT", "PYTHONPATH", "WEB_CONCURRENCY"})
"""Assignments in front of a command that the gate makes itself."""


class NothingToServeError(Exception):
    """No server can be started; ``str()`` is the reason, for the user."""


class BadCommandError(Exception):
    """The ``serve`` command cannot be read; ``str()`` says why."""


@dataclass(frozen=True)
class Launch:
    """How to start a server; ``{port}`` in the arguments stands for its port."""

    arguments: tuple[str, ...]
    source: str
    module: str = ""
    """The server's module, run by the target's interpreter; else empty."""
    script: str = ""
    """The script beside the interpreter that starts the module; empty for one of the module's name."""
    as_module: bool = False
    """It is started with ``python -m`` although there is a script."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that the command sets for itself."""
    directory: str = ""
    """Where it is run, relative to the root."""
    location: Location | None = None
    """The line of the project's own command."""
    left_out: tuple[str, ...] = ()
    """What stands beside the server in the project's command, and is not run."""
    shell: str = ""
    """The shell that production has between itself and the server, see :class:`ServerCommand`."""
    passed_over: PassedOver | None = None
    """The project's own command, where this is another one."""
    chosen: str = ""
    """The server with its version, where it and its options are the gate's choice, and nobody else's."""


def choose(request: Request, web: InspectedEntry | None, installed: Mapping[str, str]) -> Launch:
    """The server for the application: of the settings, of the deployment, else one that is installed.

    Args:
        request: its ``serve`` wins, where it is set; then the first of its ``servers``. In the mode
            ``inprocess`` the gate's own server stands in for all of them.
        web: the inspected web entry point.
        installed: canonical distribution name → version, of the target's interpreter; when it is empty
            they could not be read, and what lies beside the interpreter is taken.

    Raises:
        NothingToServeError: there is no app that could be served, or no server that could do it.
        BadCommandError: ``serve`` is no command line.
    """
    if web is not None and web.failure is not None:
        raise NothingToServeError(f"{web.entry.target} does not load, so nothing was started")
    if web is not None and web.app is not None and web.app.problem:
        raise NothingToServeError(f"{web.entry.target} is no web application, so nothing was started")
    own = request.health.mode == INPROCESS
    if request.serve and not own:
        return Launch(_split(request.serve), "serve")
    if web is None or web.app is None:
        raise NothingToServeError("no web application was found, so nothing was started")
    app, there = of(web), known(installed, request.python)
    if own:
        return _own(app, web.entry.target, request)
    passed = None
    if request.servers:
        command = request.servers[0]
        try:
            return _deployed(command, request, there)
        except NotUnderstoodError as reason:
            missing = SERVERS[command.program].distribution not in there
            passed = PassedOver(command.program, command.source, str(reason), command.location, missing)
    launch = _installed(app, web.entry.target, request.root, there, passed)
    return replace(launch, passed_over=passed)


def _split(serve: str) -> tuple[str, ...]:
    try:
        arguments = tuple(shlex.split(serve))
    except ValueError as error:
        raise BadCommandError(f"serve is no command line: {str(error).lower()}") from None
    if not arguments:
        raise BadCommandError("serve is an empty command line")
    return arguments


def _deployed(command: ServerCommand, request: Request, installed: Mapping[str, str]) -> Launch:
    """The project's own command.

    Raises:
        NotUnderstoodError: it cannot be run here.
    """
    server = SERVERS[command.program]
    if server.distribution not in installed:
        raise NotUnderstoodError("is not installed in the target")
    table = command.program == "fastapi" and command.words == ("run",)
    if table and not at_least(installed, "fastapi-cli", READS_TABLE):
        raise NotUnderstoodError(f"reads [tool.fastapi] from fastapi-cli {READS_TABLE} on")
    place = request.root / command.directory
    words, assignments = command.words, {**command.environment}
    elsewhere, further = False, tuple[str, ...]()
    if command.program == "gunicorn":
        # the command line wins over the variable, and both are one here
        words = (*_words(assignments.pop(variables.GUNICORN, "")), *words)
        file = _configuration(words)
        settings = gunicorn_file.assigned(place / file)
        if "daemon" in settings:
            raise NotUnderstoodError(f"is sent to the background by {file}")
        elsewhere = "workers" in settings
        further = (*gunicorn_file.overruled(settings), *quiet(installed))
    if command.program == "hypercorn" and (file := _configuration(words, "")):
        path = place / file.removeprefix("file:")
        if setting := hypercorn_file.hinders(path):
            raise NotUnderstoodError(f"is given {setting} by {file}")
        further = hypercorn_file.overruled(path)
    arguments = rewritten(command.program, words, lambda name: (place / name).exists(), workers=elsewhere)
    launch = Launch(
        (*arguments, *further),
        command.source,
        server.module,
        server.script,
        command.as_module,
        {name: value for name, value in assignments.items() if _kept(name, value)},
        command.directory,
        command.location,
        command.left_out,
        command.shell,
    )
    if command.program == "runserver":
        if command.script:
            script = os.path.relpath(command.script, command.directory or os.curdir)
            started = (request.python, script, "runserver", *arguments)
            return replace(launch, arguments=started, module="")
        return replace(launch, arguments=("runserver", *arguments), as_module=True)
    return launch


def _kept(name: str, value: str) -> bool:
    """Whether an assignment stays: not one that stands for an option which does not."""
    return not variables.dropped(name) and name not in _NOT_OURS and "$" not in value


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise NotUnderstoodError(f"is given more in {variables.GUNICORN}, which is no command line") from None


def _configuration(words: tuple[str, ...], usual: str = gunicorn_file.USUAL) -> str:
    """The configuration file that gunicorn or hypercorn reads; ``usual`` is what it reads unasked."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        for option in ("--config", "-c"):
            if word == option:
                return following
            if word.startswith(option) and (option == "-c" or word[len(option)] == "="):
                return word[len(option) :].removeprefix("=")
    return usual


def _installed(
    app: Application | None,
    target: str,
    root: Path,
    installed: Mapping[str, str],
    passed: PassedOver | None,
) -> Launch:
    if app is None:
        raise NothingToServeError(
            f"{target} does not show whether it is an ASGI or a WSGI application: set serve"
        )
    for program, words in choices(app, installed):
        server = SERVERS[program]
        if program == "gunicorn":
            settings = gunicorn_file.assigned(root / gunicorn_file.USUAL)
            if "daemon" in settings:
                continue
            words = (*words, *gunicorn_file.overruled(settings))
        source = f"{server.distribution}, installed in the target"
        chosen = f"{server.distribution} {installed[server.distribution]}"
        if program == "runserver":
            # it loads the settings before the module that may name them
            named = {"DJANGO_SETTINGS_MODULE": app.settings}
            own = f"Django's own server, {source}"
            return Launch(words, own, server.module, as_module=True, environment=named, chosen=chosen)
        return Launch(words, source, server.module, server.script, chosen=chosen)
    if "uvicorn" in installed and not app.plain:
        raise NothingToServeError(f"uvicorn cannot call {app.expression} with arguments: set serve")
    if passed is not None and passed.missing:
        raise NothingToServeError(
            f"{SERVERS[passed.program].distribution} is not installed in the target, "
            f"and {passed.source} starts it; {NO_SERVER}"
        )
    raise NothingToServeError(NO_SERVER)


def _own(app: Application | None, target: str, request: Request) -> Launch:
    """The gate's own server, in the target's interpreter."""
    if app is None:
        raise NothingToServeError(f"{target} does not show whether it is an ASGI or a WSGI application")
    arguments = (request.python, str(OWN_SERVER), app.called, app.interface, HOST, PORT)
    return Launch(arguments, 'mode = "inprocess"')


def environment(request: Request, web: InspectedEntry | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that the server gets: ``environ``, with the target's interpreter and paths first."""
    given = dict(environ)
    if not request.serve:  # the user's own command is run as it is
        given = variables.without_options(environ, lambda name: (request.root / name).exists())
    given["PATH"] = os.pathsep.join((str(Path(request.python).parent), environ.get("PATH", os.defpath)))
    own = None if web is None else web.entry.pythonpath
    paths = [*(request.pythonpath if own is None else own), *filter(None, [environ.get("PYTHONPATH", "")])]
    if paths:
        given["PYTHONPATH"] = os.pathsep.join(paths)
    given["PYTHONDONTWRITEBYTECODE"] = "1"
    given["PYTHONUNBUFFERED"] = "1"  # so that the last words of a server that crashes are not lost
    if given.get("WEB_CONCURRENCY", "1") != "1":
        given["WEB_CONCURRENCY"] = str(MOST_WORKERS)
    if web is not None and web.entry.settings_module:
        given.setdefault("DJANGO_SETTINGS_MODULE", web.entry.settings_module)
    return given
