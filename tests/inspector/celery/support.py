"""What the tests of the Celery inspector share."""

from __future__ import annotations

from collections.abc import Callable

from pytest_prodready.facts import Celery, InspectedEntry

Inspect = Callable[..., InspectedEntry]
Load = Callable[..., Celery]

APP = """\
from celery import Celery
app = Celery("proj", broker="redis://127.0.0.1:1/0")
"""
