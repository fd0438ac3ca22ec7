"""Which of an application's guarded operations are asked without the right to them."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_prodready.facts import Expectation, Operation
from pytest_prodready.health.names import NAMES

MOST = 200
"""How many are asked in one run."""
_ENDING = ("logout", "log-out", "log_out", "signout", "sign-out", "sign_out", "logoff", "revoke")
_TESTING = ("verify", "validate", "introspect", "check-token", "check_token", "refresh", "callback")
"""Last segments of what ends a session, and of what is there to be told wrong credentials: a success of these
says nothing."""


def asked(
    operations: Iterable[Operation], configured: Iterable[Expectation]
) -> tuple[tuple[Operation, ...], int]:
    """The operations to ask, and how many more there are.

    Args:
        operations: those of the web application.
        configured: what the settings expect; an endpoint that they protect is asked as they say.
    """
    taken = {one.path.partition("?")[0] for one in configured if one.refuse_without}
    found = tuple(one for one in operations if one.path not in taken and not _says_nothing(one))
    return found[:MOST], max(0, len(found) - MOST)


def _says_nothing(operation: Operation) -> bool:
    """Whether a success would be right; a document often guards all but the login, health endpoints too."""
    last = operation.path.rstrip("/").rpartition("/")[2].lower()
    documented = operation.source == "the OpenAPI document"
    return last in (*_ENDING, *_TESTING) or (documented and last in NAMES)
