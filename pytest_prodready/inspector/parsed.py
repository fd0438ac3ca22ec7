"""What was read from source files before: a file whose content is known is not parsed again.

Only the reading is kept, never a result: every statement is tried in every run. A store that is damaged, or
that another version wrote, is as good as none.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import marshal
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from importlib.util import source_hash
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
BEGINS = "parsed-"
UNUSED = 30 * 24 * 3600
"""Seconds after which the store of an entry point that nobody inspects any more is removed."""
UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)
"""What reading a file that is no readable Python raises."""
Read = Callable[[ast.Module], Any]
Needed = Callable[[bytes], object]


class Parsed:
    """Reads source files, each content once.

    Args:
        directory: where the stores are kept, absolute; empty for none.
        name: what is inspected: each entry point writes a store of its own, as they run side by side, and
            reads those of all.
        shared: a directory of this run alone, where the entry points tell each other at once what they have
            read; empty for none.
    """

    def __init__(self, directory: str = "", name: str = "", shared: str = "") -> None:
        self.name = name
        self.shared = shared
        self.begins = f"{BEGINS}{sys.implementation.cache_tag}-"
        own = f"{self.begins}{source_hash(name.encode()).hex()}"
        self.file = os.path.join(directory, own) if directory else ""
        self.parsed = 0
        """How often a file had to be parsed."""
        self.trees: dict[str, ast.Module] = {}
        """File → its tree, while somebody keeps it anyway: it is not parsed for a reading."""
        self._kept: dict[str, dict[str, Any]] | None = None
        self._used: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, str] = {}
        self._without: set[tuple[str, str]] = set()
        """File and reading, where the text has nothing of what is read."""
        self._changed = False
        self._expected: dict[str, tuple[Read, Needed]] = {}

    @property
    def remembers(self) -> bool:
        """Whether an earlier run has kept anything."""
        return bool(self._stored())

    def expect(self, reading: str, read: Read, needed: Needed = bool) -> None:
        """Whenever a file has to be parsed, read this from the tree, too: most files will be asked for it.

        To parse a file takes longer than any reading of its tree, and the trees of all files are too many
        to be kept until the next reading.

        Args:
            reading: as for :meth:`of`, and so the others.
            read: gives what is read.
            needed: whether the text may have it.
        """
        self._expected[reading] = read, needed

    def of(
        self,
        file: str,
        reading: str,
        read: Read,
        needed: Needed = bool,
    ) -> Any:
        """What ``read`` gives for the syntax tree of ``file``.

        ``None`` when it is no readable Python, or has nothing of what is read.

        Args:
            file: the path.
            reading: the name of what is read, one for each ``read``.
            read: gives plain values that can be stored: texts, numbers, tuples, lists, dicts.
            needed: whether the text may have what is read, which takes less time than parsing it.
        """
        try:
            key = self._keys.get(file)
            if key is not None and reading in self._used[key]:
                return self._used[key][reading]
            if (file, reading) in self._without:
                return None
            with open(file, "rb") as source:
                data = source.read()
            if not needed(data):
                self._without.add((file, reading))
                return None
            key = self._keys[file] = f"{source_hash(data).hex()}-{len(data)}"
            known = self._used.setdefault(key, self._stored().get(key, {}))
            if reading not in known:
                self._changed = True
                told = self._heard(f"{key}-{reading}")
                if told is None:
                    self._read(file, data, reading, read)
                else:
                    known[reading] = told[0]
            return known[reading]
        except UNREADABLE:
            return None

    def _read(self, file: str, data: bytes, reading: str, read: Read) -> None:
        """Parse a file for one reading, and for all that are expected and not known."""
        tree = self.trees.get(file) or self._parse(file, data)
        key = self._keys[file]
        known = self._used[key]
        known[reading] = read(tree)
        self._tell(f"{key}-{reading}", known[reading])
        for name, (other, needed) in self._expected.items():
            if name not in known and needed(data):
                with contextlib.suppress(*UNREADABLE):  # it will be asked for by itself
                    known[name] = other(tree)
                    self._tell(f"{key}-{name}", known[name])

    def _parse(self, file: str, data: bytes) -> ast.Module:
        self.parsed += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the application's own invalid escapes
            return ast.parse(data, file)

    def ahead(
        self,
        files: Iterable[str],
        reading: str,
        read: Read,
        needed: Needed = bool,
    ) -> None:
        """Read ``files``, which are all going to be asked for, in an order of this entry point's own.

        Those that run beside it come to the same files at the same time: in this way each reads a part, and
        hears the rest from the others.
        """
        if self.shared:
            for file in sorted(files, key=lambda file: source_hash(f"{self.name} {file}".encode())):
                self.of(file, reading, read, needed)

    def _heard(self, name: str) -> tuple[Any] | None:
        """What another entry point of this run has read; ``None`` when none has, or is about to write it."""
        if not self.shared:
            return None
        try:
            with open(os.path.join(self.shared, name), "rb") as told:
                data = told.read()
        except OSError:
            return None
        if data[:8] != source_hash(data[8:]):
            return None
        value: Any = marshal.loads(data[8:])  # noqa: S302  # exactly what we wrote ourselves
        return (value,)

    def _tell(self, name: str, told: Any) -> None:
        if self.shared:
            body = marshal.dumps(told)
            with contextlib.suppress(OSError), open(os.path.join(self.shared, name), "wb") as shared:
                shared.write(source_hash(body) + body)

    def save(self) -> int:
        """Keep what this run has used, and nothing else; a place that cannot be written to is left alone.

        Returns:
            How many files had to be parsed.
        """
        if self.file:
            self._write()
        return self.parsed

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._changed or not os.path.isfile(self.file):
                os.makedirs(os.path.dirname(self.file), exist_ok=True)
                body = marshal.dumps(self._used)
                beside = f"{self.file}.{os.getpid()}"
                try:
                    with open(beside, "wb") as store:
                        store.write(_version() + source_hash(body) + body)
                    os.replace(beside, self.file)
                except OSError:
                    os.unlink(beside)
                    raise
                _remove_unused(os.path.dirname(self.file))
            else:
                os.utime(self.file)

    def _stored(self) -> dict[str, dict[str, Any]]:
        if self._kept is None:
            self._kept = {}
            for file in self._stores():
                for key, readings in _load(file).items():
                    self._kept.setdefault(key, {}).update(readings)
        return self._kept

    def _stores(self) -> list[str]:
        directory = os.path.dirname(self.file)
        try:
            names = sorted(os.listdir(directory)) if directory else []
        except OSError:
            return []  # nothing has been kept yet
        return [os.path.join(directory, one) for one in names if one.startswith(self.begins)]


def _load(file: str) -> dict[str, dict[str, Any]]:
    try:
        with open(file, "rb") as store:
            data = store.read()
    except OSError:
        return {}
    version = _version()
    body = data[len(version) + 8 :]
    if data[: len(version) + 8] != version + source_hash(body):
        return {}
    stored: dict[str, dict[str, Any]] = marshal.loads(body)  # noqa: S302  # exactly what we wrote ourselves
    return stored


@functools.cache
def _version() -> bytes:
    """What a store depends on besides the content of the files: this interpreter, and our own source."""
    texts = [sys.version.encode(), sys.platform.encode()]
    for directory, _, names in sorted(os.walk(HERE)):
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(directory, name), "rb") as source:
                    texts.append(source.read())
    return b"prodready\n" + source_hash(b"\0".join(texts))


def _remove_unused(directory: str) -> None:
    for entry in os.scandir(directory):
        if entry.name.startswith(BEGINS) and time.time() - entry.stat().st_mtime > UNUSED:
            os.unlink(entry.path)
