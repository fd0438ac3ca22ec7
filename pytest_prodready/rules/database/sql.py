"""Names and labels as the statements of each vendor write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary references returning right select session_user similar some
symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
when where window with
"""
RESERVED = frozenset(_WORDS.split())
"""Words that PostgreSQL does not take as a name unless they are quoted."""
MYSQL = ("mysql", "mariadb")
VENDORS = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
_ESCAPES = {"\\": "\\\\", "'": "''", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}
_NEEDS = re.compile(r"[a-z_][a-z0-9_$]*")
# upper case needs no quotes there; words that are reserved in any of them get some
_NEEDS_ELSEWHERE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MORE = """
add alter before between by change condition databases delete describe drop exists explain force function
groups index insert interval key keys kill load lock long match mod option rank read rename repeat replace
require row rows schema schemas set show system trigger update usage use values virtual write
"""
_MORE_WORDS = frozenset(_MORE.split())


def quoted(label: str) -> str:
    """A label as a message shows it: in quotes, on one line."""
    shown = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + shown.replace("\t", "\\t") + '"'


def literal(label: str, dialect: str = "postgresql") -> str:
    """A label as an SQL string."""
    if dialect in MYSQL:
        return "'" + "".join(_ESCAPES.get(character, character) for character in label) + "'"
    if dialect == "postgresql" and re.search(r"[\x00-\x1f]", label):
        escaped = label.replace("\\", "\\\\").replace("'", "''")
        return "E'" + re.sub(r"[\x00-\x1f]", lambda found: f"\\x{ord(found[0]):02x}", escaped) + "'"
    return "'" + label.replace("'", "''") + "'"


def literals(labels: Iterable[str], dialect: str) -> str:
    """Labels as a list of SQL strings."""
    return ", ".join(literal(label, dialect) for label in labels)


def qualified(schema: str, name: str, dialect: str = "postgresql") -> str:
    """A name as it is written in a statement, quoted where the vendor needs it."""
    return ".".join(identifier(part, dialect) for part in (schema, name) if part)


def identifier(name: str, dialect: str = "postgresql") -> str:
    """One name as it is written in a statement."""
    if dialect == "postgresql":
        return (
            name if _NEEDS.fullmatch(name) and name not in RESERVED else '"' + name.replace('"', '""') + '"'
        )
    if _NEEDS_ELSEWHERE.fullmatch(name) and name.lower() not in RESERVED | _MORE_WORDS:
        return name
    mark = "`" if dialect in MYSQL else '"'
    return mark + name.replace(mark, mark * 2) + mark
