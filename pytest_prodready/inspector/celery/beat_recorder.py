"""Listens to what fills the beat schedule: handlers of the app's signals, and schedules that are assigned.

Installed by :mod:`.recorder` right after ``celery.app.base`` was imported. Only code objects of handlers are
kept: a reference to the function would keep alive what Celery's weak one does not.
"""

import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

SIGNALS = ("app.on_after_configure", "app.on_after_finalize")
KEYS = ("beat_schedule", "CELERYBEAT_SCHEDULE")
Stack = list[tuple[str, int]]


class Handler:
    """A function that was connected to one of the signals."""

    def __init__(self, signal: object, receiver: "Any", late: bool, stack: Stack) -> None:
        self.signal = signal
        self.code: CodeType | None = getattr(receiver, "__code__", None)
        self.module = str(getattr(receiver, "__module__", ""))
        self.name = str(getattr(receiver, "__qualname__", type(receiver).__name__))
        self.late = late
        """The signal had been sent before."""
        self.stack = stack
        self.called = False
        self.error: Exception | None = None


class Replaced:
    """A schedule that was assigned in the place of another one."""

    def __init__(self, entries: "dict[Any, Any]", stack: Stack) -> None:
        self.entries = entries
        self.stack = stack


handlers: list[Handler] = []
replaced: list[Replaced] = []
_sent: list[object] = []


def listen(module: "Any", stack: "Callable[[], Stack]", like: "Callable[[Any, Any], Any]") -> None:
    """Record the handlers and the assignments of every app.

    Args:
        module: ``celery.app.base``.
        stack: gives the callers of what calls it.
        like: gives a wrapper the names of what it wraps.
    """
    signal = module.Signal
    connect, send = signal.connect, signal.send

    def connecting(self: "Any", *arguments: "Any", **options: "Any") -> "Any":
        told = self.name in SIGNALS and not options.get("retry") and options.get("sender") is None
        if not told or len(arguments) > 1:
            return connect(self, *arguments, **options)
        if arguments and callable(arguments[0]):
            handlers.append(Handler(self, arguments[0], self in _sent, stack()))
            return connect(self, *arguments, **options)
        decorate = connect(self, *arguments, **options)

        def decorating(receiver: "Any") -> "Any":
            handlers.append(Handler(self, receiver, self in _sent, stack()))
            return decorate(receiver)

        return decorating

    def sending(self: "Any", *arguments: "Any", **named: "Any") -> "Any":
        responses = send(self, *arguments, **named)
        if self.name in SIGNALS:
            _sent.append(self)
            for receiver, response in responses:
                for handler in handlers:
                    if handler.signal is self and handler.code is getattr(receiver, "__code__", None):
                        handler.called = True
                        handler.error = response if isinstance(response, Exception) else None
        return responses

    signal.connect, signal.send = like(connect, connecting), like(send, sending)
    view = getattr(sys.modules.get("celery.utils.collections"), "ConfigurationView", None)
    if view is not None:
        _watch(view, stack, like)


def _assigned(conf: "Any", key: str) -> object:
    """What was assigned to ``key`` until now; to ask for its value would load the configuration."""
    changes = conf.__dict__.get("changes")
    values = getattr(changes, "_data", changes)
    return values.get(key) if isinstance(values, dict) else None


def _watch(cls: "Any", stack: "Callable[[], Stack]", like: "Any") -> None:
    """Record what an assignment to the schedule, or an ``update`` with one, replaces."""
    set_item, update = cls.__setitem__, cls.update

    def replace(conf: "Any", key: str, value: object) -> None:
        known = _assigned(conf, key)
        if not isinstance(known, dict) or not isinstance(value, dict):
            return
        # one that holds some of the same entries was made from it, and leaves out the others on purpose
        if known and not any(value.get(name) is entry for name, entry in known.items()):
            replaced.append(Replaced(dict(known), stack()))

    def setting(self: "Any", key: "Any", value: "Any") -> None:
        if key in KEYS:
            replace(self, key, value)
        set_item(self, key, value)

    def updating(self: "Any", *arguments: "Any", **values: "Any") -> "Any":
        for given in (*(one for one in arguments if isinstance(one, dict)), values):
            for key in KEYS:
                if key in given:
                    replace(self, key, given[key])
        return update(self, *arguments, **values)

    cls.__setitem__, cls.update = like(set_item, setting), like(update, updating)
