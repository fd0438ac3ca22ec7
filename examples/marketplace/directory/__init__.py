"""The providers, and how they are found."""
