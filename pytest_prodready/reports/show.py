"""What ``--prodready-show`` prints: the facts themselves, in columns, judged by nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_prodready.facts import Celery, Facts, Location
from pytest_prodready.rules.celery import queues
from pytest_prodready.rules.celery.family import loaded
from pytest_prodready.wording import listed

NOBODY = "nobody"
UNKNOWN = "not known"


def celery(facts: Facts) -> str:
    """The tasks, queues and effective schedule of each Celery app that loads."""
    readers = {workers.target: consumers(workers) for workers in queues.known(facts)}
    return "\n\n".join(
        _app(seen.entry.target, seen.entry.source, seen.celery, readers.get(seen.entry.target))
        for seen in loaded(facts)
        if seen.celery is not None
    )


def task_lines(found: Celery) -> list[str]:
    """The lines about the tasks: name, what it takes, queue, place."""
    rows = [
        (
            task.name,
            task.signature or UNKNOWN,
            found.routes.get(task.name) or UNKNOWN,
            _place(task.location),
        )
        for task in sorted(found.tasks, key=lambda task: task.name)
    ]
    return _table(_counted(rows, "task"), ("task", "takes", "queue", "at"), rows)


def queue_lines(found: Celery, consumers: dict[str, str] | None) -> list[str]:
    """The lines about the queues: how many tasks are sent there, who reads them."""
    sent = Counter(found.routes.values())
    readers = consumers or {}
    nobody = UNKNOWN if consumers is None else NOBODY
    rows = [
        (name, str(sent[name]), readers.get(name, nobody))
        for name in sorted({*found.queues, *readers, *sent})
    ]
    return _table(_counted(rows, "queue"), ("queue", "tasks", "consumed by"), rows)


def schedule_lines(found: Celery) -> list[str]:
    """The lines about the effective schedule: what beat sends, when, with which arguments."""
    rows = [
        (
            entry.name,
            entry.schedule,
            f"{entry.task}{entry.arguments}" if entry.task else "nothing",
            _place(entry.location),
        )
        for entry in sorted(found.beat, key=lambda entry: entry.name)
    ]
    title = _counted(rows, "beat entry", "beat entries")
    return _table(title, ("entry", "schedule", "sends", "at"), rows)


def consumers(workers: queues.Workers) -> dict[str, str]:
    """Queue → where the commands that consume it are written."""
    found: dict[str, list[str]] = {}
    for command in workers.commands:
        for queue in queues.consumed_by(command, workers.routing):
            found.setdefault(queue, []).append(command.source)
    return {queue: listed(dict.fromkeys(sources), 3) for queue, sources in found.items()}


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells in columns, as wide as their widest cell; the last one ends where its text does."""
    if not rows:
        return []
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _app(target: str, source: str, found: Celery, consumers: dict[str, str] | None) -> str:
    head = [f"{target} (Celery {found.version}, found in {source})"]
    sections = (task_lines(found), queue_lines(found, consumers), schedule_lines(found))
    return "\n\n".join("\n".join(lines) for lines in (head, *sections))


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [title, *(f"  {line}" for line in aligned([heads, *rows] if rows else []))]


def _counted(rows: Sequence[object], one: str, more: str = "") -> str:
    return f"{len(rows) or 'no'} {one if len(rows) == 1 else more or one + 's'}"


def _place(location: Location | None) -> str:
    return str(location) if location is not None else UNKNOWN
