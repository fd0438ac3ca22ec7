"""A WSGI application as an ASGI one: each request in a thread of its own, so that none waits for another."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import unquote_to_bytes

THREADS = 8
_IN_MEMORY = 1 << 20

Emit = Callable[[dict[str, Any]], bool]


class LeftError(Exception):
    """The client has left: nobody reads on."""


class Adapted:
    """An ASGI application that hands its requests to a WSGI one.

    Args:
        app: the WSGI application.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        loop = asyncio.get_running_loop()

        def emit(message: dict[str, Any]) -> bool:
            return bool(asyncio.run_coroutine_threadsafe(send(message), loop).result())

        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body.write(message["body"])
                more = message["more_body"]
            length = body.tell()
            body.seek(0)
            given = environ(scope, body, length)
            await loop.run_in_executor(self._threads, Reply(self.app, given, emit).run)


def environ(scope: dict[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    """The variables of PEP 3333 for one request."""
    given: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0],
        "REMOTE_PORT": str(scope["client"][1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
            text = f"{given[key]},{text}" if key in given else text
        given[key] = text
    if length or "CONTENT_LENGTH" in given:
        given["CONTENT_LENGTH"] = str(length)
    return given


class Reply:
    """The application's reply to one request, in a thread.

    Args:
        app: the WSGI application.
        given: what it learns of the request.
        emit: sends a message of ASGI, waits until it has gone, and says whether the client is still there.
    """

    def __init__(self, app: Any, given: dict[str, Any], emit: Emit) -> None:
        self.app = app
        self.given = given
        self.emit = emit
        self._first: dict[str, Any] = {}
        self._sent = False

    def run(self) -> None:
        """Call the application and send what it gives.

        Where the client leaves, what is left of it is not asked for: it may have no end.

        Raises:
            Exception: whatever it raises.
        """
        with contextlib.suppress(LeftError):
            self._run()

    def _run(self) -> None:
        result = self.app(self.given, self._start)
        try:
            for data in result:
                if data:
                    self._write(data)
            if not self._first:
                raise RuntimeError("the application did not call start_response")
            self._send(b"", more=False)
        finally:
            if hasattr(result, "close"):
                result.close()

    def _start(self, status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info and self._sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._first and not exc_info:
            raise RuntimeError("start_response was called twice")
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._first = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}
        return self._write

    def _write(self, data: bytes) -> None:
        if not self._first:
            raise RuntimeError("the application did not call start_response")
        self._send(data, more=True)

    def _send(self, data: bytes, *, more: bool) -> None:
        if not self._sent:
            self._sent = True
            self.emit(self._first)
        if not self.emit({"type": "http.response.body", "body": data, "more_body": more}):
            raise LeftError
