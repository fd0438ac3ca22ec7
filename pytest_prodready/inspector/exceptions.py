"""What an exception came from, and what its class says of a connection that failed."""

from __future__ import annotations

import sys
from collections.abc import Iterator


def chain(error: BaseException, original: str = "") -> Iterator[BaseException]:
    """``error`` and what it was raised from or after, each once, the outermost first.

    Args:
        error: what was caught.
        original: the attribute in which a wrapper of the library's keeps the driver's exception; empty for
            none.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        wrapped = getattr(current, original, None) if original else None
        current = wrapped if isinstance(wrapped, BaseException) else current.__cause__ or current.__context__


def connection_problem(error: BaseException) -> str:
    """``host`` (its name is not known), ``slow``, ``closed`` (nothing listens there); empty for another."""
    import socket

    if isinstance(error, socket.gaierror):
        return "host"
    # that of asyncio is a class of its own until Python 3.11; where asyncio is not loaded, nothing raised it
    of_asyncio = getattr(sys.modules.get("asyncio"), "TimeoutError", TimeoutError)
    if isinstance(error, (TimeoutError, of_asyncio)):
        return "slow"
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        return "closed"
    return ""
