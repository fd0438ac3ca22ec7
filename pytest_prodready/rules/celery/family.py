"""What the rules about Celery share: their family, the loaded apps, the words of proof."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from pytest_prodready.facts import Facts, InspectedEntry, Parameter
from pytest_prodready.registry import Family

family = Family("celery")
KINDS = {
    "positional-only": inspect.Parameter.POSITIONAL_ONLY,
    "positional": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "*args": inspect.Parameter.VAR_POSITIONAL,
    "keyword-only": inspect.Parameter.KEYWORD_ONLY,
    "**kwargs": inspect.Parameter.VAR_KEYWORD,
}
"""The words of the facts for the kinds of parameters."""
AS_WORKER = (
    "loaded in a fresh interpreter as a worker loads it: modules imported, autodiscovery run, finalized"
)


def loaded(facts: Facts) -> Iterator[InspectedEntry]:
    return (seen for seen in facts.entries if seen.entry.kind == "celery" and seen.celery is not None)


def signature(parameters: Iterable[Parameter]) -> inspect.Signature:
    """The signature that has these parameters, with a stand-in for each default."""
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(
                one.name, KINDS[one.kind], default=empty if one.required or "*" in one.kind else ...
            )
            for one in parameters
        ]
    )


def plain_name(name: str) -> str:
    """A name that is safe in a node id: no brackets, no double colon."""
    return name.replace("[", "(").replace("]", ")").replace("::", ":")
