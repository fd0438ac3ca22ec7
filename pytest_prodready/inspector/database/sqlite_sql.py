"""The CHECK constraints of a ``CREATE TABLE`` statement as SQLite keeps it, which is all it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[^\W\d][\w$]*)
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OF_TABLE = {"constraint", "primary", "unique", "check", "foreign"}
"""Words that begin a constraint of the table; anything else there is the name of a column."""


def checks(sql: str) -> Iterator[tuple[str, str, str]]:
    """Name of the constraint, column that it stands at, and condition, of each CHECK; names may be empty."""
    return (found[1:] for found in _constraints(sql) if found[0] == "check")


def collations(sql: str) -> dict[str, str]:
    """Column, in lower case, and the collation that is written at it."""
    return {column.lower(): text for kind, _, column, text in _constraints(sql) if kind == "collate"}


def _constraints(sql: str) -> Iterator[tuple[str, str, str, str]]:
    """``check`` or ``collate``, the constraint's name, the column that it stands at, and what it says."""
    depth, column, begins, name = 0, "", False, ""
    tokens = [(kind, text, at) for kind, text, at in _tokens(sql) if kind not in ("space", "comment")]
    at = 0
    while at < len(tokens):
        kind, text, _ = tokens[at]
        word = text.lower() if kind == "name" and text[0] not in '"`[' else ""
        at += 1
        if text == "(" and kind == "other":
            depth += 1
            begins = depth == 1
            continue
        if text == ")" and kind == "other":
            depth -= 1
            if depth == 0:
                return
            continue
        if depth != 1:
            continue
        if text == "," and kind == "other":
            column, begins, name = "", True, ""
            continue
        if begins and kind in ("name", "text") and word not in _OF_TABLE:
            column = unquoted(text)
        elif word == "constraint" and at < len(tokens):
            name = unquoted(tokens[at][1])
            at += 1
        elif word == "check" and at < len(tokens) and tokens[at][1] == "(":
            end = _closing(tokens, at)
            if end is None:
                return
            yield "check", name, column, sql[tokens[at][2] + 1 : tokens[end][2]].strip()
            name, at = "", end + 1
        elif word == "collate" and at < len(tokens) and column:
            yield "collate", "", column, unquoted(tokens[at][1])
            name, at = "", at + 1
        elif word:
            name = "" if word in ("not", "primary", "unique", "references", "default", "collate") else name
        begins = False


def unquoted(name: str) -> str:
    """A name without its quotes."""
    if name[:1] in "\"`'" and len(name) > 1 and name[-1] == name[0]:
        return name[1:-1].replace(name[0] * 2, name[0])
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _tokens(sql: str) -> Iterator[tuple[str, str, int]]:
    for found in _TOKEN.finditer(sql):
        yield found.lastgroup or "other", found[0], found.start()


def _closing(tokens: list[tuple[str, str, int]], at: int) -> int | None:
    """The token that closes the parenthesis at ``at``."""
    depth = 0
    for index in range(at, len(tokens)):
        kind, text, _ = tokens[index]
        if kind == "other" and text in "()":
            depth += 1 if text == "(" else -1
            if depth == 0:
                return index
    return None
