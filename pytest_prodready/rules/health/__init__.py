"""PRD5xx: the server starts, its endpoints answer what they must, and it leaves when it is told to.

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.health.answers import check_expectation
from pytest_prodready.rules.health.doors import protected_endpoint_open
from pytest_prodready.rules.health.endpoints import missing_route, wrong_body, wrong_status
from pytest_prodready.rules.health.family import endpoint, family, server
from pytest_prodready.rules.health.server import does_not_start

__all__ = [
    "check_expectation",
    "does_not_start",
    "endpoint",
    "family",
    "missing_route",
    "protected_endpoint_open",
    "server",
    "wrong_body",
    "wrong_status",
]
