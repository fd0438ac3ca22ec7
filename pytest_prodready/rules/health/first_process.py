"""Whether SIGTERM reaches the server in a container, whose first process alone is sent it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_prodready.facts import Server, Stop
from pytest_prodready.findings import Fault, Level

_INITS = ("dumb-init", "tini")
_TELL_ALL = re.compile(r"\bProcfile\b|\bExecStart\b")
"""Heroku and systemd send SIGTERM to all processes of a service, not to the first one alone."""


def behind_a_shell(seen: Stop, server: Server) -> Iterator[Fault]:
    """Production has a shell before the server, which the gate has left out."""
    if not seen.deployed_shell or _TELL_ALL.search(server.source):
        return
    form = ', or use the exec form, CMD ["…", "…"]' if seen.deployed_shell == "sh -c" else ""
    yield Fault(
        f"{server.source} starts the server behind {seen.deployed_shell} and without exec:"
        " there SIGTERM ends the shell, or is passed over by it, and never reaches the server",
        f"Write exec in front of the server{form}.",
        server.location,
        proof="ran the shell of this machine so, with another program in the server's place: it went on",
        level=Level.WARNING,
    )


def without_handler(seen: Stop, server: Server) -> Iterator[Fault]:
    """It left by the signal's own action, which the first process of a container is spared."""
    init = any(name in words for name in _INITS for words in server.left_out)
    if seen.handled is False and not seen.shell and "dockerfile" in server.source.lower() and not init:
        yield Fault(
            f"{server.source} starts a server that has no handler for SIGTERM:"
            " as the first process of a container it does not get the signal, and is killed in the end",
            "Put an init in front of it (tini, docker run --init), or use a server that handles the signal.",
            server.location,
            proof=f"ran {server.command}: its table of handlers had none",
            level=Level.INFO,
        )
