"""PRD209: every option of a call and every key of the configuration is one that Celery knows."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import CallOption, CallSite, Facts, InspectedEntry, StrangeKey
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.celery.app import celery_app
from pytest_prodready.rules.celery.calls import SENT_BY_THEM, SentTask, call_site
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded
from pytest_prodready.wording import misspelt, nearest

COMPARED = "compared with what the installed Celery and kombu take"


@family.rule(
    "PRD209",
    "unknown-option-or-key",
    call_site,
    celery_app,
    checks="The options of calls that send tasks, and the keys of Celery's configuration, are ones that it "
    "knows.",
    reason="Celery ignores the others without a word: no delay, no queue, no routes, although they are "
    "written.",
    remedy="Write the name that Celery knows.",
)
def unknown_option_or_key(value: SentTask | InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD209: an error for a slip of the hand, a warning for a name that may be meant for someone else."""
    if isinstance(value, InspectedEntry):
        for key in value.celery.keys.strange if value.celery else ():
            yield from _strange_key(key, value)
        return
    known = {name for seen in loaded(facts) if seen.celery for name in seen.celery.known_options}
    said: set[CallOption] = set()
    for site in value.sites:
        given = {option.name for option in site.options}
        own = {method for task in value.tasks for method in task.own_methods}
        if not known or "stamped_headers" in given or own & {site.method, *SENT_BY_THEM}:
            continue  # its own way to send a task may well take options of its own
        for option in site.options:
            if option.name not in known and option not in said:
                said.add(option)
                yield _option(option, site, value, known - given)


def _option(option: CallOption, site: CallSite, call: SentTask, known: set[str]) -> Fault:
    message = (
        f"{site.function} gives {option.name}=… to {call.name}.{site.method}, and Celery has no such option"
    )
    takes = {one.name for task in call.tasks for one in task.takes or () if one.kind in _NAMED}
    near = misspelt(option.name, known)
    if option.name in takes:
        remedy = f'It is a parameter of the task: write kwargs={{"{option.name}": …}}.'
    elif near:
        remedy = f"Write {near}=…"
    else:
        remedy = "Leave it out, or pass it to the task in kwargs={…}."
    level = None if near or option.name in takes else Level.WARNING
    return Fault(f"{message}: it is ignored", remedy, option.location, COMPARED, level=level)


_NAMED = ("positional", "keyword-only")


def _strange_key(key: StrangeKey, seen: InspectedEntry) -> Iterator[Fault]:
    keys = seen.celery.keys if seen.celery else None
    if keys is None or key.meant in keys.given:
        return
    proof = f"not among the keys that the installed Celery knows; the app was {AS_WORKER}"
    ignored = f"{key.name} is set in the configuration of {seen.entry.target}, and Celery ignores it"
    if key.meant in keys.known:
        remedy = f"Write {keys.prefix}{key.meant.upper() if keys.prefix else key.meant}"
        if key.source == "object":
            remedy += ', or give config_from_object namespace="CELERY"'
        yield Fault(
            f"{ignored}: it looks for {keys.prefix}{_cased(key.meant, keys.prefix)}",
            f"{remedy}.",
            key.location,
            proof,
        )
        return
    near = misspelt(key.meant, keys.known)
    if near:
        meant = f"{keys.prefix}{_cased(near, keys.prefix)}"
        also = ", which is set as well" if near in keys.given else ""
        level = Level.WARNING if also else None
        yield Fault(f"{ignored}: it knows {meant}{also}", f"Write {meant}.", key.location, proof, level=level)
    elif key.source == "namespace":
        near = nearest(key.meant, [name for name in keys.known if name not in keys.given])
        meant = f"{keys.prefix}{_cased(near, keys.prefix)}"
        remedy = f"Write {meant}, or give it a name" if near else "Give it a name"
        yield Fault(
            f"{key.name} is set, and neither Celery nor the application's own code reads it",
            f"{remedy} that does not begin with {keys.prefix}, if something else reads it.",
            key.location,
            proof,
            level=Level.WARNING,
        )


def _cased(name: str, prefix: str) -> str:
    return name.upper() if prefix else name
