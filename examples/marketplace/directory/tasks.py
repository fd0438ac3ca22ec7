"""What happens to the catalogue in the background."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from search.store import Store

from directory.catalogue import entries
from directory.listing import forget

log = logging.getLogger(__name__)


@shared_task
def publish_providers() -> int:
    """Put the catalogue into the search, and show it anew; the answer is how many providers it has."""
    store = Store(settings.VECTOR_STORE)
    found = entries()
    for entry in found:
        try:
            store.add(str(entry["name"]))
        except OSError:
            log.exception("%s is not searchable", entry["name"])
    forget()
    return len(found)
