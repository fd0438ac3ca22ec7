"""Every address of the marketplace."""

from __future__ import annotations

from accounts.views import profile
from directory.views import providers, search
from django.urls import path
from messaging.views import notifications, read_thread

from marketplace.health import health, ready

urlpatterns = [
    path("health", health),
    path("ready", ready),
    path("providers", providers, name="providers"),
    path("providers/search", search, name="search"),
    path("profile", profile, name="profile"),
    path("notifications", notifications, name="notifications"),
    path("threads/<int:thread_id>/read", read_thread, name="read-thread"),
]
