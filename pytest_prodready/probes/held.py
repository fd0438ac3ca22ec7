"""A request whose connection stays open while the server is told to leave."""

from __future__ import annotations

import math
import select
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from pytest_prodready import processes
from pytest_prodready.facts import Answer
from pytest_prodready.probes.body import BODY_KEPT, BODY_SHOWN_FROM, text
from pytest_prodready.probes.http import AGENT
from pytest_prodready.probes.launch import HOST
from pytest_prodready.redaction import Redactor

if TYPE_CHECKING:
    from typing_extensions import Self

_POLL = 0.005
_CHUNK = 64 * 1024


class HeldRequest:
    """Context manager: a GET that is sent on entering, and whose answer a thread reads meanwhile.

    Args:
        port: of the server, on the loopback interface.
        path: of the endpoint.
        headers: to send.
        seconds: for the connection, and for the server to read the request.
        most: bytes of the body to read before it is given up; all of them when it is left out.
    """

    def __init__(
        self, port: int, path: str, headers: Mapping[str, str], seconds: float, most: float = math.inf
    ) -> None:
        self.path, self._port, self._seconds, self._most = path, port, seconds, most
        self._headers = {"User-Agent": AGENT, **headers}
        self._connection = HTTPConnection(HOST, port, timeout=seconds)
        self._socket: socket.socket | None = None
        self._local = 0
        self._reader = threading.Thread(target=self._read, name="prodready-held-request", daemon=True)
        self._status: int | None = None
        self._body = b""
        self._error = ""

    def __enter__(self) -> Self:
        try:
            target = httpx.URL(self.path).raw_path.decode("ascii")
            self._connection.connect()
            self._socket = self._connection.sock
            self._local = self._socket.getsockname()[1]  # while it is open for sure
            self._connection.request("GET", target, headers=self._headers)
            # from now on the answer takes as long as the server is given
            self._socket.settimeout(None)
        except (OSError, HTTPException, ValueError, httpx.InvalidURL) as error:
            self._error = f"it could not be sent: {str(error).lower() or type(error).__name__}"
            self._connection.close()
        else:
            self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection up; what was read until then stays."""
        if self._socket is not None:
            with suppress(OSError):  # closed already
                self._socket.shutdown(socket.SHUT_RDWR)
        if self._reader.ident is not None:
            self._reader.join()
        self._connection.close()

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether the answer, or the connection, has come to its end; waits for it up to ``seconds``."""
        if self._reader.ident is not None:
            self._reader.join(seconds)
        return not self._reader.is_alive()

    @property
    def idle(self) -> bool:
        """Whether the answer is complete, and the server has left the connection open for another request."""
        return self.ended() and not self._error and self._connection.sock is not None

    @property
    def broken(self) -> bool:
        """Whether it has come to its end without a whole answer."""
        return self.ended() and bool(self._error)

    def under_way(self) -> str:
        """Wait until the server has read the request; why it is not under way then, or empty when it is."""
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            if self.ended():
                return self._error or f"it was answered with {self._status} at once"
            if processes.has_read(self._port, self._local):
                return ""
            select.select([], [], [], _POLL)
        return f"the server was not seen to read it within {self._seconds:g} s"

    def answer(self, redactor: Redactor) -> Answer:
        """What has come of it so far."""
        error = self._error if self.ended() else "no answer came"
        body = redactor.blank(text(self._body[:BODY_SHOWN_FROM], None))[:BODY_KEPT]
        return Answer(self.path, status=self._status, body=body, error=error)

    def _read(self) -> None:
        try:
            response = self._connection.getresponse()
            self._status = response.status
            length = 0
            while length <= self._most and (chunk := response.read(_CHUNK)):
                self._body = (self._body + chunk)[:BODY_SHOWN_FROM]
                length += len(chunk)
            if length > self._most:
                self._error = "its body is too long to be read"
            elif response.length:  # read() says nothing of what is missing
                self._error = "the connection was closed in the middle of the answer"
        except (OSError, HTTPException):
            when = "before an answer came" if self._status is None else "in the middle of the answer"
            self._error = f"the connection was closed {when}"
