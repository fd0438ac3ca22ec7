"""The finance tasks.

Models are imported where they are used: the worker loads this module before it needs a database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db.models import Count, Sum
from django.utils import timezone

from finance.gateway import charges_since

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from finance.models import PaymentTransaction


@shared_task
def sync_stripe_payments(hours: int = 24) -> int:
    """Copy the charges of the last hours; the answer is how many were new."""
    from finance.models import PaymentTransaction, UserSubscription

    added = 0
    for charge in charges_since(timezone.now() - timedelta(hours=hours)):
        owner = UserSubscription.objects.filter(user__email=charge.email).first()
        _, new = PaymentTransaction.objects.get_or_create(
            stripe_id=charge.id,
            defaults={"subscription": owner, "amount_cents": charge.amount_cents, "state": "paid"},
        )
        added += new
    return added


@shared_task
def process_pending_refunds() -> int:
    """Approve the refunds of payments that really arrived."""
    from finance.models import PaymentTransaction, RefundRequest

    paid = PaymentTransaction.objects.filter(state="paid")
    return RefundRequest.objects.filter(approved=False, payment__in=paid).update(approved=True)


@shared_task
def process_escrow_transactions() -> int:
    """Release the money whose date has come, unless a refund is asked for."""
    from finance.models import EscrowHold, PaymentTransaction, RefundRequest

    disputed = RefundRequest.objects.filter(approved=False).values("payment_id")
    settled = PaymentTransaction.objects.filter(state="paid").exclude(pk__in=disputed)
    due = EscrowHold.objects.filter(released=False, release_at__lte=timezone.now(), payment__in=settled)
    return due.update(released=True)


@shared_task
def generate_monthly_invoices() -> int:
    """Write an invoice for each active subscription that has no payment on its way."""
    from finance.models import Invoice, PaymentTransaction, UserSubscription

    on_its_way = PaymentTransaction.objects.filter(state="pending", subscription__isnull=False)
    due = UserSubscription.objects.filter(state="active").exclude(pk__in=on_its_way.values("subscription_id"))
    invoices = [Invoice(subscription=one, amount_cents=one.price_cents) for one in due]
    return len(Invoice.objects.bulk_create(invoices))


@shared_task
def generate_daily_financial_report() -> str:
    """Store the figures of today; the answer is the day."""
    from finance.models import DailyReport, PaymentTransaction, RefundRequest, UserSubscription

    today = timezone.now().date()
    paid = PaymentTransaction.objects.filter(state="paid", created__date=today)
    DailyReport.objects.update_or_create(
        day=today,
        defaults={
            "paid_cents": paid.aggregate(total=Sum("amount_cents"))["total"] or 0,
            "pending_refunds": RefundRequest.objects.filter(approved=False).count(),
            "active_subscriptions": UserSubscription.objects.filter(state="active").count(),
        },
    )
    return today.isoformat()


def _past_due() -> QuerySet[PaymentTransaction]:
    """Failed payments of unpaid subscriptions, not tried today, each with how often it was tried."""
    from finance.models import DunningAttempt, PaymentTransaction, UserSubscription

    now = timezone.now()
    today = DunningAttempt.objects.filter(created__gte=now - timedelta(days=1))
    unpaid = UserSubscription.objects.filter(paid_until__lt=now)
    failed = PaymentTransaction.objects.filter(state="failed", subscription__in=unpaid)
    return failed.exclude(pk__in=today.values("payment_id")).annotate(tries=Count("dunningattempt"))


@shared_task
def retry_failed_payments(limit: int = 3) -> int:
    """Put failed payments back in line, each at most as often as the limit says."""
    from finance.models import DunningAttempt

    retried = 0
    for payment in _past_due().filter(tries__lt=limit):
        DunningAttempt.objects.create(payment=payment)
        payment.state = "pending"
        payment.save(update_fields=["state"])
        retried += 1
    return retried


@shared_task
def update_subscription_status(limit: int = 3) -> int:
    """Suspend the subscriptions whose payment failed too often."""
    lapsed = 0
    for payment in _past_due().filter(tries__gte=limit).select_related("subscription"):
        if payment.subscription is not None:
            payment.subscription.state = "suspended"
            payment.subscription.save(update_fields=["state"])
            lapsed += 1
    return lapsed
