"""The worker's application: `celery -A src.celery_app worker`."""

from __future__ import annotations

from celery import Celery
from celery.schedules import crontab

from src.settings import settings

celery_app = Celery("curation", broker=settings.broker_url, backend=settings.result_backend)

celery_app.conf.update(
    timezone="UTC",
    task_acks_late=True,
    task_time_limit=300,
    beat_schedule={
        "daily-financial-report": {
            "task": "src.finance.tasks.generate_daily_financial_report",
            "schedule": crontab(hour=3, minute=15),
        },
        "sync-stripe-payments": {
            "task": "src.finance.tasks.sync_stripe_payments",
            "schedule": crontab(minute="*/10"),
            "kwargs": {"hours": 1},
        },
        "archive-rejected-places": {
            "task": "src.curation.tasks.archive_rejected_places",
            "schedule": 3600.0,
            "args": (30,),
        },
    },
)

celery_app.autodiscover_tasks(["src.finance", "src.curation"])
