"""Words that several floors share."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_LONGEST = 200
"""Nobody means another name by one longer than this, and the comparison takes quadratic time."""


MOST_LETTERS = 2
"""That a slip of the hand adds or leaves out."""
ALMOST = 0.85


def nearest(name: str, candidates: Iterable[str], *, at_least: float = 0.7) -> str:
    """The candidate that a person who wrote ``name`` most likely meant; empty when none is near.

    A candidate that contains the name, or is contained in it (``Payment``, ``PaymentTransaction``),
    counts as near although few of its letters agree. ``at_least`` may be lower where the names are short.
    """
    if len(name) > _LONGEST:
        return ""
    best, best_score = "", 0.0
    wanted = name.casefold().replace("_", "")
    for candidate in sorted(set(candidates) - {name}):
        found = candidate.casefold().replace("_", "")
        if not found or not wanted:
            continue
        score = SequenceMatcher(None, wanted, found).ratio()
        if len(min(wanted, found, key=len)) >= 4 and (wanted in found or found in wanted):
            score += 0.5
        if score > best_score:
            best, best_score = candidate, score
    return best if best_score >= at_least else ""


def misspelt(name: str, candidates: Iterable[str]) -> str:
    """The candidate that ``name`` is for sure, but for a letter or two or an underscore; else empty."""
    wanted = name.casefold().replace("_", "")
    if not 4 <= len(wanted) <= _LONGEST:
        return ""
    best, best_score = "", ALMOST
    matcher = SequenceMatcher(b=wanted)
    for candidate in sorted(set(candidates)):
        found = candidate.casefold().replace("_", "")
        if abs(len(found) - len(wanted)) > MOST_LETTERS:
            continue
        matcher.set_seq1(found)
        # most are told apart by their letters alone, which takes a tenth of the time
        if matcher.quick_ratio() >= best_score and (score := matcher.ratio()) >= best_score:
            best, best_score = candidate, score
    return best


def joined(names: Iterable[str]) -> str:
    """``names`` as a sentence lists them: ``a, b and c``."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def listed(names: Iterable[str], limit: int = 10) -> str:
    """``names`` as a readable list, cut after ``limit`` with the number left out."""
    every = list(names)
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
