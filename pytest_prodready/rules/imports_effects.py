"""PRD108: what imports do besides defining names, and what a start must not load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pytest_prodready.facts import Effect, Facts, InspectedEntry, Location
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.celery import celery_app
from pytest_prodready.rules.failures import IN_PRODUCTION
from pytest_prodready.rules.imports import entry_point, family
from pytest_prodready.wording import joined, listed

SHOWN = 5
ADDED = "+"
VIRTUAL = "virtual"


@family.rule(
    "PRD108",
    "import-has-side-effects",
    entry_point,
    celery_app,
    level=Level.WARNING,
    checks="Importing the application connects to nothing, starts no process and leaves none of its state "
    "changed, and loads nothing that the settings forbid.",
    reason="It happens in every worker, command and test that imports the module, and fails where the "
    "service, the program or the permission is not there.",
    remedy="Do it when the application starts (in its lifespan or start-up hook), or in a function that is "
    "called when it is needed.",
)
def import_has_side_effects(seen: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD108: an error only for what the settings forbid; a note where no import of the application asks."""
    told = _told_by_another(seen, facts)
    for key, effects in _groups(seen.effects).items():
        forbidden = effects[0].kind in facts.forbid
        if forbidden or key not in told:
            yield _fault(seen, effects, forbidden=forbidden)
    for one in seen.forbidden:
        yield Fault(
            f"{seen.entry.target} loads {one.module} at start, which the settings forbid",
            f"Import {one.module} in the function that needs it, or what leads to it: "
            f"{' → '.join((*one.chain, one.module))}.",
            one.location or seen.entry.location,
            IN_PRODUCTION,
            level=Level.ERROR,
        )


Key = tuple[str, Location | None, str, bool]


def _groups(effects: Iterable[Effect]) -> dict[Key, list[Effect]]:
    """The effects of one kind that one line has, together: 295 subprocesses are one finding."""
    groups: dict[Key, list[Effect]] = {}
    for effect in effects:
        key = (effect.kind, effect.location, effect.library, _harmless(effect))
        groups.setdefault(key, []).append(effect)
    return groups


def _told_by_another(seen: InspectedEntry, facts: Facts) -> set[Key]:
    """What an entry point before this one is told of: both import the same module."""
    told: set[Key] = set()
    for other in facts.entries:
        if other.entry == seen.entry:
            return told
        if other.entry.kind in ("web", "celery", "module", "script", "commands"):
            told.update(_groups(other.effects))
    return set()


def _harmless(effect: Effect) -> bool:
    """Common, and nothing that one would change for its own sake."""
    if effect.kind == "path":
        return effect.detail.startswith(ADDED)
    return effect.kind == "memory" and effect.detail.endswith(VIRTUAL)


def _fault(seen: InspectedEntry, effects: list[Effect], *, forbidden: bool) -> Fault:
    first = effects[0]
    place = first.location or seen.entry.location
    note = bool(first.library) or not first.module or _harmless(first)
    level = Level.ERROR if forbidden else Level.INFO if note else None
    if first.library:
        who = f"importing {first.library}"
        remedy = f"Nothing, if {first.library} may do that; else import it in the function that needs it."
    elif first.module:
        who = f"importing {first.module}"
        remedy = REMEDIES.get(first.kind, "")
    else:
        who = f"starting {seen.entry.target}"
        remedy = (
            "Nothing, if the start may do that; else do it in a function that is called when it is needed."
        )
    if forbidden:
        proof = f'{IN_PRODUCTION}; [tool.prodready.imports] forbids "{first.kind}"'
        remedy = REMEDIES.get(first.kind, "")
    else:
        proof = IN_PRODUCTION
    return Fault(f"{who} {SAID[first.kind](effects)}", remedy, place, proof, level=level)


def _names(effects: list[Effect]) -> str:
    return listed([effect.detail for effect in effects if effect.detail], SHOWN) or "more"


def _times(effects: list[Effect]) -> int:
    return sum(effect.times for effect in effects)


def _subprocesses(effects: list[Effect]) -> str:
    number = _times(effects)
    if number > 1:
        return f"starts {number} processes: {_names(effects)}"
    # file, which and more are programs, and words of every sentence
    return f"starts the program {effects[0].detail}" if effects[0].detail else "starts a program"


def _files(effects: list[Effect]) -> str:
    number = _times(effects)
    return f"writes {_names(effects)}" + (f", {number} times in all" if number > SHOWN else "")


def _forks(effects: list[Effect]) -> str:
    number = _times(effects)
    return "forks the interpreter" + (f" {number} times" if number > 1 else "")


def _path(effects: list[Effect]) -> str:
    verb = "adds {} to" if _harmless(effects[0]) else "removes {} from"
    return f"{verb.format(listed([effect.detail[1:] for effect in effects], SHOWN))} sys.path"


def _memory(effects: list[Effect]) -> str:
    amount, _, what = effects[0].detail.rpartition(" ")
    return f"reserves {amount} of address space" if what == VIRTUAL else f"takes {amount} of memory"


def _threads(effects: list[Effect]) -> str:
    names = [effect.detail for effect in effects if effect.detail]
    words = "thread {} running, which is" if len(names) == 1 else "threads {} running, which are"
    return f"leaves the {words.format(listed(names, SHOWN))} no daemon" + ("s" if len(names) > 1 else "")


SAID: dict[str, Callable[[list[Effect]], str]] = {
    "network": lambda effects: f"connects to {_names(effects)}",
    "subprocess": _subprocesses,
    "listen": lambda effects: f"listens on {_names(effects)}",
    "file": _files,
    "thread": _threads,
    "fork": _forks,
    "directory": lambda effects: f"changes the working directory to {_names(effects)}",
    "output": lambda effects: f"replaces {joined([effect.detail for effect in effects])}",
    "path": _path,
    "memory": _memory,
}
REMEDIES = {
    "file": "Write it when the application starts, or into a temporary directory.",
    "thread": "Start it when the application starts, and as a daemon, or stop it when the application stops.",
    "directory": "Drop it, and use absolute paths: Path(__file__).parent is one.",
    "output": "Drop it: logging is what writes elsewhere. What the server prints is lost.",
    "path": "Drop it: install the packages, or start the server from the directory that holds them.",
    "memory": "Load it when it is first needed, or when the application starts.",
}
