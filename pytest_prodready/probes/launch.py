"""Which server to start for an application, and with what environment: pure choices, easily tested."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import InspectedEntry
from pytest_prodready.request import Request

PORT = "{port}"
HOST = "127.0.0.1"
NO_SERVER = "no server is installed in the target: add uvicorn or gunicorn, or set serve"


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


def choose(request: Request, web: InspectedEntry | None, installed: Mapping[str, str]) -> Launch:
    """The server for the application.

    Args:
        request: its ``serve`` wins, where it is set.
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
    if request.serve:
        return Launch(_split(request.serve), "serve")
    if web is None or web.app is None:
        raise NothingToServeError("no web application was found, so nothing was started")
    known = installed or _beside(request.python)
    return _by_interface(web.entry.target, web.app.interface, web.app.factory, known)


def _beside(python: str) -> dict[str, str]:
    """The servers whose scripts lie beside an interpreter, with the versions that its directories name."""
    scripts = Path(python).parent
    found = {name: "0" for name in ("uvicorn", "gunicorn") if (scripts / name).is_file()}
    for name in found:
        for metadata in scripts.parent.glob(f"lib/python*/site-packages/{name}-*.dist-info"):
            found[name] = metadata.name[len(name) + 1 : -len(".dist-info")]
    return found


def _split(serve: str) -> tuple[str, ...]:
    try:
        arguments = tuple(shlex.split(serve))
    except ValueError as error:
        raise BadCommandError(f"serve is no command line: {str(error).lower()}") from None
    if not arguments:
        raise BadCommandError("serve is an empty command line")
    return arguments


def _by_interface(target: str, interface: str, factory: bool, installed: Mapping[str, str]) -> Launch:
    module, _, expression = target.partition(":")
    expression = expression or "app"
    factory = factory or expression.endswith(")")
    path, _, arguments = expression.partition("(")
    called = f"{module}:{path}({arguments or ')'}" if factory else f"{module}:{path}"
    uvicorn = (f"{module}:{path}", "--host", HOST, "--port", PORT, *(["--factory"] if factory else []))
    # one worker with threads: a probe that hangs must not make its neighbours look slow
    gunicorn = (called, "--bind", f"{HOST}:{PORT}", "--workers", "1", "--threads", "8", *_quiet(installed))
    plain = arguments in ("", ")")
    if interface == "asgi":
        if "uvicorn" in installed and plain:
            return Launch(uvicorn, "uvicorn, installed in the target", "uvicorn")
        if _at_least(installed, "gunicorn", "24"):  # the first with an ASGI worker of its own
            return Launch(
                (*gunicorn, "--worker-class", "asgi"), "gunicorn, installed in the target", "gunicorn"
            )
    elif interface == "wsgi":
        if "gunicorn" in installed:
            return Launch(gunicorn, "gunicorn, installed in the target", "gunicorn")
        if "uvicorn" in installed and plain:
            return Launch((*uvicorn, "--interface", "wsgi"), "uvicorn, installed in the target", "uvicorn")
    else:
        raise NothingToServeError(
            f"{target} does not show whether it is an ASGI or a WSGI application: set serve"
        )
    if "uvicorn" in installed and not plain:
        raise NothingToServeError(f"uvicorn cannot call {expression} with arguments: set serve")
    raise NothingToServeError(NO_SERVER)


def _quiet(installed: Mapping[str, str]) -> tuple[str, ...]:
    """Since 25.1 gunicorn makes a control socket in the user's home; the gate leaves nothing there."""
    return ("--no-control-socket",) if _at_least(installed, "gunicorn", "25.1") else ()


def _at_least(installed: Mapping[str, str], name: str, bound: str) -> bool:
    try:
        return Version(installed.get(name, "0")) >= Version(bound)
    except InvalidVersion:
        return False


def environment(request: Request, web: InspectedEntry | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that the server gets: ``environ``, with the target's interpreter and paths first."""
    given = dict(environ)
    given["PATH"] = os.pathsep.join((str(Path(request.python).parent), environ.get("PATH", os.defpath)))
    own = None if web is None else web.entry.pythonpath
    paths = [*(request.pythonpath if own is None else own), *filter(None, [environ.get("PYTHONPATH", "")])]
    if paths:
        given["PYTHONPATH"] = os.pathsep.join(paths)
    given["PYTHONDONTWRITEBYTECODE"] = "1"
    given["PYTHONUNBUFFERED"] = "1"  # so that the last words of a server that crashes are not lost
    if web is not None and web.entry.settings_module:
        given.setdefault("DJANGO_SETTINGS_MODULE", web.entry.settings_module)
    return given
