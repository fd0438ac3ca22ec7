"""What we know of a user besides the login."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver


class Profile(models.Model):
    """Made with the user."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    phone = models.CharField(max_length=30, blank=True)
    newsletter = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"the profile of {self.user}"


@receiver(post_save, sender=User)
def create_profile(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    """Give each new user a profile."""
    if created:
        Profile.objects.create(user=instance)
