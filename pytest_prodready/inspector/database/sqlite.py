"""SQLite: a file that is opened for reading only, and what it keeps of its schema.

The file is opened by the standard library, whatever driver the application has for it: an application's
own engine may write when it connects (``PRAGMA journal_mode = WAL``), and creates a file that is missing.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from . import sqlite_sql
from .session import Session, SQLiteSession
from .wanted import Wanted

DRIVERS = ("pysqlite", "pysqlite_numeric", "aiosqlite", "aiosqlite_numeric", "sqlite3")
"""Those that read files which the standard library reads as well."""
MAGIC = b"SQLite format 3\x00"
STEPS = 10_000
"""Of SQLite's virtual machine between two looks at the clock."""

MASTER = "SELECT type, name, sql FROM main.sqlite_master WHERE type IN ('table', 'view') ORDER BY name"

COLUMNS = """
SELECT m.name, p.name, p.type, p."notnull", p.dflt_value, p.pk, p.hidden
FROM main.sqlite_master AS m, pragma_table_xinfo(m.name) AS p
WHERE m.type IN ('table', 'view') AND m.name IN :tables ORDER BY m.name, p.cid
"""


class NoFileError(Exception):
    """The database is no file that can be read; ``kind`` is one of :mod:`.connecting`."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def file_of(database: object) -> str:
    """The path of a database as settings write it; empty for one in memory.

    Args:
        database: a path, a ``file:`` URI, ``:memory:`` or nothing.
    """
    text = os.fspath(database) if isinstance(database, os.PathLike) else str(database or "")
    if text.startswith("file:"):
        parts = urlsplit(text)
        if parse_qs(parts.query).get("mode") == ["memory"]:
            return ""
        text = unquote(parts.path)
    return "" if text in ("", ":memory:") else text


@contextmanager
def opened(path: str, limit: float) -> Iterator[Session]:
    """A session on the file, which is neither created nor changed, and leaves no other file beside it.

    Raises:
        NoFileError: there is no such file, or it is no database of SQLite.
        sqlite3.Error: it cannot be read.
    """
    mode = _mode(path)
    until = time.monotonic() + limit
    uri = f"file:{quote(os.path.abspath(path))}?{mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=limit, isolation_level=None)
    try:
        connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        yield SQLiteSession(connection)
    finally:
        connection.close()


def _mode(path: str) -> str:
    """How to open the file: as one that nobody changes, where SQLite would leave files behind otherwise."""
    if not os.path.exists(path):
        raise NoFileError("missing")
    if os.path.isdir(path):
        raise NoFileError("no database")
    with open(path, "rb") as file:
        head = file.read(20)
    if head and not head.startswith(MAGIC):
        raise NoFileError("no database")
    write_ahead = head[18:20] == b"\x02\x02"
    if not write_ahead or os.path.exists(f"{path}-shm"):  # somebody has it open, and keeps the files
        return "mode=ro"
    if os.path.exists(f"{path}-wal") and os.path.getsize(f"{path}-wal"):
        raise NoFileError("unfinished")  # only a writer can put what the log holds into the file
    return "mode=ro&immutable=1"


def begin(session: Session, limit: float) -> bool:
    """Whether SQLite confirms that this session reads only."""
    session.run("PRAGMA query_only = ON")
    session.run("BEGIN")
    return session.value("PRAGMA query_only") == "1"


def catalogue(session: Session, wanted: Wanted) -> dict[str, Any]:
    """The fields of a ``Database`` that the file's schema answers."""
    master = [row for row in session.rows(MASTER) if not str(row[1]).startswith("sqlite_")]
    lowered = {name.lower() for name in wanted.tables}
    mapped = [row for row in master if str(row[1]).lower() in lowered]
    collations = {
        table: sqlite_sql.collations(sql) if kind == "table" and sql else {} for kind, table, sql in mapped
    }
    return {
        "dialect": "sqlite",
        "version": session.value("SELECT sqlite_version()"),
        "search_path": ["main"],
        "schemas": ["main"],
        "folds_tables": True,
        "folds_columns": True,
        "tables": [
            {"schema": "main", "name": name, "kind": kind, "visible": True} for kind, name, _ in master
        ],
        "columns": [
            {**_column(*row), "collation": collations[row[0]].get(str(row[1]).lower(), "")}
            for row in _columns(session, [name for _, name, _ in mapped])
        ],
        "checks": [
            {"schema": "main", "table": table, "name": name, "column": column, "text": text}
            for kind, table, sql in mapped
            if kind == "table" and sql
            for name, column, text in sqlite_sql.checks(sql)
        ],
    }


def _columns(session: Session, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """The columns of all tables at once; one by one where one of them cannot be read (a broken view)."""
    size = 500  # of parameters, which an old SQLite allows 999 of
    for at in range(0, len(names), size):
        some = names[at : at + size]
        try:
            yield from session.rows(COLUMNS, tables=some)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error) or "locked" in str(error):
                raise
            for name in some:
                try:
                    yield from session.rows(COLUMNS, tables=[name])
                except sqlite3.OperationalError:
                    continue


def _column(
    table: str, name: str, kind: str, notnull: int, default: str | None, key: int, hidden: int
) -> dict[str, Any]:
    return {
        "schema": "main",
        "table": table,
        "column": name,
        "visible": True,
        "type": kind or "",
        "base": re.sub(r"\s*\(.*", "", kind or "").strip().lower(),
        "nullable": not notnull,
        # such a key is the row number, which SQLite fills in; hidden columns are generated
        "default": default is not None or hidden > 1 or bool(key and kind.lower() == "integer"),
    }
