"""Where a key of a TOML file stands: ``tomllib`` gives values without their lines.

This is a scanner, not a parser: it accepts anything, never raises, and where a text is no TOML at all it
merely knows fewer lines. ``tomllib`` remains the judge of what the file says.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from pytest_prodready.facts import Location

Path = tuple[str | int, ...]

_DEEPEST = 50
"""Nesting beyond this is skipped, so that no text can exhaust the stack."""
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^\s.=\[\]{},"'#]+)[ \t]*(\.?)""")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_REST = re.compile(r"[^\n]*\n?")


class TomlLines:
    """The lines of the keys, tables and elements of ``text``; ``file`` is its name as the user sees it."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}
        self._scan()

    def line(self, *path: str | int) -> Location:
        """The place of ``path``: keys by name, array elements and ``[[tables]]`` by index from 0.

        A path that the file does not have gets the nearest enclosing one that it has; the line is ``None``
        when there is none.
        """
        for length in range(len(path), 0, -1):
            if (line := self._lines.get(path[:length])) is not None:
                return Location(self._file, line)
        return Location(self._file)

    def _scan(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            start = self._at
            if self._text.startswith("[", start):
                double = self._text.startswith("[[", start)
                self._at += 1 + double
                table = self._enter(self._key(), start, double=double)
                self._skip(_REST)
            else:
                self._pair(table, 0)
            if self._at == start:
                self._skip(_REST)

    def _enter(self, keys: tuple[str, ...], start: int, *, double: bool) -> Path:
        """The path of a table header: below a ``[[table]]``, a name means that table's last element."""
        path: Path = ()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            self._note(path, start)
            if number == len(keys) and double:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
                self._note(path, start)
        return path

    def _pair(self, table: Path, depth: int) -> None:
        """``key.key = value``."""
        start, path = self._at, table
        for key in self._key():
            path = (*path, key)
            self._note(path, start)
        if self._text.startswith("=", self._at):
            self._at += 1
            self._value(path, depth)

    def _key(self) -> tuple[str, ...]:
        keys = []
        while found := _KEY.match(self._text, self._at):
            self._at = found.end()
            keys.append(found[1][1:-1] if found[1][0] in "\"'" else found[1])
            if not found[2]:
                break
        return tuple(keys)

    def _value(self, path: Path, depth: int) -> None:
        while self._text[self._at : self._at + 1] in (" ", "\t"):
            self._at += 1
        opening = self._text[self._at : self._at + 1]
        if depth > _DEEPEST:
            self._skip(_REST)
        elif opening in ("[", "{") and opening:
            self._at += 1
            self._container(path, depth + 1, "]" if opening == "[" else "}")
        elif opening not in ('"', "'") or self._skip(_STRING) < 0:
            self._skip(_SCALAR)

    def _container(self, path: Path, depth: int, closing: str) -> None:
        """The elements of an array or of an inline table, up to its closing bracket."""
        index = 0
        while self._skip(_BLANK) < len(self._text):
            start = self._at
            character = self._text[start]
            if character in "]}":
                # the other bracket can only be a mistake: it ends the container as well
                self._at += 1
                return
            if character == ",":
                self._at += 1
            elif closing == "}":
                self._pair(path, depth)
            else:
                self._note((*path, index), start)
                self._value((*path, index), depth)
                index += 1
            if self._at == start:
                self._skip(_REST)

    def _note(self, path: Path, position: int) -> None:
        self._lines.setdefault(path, bisect_left(self._breaks, position) + 1)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Move behind ``pattern``; return the new position, or -1 where it does not match here."""
        found = pattern.match(self._text, self._at)
        if not found:
            return -1
        self._at = found.end()
        return self._at


def table_at(document: object, *path: str) -> dict[str, object]:
    """The table at ``path`` of what ``tomllib`` has read; empty where there is none, or something else."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}
