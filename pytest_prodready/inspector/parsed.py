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
from collections.abc import Callable
from importlib.util import source_hash
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
BEGINS = "parsed-"
UNUSED = 30 * 24 * 3600
"""Seconds after which the store of an entry point that nobody inspects any more is removed."""


class Parsed:
    """Reads source files, each content once.

    Args:
        directory: where the stores are kept, absolute; empty for none.
        name: what is inspected: each entry point writes a store of its own, as they run side by side, and
            reads those of all.
    """

    def __init__(self, directory: str = "", name: str = "") -> None:
        self.begins = f"{BEGINS}{sys.implementation.cache_tag}-"
        own = f"{self.begins}{source_hash(name.encode()).hex()}"
        self.file = os.path.join(directory, own) if directory else ""
        self.parsed = 0
        """How often a file had to be parsed."""
        self._kept: dict[str, dict[str, Any]] | None = None
        self._used: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, str] = {}
        self._changed = False

    def of(
        self,
        file: str,
        reading: str,
        read: Callable[[ast.Module], Any],
        needed: Callable[[bytes], object] = bool,
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
            with open(file, "rb") as source:
                data = source.read()
            if not needed(data):
                return None
            key = self._keys[file] = f"{source_hash(data).hex()}-{len(data)}"
            known = self._used.setdefault(key, self._stored().get(key, {}))
            if reading not in known:
                self.parsed += 1
                self._changed = True
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # the application's own invalid escapes
                    known[reading] = read(ast.parse(data, file))
            return known[reading]
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None

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
