"""Which environment variables the application's own lines read while it loads: names, never values.

Loaded before the application, so it needs nothing that an interpreter does not load by itself. Every way to
read ``os.environ`` passes the function that encodes the variable's name: that one is wrapped, and the type of
``os.environ``, its copies and comparisons stay as they are.
"""

import os
import sys

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

KEPT = 2000
"""Different reads of one entry point."""
DEPTH = 60
"""Frames between a read and the line of the application that asked for it."""
MAPPING = ("os", "_collections_abc", "collections.abc")
READERS = {
    "decouple": "python-decouple",
    "dj_database_url": "dj-database-url",
    "environ": "django-environ",
    "environs": "environs",
    "starlette": "starlette.config",
}
"""Top-level module of a library that reads variables for the application's line → its name."""
OUTERMOST = ("environs",)
"""Readers whose inner functions are given another default than the one that was written."""
ABSENT = ("Undefined", "NoValue", "_Missing", "undefined")
"""The classes of what such a library has in the place of a default that was not written."""
WRITES = ("__setitem__", "__delitem__", "putenv", "unsetenv")
WAYS = ("__getitem__", "__contains__", "get", "getenv", "pop", "setdefault")


class EnvironmentReads:
    """What is read of ``os.environ`` between :meth:`begin` and :meth:`end`.

    Args:
        owns: whether a source file is the application's.
    """

    def __init__(self, owns: "Callable[[str], bool]") -> None:
        self.owns = owns
        self.found: dict[tuple[str, str, str, int, str], str] = {}
        """Name, way, file, line, reader → state of the variable when it was read last."""
        self.listed: dict[object, object] = {}
        """The names that a loop over all variables was given: such a loop asks for none of them by name."""
        self.environ: Any = None
        self.functions: tuple[Any, Any] = (None, None)
        self.busy = False

    def begin(self) -> None:
        """From now on, reads are the application's."""
        environ: Any = os.environ
        encode, decode = environ.encodekey, environ.decodekey
        self.environ, self.functions = environ, (encode, decode)

        def encodekey(name: "Any") -> "Any":
            encoded = encode(name)
            if self.listed.get(name) is name:
                del self.listed[name]
            elif not self.busy:
                self.busy = True
                try:
                    self._read(name, encoded, sys._getframe(1))
                except Exception:  # noqa: S110  # an odd caller: the read itself goes on
                    pass
                finally:
                    self.busy = False
            return encoded

        def decodekey(encoded: "Any") -> "Any":
            name = decode(encoded)
            self.listed[name] = name
            return name

        environ.encodekey, environ.decodekey = encodekey, decodekey

    def end(self) -> None:
        """Leave ``os.environ`` as it was."""
        if self.environ is not None:
            self.environ.encodekey, self.environ.decodekey = self.functions

    def names(self) -> "set[str]":
        """The variables that were read."""
        return {name for name, *_ in self.found}

    def facts(self, location: "Callable[[str, int], object]") -> "list[dict[str, object]]":
        """The ``EnvironmentRead``s, in their order."""
        return [
            {"name": name, "how": how, "state": state, "location": location(file, line), "reader": reader}
            for (name, how, file, line, reader), state in self.found.items()
        ]

    def _read(self, name: str, encoded: object, frame: "FrameType | None") -> None:
        ways: list[str] = []
        default: Any = None
        while frame is not None and _module(frame) in MAPPING:
            ways.append(frame.f_code.co_name)
            if ways[-1] in ("get", "getenv", "pop"):
                default = frame.f_locals.get("default")
            frame = frame.f_back
        if frame is None or not ways or ways[0] in WRITES or ways[-1] not in WAYS:
            return
        how = _how(ways, default)
        reader = READERS.get(_module(frame).partition(".")[0], "")
        data = self.environ._data
        state = ("set" if data[encoded] else "empty") if encoded in data else "unset"
        if reader:
            how, frame, kept = _by_reader(frame, how, name)
            state = "file" if kept and state == "unset" else state
        if frame is None or not self.owns(frame.f_code.co_filename):
            return
        key = (name, how, frame.f_code.co_filename, frame.f_lineno, reader)
        if key in self.found or len(self.found) < KEPT:
            self.found[key] = state


def _module(frame: "FrameType") -> str:
    return str(frame.f_globals.get("__name__", ""))


def _how(ways: "list[str]", default: object) -> str:
    """As an ``EnvironmentRead`` has it."""
    if "setdefault" in ways:
        return "default"
    if "pop" in ways and type(default) is object:  # the marker that stands for: no default was given
        return "required"
    if {"get", "getenv", "pop"}.intersection(ways):
        return "optional" if default is None else "default"
    return "asked" if "__contains__" in ways else "required"


def _by_reader(frame: "FrameType | None", how: str, name: str) -> "tuple[str, FrameType | None, bool]":
    """How a library reads ``name``, the frame that asked it to, and whether it has a value from a file."""
    kept = given = False
    for _ in range(DEPTH):
        if frame is None:
            break
        module = _module(frame)
        top = module.partition(".")[0]
        if top not in READERS and module not in MAPPING:
            break
        if top in READERS:
            known = frame.f_locals
            kept = kept or _in_file(known.get("self"), name)
            if "default" in known and (not given or top in OUTERMOST):
                default, given = known["default"], True
                missing = default is Ellipsis or type(default).__name__ in ABSENT
                missing = missing or (isinstance(default, type) and default.__name__ in ABSENT)
                how = "required" if missing else "optional" if default is None else "default"
        frame = frame.f_back
    return how, frame, kept


def _in_file(reader: object, name: str) -> bool:
    """Whether a library's object holds the variable from a file of its own: ``.env``, ``settings.ini``."""
    try:
        holder = vars(reader)
        repository = holder.get("repository")
        data = vars(repository).get("data") if repository is not None else holder.get("_environ")
        if data is None:
            data = holder.get("file_values")
    except TypeError:
        return False
    return isinstance(data, dict) and bool(data.get(name))
