"""Stops the server as a container's runtime does, and sees what becomes of it and of what it was doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import PurePath

from pytest_prodready import processes
from pytest_prodready.facts import Leftover, Stop
from pytest_prodready.probes import shells
from pytest_prodready.probes.body import READ
from pytest_prodready.probes.held import HeldRequest
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.settings import Limits

FOLLOWING = 5.0
"""Seconds in which the processes that a server has started leave after it."""
LETTING_GO = 2.0
"""Seconds in which a server is seen to leave that does so on its own."""
STACK_WAIT = 1.0
"""Seconds that a server which does not leave gets to write down where it stands."""
_POLL = 0.05
_DUMP = "Fatal Python error: Aborted"


def stop(
    server: RunningServer, idle: str, slow: str, limits: Limits, headers: Mapping[str, str]
) -> Stop | None:
    """Send SIGTERM to the process that was started, await its end, and end what is left then.

    Args:
        server: a running one; it is gone afterwards.
        idle: the path of a request that is answered before, over a connection that is left open; or empty.
        slow: the path of a request that is under way meanwhile; or empty.
        limits: ``stop`` is how long the server may take to leave, ``probe`` bounds what is asked before.
        headers: of both requests.

    Returns:
        ``None`` for a server that had left before.
    """
    process = server.process
    if process is None:
        return None
    with ExitStack() as opened:
        held = None
        if idle:
            held = opened.enter_context(HeldRequest(server.port, idle, headers, limits.probe, READ))
        if held is not None and not (held.ended(limits.probe) and held.idle):
            held.close()
        shown = slow if processes.shows_connections() else ""  # else nobody knows when it is in flight
        asked = None
        if shown:
            asked = opened.enter_context(HeldRequest(server.port, shown, headers, limits.probe))
        missed = asked.under_way() if asked is not None else ""
        if asked is not None and asked.broken:
            _leaves(process, LETTING_GO)  # it may be what has ended the server
        if process.poll() is not None or server.output is None:
            return None
        handled = processes.catches(process.pid, signal.SIGTERM)
        program = PurePath(processes.program(process.pid)).name
        serving = _programs(server, process.pid)
        written = server.output.written
        begun = time.monotonic()
        server.tell_to_leave()
        left = _leaves(process, limits.stop)
        seconds = time.monotonic() - begun
        released = not left and held is not None and held.idle and _leaves_without(held, process)
        leftovers = _leftovers(server, process.pid, serving) if left else ()
        if asked is not None and left and not leftovers:
            asked.ended(FOLLOWING)
        answer = asked.answer(server.redactor) if asked is not None else None
        if not left and not released:
            _ask_for_stacks(server, process)
        server.close()
    log, dump, stacks = server.redactor.blank(server.output.text(written)).partition(_DUMP)
    return Stop(
        seconds=round(seconds, 3),
        left=left,
        limit=limits.stop,
        status=process.returncode if left else None,
        handled=handled,
        shell=program if program in shells.SHELLS else "",
        deployed_shell=shells.in_the_way(server.launch, server.request.root, server.request.python),
        leftovers=leftovers,
        in_flight=answer,
        not_in_flight=missed,
        idle_held=released,
        log=log,
        stacks=dump + stacks,
    )


def _leaves(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.poll() is not None


def _leaves_without(held: HeldRequest, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server leaves as soon as the connection is closed."""
    held.close()
    return _leaves(process, LETTING_GO)


def _started(server: RunningServer, leader: int) -> list[int]:
    """The server's processes, in its session or out of it."""
    return sorted({*processes.marked(server.token), *processes.in_session(leader)})


def _programs(server: RunningServer, leader: int) -> frozenset[str]:
    """The programs of the processes that serve."""
    serving = (one for one in _started(server, leader) if server.port in processes.listening([one]))
    return frozenset(filter(None, map(processes.program, serving)))


def _leftovers(server: RunningServer, leader: int, serving: frozenset[str]) -> tuple[Leftover, ...]:
    """The processes that have not left soon after the first one."""
    until = time.monotonic() + FOLLOWING
    while (found := _started(server, leader)) and time.monotonic() < until:
        time.sleep(_POLL)
    return tuple(
        Leftover(
            command=server.redactor.blank(processes.command_line(one)),
            own=processes.program(one) in serving,
            listens=server.port in processes.listening([one]),
        )
        for one in found
    )


def _ask_for_stacks(server: RunningServer, process: subprocess.Popen[bytes]) -> None:
    """Let Python's fault handler write down where the threads of each process stand; that ends them."""
    for one in _started(server, process.pid):
        if processes.catches(one, signal.SIGABRT):
            with suppress(OSError):  # gone meanwhile
                _leave_no_core(one)
                os.kill(one, signal.SIGABRT)
    _leaves(process, STACK_WAIT)


def _leave_no_core(process: int) -> None:
    """A process that is aborted must not leave its memory as a file in the project."""
    if sys.platform == "linux":
        import resource

        _, most = resource.prlimit(process, resource.RLIMIT_CORE)
        # with a limit of one byte the kernel hands it to no program either, see core(5)
        resource.prlimit(process, resource.RLIMIT_CORE, (min(1, most) if most >= 0 else 1, most))
