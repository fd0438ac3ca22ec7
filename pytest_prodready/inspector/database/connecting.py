"""Why a database could not be read, in a sentence that holds no credential."""

from __future__ import annotations

from dataclasses import dataclass

from .. import exceptions

PRODUCTS = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL or MariaDB",
    "mariadb": "MariaDB",
    "sqlite": "SQLite",
    "oracle": "Oracle",
    "mssql": "SQL Server",
    "microsoft": "SQL Server",
}
SUPPORTED = ("postgresql", "mysql", "mariadb", "sqlite")

SQLSTATES = {
    "28": "login",
    "3D000": "database",
    "42501": "permission",
    "53": "busy",
    "57P03": "starting",
    "57014": "slow",
    "55P03": "slow",
}
NUMBERS = {
    1040: "busy",
    1044: "permission",
    1045: "login",
    1049: "database",
    1142: "permission",
    1143: "permission",
    1203: "busy",
    1205: "slow",
    1227: "permission",
    1698: "login",
    1969: "slow",
    2005: "host",
    3024: "slow",
}
"""Errors of MySQL and MariaDB; 2002, 2003 and 2013 are told apart by their words."""
WORDS = (
    (
        "login",
        (
            "authentication failed",
            "no password supplied",
            "password authentication",
            "no pg_hba.conf entry",
            "access denied for user",
        ),
    ),
    ("permission", ("permission denied",)),
    ("database", ('database "', "unknown database")),
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
            "unknown mysql server host",
            "unknown server host",
        ),
    ),
    ("closed", ("connection refused", "no such file or directory", "connect call failed")),
    (
        "slow",
        (
            "timeout expired",
            "timed out",
            "connection timeout",
            "statement timeout",
            "lock timeout",
            "database is locked",
            "interrupted",
        ),
    ),
    ("no database", ("file is not a database", "file is encrypted", "disk image is malformed")),
    ("unfinished", ("attempt to write a readonly database",)),
)
"""libpq gives no SQLSTATE for a connection that fails, and SQLite no number: the message is all there is."""


@dataclass(frozen=True)
class Address:
    """Where a database is, without the credentials that lead to it."""

    vendor: str
    driver: str = ""
    where: str = ""
    """``host:port``, the socket, or the file."""
    database: str = "(unnamed)"


def explain(error: BaseException, address: Address, limit: float) -> dict[str, object]:
    """``problem`` and ``detail`` of a ``Database`` for what a driver raised.

    The sentence is built from the parts of the address: a driver's own message may hold the password.
    """
    where, database = address.where, address.database
    product = PRODUCTS.get(address.vendor, address.vendor)
    kind, of = kind_of(error)
    if address.vendor == "sqlite":
        problem, detail = _of_a_file(kind, of, where, limit)
        return {"problem": problem, "detail": detail}
    refused = "refused"
    problem, detail = {
        "login": (refused, f"{product} at {where} refused the login to the database {database}."),
        "permission": (
            refused,
            f"{product} at {where} denied the permission to read the database {database}.",
        ),
        "database": ("unreachable", f"{product} at {where} has no database {database}."),
        "busy": ("unreachable", f"{product} at {where} has no connection left for the database {database}."),
        "starting": ("unreachable", f"{product} at {where} is starting up or shutting down."),
        "host": ("unreachable", f"The host of the database {database} is not known: {where}."),
        "closed": ("unreachable", f"Nothing listens at {where}, where the database {database} should be."),
        "slow": (
            "unreachable",
            f"The database {database} at {where} did not answer within {limit:g} seconds.",
        ),
        "driver": ("driver", f"The driver {address.driver} could not be loaded."),
    }.get(
        kind,
        ("unreachable", f"The database {database} at {where} could not be read: the driver raised {of}."),
    )
    return {"problem": problem, "detail": detail}


def unsupported(vendor: str) -> str:
    """The sentence for a database of another vendor."""
    name = PRODUCTS.get(vendor, vendor)
    return f"The database is {name}, which is not supported yet (PostgreSQL, MySQL, MariaDB and SQLite are)."


def _of_a_file(kind: str, of: str, file: str, limit: float) -> tuple[str, str]:
    return {
        "missing": ("unreachable", f"There is no database file {file}."),
        "closed": ("unreachable", f"There is no database file {file}."),
        "permission": ("refused", f"The database file {file} may not be read."),
        "no database": ("unreachable", f"The file {file} is no database that SQLite can read."),
        "unfinished": (
            "unreachable",
            f"The database file {file} was left in the middle of a write, which only a writer can mend.",
        ),
        "slow": ("unreachable", f"The database file {file} could not be read within {limit:g} seconds."),
    }.get(kind, ("unreachable", f"The database file {file} could not be read: sqlite3 raised {of}."))


def kind_of(error: BaseException) -> tuple[str, str]:
    """What an exception of a driver is about, by the first in its chain that says so, and that one's class.

    Codes are asked before words: those of the wrapper around an exception come before its own codes.
    """
    chain = [*exceptions.chain(error, original="orig")]  # where SQLAlchemy's wrapper has the driver's own
    for cause in chain:
        name = type(cause).__name__
        told = getattr(cause, "kind", None)  # sqlite.NoFileError
        if type(cause).__name__ == "NoFileError" and isinstance(told, str):
            return told, name
        state = _sqlstate(cause)
        for prefix, kind in SQLSTATES.items():
            if state and state.startswith(prefix):
                return kind, name
        number = cause.args[0] if cause.args else None
        if isinstance(number, int) and not isinstance(cause, OSError) and number in NUMBERS:
            return NUMBERS[number], name
    for cause in chain:
        name = type(cause).__name__
        if known := exceptions.connection_problem(cause):
            return known, name
        if isinstance(cause, PermissionError):
            return "permission", name
        if isinstance(cause, ImportError):
            return "driver", name
        message = str(cause).lower()
        for kind, words in WORDS:
            if any(word in message for word in words):
                return kind, name
    return "", type(chain[-1]).__name__


def _sqlstate(error: BaseException) -> str:
    for attribute in ("sqlstate", "pgcode"):
        value = getattr(error, attribute, None)
        if isinstance(value, str):
            return value
    first = error.args[0] if error.args else None
    code = first.get("C") if isinstance(first, dict) else None  # pg8000 hands over the server's fields
    return code if isinstance(code, str) else ""
