"""A job that is saved goes to the public catalogue."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from jobs.models import JobPosting
from jobs.tasks import sync_job_to_public_catalog


@receiver(post_save, sender=JobPosting)
def publish(sender: type[JobPosting], instance: JobPosting, **kwargs: Any) -> None:
    """Send the task once the job is really there."""
    transaction.on_commit(partial(send, instance))


def send(job: JobPosting) -> None:
    """Send the task, with the tenant it has to work for."""
    sync_job_to_public_catalog.delay(job.pk, job.tenant)
