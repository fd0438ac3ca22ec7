"""What was meant to be in the beat schedule and is not: handlers that did not work, schedules that lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import failure
from ..project import Project
from . import beat_recorder, source
from .beat_entry import fields_of, other_apps

Facts = dict[str, Any]
COMPARED = ("task", "schedule", "args", "kwargs")
READ = ("beat_schedule", "CELERYBEAT_SCHEDULE")
LOOK_RIGHT = ("CELERY_BEAT_SCHEDULE", "BEAT_SCHEDULE")
Place = Callable[[str], "Facts | None"]
"""Key of an entry → where the source writes it."""


def handlers(app: Any, project: Project) -> list[Facts]:
    """A ``BeatHandler`` for each function of the application's that was not called, or that raised."""
    signals = {
        id(app.on_after_configure): "on_after_configure",
        id(app.on_after_finalize): "on_after_finalize",
    }
    found = []
    for handler in beat_recorder.handlers:
        signal, code = signals.get(id(handler.signal)), handler.code
        if signal is None or code is None or not project.owns_file(code.co_filename):
            continue
        problem = "raised" if handler.error is not None else "late" if handler.late else "gone"
        if handler.called and handler.error is None:
            continue
        error = handler.error
        found.append(
            {
                "name": f"{handler.module}.{handler.name}".replace(".<locals>", ""),
                "signal": signal,
                "problem": problem,
                "schedules": _schedules(code),
                "location": project.location(code.co_filename, code.co_firstlineno),
                "failure": failure.describe(error, project) if error is not None else None,
            }
        )
    return found


def _schedules(code: Any) -> bool:
    """Whether a function's own code speaks of periodic tasks or of the schedule."""
    names = {*code.co_names, *(str(one) for one in code.co_consts if isinstance(one, str))}
    inner = any(_schedules(one) for one in code.co_consts if hasattr(one, "co_names"))
    return inner or any("periodic" in name or "schedule" in name for name in names)


def schedules(app: Any, project: Project, place: Place) -> list[Facts]:
    """A ``LostSchedule`` for each schedule whose entries are not all in the effective one."""
    effective = app.conf.beat_schedule
    if not isinstance(effective, Mapping):
        return []
    return [*_sources(app, effective, project, place), *_replaced(effective, project)]


def _sources(app: Any, effective: Mapping[Any, Any], project: Project, place: Place) -> list[Facts]:
    conf = app.conf
    prefix = str(getattr(conf, "prefix", None) or "")
    names = dict.fromkeys((f"{prefix}BEAT_SCHEDULE" if prefix else "", *READ))
    read = [name for name in names if name]
    seen: list[tuple[str, Mapping[Any, Any], bool]] = []
    for values in conf.maps[:-1]:  # the last one holds the defaults
        for name in (*read, *(one for one in LOOK_RIGHT if one not in read)):
            try:
                value = values[name]
            except Exception:  # noqa: S112  # settings of a framework may raise anything
                continue
            if isinstance(value, Mapping) and value:
                seen.append((name, value, name in read))
    wins = next((name for name, value, _ in seen if value is effective), "beat_schedule" if effective else "")
    found = []
    for name, value, is_read in seen:
        if value is effective or (not is_read and _another_app(app)):
            continue
        lost = [str(key) for key, entry in value.items() if not _same(effective.get(key), entry)]
        if lost:
            location = place(lost[0])
            found.append(
                {"where": name, "wins": wins, "entries": lost, "read": is_read, "location": location}
            )
    return found


def _replaced(effective: Mapping[Any, Any], project: Project) -> list[Facts]:
    found = []
    for one in beat_recorder.replaced:
        lost = [str(key) for key in one.entries if key not in effective]
        if lost:
            location = source.place_of_call(one.stack, "", project)
            found.append({"where": "", "wins": "beat_schedule", "entries": lost, "location": location})
    return found


def _same(one: Any, other: Any) -> bool:
    first, second = fields_of(one) if one is not None else {}, fields_of(other)
    try:
        return bool(first) and all(first.get(part) == second.get(part) for part in COMPARED)
    except Exception:
        return True  # arguments that cannot be compared: nothing is proven


def _another_app(app: Any) -> bool:
    """Whether another app of this process may read the settings under its own names."""
    return any(one._config_source is not None for one in other_apps(app))
