"""The effective beat schedule: what ``celery beat`` would read from the loaded app, entry by entry."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ..project import Project, source_file
from . import recorder, registry, source

Facts = dict[str, Any]
TAKES = "beat takes crontab(…), a timedelta or a number of seconds"
COMPARED = ("task", "schedule", "args", "kwargs")
OTHER_SCHEDULERS = ("django_celery_beat", "redbeat", "celery_sqlalchemy_scheduler", "celerybeatmongo")
"""They store entries with keys of their own, and may be chosen on beat's command line."""


def entries(app: Any, project: Project) -> list[Facts]:
    """A ``BeatEntry`` for each entry of ``app.conf.beat_schedule``, which is read but not run.

    Args:
        app: the loaded app.
        project: the application.
    """
    schedule = app.conf.beat_schedule
    if not isinstance(schedule, Mapping):
        return []
    if not schedule:
        return []
    written = _Written(project)
    lost: dict[str, list[str]] = {}
    for key, task in [
        *_overwritten(),
        *((key, task) for key, tasks in written.duplicates.items() for task in tasks),
    ]:
        lost.setdefault(key, []).append(task)
    return [_entry(str(key), entry, app, written, lost) for key, entry in list(schedule.items())]


def _entry(key: str, entry: Any, app: Any, written: _Written, lost: dict[str, list[str]]) -> Facts:
    fields = _fields(entry)
    named = fields.get("task")
    task_name = named if isinstance(named, str) else ""
    task = dict.get(app.tasks, task_name)
    facts: Facts = {"name": key, "task": task_name, "registered": task is not None, "signature": ""}
    facts["schedule"] = _described(fields.get("schedule"))
    facts["schedule_error"] = _schedule_error(fields, app)
    if task is not None:
        facts["signature"] = registry.signature(task)
        facts["bind_error"] = _bind_error(task, fields)
    facts["lost"] = ", ".join(dict.fromkeys(lost.get(key, [])))
    stack = recorder.periodic.get(key)
    place = source.place_of_call(stack, key, written.project) if stack else None
    facts["location"] = place or written.location(key, task_name)
    return facts


def _fields(entry: Any) -> dict[str, Any]:
    if isinstance(entry, Mapping):
        return dict(entry)
    try:
        return dict(vars(entry))  # a celery.beat.ScheduleEntry
    except TypeError:
        return {}


def _overwritten() -> Iterator[tuple[str, str]]:
    """(key, task) of each entry that a registration under the same key has replaced by something else."""
    for lost in recorder.lost_entries:
        before, after = _fields(lost.lost), _fields(lost.kept)
        try:
            same = all(before.get(part) == after.get(part) for part in COMPARED)
        except Exception:
            same = True  # arguments that cannot be compared: nothing is proven
        if not same:
            yield str(lost.key), str(before.get("task") or "")


def _described(schedule: Any) -> str:
    if isinstance(schedule, (int, float)) and not isinstance(schedule, bool):
        return f"every {schedule:g} s"
    if isinstance(schedule, dt.timedelta):
        return f"every {schedule}"
    if type(schedule).__module__ == "celery.schedules":
        return str(schedule).strip("<>")
    return type(schedule).__name__


def _schedule_error(fields: dict[str, Any], app: Any) -> str:
    from celery import beat, schedules

    value = fields.get("schedule")
    if value is None:
        return "it has no schedule"
    if isinstance(value, str):
        return f"its schedule is a text; {TAKES}"
    if not isinstance(value, (int, float, dt.timedelta)) and not hasattr(value, "is_due"):
        return f"its schedule is a {type(value).__name__}; {TAKES}"
    if _plain_scheduler(app):
        known = inspect.signature(beat.ScheduleEntry.__init__).parameters
        unknown = sorted(str(name) for name in fields if name not in known)
        if unknown:
            return f"beat refuses its key {unknown[0]!r}; there are task, schedule, args, kwargs and options"
    if type(value) is schedules.crontab:
        try:
            value.app = app  # as maybe_schedule does: the time zone is the app's
            value.is_due(value.now())
        except Exception as error:
            return f"its crontab never comes due: {error}"
    return ""


def _plain_scheduler(app: Any) -> bool:
    return str(app.conf.beat_scheduler).startswith("celery.beat") and not any(
        name in sys.modules for name in OTHER_SCHEDULERS
    )


def _bind_error(task: Any, fields: dict[str, Any]) -> str:
    """Why sending would be refused: the check of ``Task.apply_async`` itself, or the call of ``run``."""
    from celery import beat
    from celery.app.task import Task

    args, keywords = fields.get("args") or (), fields.get("kwargs") or {}
    if not isinstance(keywords, Mapping):
        return f"kwargs is a {type(keywords).__name__}, where a dict is needed"
    try:
        args = list(args)
    except TypeError:
        return f"args is a single {type(args).__name__}, where a tuple is needed, such as (value,)"
    lazy = getattr(beat, "BeatLazyFunc", ())
    if any(isinstance(value, lazy) for value in [*args, *keywords.values()]):
        return ""  # they are computed when the entry is due
    if not task.typing or type(task).apply_async is not Task.apply_async:
        return ""  # it takes what it likes
    check = getattr(task, "__header__", None)
    if check is None:
        if type(task).__call__ is not Task.__call__:
            return ""
        check = inspect.signature(task.run).bind
    try:
        check(*args, **keywords)
    except TypeError as error:
        return str(error)
    return ""


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
            if b"schedule" in source.read(file).lower():
                for text, lines in source.texts(file).items():
                    self.tasks.setdefault(text, []).extend((file, line) for line in lines)
                for node in ast.walk(source.tree(file)):
                    if isinstance(node, ast.Dict):
                        self._display(node, file)

    def location(self, key: str, task: str) -> dict[str, object] | None:
        """The line of the entry's key, else the only line that names its task."""
        named = self.tasks.get(task, [])
        places = self.keys.get(key) or (named if len(named) == 1 else [])
        # of several displays of one key the last one counts
        return self.project.location(*places[-1]) if places else None

    def _display(self, node: ast.Dict, file: str) -> None:
        seen: dict[str, str] = {}
        for name, value in zip(node.keys, node.values, strict=True):
            task = _task_text(value) if isinstance(value, ast.Dict) else ""
            if task and isinstance(name, ast.Constant) and isinstance(name.value, str):
                self.keys.setdefault(name.value, []).append((file, name.lineno))
                if name.value in seen:
                    self.duplicates.setdefault(name.value, []).append(seen[name.value])
                seen[name.value] = task


def _task_text(entry: ast.Dict) -> str:
    for name, value in zip(entry.keys, entry.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == "task":
            return str(value.value) if isinstance(value, ast.Constant) else ast.unparse(value)
    return ""
