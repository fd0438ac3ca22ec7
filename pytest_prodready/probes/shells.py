"""Whether a shell that production has in front of the server would keep the server's signals for itself."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from pytest_prodready import processes
from pytest_prodready.probes.launch import Launch

SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "zsh", "ksh"})
_INITS = ("dumb-init", "tini")
"""Programs that may pass a signal on to all processes, and not to the first one alone."""
_TRAP = re.compile(r"^[^#\n]*\btrap\b", re.MULTILINE)
_BASH = re.compile(r"#!.*\bbash\b")
_SECONDS = 5.0
_STAND_IN = "import signal; print('up', flush=True); signal.pause()"


def in_the_way(launch: Launch, root: Path, python: str) -> str:
    """The shell that keeps SIGTERM from the server where the project is deployed; empty when none does.

    The shell of this machine is run with a program of the gate's own in the server's place; nothing else of
    the project's command or script is run.

    Args:
        launch: names the script that starts the server, or ``sh -c``.
        root: the project's directory.
        python: an interpreter for the program.
    """
    if not launch.shell or any(init in words for init in _INITS for words in launch.left_out):
        return ""
    stand_in = shlex.join((python, "-I", "-S", "-c", _STAND_IN))
    if launch.shell == "sh -c":
        return launch.shell if _keeps(["sh", "-c", stand_in]) else ""
    text = _read(root / launch.shell)
    if not text or _TRAP.search(text):
        return ""
    shell = "bash" if _BASH.match(text) else "sh"
    with tempfile.TemporaryDirectory(prefix="prodready-") as place:
        script = Path(place, "start")
        script.write_text(f":\n{stand_in}\n", encoding="utf-8")
        return launch.shell if _keeps([shell, str(script)]) else ""


def _read(script: Path) -> str:
    with suppress(OSError):
        return script.read_text(encoding="utf-8", errors="replace")
    return ""


def _keeps(command: list[str]) -> bool:
    """Whether SIGTERM ends the shell and leaves what it has started."""
    try:
        shell = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # there is no such shell here
        return False
    assert shell.stdout is not None
    with shell, suppress(subprocess.TimeoutExpired):
        try:
            ready, _, _ = select.select([shell.stdout], [], [], _SECONDS)
            if not ready or shell.stdout.readline() != b"up\n":
                return False
            shell.send_signal(signal.SIGTERM)
            shell.wait(_SECONDS)
            return bool(processes.in_session(shell.pid))
        finally:
            with suppress(ProcessLookupError):  # all have left
                os.killpg(shell.pid, signal.SIGKILL)
    return False
