"""The family of the environment's rules, and the words that they share."""

from __future__ import annotations

from pytest_prodready.registry import Family

family = Family("environment")


def missing(name: str, *, empty: bool) -> str:
    """What is wrong with a variable, as a clause."""
    return f"the environment variable {name} is {'empty' if empty else 'not set'}"


def give(name: str) -> str:
    """What to do about it."""
    return f"Set {name} where the gate runs, as production sets it."
