"""Threads, their messages, and notifications."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class Thread(models.Model):
    """A conversation."""

    subject = models.CharField(max_length=160)
    participants = models.ManyToManyField(User)

    def __str__(self) -> str:
        return self.subject


class Message(models.Model):
    """One contribution to a conversation."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE)
    sender = models.ForeignKey(User, on_delete=models.CASCADE)
    body = models.TextField()
    sent = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.body[:40]


class Notification(models.Model):
    """Something that a user should know."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    thread = models.ForeignKey(Thread, null=True, blank=True, on_delete=models.CASCADE)
    text = models.CharField(max_length=300)
    timestamp = models.DateTimeField(auto_now_add=True)
    read = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.text
