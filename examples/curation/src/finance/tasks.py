"""The finance tasks.

Models are imported where they are used: the worker loads this module before it needs a database.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from celery import shared_task
from sqlalchemy import func, select

from src.db import run_in_session
from src.finance.stripe_gateway import charges_since

if TYPE_CHECKING:
    from sqlalchemy.engine import Row
    from sqlalchemy.ext.asyncio import AsyncSession


@shared_task
def sync_stripe_payments(hours: int = 24) -> int:
    """Copy the charges of the last hours; the answer is how many were new."""
    from src.finance.models import PaymentTransaction, UserSubscription

    async def work(session: AsyncSession) -> int:
        added = 0
        for charge in charges_since(datetime.now(timezone.utc) - timedelta(hours=hours)):
            known = select(PaymentTransaction.id).where(PaymentTransaction.stripe_id == charge.id)
            if await session.scalar(known) is not None:
                continue
            owner = select(UserSubscription.id).where(UserSubscription.user_email == charge.email).limit(1)
            session.add(
                PaymentTransaction(
                    stripe_id=charge.id,
                    subscription_id=await session.scalar(owner),
                    amount_cents=charge.amount_cents,
                    state="paid",
                )
            )
            added += 1
        return added

    return run_in_session(work)


@shared_task
def process_pending_refunds() -> int:
    """Approve the refunds of payments that really arrived."""
    from src.finance.models import PaymentTransaction, RefundRequest

    async def work(session: AsyncSession) -> int:
        query = select(RefundRequest).join(
            PaymentTransaction, RefundRequest.payment_id == PaymentTransaction.id
        )
        refunds = (
            await session.scalars(
                query.where(RefundRequest.state == "pending", PaymentTransaction.state == "paid")
            )
        ).all()
        for refund in refunds:
            refund.state = "approved"
        return len(refunds)

    return run_in_session(work)


@shared_task
def process_escrow_transactions() -> int:
    """Release the money whose date has come, unless a refund is asked for."""
    from src.finance.models import EscrowHold, PaymentTransaction, RefundRequest

    async def work(session: AsyncSession) -> int:
        disputed = select(RefundRequest.payment_id).where(RefundRequest.state == "pending")
        query = (
            select(EscrowHold)
            .join(PaymentTransaction, EscrowHold.payment_id == PaymentTransaction.id)
            .where(~EscrowHold.released, EscrowHold.release_at <= func.now())
            .where(PaymentTransaction.id.not_in(disputed))
        )
        holds = (await session.scalars(query)).all()
        for hold in holds:
            hold.released = True
        return len(holds)

    return run_in_session(work)


@shared_task
def generate_monthly_invoices() -> int:
    """Write an invoice for each active subscription that has no payment on its way."""
    from src.finance.models import Invoice, PaymentTransaction, UserSubscription

    async def work(session: AsyncSession) -> int:
        on_its_way = select(PaymentTransaction.subscription_id).where(
            PaymentTransaction.state == "pending", PaymentTransaction.subscription_id.is_not(None)
        )
        query = select(UserSubscription).where(
            UserSubscription.state == "active", UserSubscription.id.not_in(on_its_way)
        )
        due = (await session.scalars(query)).all()
        session.add_all(Invoice(subscription_id=one.id, amount_cents=one.price_cents) for one in due)
        return len(due)

    return run_in_session(work)


@shared_task
def generate_daily_financial_report() -> str:
    """Store the figures of today; the answer is the day."""
    from src.finance.models import DailyReport, PaymentTransaction, RefundRequest, UserSubscription

    async def work(session: AsyncSession) -> str:
        today = datetime.now(timezone.utc).date()
        paid = select(func.coalesce(func.sum(PaymentTransaction.amount_cents), 0)).where(
            PaymentTransaction.state == "paid", func.date(PaymentTransaction.created_at) == today
        )
        refunds = select(func.count(RefundRequest.id)).where(RefundRequest.state == "pending")
        active = select(func.count(UserSubscription.id)).where(UserSubscription.state == "active")
        report = DailyReport(
            day=today,
            paid_cents=await session.scalar(paid),
            pending_refunds=await session.scalar(refunds),
            active_subscriptions=await session.scalar(active),
        )
        await session.merge(report)
        return today.isoformat()

    return run_in_session(work)


async def _past_due(session: AsyncSession) -> list[Row]:
    """Subscriptions that are no longer paid for, each with its failed payment and how often it was tried."""
    from src.finance.models import DunningAttempt, PaymentTransaction, UserSubscription

    tries = (
        select(func.count(DunningAttempt.id))
        .where(DunningAttempt.payment_id == PaymentTransaction.id)
        .scalar_subquery()
    )
    query = (
        select(UserSubscription, PaymentTransaction, tries.label("tries"))
        .join(PaymentTransaction, PaymentTransaction.subscription_id == UserSubscription.id)
        .where(UserSubscription.paid_until < func.now(), PaymentTransaction.state == "failed")
    )
    return list((await session.execute(query)).all())


@shared_task
def retry_failed_payments(limit: int = 3) -> int:
    """Put failed payments back in line, each at most as often as the limit says."""

    async def work(session: AsyncSession) -> int:
        retried = [payment for _, payment, tries in await _past_due(session) if tries < limit]
        for payment in retried:
            payment.state = "pending"
        return len(retried)

    return run_in_session(work)


@shared_task
def update_subscription_status(limit: int = 3) -> int:
    """Suspend the subscriptions whose payment failed too often."""

    async def work(session: AsyncSession) -> int:
        lapsed = [subscription for subscription, _, tries in await _past_due(session) if tries >= limit]
        for subscription in lapsed:
            subscription.state = "suspended"
        return len(lapsed)

    return run_in_session(work)
