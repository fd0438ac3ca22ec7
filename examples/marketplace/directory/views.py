"""The public pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from search.store import Store

from directory.listing import listed


def providers(request: HttpRequest) -> JsonResponse:
    """Everybody in the catalogue."""
    return JsonResponse({"providers": listed()})


def search(request: HttpRequest) -> JsonResponse:
    """The names that come closest to what was asked."""
    store = Store(settings.VECTOR_STORE)
    return JsonResponse({"found": store.nearest(request.GET.get("q", ""))})
