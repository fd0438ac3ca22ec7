"""Facts of servers and answers, and what the rules find in them."""

from __future__ import annotations

from typing import Any

from pytest_prodready.facts import (
    Answer,
    App,
    Entry,
    Expectation,
    Facts,
    Health,
    InspectedEntry,
    Location,
    Route,
    Server,
)
from pytest_prodready.findings import Finding, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from pytest_prodready.rules.health.family import endpoint, server

SETTINGS = Location("pyproject.toml", 30)
APP = Location("src/main.py", 15)
ROUTES = (
    Route("/health", ("GET", "HEAD")),
    Route("/api/ready", ("GET",)),
    Route("/items/{id}", ("GET", "DELETE")),
    Route("/static/{path:path}", ("GET", "POST")),
)
UP = Server("http://127.0.0.1:1", command="uvicorn src.main:app", started=True, attempts=3)
REGISTRY = Registry([health.family])
KINDS = (server, endpoint)
"""The others have tests of their own."""


def web(routes: tuple[Route, ...] | None = ROUTES) -> InspectedEntry:
    """The web entry point with these routes."""
    entry = Entry("web", "src.main:app", "Procfile, web")
    return InspectedEntry(entry, app=App("fastapi.FastAPI", "asgi", location=APP, routes=routes))


def facts(
    *expectations: Expectation,
    answers: tuple[Answer, ...] = (),
    server: Server | None = UP,
    routes: tuple[Route, ...] | None = ROUTES,
) -> Facts:
    """A run in which these endpoints were asked, and answered so."""
    probed = Health(server, answers) if server is not None else None
    return Facts(root="/app", entries=(web(routes),), expectations=expectations, health=probed)


def outcomes(seen: Facts) -> dict[str, tuple[Outcome, str]]:
    """Subject → outcome and reason."""
    return {
        subject.name: (judgement.outcome, judgement.reason)
        for kind in KINDS
        for subject in kind.subjects(seen)
        for judgement in [REGISTRY.judge(kind, subject, seen)]
    }


def findings(seen: Facts) -> list[Finding]:
    """What all rules of the family find."""
    return [
        finding
        for kind in KINDS
        for subject in kind.subjects(seen)
        for finding in REGISTRY.judge(kind, subject, seen).findings
    ]


def judged(expectation: Expectation, *answers: Answer, **more: Any) -> list[Finding]:
    """What is found about one endpoint."""
    return findings(facts(expectation, answers=answers, **more))


def only(expectation: Expectation, *answers: Answer, **more: Any) -> Finding:
    """The one finding about it."""
    (finding,) = judged(expectation, *answers, **more)
    return finding


def expect(path: str = "/health", **more: Any) -> Expectation:
    """An endpoint of the settings."""
    return Expectation(path, location=SETTINGS, **more)


def found(path: str = "/health") -> Expectation:
    """An endpoint that the gate has found."""
    return Expectation(path, source="route of src.main:app", found=True)


def json(path: str, status: int, value: object, **more: Any) -> Answer:
    """An answer with this JSON value."""
    return Answer(path, status=status, content_type="application/json", body=str(value), json=value, **more)
