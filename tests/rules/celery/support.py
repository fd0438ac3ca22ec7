"""Facts of a small worker, and what the rules say of them."""

from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import (
    Celery,
    Entry,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Missing,
    Module,
    Task,
)
from pytest_prodready.findings import Finding, Judgement
from pytest_prodready.registry import Registry
from pytest_prodready.rules import celery

PROCFILE = Location("Procfile", 2)
ENTRY = Entry("celery", "src.celery_app:app", "Procfile, worker", PROCFILE)
SEND = Task("mail.send", "src.mail.tasks", "send", Location("src/mail/tasks.py", 8), "(to)")


def facts(found: Celery | None = None, failure: Failure | None = None, *modules: Module) -> Facts:
    return Facts("/app", ("src",), entries=(InspectedEntry(ENTRY, failure, celery=found, modules=modules),))


def loaded(**values: object) -> Facts:
    return facts(replace(Celery("src", "5.5.0"), **values))  # type: ignore[arg-type]  # fields of Celery


def judgements(seen: Facts) -> dict[str, Judgement]:
    registry = Registry([celery.family])
    return {
        subject.name: registry.judge(kind, subject, seen)
        for kind in registry.kinds
        for subject in kind.subjects(seen)
    }


def findings(seen: Facts) -> list[Finding]:
    return [finding for judgement in judgements(seen).values() for finding in judgement.findings]


def only(seen: Facts) -> Finding:
    (finding,) = findings(seen)
    return finding


def raised(missing: Missing | None = None, *frames: Frame, kind: str = "ImportError") -> Failure:
    return Failure("raised", "it failed", kind, frames=frames, missing=missing)
