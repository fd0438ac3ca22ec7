"""One beat entry: what beat, the registered task and the crontab itself say to its parts. Nothing is sent."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from collections.abc import Mapping
from typing import Any

from ..sources import is_a
from . import known_options, registry, shown, takes

Facts = dict[str, Any]
TAKES = "beat takes crontab(…), a timedelta or a number of seconds"
OTHER_SCHEDULERS = ("django_celery_beat", "redbeat", "celery_sqlalchemy_scheduler", "celerybeatmongo")
"""They store entries with keys of their own, and may be chosen on beat's command line."""


def describe(key: str, entry: Any, app: Any) -> Facts:
    """The ``BeatEntry`` of one entry, without its place.

    Args:
        key: its name.
        entry: a mapping, or a ``ScheduleEntry``.
        app: the loaded app.
    """
    fields = fields_of(entry)
    named = fields.get("task")
    name: str = named if named is not None and is_a(named, str) else ""
    task = dict.get(app.tasks, name)
    facts: Facts = {"name": key, "task": name, "registered": task is not None, "signature": ""}
    given = "Task" if type(named).__module__ == "celery.local" else type(named).__name__
    facts["task_given"] = "" if named is None or is_a(named, str) else given
    facts["schedule"] = _described(fields.get("schedule"))
    facts["schedule_error"] = _schedule_error(fields, app)
    facts["args_error"] = _args_error(fields)
    if not facts["args_error"]:
        facts["arguments"] = shown.arguments(fields.get("args") or (), fields.get("kwargs") or {})
    if task is None:
        facts["elsewhere"] = _elsewhere(app, name)
    else:
        facts["signature"] = registry.signature(task)
        facts["bind_error"] = "" if facts["args_error"] else _bind_error(task, fields)
    return {**facts, **_options(task, name, fields.get("options"), app)}


def fields_of(entry: Any) -> dict[str, Any]:
    """The parts of an entry; none for what is no entry."""
    if isinstance(entry, Mapping):
        return dict(entry)
    try:
        return dict(vars(entry))  # a celery.beat.ScheduleEntry
    except TypeError:
        return {}


def plain_scheduler(app: Any) -> bool:
    """Whether Celery's own scheduler reads the schedule, as far as can be known here."""
    return str(app.conf.beat_scheduler).startswith("celery.beat") and not any(
        name in sys.modules for name in OTHER_SCHEDULERS
    )


def _described(schedule: Any) -> str:
    if isinstance(schedule, (int, float)) and not isinstance(schedule, bool):
        return f"every {schedule:g} s"
    if isinstance(schedule, dt.timedelta):
        return f"every {schedule}"
    if type(schedule).__module__ == "celery.schedules":
        return str(schedule).strip("<>")
    return type(schedule).__name__


def _schedule_error(fields: dict[str, Any], app: Any) -> str:
    from celery import beat

    value = fields.get("schedule")
    if value is None:
        return "it has no schedule"
    if isinstance(value, str):
        return f"its schedule is a text; {TAKES}"
    if not isinstance(value, (int, float, dt.timedelta)) and not hasattr(value, "is_due"):
        return f"its schedule is a {type(value).__name__}; {TAKES}"
    if plain_scheduler(app):
        known = inspect.signature(beat.ScheduleEntry.__init__).parameters
        unknown = sorted(str(name) for name in fields if name not in known)
        if unknown:
            return f"beat refuses its key {unknown[0]!r}; there are task, schedule, args, kwargs and options"
        if not isinstance(value, (int, float, dt.timedelta)) and not hasattr(value, "now"):
            return f"its schedule is a {type(value).__name__} without the method now(), which beat calls"
    return due_error(value, app)


def due_error(value: Any, app: Any) -> str:
    """Why a schedule never comes due, or always is; empty for a good one, and for one of another make."""
    from celery import schedules

    known = (schedules.crontab.__module__, "django_celery_beat.tzcrontab")
    every = getattr(value, "run_every", value) if type(value) is schedules.schedule else value
    seconds = every.total_seconds() if isinstance(every, dt.timedelta) else every
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds <= 0:
        return f"its interval is {seconds:g} seconds"
    if isinstance(value, schedules.crontab) and type(value).__module__ in known:
        try:
            value.app = app  # as maybe_schedule does: the time zone is the app's
            value.is_due(value.now())
        except Exception as error:
            return f"its crontab never comes due: {error}"
    return ""


def _args_error(fields: dict[str, Any]) -> str:
    """What no task could take. Beat makes a list of ``args``, whatever they are."""
    args, keywords = fields.get("args"), fields.get("kwargs")
    if isinstance(args, (str, bytes)) and args:
        return f"args is the text {shown.value(args)}, of which each letter is sent as an argument"
    if isinstance(args, Mapping) and args:
        return "args is a dict, of which the keys are sent as arguments"
    if args and not hasattr(type(args), "__iter__"):
        return f"args is a single {type(args).__name__}, where a tuple is needed, such as (value,)"
    if keywords and not isinstance(keywords, Mapping):
        return f"kwargs is a {type(keywords).__name__}, where a dict is needed"
    return ""


def _bind_error(task: Any, fields: dict[str, Any]) -> str:
    """Why sending would be refused: the check of ``Task.apply_async`` itself, or the call of ``run``."""
    from celery import beat
    from celery.app.task import Task

    args, keywords = fields.get("args") or (), fields.get("kwargs") or {}
    if not isinstance(args, (tuple, list)):
        return ""  # made when it is asked
    lazy = getattr(beat, "BeatLazyFunc", None)
    if any(lazy in type(value).__mro__ for value in [*args, *keywords.values()]):
        return ""  # they are computed when the entry is due
    if not task.typing or "apply_async" in takes.own_methods(task):
        return ""  # it takes what it likes
    check = getattr(task, "__header__", None)
    if check is None:
        if type(task).__call__ is not Task.__call__ and not takes.calls_run(type(task)):
            return ""
        check = inspect.signature(task.run).bind
    met = takes.parameters(task)  # seen through wrappers that take anything
    try:
        check(*args, **keywords)
        if met is not None:
            inspect.Signature(met).bind(*args, **keywords)
    except TypeError as error:
        return str(error)
    return ""


def _elsewhere(app: Any, name: str) -> list[str]:
    """Other apps of this process that have a task of this name."""
    found = []
    for other in other_apps(app) if name else ():
        try:
            if dict.get(other._tasks, name) is not None:
                found.append(str(other.main or "another app"))
        except Exception:  # noqa: S112  # an app that was never set up
            continue
    return sorted(found)


def other_apps(app: Any) -> list[Any]:
    """The Celery apps of this process besides ``app``."""
    from celery import _state

    every: list[Any] = list(vars(_state)["_get_active_apps"]())
    return [other for other in every if other is not app]


def _options(task: Any, name: str, given: Any, app: Any) -> Facts:
    from celery.app.task import Task
    from celery.exceptions import QueueNotFound

    if not given:
        return {}
    if not isinstance(given, Mapping):
        return {"option_error": f"options is a {type(given).__name__}, where a dict is needed"}
    facts: Facts = {}
    if task is None or type(task).apply_async is Task.apply_async:
        known = known_options.names()
        unknown = [str(one) for one in given if one not in known]
        if unknown:
            facts["unknown_options"] = unknown
    try:
        if given.get("queue"):
            app.amqp.router.route({"queue": given["queue"]}, name, (), {}, task)
    except QueueNotFound as error:
        facts["option_error"] = str(error)
    except Exception:
        return facts  # a router of the application's own that wants real arguments
    return facts
