"""What the rules about Celery share: their family, the loaded apps, the words of proof."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts, InspectedEntry
from pytest_prodready.registry import Family

family = Family("celery")


AS_WORKER = (
    "loaded in a fresh interpreter as a worker loads it: modules imported, autodiscovery run, finalized"
)


def loaded(facts: Facts) -> Iterator[InspectedEntry]:
    return (seen for seen in facts.entries if seen.entry.kind == "celery" and seen.celery is not None)


def plain_name(name: str) -> str:
    """A name that is safe in a node id: no brackets, no double colon."""
    return name.replace("[", "(").replace("]", ")").replace("::", ":")
