"""Stop calling a service that keeps failing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

THRESHOLD = 5
PAUSE_SECONDS = 60.0


@dataclass
class CircuitBreaker:
    """Counts the failures of one service in a row."""

    failures: int = 0
    opened_at: float | None = None

    @property
    def open(self) -> bool:
        """Whether calls are refused just now."""
        return self.opened_at is not None and time.monotonic() - self.opened_at < PAUSE_SECONDS

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self.failures, self.opened_at = 0, None

    def failed(self) -> None:
        """Count a failure, and open when there were too many."""
        self.failures += 1
        if self.failures >= THRESHOLD:
            self.opened_at = time.monotonic()


_breakers: dict[str, CircuitBreaker] = {}


def breaker(service: str) -> CircuitBreaker:
    """The breaker of a service, made at first use."""
    return _breakers.setdefault(service, CircuitBreaker())


def report() -> dict[str, Any]:
    """All breakers and how many of them are open."""
    opened = sum(one.open for one in _breakers.values())
    return {
        "summary": {"total": len(_breakers), "open": opened, "closed": len(_breakers) - opened},
        "breakers": {name: {"open": one.open, "failures": one.failures} for name, one in _breakers.items()},
    }
