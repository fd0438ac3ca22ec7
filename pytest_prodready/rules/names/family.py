"""The family of the rules about names, and the classes that it judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import AskedClass, Facts
from pytest_prodready.registry import Family, Subject

family = Family("names")
NEEDS = ("web", "worker", "commands", "closure", "mapping", "names")
LOADED = "asked the class that was loaded as production loads it"


@family.kind("class", "classes", needs=NEEDS)
def asked_class(facts: Facts) -> Iterator[Subject[AskedClass]]:
    """Each class whose instances the code asks for attributes, or whose fields it names in queries."""
    looked_at = [seen.names_asked for seen in facts.entries if seen.names_asked is not None]
    known: dict[str, AskedClass] = {}
    for one in (each for asked in looked_at for each in asked.classes):
        known[one.name] = _together(known[one.name], one) if one.name in known else one
    for name, one in known.items():
        yield Subject(shown(name), one, location=one.location)
    failed = [seen.entry.target for seen in facts.entries if seen.failure is not None]
    if failed and not looked_at:
        yield Subject("classes", AskedClass(""), skipped=f"{failed[0]} does not load")


def shown(name: str) -> str:
    """The qualified name of a class as it is written in code: ``tuple`` for Python's own."""
    return name.removeprefix("builtins.")


def _together(one: AskedClass, other: AskedClass) -> AskedClass:
    """What two entry points ask of a class; a line that both have loaded counts once."""
    return replace(
        one,
        location=one.location or other.location,
        reads=one.reads + other.reads,
        lookups=one.lookups + other.lookups,
        missing=tuple(dict.fromkeys((*one.missing, *other.missing))),
        unresolved=tuple(dict.fromkeys((*one.unresolved, *other.unresolved))),
    )
