"""The gate's own server: loads the application, runs its lifespan, and answers until it is told to stop."""

from __future__ import annotations

import asyncio
import importlib
import signal
import traceback
from typing import Any

from .. import web_app
from .asgi import Exchange, scope
from .http1 import LARGEST_HEAD, Answer, Body, GoneError, RefusedError, read_head
from .lifespan import Lifespan, NotStartedError
from .log import say
from .wsgi import Adapted

NOT_STARTED = 3
"""Exit status of an application whose start-up failed, as of the servers that are used most."""
_LINGER = 1.0
"""Seconds in which what a client still sends is read, so that it gets the answer."""


def run(target: str, interface: str, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Args:
        target: import string of the application, or of its factory with the call.
        interface: ``asgi`` or ``wsgi``.
        host: where to listen.
        port: the same.
    """
    # as the servers do it: a WSGI application may run an event loop of its own while it is loaded
    app = Adapted(_load(target)) if interface == "wsgi" else None
    return asyncio.run(_serve(target, app, host, port))


async def _serve(target: str, wsgi: Adapted | None, host: str, port: int) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    app = wsgi or _load(target)  # an ASGI application is loaded while its event loop runs
    server = Server(app, (host, port))
    lifespan = Lifespan(app) if wsgi is None else None
    if lifespan is not None:
        try:
            await lifespan.start()
        except NotStartedError as failed:
            say(_failure("start-up", str(failed)))
            return NOT_STARTED
        server.state = lifespan.state
    await server.run(stopping)
    said = await lifespan.stop() if lifespan is not None else ""
    if said:
        say(_failure("shutdown", said))
        return NOT_STARTED
    return 0


def _failure(what: str, said: str) -> str:
    """What the application says of a failure, as a traceback or as a line."""
    separator = "\n" if "\n" in said else " "
    return f"ERROR: the {what} failed:{separator}{said}"


def _load(target: str) -> Any:
    """The application that an import string names."""
    importlib.import_module(target.partition(":")[0])
    found = web_app.load(target)
    if found.problem:
        raise RuntimeError(f"{target} is no web application: {found.problem}")
    return found.value


class Server:
    """Answers requests, one for each connection.

    Args:
        app: an ASGI application.
        address: where to listen.
    """

    def __init__(self, app: Any, address: tuple[str, int]) -> None:
        self.app = app
        self.address = address
        self.state: dict[str, Any] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Answer until ``stopping`` is set; then answer what was asked before, and return."""
        listening = await asyncio.start_server(self._connected, *self.address, limit=LARGEST_HEAD)
        say(f"Listening on {self.address[0]}:{self.address[1]}")
        await stopping.wait()
        listening.close()
        for task in self._waiting:
            task.cancel()
        while self._busy:
            await asyncio.wait(self._busy)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._connection(reader, writer))
        self._waiting.add(task)
        for known in (self._waiting, self._busy):
            task.add_done_callback(known.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._request(reader, writer)
        except RefusedError as refused:
            try:
                await Answer(writer).plain(refused.status, f"{refused}\n")
            except GoneError:
                return
        except GoneError:
            return
        finally:
            await _close(reader, writer)

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        task = asyncio.current_task()
        if task is not None:
            self._waiting.discard(task)
            self._busy.add(task)
        body, answer = Body(reader, writer, head), Answer(writer, head)
        exchange = Exchange(reader, body, answer)
        client = (writer.get_extra_info("peername") or ("", 0))[:2]  # none of a client that has left
        try:
            await self.app(scope(head, client, self.address, self.state), exchange.receive, exchange.send)
            problem = "" if answer.complete or exchange.left else "ended without a whole answer"
        except (Exception, SystemExit):  # sys.exit() in one request ends no server
            problem = f"raised\n{traceback.format_exc()}"
        finally:
            await exchange.close()
        if problem:
            say(f"ERROR: for {head.method} {head.target.decode('ascii')} the application {problem}")
            if not answer.started:
                await answer.plain(500, "Internal Server Error")
            elif not answer.complete:
                writer.transport.abort()  # the client must see that it is not whole


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End a connection so that the client gets all that was written."""
    try:
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()
            await asyncio.wait_for(_read_on(reader), _LINGER)
    except (OSError, RuntimeError, asyncio.TimeoutError):
        pass
    finally:
        writer.close()


async def _read_on(reader: asyncio.StreamReader) -> None:
    while await reader.read(LARGEST_HEAD):
        pass
