"""PRD701: what Django's system checks say of the project under the settings of its entry point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import CheckMessage, Facts, SystemCheck
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.django.family import NEEDS, family, project_of
from pytest_prodready.rules.failures import evidence, explain

ERROR = 40
WARNING = 30
"""Django's levels."""
WRONG_ANYWHERE = {"security.W009", "security.W018", "security.W020"}
"""A guessable SECRET_KEY, DEBUG, and no ALLOWED_HOSTS: no proxy and no other server makes them right."""
A_CHOICE = {"security.W021"}
"""The preload list of the browsers binds a domain for years."""
OF_DJANGO = (
    "admin.",
    "async.",
    "auth.",
    "caches.",
    "commands.",
    "compatibility.",
    "contenttypes.",
    "fields.",
    "files.",
    "models.",
    "postgres.",
    "security.",
    "signals.",
    "sites.",
    "staticfiles.",
    "templates.",
    "translation.",
    "urls.",
)
"""What the ids of Django's own checks begin with."""
MOST_SHOWN = 20


@dataclass(frozen=True)
class Checked:
    """A check that ran, or all that was said under one id."""

    check: SystemCheck | None = None
    messages: tuple[CheckMessage, ...] = ()
    served: bool = False
    """A web application is what was set up."""
    settings_module: str = ""


@family.kind("system check", "system checks", needs=NEEDS)
def system_check(facts: Facts) -> Iterator[Subject[Checked]]:
    """Every registered check by its function, and every id that one of them gave."""
    found = project_of(facts)
    if found is None:
        return
    seen, project = found
    names = set()
    for check in project.checks:
        if check.name not in names:
            names.add(check.name)
            yield Subject(f"check:{check.name}", Checked(check))
    by_id: dict[str, list[CheckMessage]] = {}
    for message in project.messages:
        by_id.setdefault(message.id, []).append(message)
    served = seen.entry.kind == "web"
    for code, several in sorted(by_id.items()):
        first = next((one for one in several if one.own), several[0])
        yield Subject(
            code, Checked(None, tuple(several), served, project.settings_module), location=first.location
        )


@family.rule(
    "PRD701",
    "system-check-failed",
    system_check,
    checks="Django's system checks, those for deployment among them, say nothing of the project under the "
    "settings that production starts with.",
    reason="What `check --deploy` says is seen by nobody who does not run it, and it exits with 0.",
    remedy="Do as the check says, or name its id in SILENCED_SYSTEM_CHECKS where it does not apply.",
)
def system_check_failed(subject: Checked, facts: Facts) -> Iterator[Fault]:
    """PRD701."""
    if subject.check is not None:
        if subject.check.failure is not None:
            yield _raised(subject.check)
        elif subject.check.reached_out:
            yield _stopped(subject.check)
        return
    loud = [one for one in subject.messages if one.own] or list(subject.messages)
    first = max(loud, key=lambda one: one.level)
    more = len(subject.messages) - 1
    about = f"{first.about}: " if first.about else ""
    times = f", and {more} more" if more else ""
    sentence = first.message.partition(". ")[0].rstrip(".")
    yield Fault(
        f"{about}{sentence} ({first.id}{times})",
        first.detail or _remedy(first),
        first.location,
        f"Django's own check {first.id}, run under {subject.settings_module or 'the loaded settings'}",
        details=_details(subject.messages, sentence),
        level=_level(first, subject.served),
    )


def _level(message: CheckMessage, served: bool) -> Level:
    django = message.id.startswith(OF_DJANGO)
    if message.level >= ERROR:
        # manage.py refuses every command then; a library's may well be about what is not used
        return Level.ERROR if django or (message.own_check and not message.deploy) else Level.WARNING
    if message.level < WARNING or message.id in A_CHOICE or (django and not message.own):
        return Level.INFO
    certain = message.id in WRONG_ANYWHERE and message.written and served
    return Level.ERROR if certain else Level.WARNING


def _remedy(message: CheckMessage) -> str:
    if message.id in WRONG_ANYWHERE and not message.written:
        return "Give the gate the environment that production has, or correct the setting's default."
    return "Do as the check says, or name its id in SILENCED_SYSTEM_CHECKS where it does not apply."


def _details(messages: tuple[CheckMessage, ...], sentence: str) -> tuple[tuple[str, str], ...]:
    if len(messages) > 1:
        return (("all of them", "\n".join(_lines(messages))),)
    whole = messages[0].message
    return (("what the check says", whole),) if len(whole) > len(sentence) + 1 else ()


def _lines(messages: tuple[CheckMessage, ...]) -> Iterator[str]:
    for one in messages[:MOST_SHOWN]:
        place = f"{one.location}  " if one.location is not None else ""
        yield f"{place}{one.about}{': ' if one.about else ''}{one.message}"
    if len(messages) > MOST_SHOWN:
        yield f"and {len(messages) - MOST_SHOWN} more"


def _raised(check: SystemCheck) -> Fault:
    assert check.failure is not None
    explanation = explain(check.failure)
    return Fault(
        f"the system check {check.name} itself raises: {explanation.cause}",
        explanation.remedy,
        check.failure.location if any(frame.own for frame in check.failure.frames) else None,
        "it was run by itself, as `check --deploy` runs it",
        details=evidence(check.failure),
        level=Level.WARNING,
    )


def _stopped(check: SystemCheck) -> Fault:
    return Fault(
        f"the system check {check.name} was stopped, as it was about to {check.reached_out}: what it would "
        "say is not known",
        "Run `manage.py check --deploy` where production runs.",
        proof="the gate reaches and changes nothing",
        level=Level.INFO,
    )
