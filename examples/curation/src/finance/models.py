"""What the finance tasks read and write."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.db.base import Base, CreatedAt


class UserSubscription(Base):
    """What a customer has subscribed to, and until when it is paid."""

    __tablename__ = "user_subscriptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_email: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    price_cents: Mapped[int]
    paid_until: Mapped[datetime]


class PaymentTransaction(CreatedAt, Base):
    """One charge."""

    __tablename__ = "payment_transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("user_subscriptions.id"))
    amount_cents: Mapped[int]
    state: Mapped[str] = mapped_column(default="pending")


class RefundRequest(CreatedAt, Base):
    """A customer asks for the money back."""

    __tablename__ = "refund_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment_transactions.id"))
    state: Mapped[str] = mapped_column(default="pending")
    payment: Mapped[PaymentTransaction] = relationship()


class Invoice(CreatedAt, Base):
    """What a customer is asked to pay for one month."""

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("user_subscriptions.id"))
    amount_cents: Mapped[int]


class EscrowHold(Base):
    """Money kept back until a date."""

    __tablename__ = "escrow_holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment_transactions.id"))
    release_at: Mapped[datetime]
    released: Mapped[bool] = mapped_column(default=False)


class DunningAttempt(CreatedAt, Base):
    """One more try at a charge that failed."""

    __tablename__ = "dunning_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment_transactions.id"))


class DailyReport(Base):
    """The figures of one day."""

    __tablename__ = "daily_reports"

    day: Mapped[date] = mapped_column(primary_key=True)
    paid_cents: Mapped[int]
    pending_refunds: Mapped[int]
    active_subscriptions: Mapped[int]
