"""Subscriptions, payments, refunds."""
