"""One request to an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import unquote

from .http1 import Answer, Body, GoneError, Head

DISCONNECT = {"type": "http.disconnect"}


class Exchange:
    """One request and its answer, as ``receive`` and ``send`` of the application.

    Args:
        reader: the connection, once the body has been read: its end is the client's leaving.
        body: of the request.
        answer: to it.
    """

    def __init__(self, reader: asyncio.StreamReader, body: Body, answer: Answer) -> None:
        self.reader = reader
        self.body = body
        self.answer = answer
        self._asked = False
        self._over = asyncio.Event()
        self._departure: asyncio.Task[None] | None = None
        self.left = False
        """The client has left before the end of the answer."""

    async def receive(self) -> dict[str, Any]:
        """The next piece of the body; after the last one, that the client has left."""
        if self._over.is_set():
            return DISCONNECT
        if not self._asked or not self.body.ended:
            self._asked = True
            try:
                data = await self.body.read()
            except GoneError:
                self._leave()
                return DISCONNECT
            return {"type": "http.request", "body": data, "more_body": not self.body.ended}
        if self._departure is None:
            self._departure = asyncio.ensure_future(self._await_departure())
        await self._over.wait()
        return DISCONNECT

    async def _await_departure(self) -> None:
        with contextlib.suppress(OSError):
            await self.reader.read(1)
        self._leave()

    def _leave(self) -> None:
        self.left = self.left or not self.answer.complete
        self._over.set()

    async def send(self, message: dict[str, Any]) -> bool:
        """Send a part of the answer; to a client that has left, nothing.

        Returns:
            Whether the client is still there, for the adapter that has no other way to know.

        Raises:
            RuntimeError: the message is not the one that must come next.
            ValueError: what it holds may not be sent.
        """
        kind = message["type"]
        expected = "http.response.body" if self.answer.started else "http.response.start"
        if self.answer.complete or kind != expected:
            raise RuntimeError(f"{kind} was sent where {expected} must come")
        if kind == "http.response.start":
            headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            self.answer.start(message["status"], headers)
            self.body.expected = False
            return True
        try:
            await self.answer.send(message.get("body", b""), more=bool(message.get("more_body", False)))
        except GoneError:
            self._leave()
            self.answer.complete = not message.get("more_body", False)
            return False
        if self.answer.complete:
            self._over.set()
        return True

    async def close(self) -> None:
        """Wait for nothing any more."""
        self._over.set()
        if self._departure is not None:
            self._departure.cancel()
            await asyncio.wait({self._departure})


def scope(
    head: Head, client: tuple[str, int], server: tuple[str, int], state: dict[str, Any]
) -> dict[str, Any]:
    """What the application learns of a request; ``state`` is copied, so that requests keep theirs apart."""
    path, _, query = head.target.partition(b"?")
    if not path.startswith(b"/"):  # the absolute form, as a proxy sends it
        path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "method": head.method,
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(head.headers),
        "client": client,
        "server": server,
        "state": state.copy(),
    }
