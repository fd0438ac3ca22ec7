"""Is the process alive, and can it do its work?"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

log = logging.getLogger(__name__)


def health(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """The database answers, too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("the database is not ready")
        return JsonResponse({"status": "not_ready", "checks": {"database": "unavailable"}}, status=503)
    return JsonResponse({"status": "ready", "checks": {"database": "ok"}})
