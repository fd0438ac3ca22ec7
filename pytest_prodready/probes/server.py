"""The server under probe: started as production starts it, awaited, and stopped with all that it started."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pytest_prodready import processes
from pytest_prodready.facts import Failure, Server
from pytest_prodready.probes import failing
from pytest_prodready.probes.launch import HOST, PORT, Launch
from pytest_prodready.probes.output import Tail
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

if TYPE_CHECKING:
    from typing_extensions import Self

PORTS_TRIED = 3
FAREWELL = 5.0
"""Seconds, at most, for a server to leave that is stopped only because it is not needed any more."""
_POLL = 0.05
_PATIENCE = 1.0
_PORT_IN_USE = ("address already in use", "connection in use", "eaddrinuse")


class RunningServer:
    """Context manager: starts the server on entering, and leaves no process, thread or port behind.

    After entering, either ``failure`` says why it does not run, or ``url`` is where it answers. ``process``
    is what was started, ``output`` what it writes, and ``token`` marks all that it has started in turn.

    Args:
        launch: what to start.
        request: where, and with which interpreter.
        environ: the server's environment, see :func:`launch.environment`.
        limits: ``serve`` bounds the start, ``stop`` and :data:`FAREWELL` the end.
        greeting: the path of the request that finds out whether the server answers.
    """

    def __init__(
        self,
        launch: Launch,
        request: Request,
        environ: Mapping[str, str],
        limits: Limits,
        greeting: str = "/",
    ) -> None:
        self.launch, self.request, self.limits = launch, request, limits
        self.url = ""
        self.port = 0
        self.command = ""
        self.failure: Failure | None = None
        self.attempts = 0
        self.seconds = 0.0
        self._environ = {**environ, **launch.environment}
        self.redactor = Redactor(self._environ)
        self._greetings = (
            # what no application gets to see: the server itself refuses it as soon as it is up
            b"PRODREADY\r\n\r\n",
            # for a server that is silent then
            f"GET {greeting} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode("ascii", "replace"),
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.output: Tail | None = None
        self.token = ""
        self.told_to_leave = False
        self._accepted = False
        self._elsewhere: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        begun = time.monotonic()
        try:
            for _ in range(PORTS_TRIED):
                self.failure = self._start(begun + self.limits.serve)
                if self.failure is None or not any(sign in self.log.lower() for sign in _PORT_IN_USE):
                    break
        except BaseException:
            self.close()
            raise
        self.seconds = time.monotonic() - begun
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        gone = self.process is not None and self.process.poll() is not None
        if self.process is not None and gone and self.failure is None and not self.told_to_leave:
            self.failure = failing.departed(self.process, self.token, " while it was being probed")
        self.close()
        if self.failure is not None:
            self.failure = replace(self.failure, output=self.log)

    @property
    def log(self) -> str:
        """The tail of what the server wrote, secrets blanked."""
        return self.redactor.blank(self.output.text()) if self.output is not None else ""

    @property
    def facts(self) -> Server:
        """What became of the server."""
        passed = self.launch.passed_over
        return Server(
            url=self.url,
            command=self.redactor.blank(self.command),
            source=self.launch.source,
            started=bool(self.url),
            failure=self.failure,
            log=self.log,
            attempts=self.attempts,
            seconds=round(self.seconds, 3),
            accepted=self._accepted,
            elsewhere=self._elsewhere,
            location=self.launch.location,
            left_out=tuple(map(self.redactor.blank, self.launch.left_out)),
            passed_over=passed and replace(passed, reason=self.redactor.blank(passed.reason)),
            chosen=self.launch.chosen,
        )

    def await_departure(self, seconds: float) -> None:
        """Give a server that broke a connection the time to be seen leaving."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def tell_to_leave(self) -> None:
        """Send SIGTERM to what was started and to nothing else, as a container's runtime does it."""
        self.told_to_leave = True
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def _start(self, deadline: float) -> Failure | None:
        port = free_port()
        arguments = [argument.replace(PORT, str(port)) for argument in self._arguments()]
        self.command = shlex.join(arguments)
        self.token = secrets.token_hex(8)
        try:
            self.process = subprocess.Popen(
                arguments,
                cwd=self.request.root / self.launch.directory,
                env={
                    "PYTHONFAULTHANDLER": "1",  # so that a crash says where
                    **self._environ,
                    "PORT": str(port),
                    processes.MARK: self.token,
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return Failure(
                "lost", f"{arguments[0]} could not be started: {reason.lower()}", type=type(error).__name__
            )
        assert self.process.stdout is not None
        self.output = Tail(self.process.stdout.fileno())
        failure = self._await_answer(port, deadline)
        if failure is None:
            self.port, self.url = port, f"http://{HOST}:{port}"
            return None
        self.close()
        return replace(failure, output=self.log)

    def _arguments(self) -> tuple[str, ...]:
        if not self.launch.module:
            return self.launch.arguments
        python = self.request.python
        script = Path(python).parent / (self.launch.script or self.launch.module)
        if not self.launch.as_module and _is_python_script(script):
            # as production starts it: the directory of the project comes first on sys.path only when the
            # server is loaded already, so that a local json.py is no part of the server
            return (python, str(script), *self.launch.arguments)
        return (python, "-m", self.launch.module, *self.launch.arguments)

    def _await_answer(self, port: int, deadline: float) -> Failure | None:
        assert self.process is not None
        while (remaining := deadline - time.monotonic()) > 0:
            greeting = self._greetings[self.attempts % 2] if self._accepted else self._greetings[0]
            self.attempts += 1
            if self._answers(port, greeting, min(remaining, _PATIENCE)) and self.process.poll() is None:
                return None
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(min(_POLL, remaining))
                return failing.departed(self.process, self.token, " before it answered")
        if not self._accepted:
            self._elsewhere = tuple(processes.listening(processes.marked(self.token)))
        return failing.silent(port, self.limits.serve, accepted=self._accepted, elsewhere=self._elsewhere)

    def _answers(self, port: int, greeting: bytes, seconds: float) -> bool:
        """Whether a first byte comes back: a bound port alone does not say that the application is loaded."""
        try:
            with socket.create_connection((HOST, port), timeout=seconds) as connection:
                self._accepted = True
                connection.sendall(greeting)
                return bool(connection.recv(1))
        except OSError:
            return False

    def close(self) -> None:
        """Stop the server and all that it has started; what was not told to leave yet may leave by itself."""
        process = self.process
        if process is None:
            return
        seconds = min(self.limits.stop, FAREWELL)
        try:
            if process.poll() is None and not self.told_to_leave:
                _signal_group(process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
        finally:  # also when the user interrupts the wait
            _signal_group(process.pid, signal.SIGKILL)
            processes.end_marked(self.token, seconds)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            if self.output is not None:
                self.output.close()
            if process.stdout is not None:
                process.stdout.close()
            self.process = None


def free_port() -> int:
    """A port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _is_python_script(path: Path) -> bool:
    try:
        with path.open("rb") as script:
            first = script.readline(512)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first
