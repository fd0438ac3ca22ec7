"""The family of the rules about names, and the classes that it judges."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import AskedClass, Facts
from pytest_prodready.registry import Family, Subject

family = Family("names")
NEEDS = ("web", "worker", "commands", "script", "closure", "mapping", "names")
LOADED = "asked the class that was loaded as production loads it"


@family.kind("class", "classes", needs=NEEDS)
def asked_class(facts: Facts) -> Iterator[Subject[AskedClass]]:
    """Each class whose instances the code asks for attributes, or whose fields it names in queries."""
    looked_at = [seen.names_asked for seen in facts.entries if seen.names_asked is not None]
    for asked in looked_at:
        for one in asked.classes:
            yield Subject(one.name, one, location=one.location)
    failed = [seen.entry.target for seen in facts.entries if seen.failure is not None]
    if failed and not looked_at:
        yield Subject("classes", AskedClass(""), skipped=f"{failed[0]} does not load")
