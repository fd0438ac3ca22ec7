"""What became of a server that does not run, in words."""

from __future__ import annotations

import signal
import subprocess
import time

from pytest_prodready import processes
from pytest_prodready.facts import Failure

_POLL = 0.05
_PATIENCE = 1.0
"""Seconds in which what a server has started leaves after it."""


def departed(process: subprocess.Popen[bytes], token: str, when: str) -> Failure:
    """It has left.

    Args:
        process: what was started.
        token: marks all that it has started in turn.
        when: in words that follow.
    """
    status = process.returncode
    if status < 0:
        return Failure("crashed", f"it was ended by {_signal_name(-status)}{when}", status=-status)
    if status == 0 and _left_others(token):
        return Failure(
            "left",
            "it went to the background: it left others running and ended itself with status 0",
            status=0,
        )
    return Failure("exited", f"it exited with status {status}{when}", status=status)


def silent(port: int, seconds: float, *, accepted: bool, elsewhere: tuple[int, ...]) -> Failure:
    """It runs, and gave no answer on ``port`` within ``seconds``.

    Args:
        port: that it was given.
        seconds: the limit that ran out.
        accepted: it accepts connections there all the same.
        elsewhere: the ports on which it listens instead.
    """
    if accepted:
        message = f"it accepts connections and answered none of them within {seconds:g} s"
    else:
        message = f"it did not accept a connection on port {port} within {seconds:g} s"
        if elsewhere:
            message += f"; it listens on port {', '.join(map(str, elsewhere))} instead"
    return Failure("hung", message, seconds=seconds)


def _left_others(token: str) -> bool:
    """Whether others that it has started go on; those that are about to leave get the time for it."""
    until = time.monotonic() + _PATIENCE
    while processes.marked(token):
        if time.monotonic() > until:
            return True
        time.sleep(_POLL)
    return False


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
