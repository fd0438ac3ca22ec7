"""PRD2xx: the worker loads, has every task that the source defines, and each of them can run.

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.celery import beat, discovery, registration
from pytest_prodready.rules.celery.app import celery_app
from pytest_prodready.rules.celery.family import family
from pytest_prodready.rules.celery.tasks import task

__all__ = ["beat", "celery_app", "discovery", "family", "registration", "task"]
