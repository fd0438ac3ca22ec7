"""How a job is called in the public catalogue."""

from __future__ import annotations


def headline(title: str, company: str) -> str:
    """One line, as short as it can be: `Baker at Miller & Sons`."""
    words = " ".join(title.split()).rstrip(".!")
    return f"{words} at {company}"
