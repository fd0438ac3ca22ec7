"""The variables that stand for options of a server, of which a probe must not have all."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping

from pytest_prodready.probes.command_lines import SERVERS, Server
from pytest_prodready.probes.rewriting import NotUnderstoodError, kept

GUNICORN = "GUNICORN_CMD_ARGS"
"""Holds a whole command line."""
_PREFIXES = {"uvicorn": "UVICORN_", "granian": "GRANIAN_", "flask": "FLASK_RUN_"}
"""Program → what the variables of its options begin with."""


def dropped(name: str) -> bool:
    """Whether a variable stands for an option that a probe's command line does not have."""
    return any(option in server.dropped | server.flags for server, option in _options(name))


def without_options(environ: Mapping[str, str], exists: Callable[[str], bool]) -> dict[str, str]:
    """``environ`` as a server may have it; what the command line overrules stays, as others may read it.

    Args:
        environ: the environment that it would have.
        exists: whether the project has a file or a directory of this name.
    """
    given = {
        name: value
        for name, value in environ.items()
        if not dropped(name) or any(option in server.own for server, option in _options(name))
    }
    if GUNICORN in given:
        try:
            given[GUNICORN] = shlex.join(kept("gunicorn", tuple(shlex.split(given[GUNICORN])), exists))
        except (ValueError, NotUnderstoodError):
            del given[GUNICORN]
    return given


def _options(name: str) -> Iterator[tuple[Server, str]]:
    """The option that a variable stands for, with its server."""
    for program, prefix in _PREFIXES.items():
        if name.startswith(prefix):
            yield SERVERS[program], "--" + name.removeprefix(prefix).lower().replace("_", "-")
