"""Charges as Stripe knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings


@dataclass(frozen=True)
class Charge:
    """One charge, and the customer it belongs to."""

    id: str
    email: str
    amount_cents: int


def charges_since(start: datetime) -> list[Charge]:
    """The successful charges since a moment; none when Stripe is switched off."""
    if not settings.STRIPE_API_KEY:
        return []

    import stripe

    stripe.api_key = settings.STRIPE_API_KEY
    found = stripe.Charge.list(created={"gte": int(start.timestamp())})
    return [
        Charge(one.id, one.billing_details.email, one.amount)
        for one in found.auto_paging_iter()
        if one.status == "succeeded"
    ]
