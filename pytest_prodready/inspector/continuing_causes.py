"""What becomes of a failure: it goes its way where production's own code may stop it, or it is told."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any

from . import failure, guards, stack
from .continuing_state import State
from .mapping import failures

MOST = 50
"""Root causes of one start."""
Facts = dict[str, Any]
Place = tuple[str, int]


class Causes:
    """Sends an event for each root cause, and for each further line that it stops.

    Args:
        state: of the load.
        send: takes the parts of an event.
        insist: lines, and guards, whose failures were seen to be stopped by nobody, although it looked so.
    """

    def __init__(self, state: State, send: Any, insist: set[guards.Guard]) -> None:
        self.state = state
        self.send = send
        self.insist = insist
        self.loading = ""
        """The module that is loaded again; empty for an entry point."""
        self._refused: dict[Place, guards.Guard] = {}
        """Lines whose failure went its way, and what may stop it."""
        self._told: dict[object, int] = {}
        self._dependents: set[tuple[int, str, int]] = set()

    def let_go(
        self, error: BaseException, place: Place, frame: FrameType | None, *, own: bool = False
    ) -> None:
        """Raise ``error`` where some code around may stop it: production goes that way.

        Args:
            error: what was raised.
            place: where.
            frame: the innermost frame that it would reach.
            own: something of the application's is missing: what let such an error out once will do so again.
        """
        guard = guards.stopping(frame, error, stack.HERE, self.state.owns, self.insist if own else ())
        if guard is not None and (*place, "") not in self.insist:
            self._refused[place] = guard
            raise error

    def surfaced(self, traceback: TracebackType | None) -> None:
        """An exception came out that was let go: nobody stops it, and the next child can go on behind it."""
        for entry in stack.entries(traceback):
            place = (entry.tb_frame.f_code.co_filename, entry.tb_lineno)
            if place in self._refused:
                self.send("unstopped", *place, "")
                self.send("unstopped", *self._refused.pop(place))

    def record(self, error: BaseException, described: Facts, frame: FrameType | None) -> None:
        """Tell a root cause, or one more line that a known one stops.

        Args:
            error: what was raised.
            described: its ``Failure``; gets the frames further out.
            frame: the innermost of these.
        """
        project = self.state.project
        described["frames"] = [*failure.frames_of(frame, project), *described["frames"]]
        own = [one for one in described["frames"] if one["own"]]
        place = (own[-1]["file"], own[-1]["line"]) if own else ("", 0)
        key = _key(described, place)
        known = self._told.get(key)
        if known is None and len(self._told) < MOST:
            known = self._told[key] = len(self._told)
            self._dependents.add((known, *place))
            mapped = failures.mapping_failure(error, project)
            self.send("cause", described, mapped, self.loading)
        elif known is not None and (known, *place) not in self._dependents:
            self._dependents.add((known, *place))
            self.send("dependent", known, *place)


def _key(described: Facts, place: Place) -> object:
    """What makes two failures one."""
    missing = described["missing"]
    if missing is None:
        return described["type"], described["message"], place
    hidden = missing["shadow"] or missing["twin"] or missing["distribution"]
    return (hidden,) if hidden else (missing["module"], missing["name"])
