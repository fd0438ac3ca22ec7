"""Misspelt names for a real application; the same seed gives the same faults."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from _faults import misspelling
from _names_sites import Site, sites
from _names_source import Source
from _sites import Module

SEED = 261157
ATTRIBUTES = 40
LOOKUPS = 20
"""Where an application has fewer of one of the two, the other makes up for it."""
LIMITS = ((1, 4), (3, 20))
"""How many in a function and in a file, at most; then, where that does not give enough."""
TRIES = 40


@dataclass(frozen=True)
class Misspelt:
    """One fault: a name at a place, misspelt."""

    site: Site
    wrong: str

    @property
    def what(self) -> str:
        """For the report."""
        return f"{self.site.kind}: {self.wrong} for {self.site.name}"


def chosen(name: str, modules: dict[str, Module], started: set[tuple[str, int]]) -> list[Misspelt]:
    """The faults of an application: attributes and lookups, of each kind about as many.

    Args:
        name: the application's.
        modules: those of its closure.
        started: file and line of the functions that its start runs: a fault in them needs no tool.
    """
    dice = random.Random(f"{SEED} {name}")
    possible = [site for site in sites(Source(modules)) if site.function not in started]
    dice.shuffle(possible)
    lookups = [site for site in possible if site.lookup]
    attributes = [site for site in possible if not site.lookup]
    taken = _Taken()
    for limits in LIMITS:
        taken.take(lookups, LOOKUPS, limits)
        taken.take(attributes, ATTRIBUTES + LOOKUPS, limits)
        taken.take(lookups, ATTRIBUTES + LOOKUPS, limits)
    known, used = _words(modules.values()), set[str]()
    order = sorted(taken.sites, key=lambda site: (site.file, site.line, site.column))
    found = [Misspelt(site, _wrong(site.name, known, used, dice)) for site in order]
    return [fault for fault in found if fault.wrong]


def applied(faults: Iterable[Misspelt], texts: dict[str, str]) -> dict[str, str]:
    """The files with the faults in them, of those whose text is given."""
    changed = dict(texts)
    faults = list(faults)
    for fault in reversed(faults):  # from right to left: what stands before it stays where it is
        site = fault.site
        lines = changed[site.file].split("\n")
        data = lines[site.line - 1].encode()
        old = site.name.encode()
        if data[site.column : site.column + len(old)] != old:
            raise ValueError(f"{site.file}:{site.line} has no {site.name} at {site.column}")
        new = data[: site.column] + fault.wrong.encode() + data[site.column + len(old) :]
        lines[site.line - 1] = new.decode()
        changed[site.file] = "\n".join(lines)
        ast.parse(changed[site.file])
    touched = {fault.site.file for fault in faults}
    return {file: text for file, text in changed.items() if file in touched}


class _Taken:
    """The places taken so far."""

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self.functions: Counter[tuple[str, int]] = Counter()
        self.files: Counter[str] = Counter()

    def take(self, possible: list[Site], until: int, limits: tuple[int, int]) -> None:
        """Of each kind one, in turn, until so many places are taken."""
        kinds = sorted({site.kind for site in possible})
        queues = {kind: [site for site in possible if site.kind == kind] for kind in kinds}
        while any(queues.values()):
            for queue in queues.values():
                if len(self.sites) >= until:
                    return
                self._take_next(queue, *limits)

    def _take_next(self, queue: list[Site], in_function: int, in_file: int) -> None:
        while queue:
            site = queue.pop()
            free = self.functions[site.function] < in_function and self.files[site.file] < in_file
            if free and site not in self.sites:
                self.sites.append(site)
                self.functions[site.function] += 1
                self.files[site.file] += 1
                return


def _words(modules: Iterable[Module]) -> set[str]:
    return {word for module in modules for word in re.findall(r"[^\W\d]\w*", module.text)}


def _wrong(name: str, known: set[str], used: set[str], dice: random.Random) -> str:
    """The name misspelt: no word of the application, and not as before if that can be; empty if it cannot."""
    found = ""
    for _ in range(TRIES):
        wrong = misspelling(name, dice)
        if wrong not in known:
            found = wrong
            if wrong not in used:
                break
    used.add(found)
    return found
