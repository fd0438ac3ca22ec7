"""HTTP/1.1, as much as a probe needs and as strict as it can be: a head, a body, an answer, and the end."""

from __future__ import annotations

import asyncio
import http
import re
from dataclasses import dataclass

LARGEST_HEAD = 65536
HEAD_LIMIT = 10.0
"""Seconds in which the whole head of a request must have come."""
PAUSE_LIMIT = 30.0
"""Seconds in which something must come of a body, or go of an answer."""
_PIECE = 65536
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/(1\.[01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\r\n]*)?\r\n")
_NO_BODY = (204, 304)

Headers = list[tuple[bytes, bytes]]


class RefusedError(Exception):
    """The request is no HTTP that is taken here."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class GoneError(Exception):
    """The client has left, or is too slow to be waited for."""


@dataclass
class Head:
    """The first lines of a request."""

    method: str
    target: bytes
    version: str
    headers: Headers
    """Names in lower case."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of all headers of one name."""
        return [value for known, value in self.headers if known == name]


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read the head of a request.

    Raises:
        RefusedError: it is none.
        GoneError: the client leaves before its end.
    """
    try:
        data = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_LIMIT)
    except asyncio.LimitOverrunError:
        raise RefusedError(431, "the head is too large") from None
    except asyncio.TimeoutError:
        raise RefusedError(408, "the head did not come in time") from None
    except (asyncio.IncompleteReadError, OSError):
        raise GoneError from None
    first, *lines = data[:-4].split(b"\r\n")
    request = _REQUEST.fullmatch(first)
    if not request:
        raise RefusedError(400, "the first line is no request of HTTP/1.1")
    headers: Headers = []
    for line in lines:
        header = _HEADER.fullmatch(line)
        if not header:
            raise RefusedError(400, "a line of the head is no header")
        headers.append((header[1].lower(), header[2]))
    head = Head(request[1].decode("ascii"), request[2], request[3].decode("ascii"), headers)
    if head.version == "1.1" and len(head.values(b"host")) != 1:
        raise RefusedError(400, "there must be one Host header")
    return head


class Body:
    """The body of a request, piece by piece.

    Args:
        reader: where it comes from.
        writer: is told to send the client on, where it waits for that.
        head: says how it is delimited.

    Raises:
        RefusedError: the head says so in no way that is taken here.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: Head) -> None:
        self.reader = reader
        self.writer = writer
        self.left = 0
        """Bytes of the body, or of its chunk, that have not been read."""
        self.chunked = False
        lengths, codings = head.values(b"content-length"), head.values(b"transfer-encoding")
        if codings:
            if lengths or head.version == "1.0" or [one.lower() for one in codings] != [b"chunked"]:
                raise RefusedError(400, "the length of the body is not clear")
            self.chunked = True
        elif lengths:
            if len(set(lengths)) > 1 or not re.fullmatch(rb"\d{1,18}", lengths[0]):
                raise RefusedError(400, "the length of the body is not clear")
            self.left = int(lengths[0])
        self.ended = not self.chunked and not self.left
        expected = [value.lower() for value in head.values(b"expect")]
        self.expected = head.version == "1.1" and expected == [b"100-continue"]
        """The client waits to be told to send it; no more once the answer has begun."""

    async def read(self) -> bytes:
        """The next piece; nothing at the end.

        Raises:
            GoneError: the client leaves before the end, or sends no body.
        """
        if self.ended:
            return b""
        if self.expected:
            self.expected = False
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            return await asyncio.wait_for(self._piece(), PAUSE_LIMIT)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            raise GoneError from None

    async def _piece(self) -> bytes:
        if self.chunked and not self.left:
            size = _CHUNK.fullmatch(await self.reader.readuntil(b"\r\n"))
            if not size:
                raise GoneError
            self.left = int(size[1], 16)
            if not self.left:
                while await self.reader.readuntil(b"\r\n") != b"\r\n":
                    pass  # trailers
                self.ended = True
                return b""
        data = await self.reader.read(min(self.left, _PIECE))
        if not data:
            raise GoneError
        self.left -= len(data)
        if self.chunked:
            if not self.left and await self.reader.readexactly(2) != b"\r\n":
                raise GoneError
        else:
            self.ended = not self.left
        return data


class Answer:
    """The answer to one request, after which the connection ends."""

    def __init__(self, writer: asyncio.StreamWriter, head: Head | None = None) -> None:
        self.writer = writer
        self.started = False
        self.complete = False
        self._head = head
        self._bare = False
        self._chunked = False
        self._left: int | None = None

    def start(self, status: int, headers: Headers) -> None:
        """Take status and headers; they leave with the first piece.

        Raises:
            ValueError: they are none that may be sent.
        """
        for name, value in headers:
            if not _HEADER.fullmatch(name + b": " + value):
                raise ValueError(f"{name!r} is no header with a value that may be sent")
        lengths = [value for name, value in headers if name.lower() == b"content-length"]
        self._left = int(lengths[0]) if lengths else None
        self._bare = status in _NO_BODY or (self._head is not None and self._head.method == "HEAD")
        self._chunked = (
            self._left is None and not self._bare and self._head is not None and self._head.version == "1.1"
        )
        ours = [(b"connection", b"close")]
        if self._chunked:
            ours.append((b"transfer-encoding", b"chunked"))
        kept = [(name, value) for name, value in headers if name.lower() not in dict(ours)]
        phrase = http.HTTPStatus(status).phrase if status in {*http.HTTPStatus} else ""
        lines = [f"HTTP/1.1 {status} {phrase}".encode("ascii")]
        lines += [name + b": " + value for name, value in (*kept, *ours)]
        self._pending = b"\r\n".join(lines) + b"\r\n\r\n"
        self.started = True

    async def send(self, data: bytes, *, more: bool) -> None:
        """Send a piece of the body.

        Raises:
            ValueError: it is more, or with its end less, than the headers say.
            GoneError: the client has left, or takes nothing.
        """
        if self._left is not None and not self._bare:
            self._left -= len(data)
            if self._left < 0:
                raise ValueError("the body is longer than its Content-Length")
        if self._bare:
            data = b""
        if self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            data += b"" if more else b"0\r\n\r\n"
        data, self._pending = self._pending + data, b""
        try:
            self.writer.write(data)
            await asyncio.wait_for(self.writer.drain(), PAUSE_LIMIT)
        except (OSError, asyncio.TimeoutError):
            raise GoneError from None
        if self._left and not more and not self._bare:
            raise ValueError("the body is shorter than its Content-Length")
        self.complete = not more

    async def plain(self, status: int, text: str) -> None:
        """A whole answer of the server's own."""
        data = text.encode()
        length = str(len(data)).encode("ascii")
        self.start(status, [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)])
        await self.send(data, more=False)
