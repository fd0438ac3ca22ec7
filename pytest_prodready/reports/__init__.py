"""Findings → text: pure functions, a value in and a string out."""
