"""One child process: its descriptors, its time limits, its end. What its events mean is not known here."""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import secrets
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_prodready import processes

BOOTSTRAP = Path(__file__).parent / "inspector" / "bootstrap.py"
STACK_SIGNAL = getattr(signal, "SIGUSR2", signal.SIGTERM)
OUTPUT_KEPT = 65536
"""Bytes of the target's stdout and stderr that are kept, from the end."""
TURN = 0.1
"""Seconds between two looks at the clock while nothing arrives."""
PAUSE = 0.01
"""Seconds in which events gather before they are read: waking up for each takes a core from the child."""
MUCH = 32 * 1024
"""Bytes at once, half of what a pipe holds, that ask for being read on without a pause."""
STACK_WAIT = 1.0
"""Seconds that a child which ran out of time gets to write down where it stands."""
_OUTERMOST = re.compile(rb'bootstrap\.py", line \d+ in <module>\n|\n  \.\.\.\n')


@dataclass
class Ending:
    """How a child ended."""

    status: int | None = None
    """Its exit status, negative for a signal; ``None`` when it was stopped from here."""
    timed_out: float | None = None
    """The limit in seconds that ran out, or ``None``."""
    stack: str = ""
    """What the interpreter's fault handler wrote: the stack at a crash or at the end of its time."""
    output: str = ""
    """The tail of stdout and stderr, from the beginning of a word: half a secret could not be recognised."""


@dataclass
class Clock:
    """A deadline that an event may move: each step of a child has its own limit."""

    limit: float
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self.restart(self.limit)

    def restart(self, limit: float) -> None:
        """Give the child ``limit`` seconds from now."""
        self.limit = limit
        self._until = time.monotonic() + limit

    @property
    def expired(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._until


def run(
    python: str,
    request: Mapping[str, object],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    clock: Clock,
    on_event: Callable[[bytes], bool],
    cancelled: threading.Event,
) -> Ending:
    """Run the inspector in a fresh interpreter and hand each of its event lines to ``on_event``.

    Args:
        python: the target's interpreter.
        request: plain values; it travels in an unnamed file, never in the argument list.
        cwd: the target's working directory.
        environ: the target's whole environment.
        clock: runs out → the child is asked for its stack and killed with all its descendants.
        on_event: takes one JSON line; returns whether it was the last one.
        cancelled: set → the child is killed.

    Raises:
        OSError: the interpreter could not be started.
    """
    with tempfile.TemporaryFile() as question, contextlib.ExitStack() as stack:
        question.write(marshal.dumps(dict(request, stack_signal=int(STACK_SIGNAL)), 2))
        question.seek(0)
        events, events_in = os.pipe()
        stack.callback(os.close, events)
        token = secrets.token_hex(8)
        try:
            process = subprocess.Popen(
                [python, str(BOOTSTRAP), str(question.fileno()), str(events_in)],
                cwd=cwd,
                env={**environ, processes.MARK: token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(question.fileno(), events_in),
                start_new_session=True,
            )
        finally:
            os.close(events_in)
        stack.callback(_end, process, token)
        return _listen(process, events, clock, on_event, cancelled)


def _listen(
    process: subprocess.Popen[bytes],
    events: int,
    clock: Clock,
    on_event: Callable[[bytes], bool],
    cancelled: threading.Event,
) -> Ending:
    assert process.stdout is not None
    ending = Ending()
    output, pending, stack = _Tail(), bytearray(), bytearray()
    finished = False
    exited_at: float | None = None
    with selectors.DefaultSelector() as selector:
        for descriptor in (events, process.stdout.fileno()):
            os.set_blocking(descriptor, False)
            selector.register(descriptor, selectors.EVENT_READ)
        while not cancelled.is_set():
            much = False
            for key, _ in selector.select(TURN):
                data = _read(key.fd)
                if data is None:
                    continue
                much = much or len(data) >= MUCH
                if data == b"":
                    selector.unregister(key.fd)
                elif key.fd != events:
                    output.add(data)
                else:
                    pending += data
                    if b"\n" not in data:
                        continue
                    *lines, pending = pending.split(b"\n")
                    for line in lines:
                        if line.startswith(b"["):
                            finished = on_event(bytes(line)) or finished
                        else:
                            stack += line + b"\n"
            if not much:
                cancelled.wait(PAUSE)
            if exited_at is None and process.poll() is not None:
                exited_at = time.monotonic()
            # a descendant may hold the pipes open for ever: what it writes now is no fact of ours
            held_open = exited_at is not None and time.monotonic() - exited_at > STACK_WAIT
            if finished or held_open or (exited_at is not None and not selector.get_map()):
                break
            if clock.expired and exited_at is None:
                ending.timed_out = clock.limit
                stack += _ask_for_stack(process, events)
                break
    if ending.timed_out is None and not cancelled.is_set():
        # after its last event the child leaves by itself, unless a stream of the application's blocks it
        with contextlib.suppress(subprocess.TimeoutExpired):
            ending.status = process.wait(STACK_WAIT)
    for _ in range(OUTPUT_KEPT // 1024):  # what it wrote last; a descendant may write without end
        data = _read(process.stdout.fileno())
        if not data:
            break
        output.add(data)
    ending.stack = stack.decode("utf-8", "replace")
    ending.output = output.text()
    return ending


@dataclass
class _Tail:
    """The end of what a child has written."""

    kept: bytearray = field(default_factory=bytearray)
    cut: bool = False

    def add(self, data: bytes) -> None:
        self.kept += data
        self.cut = self.cut or len(self.kept) > OUTPUT_KEPT
        del self.kept[:-OUTPUT_KEPT]

    def text(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        return re.sub(r"^\S*", "", text, count=1) if self.cut else text


def _read(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, 1 << 20)
    except BlockingIOError:
        return None


def _ask_for_stack(process: subprocess.Popen[bytes], events: int) -> bytes:
    """The stack of a child that hangs, written by its interpreter's fault handler."""
    process.send_signal(STACK_SIGNAL)
    written = bytearray()
    until = time.monotonic() + STACK_WAIT
    with selectors.DefaultSelector() as selector:
        selector.register(events, selectors.EVENT_READ)
        # the stack ends with the interpreter's outermost frame, unless it is cut for its depth
        while time.monotonic() < until and not _OUTERMOST.search(written):
            if selector.select(TURN):
                data = _read(events)
                if data == b"":
                    break
                written += data or b""
    return bytes(written)


def _end(process: subprocess.Popen[bytes], token: str) -> None:
    """Kill the child and whatever it started, and reap it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    processes.end_marked(token, STACK_WAIT)  # what has left the group: daemons
    if process.stdout is not None:
        process.stdout.close()
