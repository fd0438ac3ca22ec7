"""The one line that shows, while entry points load, what is being imported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

EVERY = 0.1
"""Seconds between two drawings."""


class Progress:
    """Draws the imports of all entry points on one line, as they are told.

    Args:
        draw: puts a text in the place of the line that was drawn before.
        width: columns that it has.
        now: the clock.
    """

    def __init__(
        self, draw: Callable[[str], None], width: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._draw = draw
        self._width = width
        self._now = now
        self._drawn = float("-inf")
        self._done: dict[str, int] = {}
        self._lock = threading.Lock()  # the entry points load side by side

    def importing(self, target: str, module: str, done: int) -> None:
        """The entry point ``target`` has imported ``done`` modules, and imports ``module`` now."""
        with self._lock:
            self._done[target] = done
            now = self._now()
            if now - self._drawn < EVERY:
                return
            self._drawn = now
            text = f"prodready: {sum(self._done.values())} modules imported, now {module} for {target}"
            if len(text) >= self._width:
                text = text[: max(self._width - 2, 0)] + "…"
            self._draw(text)

    def clear(self) -> None:
        """Leave nothing of the line."""
        with self._lock:
            if self._done:
                self._draw("")
