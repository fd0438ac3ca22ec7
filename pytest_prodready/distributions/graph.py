"""Who requires whom among the installed distributions, from the project's declared requirements on.

The walk carries the extras that were asked for: ``celery[redis]`` leads to what celery requires behind its
extra ``redis``, and to nothing that stands behind another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from pytest_prodready.distributions.installed import Installed
from pytest_prodready.facts import INSTALLED, POSSIBLE, PRODUCTION, Bound, Location
from pytest_prodready.requirements.line import for_development, holds, requirement

Root = tuple[str, Collection[str]]
"""A distribution's canonical name, and the extras that are asked of it."""
Way = tuple[str, ...]


@dataclass
class Graph:
    """What was reached from the roots, and the requirements on the way."""

    within: dict[str, str] = field(default_factory=dict)
    """Canonical name → ``production`` or ``possible``, also of what is not installed."""
    way: dict[str, Way] = field(default_factory=dict)
    """Canonical name → a shortest way from a root to it, both included."""
    bounds: list[Bound] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)
    """Canonical name → the extras that were asked of it, and the empty one for itself."""


def closure(roots: Iterable[Root], present: Iterable[Installed], markers: Mapping[str, str]) -> set[str]:
    """The canonical names that ``roots`` pull in, themselves included, with their extras and markers.

    A distribution that is not installed stays in the result and leads no further.
    """
    found = Graph()
    _walk(found, roots, {one.name: one for one in present}, markers, PRODUCTION)
    return set(found.within)


def required(text: str, present: Iterable[Installed], markers: Mapping[str, str]) -> tuple[Bound, ...]:
    """What one requirement leads to among the installed distributions, with its extras."""
    one = requirement(text, Location(""), markers)
    found = Graph()
    if one.name and one.applies:
        _walk(found, [(one.name, one.extras)], {one.name: one for one in present}, markers, PRODUCTION)
    return tuple(found.bounds)


def graph(
    roots: Iterable[Root],
    possible: Iterable[Root],
    present: Collection[Installed],
    markers: Mapping[str, str],
    leave_out: Collection[str] = (),
) -> Graph:
    """The graph of everything that is installed.

    Args:
        roots: what production installs.
        possible: what extras of the project ask for that production may install.
        present: what is installed.
        markers: the environment in which markers are evaluated.
        leave_out: names of distributions whose requirements are judged elsewhere, or by nobody.
    """
    by_name = {one.name: one for one in present}
    found = Graph()
    _walk(found, roots, by_name, markers, PRODUCTION)
    _walk(found, possible, by_name, markers, POSSIBLE)
    for one in present:
        if one.name not in found.within:
            for required in one.requires(("",)):
                if holds(required.marker, markers):
                    found.bounds.append(_bound(one.name, required, "", INSTALLED, (one.name,)))
    names = frozenset(by_name)
    for one in present:
        asked = found.asked.get(one.name, {""})
        found.bounds += _optional(one, names, asked, markers, found)
    found.bounds = [one for one in found.bounds if one.distribution not in leave_out]
    return found


def _walk(
    found: Graph,
    roots: Iterable[Root],
    present: Mapping[str, Installed],
    markers: Mapping[str, str],
    within: str,
) -> None:
    """Breadth first, so that each is reached by a shortest way."""
    waiting: deque[tuple[str, set[str], Way]] = deque((name, {"", *extras}, ()) for name, extras in roots)
    while waiting:
        name, extras, before = waiting.popleft()
        new = extras - found.asked.setdefault(name, set())
        found.asked[name] |= new
        shown = sorted(extras - {""})
        way = (*before, f"{name}[{','.join(shown)}]" if shown else name)
        found.within.setdefault(name, within)
        found.way.setdefault(name, way)
        if not new or name not in present:
            continue
        for required in present[name].requires(new):
            extra = next((one for one in sorted(new) if holds(required.marker, markers, one)), None)
            if extra is None:
                continue
            found.bounds.append(_bound(name, required, extra, within, way))
            wanted = {"", *map(canonicalize_name, required.extras)}
            waiting.append((canonicalize_name(required.name), wanted, way))


def _optional(
    one: Installed, present: frozenset[str], asked: set[str], markers: Mapping[str, str], found: Graph
) -> Iterable[Bound]:
    """The bounds that ``one`` sets to what is installed, behind extras that nobody asked for."""
    for required, behind in one.bounds(present):
        unasked = [extra for extra in behind if extra not in asked]
        if not required.specifier or not unasked or holds(required.marker, markers):
            continue  # without a bound, asked for, or required in any case
        for extra in unasked:
            if not for_development(extra) and holds(required.marker, markers, extra):
                within = found.within.get(one.name, INSTALLED)
                way = found.way.get(one.name, (one.name,))
                yield _bound(one.name, required, extra, within, way, asked=False)


def _bound(name: str, required: Parsed, extra: str, within: str, way: Way, *, asked: bool = True) -> Bound:
    specifier = "" if required.url else str(required.specifier)
    return Bound(name, canonicalize_name(required.name), specifier, extra, asked, within, way)
