"""Which modules from outside the application's own modules import, and where."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts import Facts, Location


@dataclass(frozen=True)
class Use:
    """One module of the application that imports one from outside."""

    module: str
    location: Location
    guard: str
    calls: tuple[str, ...]


def imported_modules(facts: Facts) -> dict[str, list[Use]]:
    """Top-level module from outside → the application's modules in the production closure that import it."""
    found: dict[str, dict[Location, Use]] = {}
    for module in (module for entry in facts.entries for module in entry.modules):
        for one in module.imports:
            place = Location(module.file, one.line)
            found.setdefault(one.module, {})[place] = Use(module.name, place, one.guard, one.uses)
    return {name: list(uses.values()) for name, uses in found.items()}
