"""The list that everybody asks for, kept for a while."""

from __future__ import annotations

from django.core.cache import cache

from directory.catalogue import entries

KEY = "providers"
MINUTES = 5


def listed() -> list[dict[str, object]]:
    """The catalogue; while it is asked for it stays in the cache."""
    found = cache.get(KEY)
    if found is None:
        found = entries()
        cache.set(KEY, found, timeout=MINUTES * 60)
    else:
        cache.touch(KEY, MINUTES * 60)
    return found


def forget() -> None:
    """Read it from the database again."""
    cache.delete(KEY)
