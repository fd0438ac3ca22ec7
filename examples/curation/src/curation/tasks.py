"""The curation tasks."""

from __future__ import annotations

from functools import partial

from celery import shared_task

from src.curation import service
from src.db import run_in_session


@shared_task
def archive_rejected_places(days: int) -> int:
    """Archive what was no fit and is older than a number of days."""
    return run_in_session(partial(service.archive_rejected, days=days))


@shared_task
def publish_sitemap() -> list[str]:
    """The hosts of all selected places."""
    return run_in_session(service.hosts_of_selected)
