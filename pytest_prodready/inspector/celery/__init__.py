"""The Celery app, looked at in the worker's own interpreter."""
