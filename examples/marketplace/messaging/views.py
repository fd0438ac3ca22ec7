"""The pages about what users write and are told."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from messaging.models import Notification, Thread
from messaging.services import get_unread_count, mark_thread_read


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """All that the user was told."""
    user = get_object_or_404(User, pk=request.user.pk)
    found = Notification.objects.filter(user=user).order_by("-timestamp")
    context = {"notifications": found, "unread": get_unread_count(user)}
    return render(request, "messaging/notifications.html", context)


@login_required
def read_thread(request: HttpRequest, thread_id: int) -> HttpResponse:
    """The user has read a conversation."""
    user = get_object_or_404(User, pk=request.user.pk)
    thread = get_object_or_404(Thread, pk=thread_id, participants=user)
    mark_thread_read(thread, user)
    return redirect("notifications")
