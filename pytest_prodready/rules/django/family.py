"""The family of Django's rules, and where their facts are."""

from __future__ import annotations

from pytest_prodready.facts import DjangoProject, Facts, InspectedEntry
from pytest_prodready.registry import Family

family = Family("django")
NEEDS = ("web", "commands", "django")
SET_UP = "seen in the interpreter that had set the project up"


def project_of(facts: Facts) -> tuple[InspectedEntry, DjangoProject] | None:
    """The entry point that the Django project was looked at in, and the project; ``None`` without one.

    Of one that does not load, only those paths of its settings are known that name nothing.
    """
    return next(((seen, seen.django) for seen in facts.entries if seen.django is not None), None)
