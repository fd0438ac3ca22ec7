"""Payments, subscriptions and refunds."""
