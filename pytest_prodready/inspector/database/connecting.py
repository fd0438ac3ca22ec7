"""Why a database could not be read, in a sentence that holds no credential."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

SQLSTATES = {
    "28": "login",
    "3D000": "database",
    "42501": "permission",
    "53": "busy",
    "57P03": "starting",
    "57014": "slow",
    "55P03": "slow",
}
WORDS = (
    (
        "login",
        ("authentication failed", "no password supplied", "password authentication", "no pg_hba.conf entry"),
    ),
    ("permission", ("permission denied",)),
    ("database", ('database "',)),
    ("login", ('role "', 'user "')),
    ("busy", ("too many clients", "too many connections", "remaining connection slots")),
    ("starting", ("starting up", "shutting down")),
    (
        "host",
        (
            "could not translate host name",
            "name or service not known",
            "failed to resolve host",
            "getaddrinfo",
            "nodename nor servname",
            "name resolution",
            "no address associated",
        ),
    ),
    ("closed", ("connection refused", "no such file or directory", "connect call failed")),
    ("slow", ("timeout expired", "timed out", "connection timeout", "statement timeout", "lock timeout")),
)
"""libpq gives no SQLSTATE for a connection that fails: its message is all there is."""


def explain(error: BaseException, engine: Any, limit: float) -> dict[str, object]:
    """``problem`` and ``detail`` of a ``Database`` for what a driver raised.

    The sentence is built from the parts of the engine's URL: a driver's own message may hold the password.
    """
    where, database = _address(engine)
    kind, of = _kind(error)
    refused = "refused"
    problem, detail = {
        "login": (refused, f"PostgreSQL at {where} refused the login to the database {database}."),
        "permission": (
            refused,
            f"PostgreSQL at {where} denied the permission to read the database {database}.",
        ),
        "database": ("unreachable", f"PostgreSQL at {where} has no database {database}."),
        "busy": ("unreachable", f"PostgreSQL at {where} has no connection left for the database {database}."),
        "starting": ("unreachable", f"PostgreSQL at {where} is starting up or shutting down."),
        "host": ("unreachable", f"The host of the database {database} is not known: {where}."),
        "closed": ("unreachable", f"Nothing listens at {where}, where the database {database} should be."),
        "slow": (
            "unreachable",
            f"The database {database} at {where} did not answer within {limit:g} seconds.",
        ),
        "driver": ("driver", f"The driver {engine.dialect.driver} could not be loaded."),
    }.get(
        kind,
        ("unreachable", f"The database {database} at {where} could not be read: the driver raised {of}."),
    )
    return {"problem": problem, "detail": detail}


def _kind(error: BaseException) -> tuple[str, str]:
    """The kind of the first exception in the chain that says one, and the name of the innermost class."""
    name = type(error).__name__
    for cause in _chain(error):
        name = type(cause).__name__
        state = _sqlstate(cause)
        for prefix, kind in SQLSTATES.items():
            if state and state.startswith(prefix):
                return kind, name
        if isinstance(cause, (TimeoutError, asyncio.TimeoutError)):
            return "slow", name
        if isinstance(cause, socket.gaierror):
            return "host", name
        if isinstance(cause, (ConnectionRefusedError, FileNotFoundError)):
            return "closed", name
        if isinstance(cause, ImportError):
            return "driver", name
        message = str(cause).lower()
        for kind, words in WORDS:
            if any(word in message for word in words):
                return kind, name
    return "", name


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        original = getattr(current, "orig", None)  # SQLAlchemy's wrapper → the driver's exception
        current = (
            original if isinstance(original, BaseException) else current.__cause__ or current.__context__
        )
    return found


def _sqlstate(error: BaseException) -> str:
    for attribute in ("sqlstate", "pgcode"):
        value = getattr(error, attribute, None)
        if isinstance(value, str):
            return value
    first = error.args[0] if error.args else None
    code = first.get("C") if isinstance(first, dict) else None  # pg8000 hands over the server's fields
    return code if isinstance(code, str) else ""


def _address(engine: Any) -> tuple[str, str]:
    """``host:port`` (or the socket's directory) and the database's name."""
    url = engine.url
    host = url.host or url.query.get("host") or "localhost"
    host = host if isinstance(host, str) else ", ".join(host)
    port = url.port or url.query.get("port") or 5432
    where = host if host.startswith("/") else f"{host}:{port}"
    return where, str(url.database or url.query.get("dbname") or "(unnamed)")
