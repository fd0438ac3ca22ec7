"""What the finance tasks read and write."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class UserSubscription(models.Model):
    """What a customer has subscribed to, and until when it is paid."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    user = models.ForeignKey(User, on_delete=models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)
    price_cents = models.PositiveIntegerField()
    paid_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"the subscription of {self.user}"


class PaymentTransaction(models.Model):
    """One charge."""

    class State(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        FAILED = "failed"

    stripe_id = models.CharField(max_length=60, unique=True)
    subscription = models.ForeignKey(UserSubscription, null=True, blank=True, on_delete=models.PROTECT)
    amount_cents = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.stripe_id


class RefundRequest(models.Model):
    """A customer asks for the money back."""

    payment = models.ForeignKey(PaymentTransaction, on_delete=models.PROTECT)
    approved = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"a refund of {self.payment}"


class Invoice(models.Model):
    """What a customer is asked to pay for one month."""

    subscription = models.ForeignKey(UserSubscription, on_delete=models.PROTECT)
    amount_cents = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"an invoice for {self.subscription}"


class EscrowHold(models.Model):
    """Money kept back until a date."""

    payment = models.OneToOneField(PaymentTransaction, on_delete=models.PROTECT)
    release_at = models.DateTimeField()
    released = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"a hold on {self.payment}"


class DunningAttempt(models.Model):
    """One more try at a charge that failed."""

    payment = models.ForeignKey(PaymentTransaction, on_delete=models.PROTECT)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"a try at {self.payment}"


class DailyReport(models.Model):
    """The figures of one day."""

    day = models.DateField(unique=True)
    paid_cents = models.PositiveBigIntegerField()
    pending_refunds = models.PositiveIntegerField()
    active_subscriptions = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"the report of {self.day}"
