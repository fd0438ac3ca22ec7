"""Providers and what they do."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class Category(models.Model):
    """A kind of service."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name


class Provider(models.Model):
    """A business that offers services. It may be listed before anybody has an account for it."""

    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL)
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    company_name = models.CharField(max_length=120)
    city = models.CharField(max_length=80)
    website_url = models.URLField(blank=True)
    active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.company_name
