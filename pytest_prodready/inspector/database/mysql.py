"""MySQL and MariaDB: a session that is read-only, and ``information_schema``, one query for each thing."""

from __future__ import annotations

from typing import Any

from .session import Session
from .wanted import Wanted

OWN = ("information_schema", "mysql", "performance_schema", "sys")

SERVER = "SELECT version(), @@version_comment, database(), @@lower_case_table_names"

VARIABLES = "SHOW VARIABLES WHERE variable_name IN :names"

LIMITS = ("max_statement_time", "max_execution_time", "lock_wait_timeout", "innodb_lock_wait_timeout")
"""MariaDB counts the first in seconds, MySQL the second in milliseconds; the others are seconds in both."""

READ_ONLY = ("transaction_read_only", "tx_read_only")
"""The same variable: its name of today, and that of MariaDB before 11.1 and MySQL before 8.0."""

SCHEMAS = "SELECT schema_name FROM information_schema.schemata ORDER BY 1"

TABLES = """
SELECT table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema IN :schemas ORDER BY 1, 2
"""

COLUMNS = """
SELECT table_schema, table_name, column_name, column_type, data_type, character_maximum_length, is_nullable,
       column_default, extra, collation_name
FROM information_schema.columns
WHERE table_schema IN :schemas AND table_name IN :tables
ORDER BY 1, 2, ordinal_position
"""

HAS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'information_schema' AND table_name IN ('CHECK_CONSTRAINTS', 'TABLE_CONSTRAINTS')
"""

CHECKS_MARIADB = """
SELECT constraint_schema, table_name, constraint_name, check_clause, {level}, 'YES'
FROM information_schema.check_constraints
WHERE constraint_schema IN :schemas AND table_name IN :tables ORDER BY 1, 2, 3
"""

CHECKS_MYSQL = """
SELECT c.constraint_schema, t.table_name, c.constraint_name, c.check_clause, '', t.enforced
FROM information_schema.check_constraints AS c
JOIN information_schema.table_constraints AS t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
WHERE t.constraint_type = 'CHECK' AND t.table_schema IN :schemas AND t.table_name IN :tables
ORDER BY 1, 2, 3
"""


def begin(session: Session, limit: float) -> bool:
    """Make the session read-only with time limits; whether the server itself confirms that it is."""
    session.begin()
    known = {str(name).lower() for name, _ in session.rows(VARIABLES, names=(*LIMITS, *READ_ONLY))}
    session.run("SET SESSION TRANSACTION READ ONLY")  # for this one, and for any that DDL would begin
    session.run("START TRANSACTION READ ONLY")
    seconds = max(1, int(limit))
    for name in known.intersection(LIMITS):
        value = int(limit * 1000) if name == "max_execution_time" else seconds
        session.run(f"SET SESSION {name} = {value}")
    confirmed = [name for name in READ_ONLY if name in known]
    return bool(confirmed) and session.value(f"SELECT @@session.{confirmed[0]}") == "1"


def catalogue(session: Session, wanted: Wanted) -> dict[str, Any]:
    """The fields of a ``Database`` that the catalogue answers."""
    version, comment, current, folding = session.rows(SERVER)[0]
    mariadb = "mariadb" in f"{version} {comment}".lower()
    current = str(current or "")
    folds = str(folding) != "0"
    existing = [str(name) for (name,) in session.rows(SCHEMAS)]
    named = {name.lower() for name in wanted.schemas} if folds else wanted.schemas
    schemas = {name for name in existing if (name.lower() if folds else name) in named} | {current} - {""}
    # with lower_case_table_names the server may keep another case than the mapping has
    tables = wanted.tables | {name.lower() for name in wanted.tables} if folds else wanted.tables
    return {
        "dialect": "mariadb" if mariadb else "mysql",
        "version": str(version).partition("-")[0],
        "search_path": [current] if current else [],
        "schemas": [name for name in existing if name.lower() not in OWN],
        "folds_tables": folds,
        "folds_columns": True,
        "tables": [
            {
                "schema": str(schema),
                "name": str(name),
                "kind": "view" if "VIEW" in str(kind) else "table",
                "visible": schema == current,
            }
            for schema, name, kind in session.rows(TABLES, schemas=schemas)
        ],
        "columns": _columns(session, schemas, tables, current),
        "checks": _checks(session, schemas, tables),
    }


def _columns(
    session: Session, schemas: set[str], tables: frozenset[str], current: str
) -> list[dict[str, Any]]:
    found = []
    for row in session.rows(COLUMNS, schemas=schemas, tables=tables) if tables else ():
        schema, table, column, kind, base, length, nullable, default, extra, collation = row
        found.append(
            {
                "schema": _text(schema),
                "table": _text(table),
                "column": _text(column),
                "visible": schema == current,
                "type": _text(kind),
                "base": _text(base).lower(),
                "length": int(length) if length is not None and _limited(_text(base)) else None,
                "nullable": _text(nullable) == "YES",
                # MariaDB writes the word where the default is that nothing is there
                "default": (default is not None and _text(default) != "NULL") or _text(extra) != "",
                "collation": _text(collation),
            }
        )
    return found


def _limited(base: str) -> bool:
    """Whether the catalogue's length is what the column holds: of an ENUM it is the longest label's."""
    return base.lower() not in ("enum", "set", "json")


def _checks(session: Session, schemas: set[str], tables: frozenset[str]) -> list[dict[str, Any]]:
    if not tables:
        return []
    has: dict[str, set[str]] = {}
    for table, column in session.rows(HAS):
        has.setdefault(_text(table).upper(), set()).add(_text(column).upper())
    of_checks = has.get("CHECK_CONSTRAINTS", set())
    if not of_checks:  # MySQL before 8.0.16 reads CHECK and forgets it
        return []
    if "TABLE_NAME" in of_checks:
        query = CHECKS_MARIADB.format(level="level" if "LEVEL" in of_checks else "''")
    else:
        query = CHECKS_MYSQL
    found = []
    for schema, table, name, condition, level, enforced in session.rows(
        query, schemas=schemas, tables=tables
    ):
        found.append(
            {
                "schema": _text(schema),
                "table": _text(table),
                "name": _text(name),
                "text": _text(condition),
                # MariaDB names the check that stands at a column as the column
                "column": _text(name) if _text(level) == "Column" else "",
                "enforced": _text(enforced) != "NO",
            }
        )
    return found


def _text(value: object) -> str:
    """A value of the catalogue as text: some drivers give bytes for some of its columns."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return "" if value is None else str(value)
