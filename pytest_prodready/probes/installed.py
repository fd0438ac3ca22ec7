"""The server for an application whose start command is not known: the likeliest that the target has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from pytest_prodready.facts import InspectedEntry
from pytest_prodready.probes.command_lines import HOST, PORT, SERVERS

_GUNICORN = ("--bind", f"{HOST}:{PORT}", "--workers", "1", "--threads", "8")
"""One worker with threads: a probe that hangs must not make its neighbours look slow.

Production's may have other options, and leave in another way for it, see :attr:`Server.chosen`.
"""


@dataclass(frozen=True)
class Application:
    """What is to be served."""

    target: str
    interface: str
    """``asgi`` or ``wsgi``."""
    factory: bool = False
    type: str = ""
    """Qualified name of its class."""
    settings: str = ""
    """The settings module with which Django's own server can serve it; empty where that cannot."""

    @property
    def module(self) -> str:
        """The module part of the import string."""
        return self.target.partition(":")[0]

    @property
    def expression(self) -> str:
        """What stands behind the colon."""
        return self.target.partition(":")[2] or "app"

    @property
    def named(self) -> str:
        """The import string without a call."""
        return f"{self.module}:{self.expression.partition('(')[0]}"

    @property
    def called(self) -> str:
        """The import string, with the call where it is a factory's."""
        path, _, arguments = self.expression.partition("(")
        return f"{self.module}:{path}({arguments or ')'}" if self.is_factory else self.named

    @property
    def is_factory(self) -> bool:
        """Whether it is called before it serves."""
        return self.factory or self.expression.endswith(")")

    @property
    def plain(self) -> bool:
        """It is no factory that is given arguments, which most servers cannot give."""
        return self.expression.partition("(")[2] in ("", ")")


def of(web: InspectedEntry) -> Application | None:
    """The application of a web entry point; ``None`` where its interface is not known."""
    if web.app is None or web.app.interface not in ("asgi", "wsgi"):
        return None
    django = bool(web.entry.settings_module) or web.app.type.startswith("django.")
    # what was in effect says more than what the files say: the module may be named in a library's code alone
    settings = web.app.settings_module or web.entry.settings_module if django else ""
    return Application(web.entry.target, web.app.interface, web.app.factory, web.app.type, settings)


def known(installed: Mapping[str, str], python: str) -> Mapping[str, str]:
    """Canonical distribution name → version: ``installed``, else what lies beside the interpreter.

    Of these, the servers whose scripts are there, with the versions that its directories name.
    """
    if installed:
        return installed
    scripts = Path(python).parent
    found = {one.distribution: "0" for one in SERVERS.values() if (scripts / one.script).is_file()}
    for name in found:
        for metadata in scripts.parent.glob(
            f"lib/python*/site-packages/{name.replace('-', '_')}-*.dist-info"
        ):
            found[name] = metadata.name[len(name) + 1 : -len(".dist-info")]
    return found


def choices(app: Application, installed: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The servers that can serve it, as programs with their arguments, the likeliest first."""
    makes = _asgi(app, installed) if app.interface == "asgi" else _wsgi(app, installed)
    yield from ((program, words) for program, words in makes if SERVERS[program].distribution in installed)


def _asgi(app: Application, installed: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    address = ("--host", HOST, "--port", PORT)
    factory = ("--factory",) if app.is_factory else ()
    if app.plain:
        yield "uvicorn", (app.named, *address, *factory)
    if at_least(installed, "gunicorn", "24"):  # the first with an ASGI worker of its own
        yield "gunicorn", (app.called, *_GUNICORN, *quiet(installed), "--worker-class", "asgi")
    yield "hypercorn", (app.called, "--bind", f"{HOST}:{PORT}")
    if app.plain:
        yield "granian", (app.named, "--interface", "asgi", *address, *factory)
    if not app.is_factory:
        yield "daphne", ("--bind", HOST, "--port", PORT, app.named)


def _wsgi(app: Application, installed: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    address = ("--host", HOST, "--port", PORT)
    factory = ("--factory",) if app.is_factory else ()
    yield "gunicorn", (app.called, *_GUNICORN, *quiet(installed))
    if app.plain:
        yield (
            "waitress-serve",
            (f"--listen={HOST}:{PORT}", *(["--call"] if app.is_factory else []), app.named),
        )
        yield "uvicorn", (app.named, *address, *factory, "--interface", "wsgi")
    yield "hypercorn", (f"wsgi:{app.called}", "--bind", f"{HOST}:{PORT}")
    if app.plain:
        yield "granian", (app.named, "--interface", "wsgi", *address, *factory)
    if app.type.startswith("flask."):
        yield "flask", ("--app", app.called, "run", *address, "--no-reload")
    if app.settings:
        yield "runserver", ("runserver", "--noreload", f"{HOST}:{PORT}")


def quiet(installed: Mapping[str, str]) -> tuple[str, ...]:
    """Since 25.1 gunicorn makes a control socket in the user's home; the gate leaves nothing there."""
    return ("--no-control-socket",) if at_least(installed, "gunicorn", "25.1") else ()


def at_least(installed: Mapping[str, str], name: str, bound: str) -> bool:
    """Whether a distribution is there in a version from ``bound`` on."""
    try:
        return Version(installed.get(name, "0")) >= Version(bound)
    except InvalidVersion:
        return False
