"""Which name was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

LONGEST = 100
"""Nobody means another name by one longer than this, and the comparison takes quadratic time."""
ENOUGH = 0.7


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that a person who wrote ``name`` most likely meant; empty when none is near.

    Near is also what has half of its words in common: ``company_name`` for ``business_name``.
    """
    if len(name) > LONGEST:
        return ""
    best, best_score = "", 0.0
    wanted = name.casefold()
    words = _words(wanted)
    for candidate in sorted(set(candidates) - {name}):
        found = candidate.casefold()
        score = SequenceMatcher(None, wanted.replace("_", ""), found.replace("_", "")).ratio()
        others = _words(found)
        if words and others and (words <= others or others <= words):
            score = max(score, ENOUGH) + 0.2
        elif 2 * len(words & others) >= max(len(words), len(others), 1):
            score = max(score, ENOUGH + score / 100)
        if score > best_score:
            best, best_score = candidate, score
    return best if best_score >= ENOUGH else ""


def _words(name: str) -> set[str]:
    return {word for word in name.split("_") if len(word) > 2}
