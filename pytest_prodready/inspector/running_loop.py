"""The event loop in which some servers import an application, so that its modules may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

ABSENT = ("no running event loop", "There is no current event loop")
"""What ``asyncio`` says where there is none: ``Modules/_asynciomodule.c``, and ``asyncio/events.py`` from
Python 3.14 on."""


def is_missed(error: BaseException) -> bool:
    """Whether ``error`` says that no event loop is there."""
    said = error.args[0] if type(error) is RuntimeError and error.args else None
    return type(said) is str and said.startswith(ABSENT)  # the application's own object is not asked


@contextmanager
def running() -> Iterator[None]:
    """A loop that says that it runs and never does: what a module starts in it begins in production only."""
    import asyncio  # many applications never load it

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)


def within(act: Callable[[], T]) -> T:
    """What ``act`` returns; where it asks for a loop and there is none, what it returns within one.

    Raises:
        BaseException: what ``act`` raised in the end.
    """
    try:
        return act()
    except RuntimeError as error:
        if not is_missed(error):
            raise
    with running():
        return act()
