"""A connection to the app's own broker that ends in time, and why there is none, without a credential."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import exceptions

LONG_AGO = 10**9
"""Seconds: no message is so old that kombu would take it for lost and put it back into its queue."""
WORDS = (
    ("login", ("access_refused", "invalid username-password", "authentication", "noauth", "wrongpass")),
    ("vhost", ("not_allowed", "db index is out of range")),
    ("host", ("name or service not known", "nodename nor servname", "name resolution", "no address")),
    ("closed", ("connection refused", "no such file or directory")),
    ("slow", ("timed out", "timeout")),
)
"""kombu wraps what a driver raises: its message is all there is."""


class CannotAskError(Exception):
    """The transport has no way to ask workers; the message says which."""


class DriverError(Exception):
    """The package that speaks the broker's protocol is not there."""


def address(app: Any) -> str:
    """Where the broker is: scheme, host, port and virtual host or database, never a login."""
    connection = app.connection_for_write()
    try:
        host = connection.hostname or "localhost"
        port = f":{connection.port}" if connection.port else ""
        virtual = str(connection.virtual_host or "").lstrip("/")
        return f"{connection.transport_cls}://{str(host).rpartition('@')[2]}{port}/{virtual}"
    finally:
        connection.release()


@contextmanager
def connection(app: Any, limit: float) -> Iterator[Any]:
    """A connection of our own, made with the app's settings, that is closed at the end.

    Args:
        app: the loaded app.
        limit: seconds after which a driver that can keep a limit gives up.

    Raises:
        CannotAskError: workers cannot be asked over this transport.
        DriverError: the transport's package is not installed.
        Exception: whatever the driver raises when it cannot connect.
    """
    wait = limit / 2  # it tries twice
    with app.connection_for_write(connect_timeout=wait) as plain:
        try:
            transport = plain.transport
        except ImportError as error:
            raise DriverError(str(error.name or plain.transport_cls)) from error
        kinds = getattr(transport.implements, "exchange_type", ())
        driver = transport.driver_type
    if driver == "memory":
        raise CannotAskError("the broker memory:// lives in one process: no worker but its own is behind it")
    if "fanout" not in kinds:
        raise CannotAskError(f"the transport {plain.transport_cls} has no remote control to ask workers with")
    options = {}
    if driver == "redis":
        options = {
            "socket_connect_timeout": wait,
            "socket_timeout": limit,
            "visibility_timeout": LONG_AGO,
        }
    with app.connection_for_write(connect_timeout=wait, transport_options=options) as made:
        others = max(1, len(made.alt or ()) - 1)
        made.ensure_connection(
            max_retries=others, interval_start=0, interval_step=0, interval_max=0, timeout=limit
        )
        yield made


def explain(error: BaseException, limit: float) -> dict[str, str]:
    """``problem`` and ``detail`` of a ``Live``; what a driver says may hold a login and is not repeated."""
    if isinstance(error, CannotAskError):
        return {"problem": "unsupported", "detail": str(error)}
    if isinstance(error, DriverError):
        return {"problem": "unreachable", "detail": f"the package {error}, which it needs, is not there"}
    kind, raised = _kind(error)
    detail = {
        "login": "it refused the login",
        "vhost": "it does not let this login use that virtual host or database",
        "host": "the name of its host is not known",
        "closed": "nothing listens there",
        "slow": f"it gave no answer within {limit:g} s",
    }.get(kind, f"the driver raised {raised}")
    return {"problem": "unreachable", "detail": detail}


def _kind(error: BaseException) -> tuple[str, str]:
    """The kind of the first exception in the chain that says one, and the innermost class."""
    name = type(error).__name__
    for one in exceptions.chain(error):
        name = type(one).__name__
        if known := exceptions.connection_problem(one):
            return known, name
        said = f"{name} {one}".lower()
        for kind, words in WORDS:
            if any(word in said for word in words):
                return kind, name
    return "", name
