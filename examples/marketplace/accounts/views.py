"""A user's own data."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from accounts.models import Profile


@login_required
def profile(request: HttpRequest) -> JsonResponse:
    """What we know of you."""
    found = get_object_or_404(Profile, user=request.user)
    return JsonResponse({"phone": found.phone, "newsletter": found.newsletter})
