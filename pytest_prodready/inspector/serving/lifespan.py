"""The lifespan of an ASGI application: its start-up before the first request, its shutdown after the last."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

from .log import say

STARTUP, SHUTDOWN = "lifespan.startup", "lifespan.shutdown"


class NotStartedError(Exception):
    """The start-up failed; ``str()`` is what the application says of it."""


class Lifespan:
    """Runs the application's lifespan beside its requests.

    Args:
        app: an ASGI application.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        """What the start-up leaves for the requests; each gets a copy of its own."""
        self._events: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._said: dict[str, str] = {}
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the start-up to its end.

        An application that raises instead of answering has no lifespan, as the servers understand it.

        Raises:
            NotStartedError: it failed, in the application's own words.
        """
        self._task = asyncio.ensure_future(self._run())
        await self._ask(STARTUP)
        if f"{STARTUP}.failed" in self._said:
            raise NotStartedError(self._said[f"{STARTUP}.failed"])

    async def stop(self) -> str:
        """Run the shutdown to its end; what the application says of its failure, or nothing."""
        if self._task is None or self._task.done():
            return ""
        await self._ask(SHUTDOWN)
        return self._said.get(f"{SHUTDOWN}.failed", "")

    async def _ask(self, event: str) -> None:
        self._heard.clear()
        self._events.put_nowait({"type": event})
        await self._heard.wait()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._events.get, self._send)
        except Exception as error:
            if f"{STARTUP}.complete" in self._said:
                self._said[f"{SHUTDOWN}.failed"] = traceback.format_exc()
            elif f"{STARTUP}.failed" not in self._said:
                say(f"The application has no lifespan: {type(error).__name__}: {error}")
        finally:
            self._heard.set()

    async def _send(self, message: dict[str, Any]) -> None:
        kind, _, outcome = message["type"].rpartition(".")
        if kind not in (STARTUP, SHUTDOWN) or outcome not in ("complete", "failed"):
            raise RuntimeError(f"{message['type']} is no message of a lifespan")
        self._said[message["type"]] = str(message.get("message", ""))
        self._heard.set()
