"""Garbage collection, which imports hardly need and spend a tenth of their time on.

What nobody collects can be seen: a class that ``dataclass(slots=True)`` has put another in place of is still
among the subclasses of its base. So a failure that it may have brought about is not taken for one.
"""

import gc

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

SELDOM = 5_000_000
"""Allocations between two collections: more than a large application makes, and not too many to keep."""
CERTAIN = (ImportError, SyntaxError, NameError)
"""Exceptions that no garbage brings about."""
_usual = gc.get_threshold()


def collect_seldom() -> None:
    """Look for garbage only where the application asks for it."""
    gc.set_threshold(SELDOM, *_usual[1:])


def without(act: "Callable[[], T]") -> "T":
    """What ``act`` returns; where it raises what garbage may have brought about, that of a second attempt.

    There is one at most: from then on garbage is collected as ever.

    Raises:
        BaseException: what the first attempt raised.
    """
    try:
        return act()
    except CERTAIN:
        raise
    except Exception as error:
        if gc.get_threshold()[0] != SELDOM:  # collected as ever, or as the application wants it
            raise
        gc.set_threshold(*_usual)
        first = error
    gc.collect()
    gc.freeze()  # all that is left stays: no need to look through it again and again
    try:
        return act()
    except BaseException:  # noqa: S110  # the first failure stands, with its cause and context as they are
        pass
    raise first
