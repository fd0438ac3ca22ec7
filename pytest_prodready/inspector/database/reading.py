"""The database that the application would use, read in a read-only transaction that is rolled back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from ..project import Project
from . import engines, postgresql
from .connecting import explain

GRACE = 1.0
"""Seconds that a driver gets beyond the limit to report its own timeout."""


def read(
    source: str, mapping: Mapping[str, Any], project: Project, limit: float, environ: Mapping[str, str]
) -> dict[str, object]:
    """The ``Database``: its enum types and the columns that ``mapping`` maps enumerations to.

    Args:
        source: ``env:NAME`` (a URL in that variable), ``app`` (the engine that the application made), or
            empty: the application's engine, else ``DATABASE_URL``.
        mapping: a ``Mapping`` in its plain form.
        project: the application.
        limit: seconds for connecting and reading.
        environ: the application's environment.
    """
    try:
        chosen = engines.choose(source, project, limit, environ)
    except Exception as error:
        detail = f"No engine could be made: SQLAlchemy raised {type(error).__name__}."
        return {"source": source, "problem": "unsupported", "detail": detail}
    if chosen.problem:
        return {"source": chosen.source, "problem": chosen.problem, "detail": chosen.detail}
    engine = engines.sync_engine(chosen.engine)
    answer = {
        "source": chosen.source,
        "dialect": str(engine.dialect.name),
        "driver": str(engine.dialect.driver),
    }
    if engine.dialect.name != "postgresql":
        return {**answer, "problem": "unsupported", "detail": engines.unsupported(engine.dialect.name)}
    tables = {column["table"] for column in mapping.get("columns", ()) if not column.get("opaque")}
    return {**answer, **_within(limit, chosen.engine, tables)}


def _within(limit: float, engine: Any, tables: set[str]) -> dict[str, object]:
    """Read in a thread of its own: the drivers' own limits do not cover every way to hang.

    The thread also keeps our event loop apart from one that the application may have left running.
    """
    answers: list[dict[str, object]] = []

    def work() -> None:
        try:
            if engines.is_async(engine):
                answers.append(asyncio.run(_read_async(engine, tables, limit)))
            else:
                answers.append(_read_sync(engine, tables, limit))
        except BaseException as error:  # whatever a driver raises is an answer; nobody waits for this thread
            answers.append(explain(error, engines.sync_engine(engine), limit))

    thread = threading.Thread(target=work, name="prodready-database", daemon=True)
    thread.start()
    thread.join(limit + GRACE)
    return answers[0] if answers else explain(TimeoutError(), engines.sync_engine(engine), limit)


async def _read_async(engine: Any, tables: set[str], limit: float) -> dict[str, object]:
    _fresh_pool(engine.sync_engine)

    async def connected() -> dict[str, object]:
        async with engine.connect() as connection:
            answer: dict[str, object] = await connection.run_sync(_read, tables, limit)
            return answer

    return await asyncio.wait_for(connected(), limit)


def _read_sync(engine: Any, tables: set[str], limit: float) -> dict[str, object]:
    _fresh_pool(engine)
    with engine.connect() as connection:
        return _read(connection, tables, limit)


def _fresh_pool(engine: Any) -> None:
    """Leave the application's pooled connections alone; they may belong to another event loop."""
    # what dispose(close=False) does, which SQLAlchemy before 1.4.33 does not have
    engine.pool = engine.pool.recreate()


def _read(connection: Any, tables: set[str], limit: float) -> dict[str, object]:
    """Read the catalogue on ``connection``; it is thrown away afterwards, never put back in a pool."""
    try:
        transaction = _begin_read_only(connection, limit)
        if transaction is None and connection.dialect.name == "postgresql":
            # an engine in AUTOCOMMIT opens no transaction; this option holds for this connection only
            connection = connection.execution_options(isolation_level="READ COMMITTED")
            transaction = _begin_read_only(connection, limit)
        if transaction is None:
            detail = "The database did not make the session read-only, so nothing was read."
            return {"problem": "refused", "detail": detail}
        try:
            return {
                "read_only": True,
                "version": _one(connection, "SHOW server_version").partition(" ")[0],
                "enums": postgresql.enums(connection),
                "columns": postgresql.columns(connection, tables),
            }
        finally:
            transaction.rollback()
    finally:
        connection.invalidate()


def _begin_read_only(connection: Any, limit: float) -> Any:
    """Begin a transaction that the server itself has confirmed to be read-only; ``None`` when it did not."""
    from sqlalchemy import text

    transaction = connection.begin()
    milliseconds = max(1, int(limit * 1000))
    connection.execute(text("SET TRANSACTION READ ONLY"))
    connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
    connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
    if _one(connection, "SHOW transaction_read_only") == "on":
        return transaction
    transaction.rollback()
    return None


def _one(connection: Any, statement: str) -> str:
    from sqlalchemy import text

    return str(connection.execute(text(statement)).scalar())
