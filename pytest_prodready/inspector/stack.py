"""Walking the stack of an exception, or of what runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import FrameType, TracebackType

HERE = os.path.dirname(os.path.abspath(__file__))


def entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """``traceback`` and all further in, the outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    """The frames of a traceback, the outermost first."""
    return (entry.tb_frame for entry in entries(traceback))


def innermost(traceback: TracebackType | None) -> FrameType | None:
    """The frame in which an exception was raised."""
    last = None
    for last in frames(traceback):  # noqa: B007  # the one that it ends with
        pass
    return last


def inside(error: BaseException) -> TracebackType | None:
    """The traceback of ``error`` without the frame that has caught it."""
    return error.__traceback__.tb_next if error.__traceback__ is not None else None


def top_level(frame: FrameType) -> str:
    """The top-level package of the code that a frame runs."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def is_machinery(frame: FrameType) -> bool:
    """Whether a frame runs code of the import system's, or of the inspector's."""
    file = frame.f_code.co_filename
    return file.startswith(("<", HERE)) or file.endswith("importlib/__init__.py")


def is_ours(error: BaseException) -> bool:
    """Whether it was raised by the inspector itself: what an application does may trip over its wrappers."""
    frame = innermost(error.__traceback__)
    return frame is not None and frame.f_code.co_filename.startswith(HERE)
