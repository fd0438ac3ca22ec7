"""PRD5xx: the server starts, its endpoints answer what they must, and it leaves when it is told to.

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.health.answers import check_expectation
from pytest_prodready.rules.health.controls import ready_without_dependency
from pytest_prodready.rules.health.doors import protected_endpoint_open
from pytest_prodready.rules.health.endpoints import (
    missing_route,
    named_dependency_not_ready,
    too_slow,
    wrong_body,
    wrong_status,
)
from pytest_prodready.rules.health.family import endpoint, family, server
from pytest_prodready.rules.health.kubelet import unreachable_for_kubelet
from pytest_prodready.rules.health.server import does_not_start
from pytest_prodready.rules.health.shutdown import does_not_stop

__all__ = [
    "check_expectation",
    "does_not_start",
    "does_not_stop",
    "endpoint",
    "family",
    "missing_route",
    "named_dependency_not_ready",
    "protected_endpoint_open",
    "ready_without_dependency",
    "server",
    "too_slow",
    "unreachable_for_kubelet",
    "wrong_body",
    "wrong_status",
]
