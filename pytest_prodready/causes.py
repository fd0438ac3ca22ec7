"""The root causes that a child found by going on after a failure, put together with the first one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pytest_prodready.codec import decode
from pytest_prodready.facts import Failure, InspectedEntry, Location, Mapping, MappingFailure, Module


@dataclass
class Causes:
    """The events about root causes of one child, as they arrive."""

    found: list[tuple[dict[str, object], object, str]] = field(default_factory=list)
    """The failure, the mapping failure if it is one, and the module that was loaded; as on the wire."""
    dependents: dict[int, list[Location]] = field(default_factory=dict)
    """Cause → the other lines that fail for it."""
    unstopped: set[tuple[str, int, str]] = field(default_factory=set)
    """Files, absolute, and lines of failures that looked as if something would stop them, and of what would;
    to the latter belongs the file of the application's module that it has imported there."""

    def failures(self) -> list[Failure]:
        """The root causes in the order in which they were met."""
        return [
            replace(decode(Failure, failure), also=tuple(self.dependents.get(at, ())))
            for at, (failure, _, _) in enumerate(self.found)
        ]

    def mapping_failures(self) -> list[MappingFailure]:
        """Those among them that are classes whose mapping is refused."""
        return [decode(MappingFailure, mapped) for _, mapped, _ in self.found if mapped]


def of_entry(seen: InspectedEntry, causes: Iterable[Causes]) -> InspectedEntry:
    """``seen`` with the root causes that further children found; each is in there once."""
    if seen.failure is None:
        return seen
    first, further = seen.failure, list(seen.further)
    mapped = list(seen.mapping.failures) if seen.mapping is not None else []
    known = {first.cause, *(failure.cause for failure in further)}
    for found in causes:
        for failure in found.failures():
            if failure.cause == first.cause:
                first = _with_dependents(first, failure)
            elif any(_is_same(failure, one) for one in (first, *further)):
                continue
            elif failure.cause in known:
                further = [
                    _with_dependents(one, failure) if one.cause == failure.cause else one for one in further
                ]
            else:
                known.add(failure.cause)
                further.append(failure)
        places = {(one.model, one.attribute, one.failure.message) for one in mapped}
        for one in found.mapping_failures():
            if (one.model, one.attribute, one.failure.message) not in places:
                mapped.append(one)
    mapping = replace(seen.mapping or Mapping(), failures=tuple(mapped)) if mapped else seen.mapping
    return replace(seen, failure=first, further=tuple(further), mapping=mapping)


def of_modules(modules: tuple[Module, ...], causes: Causes) -> tuple[Module, ...]:
    """``modules`` with the root causes found by loading those that had failed once more."""
    failing = {module.name: module for module in modules if module.failure is not None}
    by_file = {module.file: module.name for module in failing.values()}
    for failure, (_, _, loaded) in zip(causes.failures(), causes.found, strict=True):
        same = [
            one for one in failing.values() if one.failure is not None and one.failure.cause == failure.cause
        ]
        if same:
            first = same[0]
            assert first.failure is not None
            failing[first.name] = replace(first, failure=_with_dependents(first.failure, failure))
            continue
        place = failure.location
        name = by_file.get(place.file, loaded) if place is not None else loaded
        if name in failing:
            failing[name] = replace(failing[name], further=(*failing[name].further, failure))
    return tuple(failing.get(module.name, module) for module in modules)


def _is_same(failure: Failure, known: Failure) -> bool:
    """Whether two failures of one line are one.

    A library may have raised the first anew in its own words, and an exception may count, name an address, or
    say where it was noticed.
    """
    if failure.location != known.location:
        return False
    wrapped = (failure.missing is None) is not (known.missing is None)
    return wrapped or (failure.missing is None and failure.type == known.type)


def _with_dependents(first: Failure, again: Failure) -> Failure:
    """``first`` with the lines at which the same cause was met later."""
    met = [*first.also, *([again.location] if again.location is not None else []), *again.also]
    return replace(first, also=tuple(dict.fromkeys(place for place in met if place != first.location)))
