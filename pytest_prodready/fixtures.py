"""The fixtures of hand-written tests; each gives an object of :mod:`pytest_prodready.access`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_prodready.stash import GATE, OFF

if TYPE_CHECKING:
    from pytest_prodready.access.celery import CeleryTasks
    from pytest_prodready.access.dependencies import Dependencies
    from pytest_prodready.access.enums import Enums
    from pytest_prodready.access.health import HealthProbes
    from pytest_prodready.access.imports import Imports
    from pytest_prodready.gate import Gate

NAMES = frozenset(
    {"prodready_imports", "prodready_celery", "prodready_enums", "prodready_dependencies", "prodready_health"}
)


@pytest.fixture(scope="session")
def _prodready_gate(pytestconfig: pytest.Config) -> Gate:
    """The gate of this session; a test that wants it is skipped without ``--prodready``."""
    if GATE not in pytestconfig.stash:
        pytest.skip(OFF)
    return pytestconfig.stash[GATE]


@pytest.fixture
def prodready_imports(_prodready_gate: Gate) -> Imports:
    """Import an entry point, or any ``module:name``, in a clean interpreter, and get the facts."""
    from pytest_prodready.access.imports import Imports

    return Imports(_prodready_gate)


@pytest.fixture
def prodready_celery(_prodready_gate: Gate) -> CeleryTasks:
    """The tasks, beat schedule, routes and queues as the worker sees them."""
    from pytest_prodready.access.celery import CeleryTasks

    return CeleryTasks(_prodready_gate)


@pytest.fixture
def prodready_enums(_prodready_gate: Gate) -> Enums:
    """Compare a Python enum with a database type or column."""
    from pytest_prodready.access.enums import Enums

    return Enums(_prodready_gate)


@pytest.fixture
def prodready_dependencies(_prodready_gate: Gate) -> Dependencies:
    """What is declared, installed and required; ``require("openpyxl>=3.1")``."""
    from pytest_prodready.access.dependencies import Dependencies

    return Dependencies(_prodready_gate)


@pytest.fixture
def prodready_health(_prodready_gate: Gate) -> HealthProbes:
    """Clients of httpx on the running app, and probes with expectations."""
    from pytest_prodready.access.health import HealthProbes

    return HealthProbes(_prodready_gate)
