"""The review of places."""
