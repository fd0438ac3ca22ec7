"""Connects the signals."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The application `jobs`."""

    name = "jobs"

    def ready(self) -> None:
        """Listen once the models are there."""
        from jobs import signals  # noqa: F401 - connects the receivers
