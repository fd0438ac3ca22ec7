"""The kinds of subject of PRD5xx: the server, and what it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import Answer, Expectation, Facts, Location, Route, Server
from pytest_prodready.registry import Family, Subject
from pytest_prodready.rules.health import answers as judged

family = Family("health")

NOT_PROBED = "the endpoints were not probed"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: what it must answer, and what it did."""

    expectation: Expectation
    answers: tuple[Answer, ...] = ()
    """To the full request, then those without a header; empty when it was not asked."""


@family.kind("server", "servers", needs=("web", "health"), late=True)
def server(facts: Facts) -> Iterator[Subject[Server | None]]:
    """The server under probe, where there is something to serve."""
    if not something_to_probe(facts):
        return
    if facts.health is None:
        yield Subject("server", None, skipped=NOT_PROBED)
    else:
        seen = facts.health.server
        yield Subject("server", seen, seen.skipped, lost(facts, "server"), app_place(facts))


@family.kind("endpoint", "endpoints", needs=("web", "health"), late=True)
def endpoint(facts: Facts) -> Iterator[Subject[Endpoint]]:
    """Every endpoint that is configured or was found, by its path."""
    answered = by_expectation(facts)
    for at, (name, expectation) in enumerate(
        zip(_names(facts.expectations), facts.expectations, strict=True)
    ):
        if expectation.location is None:
            expectation = replace(expectation, location=app_place(facts))
        value = Endpoint(expectation, answered[at] if at < len(answered) else ())
        skipped = not_asked(facts)
        errored = "" if skipped else lost(facts, "answers") or not_judged(value, routes(facts))
        yield Subject(name, value, skipped, errored, expectation.location)


def something_to_probe(facts: Facts) -> bool:
    return bool(facts.entry("web") or facts.url or facts.expectations or "serve" in facts.settings_locations)


def _names(expectations: tuple[Expectation, ...]) -> list[str]:
    """A name for each: its path, with the method where one path has several, numbered where needed."""
    methods: dict[str, set[str]] = {}
    for one in expectations:
        methods.setdefault(one.path, set()).add(one.method)
    seen: Counter[str] = Counter()
    names = []
    for one in expectations:
        name = f"{one.method} {one.path}" if len(methods[one.path]) > 1 else one.path
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


def by_expectation(facts: Facts) -> list[tuple[Answer, ...]]:
    """The answers in groups, one for each expectation: a full request begins a group."""
    groups: list[list[Answer]] = []
    for answer in facts.health.answers if facts.health else ():
        if not answer.without:
            groups.append([])
        groups[-1].append(answer)
    return [tuple(group) for group in groups]


def not_asked(facts: Facts) -> str:
    """Why no endpoint was asked; empty when they were."""
    if facts.health is None:
        return NOT_PROBED
    seen = facts.health.server
    if seen.skipped or seen.started or lost(facts, "server"):
        return seen.skipped
    return f"nothing answers at {seen.url}" if seen.url and not seen.command else "the server did not start"


def lost(facts: Facts, part: str) -> str:
    """That the gate itself failed in a part of the probes, see :attr:`.Health`; empty where it did not."""
    mistakes = facts.health.mistakes if facts.health is not None else {}
    said = mistakes.get("server") or mistakes.get(part)
    return f"a mistake of the gate's own, worth a report: {said}" if said else ""


def not_judged(seen: Endpoint, routes: tuple[Route, ...] | None) -> str:
    """Why an endpoint could not be judged; empty when it can, or when what was asked is fault enough."""
    if not seen.answers:
        return f"{seen.expectation.path} was not asked"
    if judged.errors(seen.expectation, seen.answers, routes):
        return ""
    return judged.not_judged(seen.expectation, seen.answers)


def routes(facts: Facts) -> tuple[Route, ...] | None:
    web = facts.entry("web")
    return web.app.routes if web is not None and web.app is not None else None


def is_django(facts: Facts) -> bool:
    web = facts.entry("web")
    if web is None:
        return False
    return bool(web.entry.settings_module) or (web.app is not None and web.app.type.startswith("django."))


def app_place(facts: Facts) -> Location | None:
    web = facts.entry("web")
    if web is None:
        return None
    return (web.app.location if web.app is not None else None) or web.entry.location
