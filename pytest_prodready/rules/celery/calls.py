"""PRD208: every call that sends a task passes what the task takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import CallSite, Facts, Task
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import family, loaded, plain_name, signature
from pytest_prodready.wording import joined, listed, misspelt, nearest

ADDED = {
    "result": "the result of what runs before it included",
    "error": "what Celery tells an errback included",
    "item": "one item of the list",
}
SENT_BY_THEM = {"delay", "apply_async"}
"""What the other ways to send a task come down to."""
BOUND = "the arguments were bound to the parameters of the task as the worker has registered it"


@dataclass(frozen=True, slots=True)
class SentTask:
    """One task in one call, as often as it is sent there."""

    sites: tuple[CallSite, ...]
    tasks: tuple[Task, ...]
    """What the workers have under its name; empty for a name that none of them has."""

    @property
    def name(self) -> str:
        """The task's name."""
        return self.tasks[0].name if self.tasks else self.sites[0].task


@family.kind(
    "call site",
    "call sites",
    needs={"celery", "closure", "calls", "web", "script", "commands"},
)
def call_site(facts: Facts) -> Iterator[Subject[SentTask]]:
    """Every call in the closure that sends a task of this application, or makes a signature of one."""
    tasks = [task for seen in loaded(facts) if seen.celery for task in seen.celery.tasks]
    known: dict[str, list[Task]] = {}
    for task in tasks:
        known.setdefault(task.name, []).append(task)
        known.setdefault(f"{task.module}.{task.function} ", []).append(task)
    together: dict[tuple[str, int, int], list[CallSite]] = {}
    for site in (site for seen in facts.entries for site in seen.call_sites):
        place = (site.location.file, site.location.line or 0, site.column)
        if site not in together.setdefault(place, []):
            together[place].append(site)
    times: dict[str, int] = {}
    for _, sites in sorted(together.items()):
        first = sites[0]
        of_name = known.get(first.task) or known.get(f"{first.task_function} ") or []
        if not of_name and not (first.by_name and _is_own(first.task, facts, known)):
            continue
        call = SentTask(tuple(sites), tuple(dict.fromkeys(of_name)))
        name = plain_name(f"call:{first.function}:{call.name}")
        times[name] = times.get(name, 0) + 1
        yield Subject(f"{name}:{times[name]}" if times[name] > 1 else name, call, location=first.location)


@family.rule(
    "PRD208",
    "call-does-not-bind",
    call_site,
    checks="Every call that sends a task names one that a worker has, and passes arguments that it takes.",
    reason="Such a call raises in the middle of a request, or the worker drops the message: the job is lost.",
    remedy="Pass what the task takes.",
)
def call_does_not_bind(call: SentTask, facts: Facts) -> Iterator[Fault]:
    """PRD208."""
    if not call.tasks:
        yield _unknown(call, facts)
        return
    said: set[str] = set()
    for site in call.sites:
        refusals = [_refusal(site, task) for task in call.tasks]
        if not all(refusals) or refusals[0] in said:
            continue
        said.add(refusals[0])
        task = call.tasks[0]
        yield Fault(
            f"{site.function} calls {_shown(site, task)} with {refusals[0]}",
            _remedy(site, task, refusals[0], facts),
            site.location,
            "" if site.misuse else BOUND,
            (("the task", f"{task.name}{task.signature} at {task.location}"),) if task.location else (),
        )


def _shown(site: CallSite, task: Task) -> str:
    if site.method in ("send_task", "signature", "subtask") and site.by_name:
        return f'{site.method}("{task.name}")'
    return f"{task.name}.{site.method}"


def _refusal(site: CallSite, task: Task) -> str:
    """Why ``task`` refuses what is sent, as the end of "calls it with …"; empty when it may take it."""
    if site.misuse:
        name, _, what = site.misuse.partition(": ")
        return f"{what} as {name}, where {'a list or tuple' if name == 'args' else 'a dict'} is needed"
    if task.takes is None or (not site.by_name and {site.method, *SENT_BY_THEM} & {*task.own_methods}):
        return ""
    taken = signature(task.takes)
    errors = [_bind_error(taken, site, count) for count in site.counts]
    return f"{_passed(site)}, which it refuses: {errors[0]}" if all(errors) else ""


def _bind_error(signature: inspect.Signature, site: CallSite, count: int) -> str:
    bind = signature.bind if site.complete else signature.bind_partial
    try:
        bind(*range(count), **dict.fromkeys(site.keywords))
    except TypeError as error:
        return str(error)
    return ""


def _passed(site: CallSite) -> str:
    """``2 arguments by position and tenant by keyword``."""
    count = site.counts[0]
    parts = [f"{count} argument{'s' * (count != 1)} by position"] if count else []
    parts[:1] = [f"{one} ({ADDED[site.added]})" if site.added and count else one for one in parts[:1]]
    parts += [f"{joined(site.keywords)} by keyword"] if site.keywords else []
    return " and ".join(parts) or "no arguments"


def _remedy(site: CallSite, task: Task, refusal: str, facts: Facts) -> str:
    if site.misuse:
        return "Write args=(value,), with a comma." if site.misuse.startswith("args") else "Write kwargs={…}."
    takes = [one.name for one in task.takes or ()]
    unknown = next((name for name in site.keywords if repr(name) in refusal and name not in takes), "")
    options = {name for seen in loaded(facts) if seen.celery for name in seen.celery.known_options}
    if unknown and (near := misspelt(unknown, takes)):
        return f"Write {near}=…, as the task calls it: {task.signature}."
    if unknown in options:
        packed = {"s": "set", "si": "set"}.get(site.method, "apply_async")
        return f"{unknown} is an option of Celery's: give it to {packed}(…, {unknown}=…), not to the task."
    remedy = f"Pass what the task takes: {task.signature}." if task.signature else "Pass what the task takes."
    if site.method == "s" and refusal.endswith("too many positional arguments"):
        remedy += " Write si(…) where the result of the task before it is not wanted."
    return remedy


def _unknown(call: SentTask, facts: Facts) -> Fault:
    site = call.sites[0]
    names = sorted(task.name for seen in loaded(facts) if seen.celery for task in seen.celery.tasks)
    near = nearest(site.task, names)
    sources = (source for seen in loaded(facts) if seen.celery for source in seen.celery.sources)
    elsewhere = site.task in {f"{source.module}.{source.function}" for source in sources}  # PRD203 tells why
    certain = not elsewhere and (misspelt(site.task, names) or _in_packages(site.task, facts))
    called = f'{site.function} calls {site.method}("{site.task}")'
    return Fault(
        f"{called}, and no worker of this application has such a task",
        f"Write {near}, the nearest registered task." if near else "Name a registered task.",
        site.location,
        "the name was looked up in the registry of the loaded Celery app",
        (("registered", listed(names)),) if names else (),
        level=None if certain else Level.WARNING,
    )


def _in_packages(name: str, facts: Facts) -> bool:
    return name.partition(".")[0] in facts.packages


def _is_own(name: str, facts: Facts, known: dict[str, list[Task]]) -> bool:
    """Whether a name that no worker has was meant for one of this application's, not for another service."""
    if not known or any(seen.entry.kind == "celery" and seen.celery is None for seen in facts.entries):
        return False
    names = [one for one in known if not one.endswith(" ")]
    prefix = name.rpartition(".")[0]
    beside = [one for one in names if prefix and one.rpartition(".")[0] == prefix]
    return bool(_in_packages(name, facts) or nearest(name, beside) or misspelt(name, names))
