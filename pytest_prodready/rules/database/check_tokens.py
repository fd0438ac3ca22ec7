"""The words, strings and operators of a condition, as each vendor writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_prodready.rules.database.sql import MYSQL

_PLAIN = r"'(?:[^']|'')*'"
_ESCAPED = r"'(?:[^'\\]|\\.|'')*'"
_PATTERN = r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<bytes>[xXbB]'[^']*')
  | (?P<text>{text})
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`{brackets})
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w$]*)
  | (?P<operator>::|!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|<=>|<=|>=|<>|!=|==|\|\||&&|<@|@>|->>|->|.)
"""
_FORMS = {
    "mysql": re.compile(
        _PATTERN.format(text=rf"(?:_[a-z0-9]+\s*|[nN])?{_ESCAPED}", brackets=""), re.VERBOSE | re.DOTALL
    ),
    "sqlite": re.compile(_PATTERN.format(text=_PLAIN, brackets=r"|\[[^\]]*\]"), re.VERBOSE | re.DOTALL),
    "postgresql": re.compile(
        _PATTERN.format(text=rf"[eE]{_ESCAPED}|{_PLAIN}", brackets=""), re.VERBOSE | re.DOTALL
    ),
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "b": "\b", "f": "\f"}
_TWICE = re.compile(r"(?:^|[\s(,=])_[a-z0-9]+\\'")


@dataclass(frozen=True)
class Token:
    """One of ``name``, ``quoted`` (a name in quotes), ``text``, ``number``, ``bytes`` and ``operator``."""

    kind: str
    text: str
    mark: str = ""
    """The quote of a ``quoted`` one."""


def tokens(text: str, dialect: str) -> list[Token]:
    """The tokens of a condition, without blanks and comments.

    Args:
        text: the condition, as the database's catalogue gives it.
        dialect: of the database.
    """
    form = "mysql" if dialect in MYSQL else dialect
    if form == "mysql" and _TWICE.search(text):
        # MySQL's catalogue escapes the whole condition, whose strings have escapes of their own
        text = re.sub(r"\\(.)", _unescape, text, flags=re.DOTALL)
    found = []
    for match in _FORMS.get(form, _FORMS["postgresql"]).finditer(text):
        kind, written = str(match.lastgroup), match[0]
        if kind == "text":
            found.append(Token(kind, _string(written, form)))
        elif kind == "quoted":
            mark = written[0]
            inner = written[1:-1]
            found.append(Token(kind, inner if mark == "[" else inner.replace(mark * 2, mark), mark))
        elif kind != "space":
            found.append(Token(kind, written))
    return found


def _string(written: str, form: str) -> str:
    begin = written.index("'")
    inner = written[begin + 1 : -1]
    if form == "mysql" or (form == "postgresql" and begin == 1):
        return re.sub(
            r"\\(.)|''", lambda found: "'" if found[0] == "''" else _unescape(found), inner, flags=re.DOTALL
        )
    return inner.replace("''", "'")


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def enum_labels(written: str) -> tuple[str, ...]:
    r"""The labels of MySQL's ``enum('a','it''s','back\\slash')`` or ``set(…)``."""
    form = _FORMS["mysql"]
    inner = written.partition("(")[2]
    return tuple(_string(match[0], "mysql") for match in form.finditer(inner) if match.lastgroup == "text")
