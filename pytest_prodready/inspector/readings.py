"""What most of the application's files are asked for: each is parsed once for all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import closure, outside

Reading = tuple[str, Callable[..., Any], Callable[[bytes], object]]
"""As :meth:`.parsed.Parsed.of` takes it."""


def of_most(*, calls: bool) -> tuple[Reading, ...]:
    """The readings for the production closure and, with ``calls``, for the calls that send tasks."""
    if not calls:
        return closure.READING, outside.READING
    from .celery import call_sites

    return closure.READING, outside.READING, call_sites.READING
