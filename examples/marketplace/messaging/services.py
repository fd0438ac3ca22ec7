"""Notifications and threads, as the pages need them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from django.contrib.auth.models import User
from django.core.mail import send_mail

from messaging.models import Notification, Thread

KEPT = timedelta(days=30)


def recent_notifications(user: User) -> list[Notification]:
    """What a user was told in the last days, the newest first."""
    start = datetime.now(timezone.utc) - KEPT
    return list(Notification.objects.filter(user=user, timestamp__gte=start).order_by("-timestamp"))


def get_unread_count(user: User) -> int:
    """How much is new to the user."""
    return Notification.objects.filter(user=user, read=False).count()


def mark_thread_read(thread: Thread, user: User) -> int:
    """The user has seen a conversation; the answer is how many notifications that settles."""
    return Notification.objects.filter(thread=thread, user=user, read=False).update(read=True)


def notify(user: User, text: str, thread: Thread | None = None) -> Notification:
    """Tell a user something, here and by mail."""
    notification = Notification.objects.create(user=user, text=text, thread=thread)
    send_mail("News from the marketplace", text, None, [user.email])
    return notification


def digest(user: User) -> str:
    """The new notifications as one text."""
    lines = []
    for notification in recent_notifications(user):
        mark = " " if notification.read else "*"
        lines.append(f"{mark} {notification.timestamp:%d %B} {notification.text}")
    return "\n".join(lines)
