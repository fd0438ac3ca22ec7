"""Who uses the marketplace."""
