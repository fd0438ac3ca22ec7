"""The project. Celery's app is loaded with it, so that shared tasks belong to it in the web process, too."""

from __future__ import annotations

from marketplace.celery import app as celery_app

__all__ = ["celery_app"]
