"""What users are told in the background."""

from __future__ import annotations

from celery import shared_task
from django.contrib.auth.models import User

from messaging.services import digest, get_unread_count, notify


@shared_task
def send_digest(user_id: int) -> bool:
    """Mail the new notifications to a user, if there are any."""
    user = User.objects.get(pk=user_id)
    if not get_unread_count(user):
        return False
    notify(user, digest(user))
    return True
