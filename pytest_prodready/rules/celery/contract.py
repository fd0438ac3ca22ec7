"""PRD210: what messages of the last release name and pass, the tasks of this one take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.contract import takes
from pytest_prodready.facts import Contract, ContractTask, Facts, Location, SourceTask, Task
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import family, loaded, plain_name
from pytest_prodready.rules.celery.messages import breaks
from pytest_prodready.rules.celery.queues import known as known_workers
from pytest_prodready.wording import listed, nearest

UPDATE = "pytest --prodready --prodready-update"
ON_PURPOSE = f"On purpose, and no such message is left? Write the contract anew: {UPDATE}"
MOST_COMPARED = 10_000
"""Pairs of names that are compared for likeness; beyond, only tasks of the same last name are found."""


@dataclass(frozen=True)
class Promise:
    """One task of the contract, and what stands for it now."""

    known: ContractTask
    task: Task | None
    """``None`` when no worker has it any more."""
    queue: str = ""
    """Where it is sent now; empty when that is not known."""
    emptied: bool = False
    """A worker that has the task is known to read the queue of the last release, too."""
    heir: Task | None = None
    """For a task that is gone: the new one that it most likely became."""
    defined: Location | None = None
    """For a task that is gone: where the source defines it all the same."""


@dataclass(frozen=True)
class Agreement:
    """The contract as a whole, and the tasks that it does not name."""

    contract: Contract
    unwritten: tuple[str, ...]


def registered(facts: Facts) -> dict[str, Task]:
    """The tasks of all workers by name; the first app's where two have one name."""
    found: dict[str, Task] = {}
    for task in (task for seen in loaded(facts) if seen.celery for task in seen.celery.tasks):
        found.setdefault(task.name, task)
    return found


def sent_to(facts: Facts) -> dict[str, str]:
    """Task → queue, as the apps' own routers answer."""
    found: dict[str, str] = {}
    for seen in loaded(facts):
        for name, queue in seen.celery.routes.items() if seen.celery else ():
            found.setdefault(name, queue)
    return found


def not_loaded(facts: Facts) -> str:
    """Why the workers' tasks are not all known, in words; empty when they are."""
    apps = [seen for seen in facts.entries if seen.entry.kind == "celery"]
    if not apps:
        return "no Celery app was found"
    lost = [seen.entry.target for seen in apps if seen.celery is None or seen.failure is not None]
    return f"{lost[0]} does not load" if lost else ""


@family.kind("contract", "contracts", needs={"celery"})
def contract(facts: Facts) -> Iterator[Subject[Promise | Agreement]]:
    """The contract's file, where there is one."""
    written = facts.contract
    if written is not None:
        known = {task.name for task in written.tasks}
        new = () if not_loaded(facts) else tuple(sorted(registered(facts).keys() - known))
        yield Subject(plain_name(f"contract:{written.file}"), Agreement(written, new))


@family.kind("task of the contract", "tasks of the contract", needs={"celery"})
def promise(facts: Facts) -> Iterator[Subject[Promise | Agreement]]:
    """Every task that the contract names."""
    written = facts.contract.tasks if facts.contract is not None else ()
    reason = not_loaded(facts)
    if reason and written:
        # one for all: why is told once, by the app
        yield Subject(
            "contract:tasks", Promise(written[0], None), skipped=f"{reason}, so its tasks are not known"
        )
        return
    tasks, queues = registered(facts), sent_to(facts)
    heirs = _Heirs(written, tasks)
    readers = [(one.consumed, one.tasks) for one in known_workers(facts)]
    defined = {f"{one.module}.{one.function}": one.location for one in _unregistered(facts)}
    for known in sorted(written, key=lambda known: known.name):
        task = tasks.get(known.name)
        place = task.location if task is not None else known.location
        heir = heirs.of(known) if task is None else None
        emptied = any(known.queue in consumed and known.name in names for consumed, names in readers)
        value = Promise(known, task, queues.get(known.name, ""), emptied, heir, defined.get(known.name))
        yield Subject(plain_name(f"contract:{known.name}"), value, location=place)


def _unregistered(facts: Facts) -> Iterator[SourceTask]:
    for seen in loaded(facts):
        for source in seen.celery.sources if seen.celery else ():
            if not source.registered:
                yield source


class _Heirs:
    """Which of the new tasks a task that is gone most likely became."""

    def __init__(self, written: tuple[ContractTask, ...], tasks: dict[str, Task]) -> None:
        known = {one.name for one in written}
        self._new = [task for name, task in tasks.items() if name not in known]
        gone = sum(one.name not in tasks for one in written)
        self._compare = len(self._new) * gone <= MOST_COMPARED
        self._last: dict[str, list[Task]] = {}
        for task in self._new:
            self._last.setdefault(task.name.rpartition(".")[2], []).append(task)

    def of(self, known: ContractTask) -> Task | None:
        namesakes = self._last.get(known.name.rpartition(".")[2], [])
        if len(namesakes) == 1:
            return namesakes[0]
        if not self._compare:
            return None
        alike = {task.name: task for task in self._new if known.parameters == task.parameters}
        every = {task.name: task for task in self._new}
        near = nearest(known.name, alike, at_least=0.6) or nearest(known.name, every, at_least=0.8)
        return every.get(near)


@family.rule(
    "PRD210",
    "contract-broken",
    contract,
    promise,
    checks="Every task that prodready-tasks.toml names is registered, and takes what messages of the last "
    "release pass to it.",
    reason="Messages wait in the queues while a release is rolled out: a worker discards those that name a "
    "task which it does not have, and fails those whose arguments the task refuses.",
    remedy="Take the old messages for one release more: keep names and parameters, give new ones a default.",
)
def contract_broken(subject: Promise | Agreement, facts: Facts) -> Iterator[Fault]:
    """PRD210: an error where messages of the last release fail, a warning where they may."""
    if isinstance(subject, Agreement):
        yield from _file(subject)
    elif subject.task is None:
        yield _gone(subject)
    else:
        yield from _changed(subject, subject.task)
        yield from _queue(subject, subject.task)


def _file(subject: Agreement) -> Iterator[Fault]:
    written = subject.contract
    for mistake in written.mistakes:
        yield Fault(
            f"{written.file} {mistake.message}",
            f"Restore the lines of the last release, or write the file anew: {UPDATE}",
            mistake.location,
            "read as TOML",
        )
    if subject.unwritten and not written.mistakes:
        number = len(subject.unwritten)
        are = "1 task is" if number == 1 else f"{number} tasks are"
        yield Fault(
            f"{are} not in {written.file} yet: {listed(subject.unwritten)}",
            f"Write them down with this release: {UPDATE}",
            Location(written.file),
            "the registered tasks were compared with the file",
            level=Level.INFO,
        )


def _gone(subject: Promise) -> Fault:
    known, heir = subject.known, subject.heir
    message = f"{known.name} is gone: messages of the last release that name it are discarded by the worker"
    if subject.defined is not None:
        remedy = f"{subject.defined} still defines it: register it again, as PRD203 says there."
    elif heir is not None:
        where = f" ({heir.location})" if heir.location else ""
        remedy = f"Was it renamed to {heir.name}{where}? Let a worker answer to both names for one release:\n"
        remedy += _alias(known.name, heir)
    else:
        remedy = (
            "Keep it for one release, if only to drop its messages:\n"
            f'@shared_task(name="{known.name}")\ndef {_identifier(known.name)}(*args, **kwargs): ...'
        )
    was = ((f"at {known.location}", _was(known)),)
    return Fault(message, f"{remedy}\n{ON_PURPOSE}", known.location, _proof(known), was)


def _alias(name: str, heir: Task) -> str:
    """A task of the old name that hands its messages on, with their ids, chains and retries."""
    function = heir.function
    call = f"{function}.si(*args, **kwargs)"
    if not function.isidentifier():  # a method, or made inside a function: only its name leads to it
        call = f'self.app.signature("{heir.name}", args, kwargs, immutable=True)'
    return (
        f'@shared_task(name="{name}", bind=True)\n'
        f"def {_identifier(name)}_by_its_old_name(self, *args, **kwargs):\n"
        f"    raise self.replace({call})"
    )


def _changed(subject: Promise, task: Task) -> Iterator[Fault]:
    known = subject.known
    if known.parameters is None or not task.signature:
        return
    for found in breaks(known.parameters, task.parameters):
        yield Fault(
            f"{task.name} {found.message}",
            f"{found.remedy}\n{ON_PURPOSE}",
            task.location,
            _proof(known),
            (("then", _was(known)), ("now", f"{task.name}{takes(task.parameters)}")),
            level=None if found.certain else Level.WARNING,
        )


def _queue(subject: Promise, task: Task) -> Iterator[Fault]:
    before, now = subject.known.queue, subject.queue
    if before and now and before != now and not subject.emptied:
        yield Fault(
            f"{task.name} goes to the queue {now} now; its messages of the last release wait in {before}",
            f"Keep a worker on {before} (-Q {before}) until it is empty. Is it? {UPDATE}",
            task.location,
            f"asked of the app's router, and compared with {subject.known.location}",
            level=Level.WARNING,
        )


def _was(known: ContractTask) -> str:
    return f"{known.name}{takes(known.parameters) if known.parameters is not None else ''}"


def _proof(known: ContractTask) -> str:
    return f"the tasks that the worker has registered were compared with {known.location}"


def _identifier(name: str) -> str:
    last = name.rpartition(".")[2]
    return last if last.isidentifier() else "task"
