"""The effective beat schedule: what ``celery beat`` would read from the loaded app, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..project import Project, source_file
from . import beat_entry, beat_losses, displays, recorder, source

Facts = dict[str, Any]


def entries(app: Any, project: Project) -> list[Facts]:
    """A ``BeatEntry`` for each entry of ``app.conf.beat_schedule``, which is read but not run.

    Args:
        app: the loaded app.
        project: the application.
    """
    schedule = app.conf.beat_schedule
    if not isinstance(schedule, Mapping) or not schedule:
        return []
    written = _Written(project)
    lost: dict[str, list[str]] = {}
    for key, task in [
        *_overwritten(),
        *((key, task) for key, tasks in written.duplicates.items() for task in tasks),
    ]:
        lost.setdefault(key, []).append(task)
    found = []
    for key, entry in list(schedule.items()):
        name = str(key)
        facts = beat_entry.describe(name, entry, app)
        stack = recorder.periodic.get(name)
        place = source.place_of_call(stack, name, written.project) if stack else None
        facts["location"] = place or written.location(name, facts["task"])
        facts["lost"] = ", ".join(dict.fromkeys(lost.get(name, [])))
        found.append(facts)
    return found


def lost(app: Any, project: Project) -> Facts:
    """What was meant to be in the schedule and is not, by the fields of ``Celery``."""
    return {
        "beat_handlers": beat_losses.handlers(app, project),
        "lost_schedules": beat_losses.schedules(
            app, project, lambda key: _Written(project).location(key, "")
        ),
    }


def _overwritten() -> Iterator[tuple[str, str]]:
    """(key, task) of each entry that a registration under the same key has replaced by something else."""
    for lost in recorder.lost_entries:
        before, after = beat_entry.fields_of(lost.lost), beat_entry.fields_of(lost.kept)
        try:
            same = all(before.get(part) == after.get(part) for part in beat_losses.COMPARED)
        except Exception:
            same = True  # arguments that cannot be compared: nothing is proven
        if not same:
            yield str(lost.key), str(before.get("task") or "")


class _Written:
    """Where the application's source writes beat entries, by key and by the task's name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.keys: dict[str, list[tuple[str, int]]] = {}
        self.tasks: dict[str, list[tuple[str, int]]] = {}
        self.duplicates: dict[str, list[str]] = {}
        """Key → the tasks of earlier entries of the same key in one dict display."""
        for _, module in project.modules():
            file = source_file(module)
            shown = source.of(file, "displays", displays.read, displays.needed)
            if shown is None:
                continue
            for text, lines in source.texts(file).items():
                self.tasks.setdefault(text, []).extend((file, line) for line in lines)
            for entries in shown:
                self._display(entries, file)

    def location(self, key: str, task: str) -> dict[str, object] | None:
        """The line of the entry's key, else the only line that names its task."""
        named = self.tasks.get(task, [])
        places = self.keys.get(key) or (named if len(named) == 1 else [])
        # of several displays of one key the last one counts
        return self.project.location(*places[-1]) if places else None

    def _display(self, entries: list[displays.Entry], file: str) -> None:
        seen: dict[str, str] = {}
        for key, line, task in entries:
            self.keys.setdefault(key, []).append((file, line))
            if key in seen:
                self.duplicates.setdefault(key, []).append(seen[key])
            seen[key] = task
