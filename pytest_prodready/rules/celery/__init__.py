"""PRD2xx: the worker loads, has every task that the source defines, and each of them can run.

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.celery import (
    beat,
    calls,
    contract,
    discovery,
    duplicates,
    live,
    registration,
    routing,
    tenants,
    unknown_keys,
    wiring,
)
from pytest_prodready.rules.celery.app import celery_app
from pytest_prodready.rules.celery.family import family
from pytest_prodready.rules.celery.tasks import task

__all__ = [
    "beat",
    "calls",
    "celery_app",
    "contract",
    "discovery",
    "duplicates",
    "family",
    "live",
    "registration",
    "routing",
    "task",
    "tenants",
    "unknown_keys",
    "wiring",
]
