"""Job postings and what the public sees of them."""

from __future__ import annotations

from directory.models import Provider
from django.db import models


class JobPosting(models.Model):
    """A job as its provider wrote it."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE)
    tenant = models.SlugField()
    title = models.CharField(max_length=160)
    open = models.BooleanField(default=True)
    posted = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class PublicJob(models.Model):
    """A job in the catalogue that all tenants share."""

    posting = models.OneToOneField(JobPosting, on_delete=models.CASCADE)
    tenant = models.SlugField()
    headline = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.headline
