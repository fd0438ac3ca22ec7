"""The effective beat schedule, and what was meant to be in it, as the real Celery has it."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import BeatEntry, Celery, Location
from tests.inspector.celery.support import APP, Load


def by_name(found: Celery) -> dict[str, BeatEntry]:
    return {entry.name: entry for entry in found.beat}


def test_the_effective_beat_schedule_is_read_entry_by_entry(load: Load) -> None:
    """Unknown tasks, arguments that do not bind, schedules that cannot run, each at the line of its key."""
    found = load(
        {
            "proj/app.py": APP
            + """\
from datetime import timedelta
from celery.schedules import crontab
@app.task
def add(x, y=0): pass
@app.task(typing=False)
def loose(x): pass
@app.task(bind=True)
def bound(self, x): pass
app.conf.beat_schedule = {
    "fine": {"task": "proj.app.add", "schedule": crontab(minute="*/5"), "args": (1,)},
    "unknown": {"task": "proj.app.ad", "schedule": 10},
    "lacking": {"task": "proj.app.add", "schedule": timedelta(minutes=1)},
    "number": {"task": "proj.app.add", "schedule": 60.0, "args": 1},
    "loose": {"task": "proj.app.loose", "schedule": 60.0},
    "bound": {"task": "proj.app.bound", "schedule": 60.0, "kwargs": {"y": 1}},
    "text": {"task": "proj.app.add", "schedule": "*/5 * * * *", "args": (1,)},
    "key": {"task": "proj.app.add", "schedule": 5, "arguments": (1,), "args": (1,)},
    "own": {"task": "celery.backend_cleanup", "schedule": 5},
    "unscheduled": {"task": "proj.app.add", "args": (1,)},
    "nameless": {"schedule": 5},
}
"""
        }
    )
    entries = by_name(found)
    assert entries["fine"] == BeatEntry(
        "fine",
        "proj.app.add",
        registered=True,
        schedule=entries["fine"].schedule,
        arguments="(1)",
        signature="(x, y=0)",
        location=Location("proj/app.py", 12),
    )
    assert not entries["unknown"].registered
    assert entries["unknown"].location == Location("proj/app.py", 13)
    assert "'x'" in entries["lacking"].bind_error
    assert entries["number"].args_error == "args is a single int, where a tuple is needed, such as (value,)"
    assert entries["loose"].bind_error == ""
    assert "'y'" in entries["bound"].bind_error
    assert entries["text"].schedule_error.startswith("its schedule is a text")
    assert "'arguments'" in entries["key"].schedule_error
    assert entries["own"].registered
    assert entries["unscheduled"].schedule_error == "it has no schedule"
    assert (entries["nameless"].task, entries["nameless"].registered) == ("", False)


def test_entries_added_by_signals_are_part_of_the_schedule(load: Load) -> None:
    """``on_after_finalize`` and ``on_after_configure`` count; an entry that another overwrites is lost."""
    found = load(
        {
            "proj/app.py": APP
            + """\
@app.task
def add(x, y): pass
@app.task
def mul(x, y): pass
@app.on_after_finalize.connect
def setup(sender, **_):
    sender.add_periodic_task(10.0, add.s(1, 2), name="sums")
    sender.add_periodic_task(10.0, mul.s(1, 2), name="sums")
    sender.add_periodic_task(30.0, add.s(3, 4))
    sender.add_periodic_task(60.0, add.s(3, 4))
    sender.add_periodic_task(5.0, add.s(5, 6), name="twice")
    sender.add_periodic_task(5.0, add.s(5, 6), name="twice")
    sender.add_periodic_task(5.0, add.s(5), name="short")
app.conf.beat_schedule = {
    "written": {"task": "proj.app.add", "schedule": 5, "args": (1, 2)},
    "written": {"task": "proj.app.mul", "schedule": 5, "args": (1, 2)},
}
"""
        }
    )
    entries = by_name(found)
    assert (entries["sums"].task, entries["sums"].lost) == ("proj.app.mul", "proj.app.add")
    assert entries["sums"].location == Location("proj/app.py", 10)
    assert entries["proj.app.add(3, 4)"].lost == "proj.app.add"
    assert entries["twice"].lost == ""
    assert entries["short"].bind_error
    assert (entries["written"].task, entries["written"].lost) == ("proj.app.mul", "proj.app.add")
    assert entries["written"].location == Location("proj/app.py", 18)


def test_each_way_in_which_an_entry_can_fail_is_seen(load: Load) -> None:
    """Arguments of a wrong shape, intervals without a pause, options, a task that is no name."""
    found = load(
        {
            "proj/app.py": APP
            + """\
from datetime import timedelta
from celery.schedules import crontab, schedule
app.conf.task_create_missing_queues = False
@app.task
def add(x, y=0): pass
class Odd:
    def is_due(self, last): return False, 60
ADD = {"task": "proj.app.add", "schedule": 60.0, "args": (1,)}
app.conf.beat_schedule = {
    "letters": {**ADD, "args": ("eu")},
    "dict": {**ADD, "args": {"x": 1}},
    "keywords": {**ADD, "kwargs": [1]},
    "zero": {**ADD, "schedule": timedelta(0)},
    "negative": {**ADD, "schedule": -5},
    "zero schedule": {**ADD, "schedule": schedule(timedelta(0))},
    "odd": {**ADD, "schedule": Odd()},
    "never": {**ADD, "schedule": crontab(minute=[])},
    "object": {"task": add, "schedule": 5},
    "options": {**ADD, "options": {"count_down": 5, "tenant": "x", "expires": 60}},
    "list": {**ADD, "options": ["queue"]},
    "queue": {**ADD, "options": {"queue": "nowhere"}},
    "fine": {**ADD, "options": {"queue": "celery", "priority": 3}, "relative": True},
    "empty": {**ADD, "args": (1,), "kwargs": None, "options": None},
}
"""
        }
    )
    entries = by_name(found)
    assert entries["letters"].args_error == (
        'args is the text "eu", of which each letter is sent as an argument'
    )
    assert entries["dict"].args_error == "args is a dict, of which the keys are sent as arguments"
    assert entries["keywords"].args_error == "kwargs is a list, where a dict is needed"
    assert entries["zero"].schedule_error == "its interval is 0 seconds"
    assert entries["negative"].schedule_error == "its interval is -5 seconds"
    assert entries["zero schedule"].schedule_error == "its interval is 0 seconds"
    assert entries["odd"].schedule_error == (
        "its schedule is a Odd without the method now(), which beat calls"
    )
    assert entries["never"].schedule_error.startswith("its crontab never comes due: ")
    assert (entries["object"].task, entries["object"].task_given) == ("", "Task")
    assert entries["options"].unknown_options == ("count_down", "tenant")
    assert entries["list"].option_error == "options is a list, where a dict is needed"
    assert "nowhere" in entries["queue"].option_error
    for name in ("fine", "empty"):
        entry = entries[name]
        assert (entry.args_error, entry.bind_error, entry.schedule_error, entry.option_error) == ("",) * 4
        assert entry.unknown_options == ()


def test_a_healthy_schedule_that_is_computed_has_nothing_wrong(load: Load) -> None:
    """Arguments that are made when the entry is due, schedules of other makes, entries made in a loop."""
    found = load(
        {
            "proj/app.py": APP
            + """\
from celery.beat import BeatLazyFunc, ScheduleEntry
from celery.schedules import crontab, schedule
@app.task
def add(x, y=0): pass
@app.task(typing=False)
def loose(): pass
class Business(schedule):
    def is_due(self, last): raise RuntimeError("not without the calendar's server")
class Names(list):
    pass
class Tenants(crontab):
    def is_due(self, last): raise RuntimeError("not without the tenants")
app.conf.beat_schedule = {
    f"region-{one}": {"task": "proj.app.add", "schedule": crontab(hour=at), "args": [one]}
    for at, one in enumerate("ab")
}
app.conf.beat_schedule["lazy"] = {"task": "proj.app.add", "schedule": 5, "args": (BeatLazyFunc(int),)}
app.conf.beat_schedule["own"] = {"task": "proj.app.add", "schedule": Business(60), "args": Names("a")}
app.conf.beat_schedule["tenants"] = {"task": "proj.app.add", "schedule": Tenants(), "args": (1,)}
app.conf.beat_schedule["entry"] = ScheduleEntry("entry", "proj.app.add", schedule=5, args=(1,), app=app)
app.conf.beat_schedule["loose"] = {"task": "proj.app.loose", "schedule": 5, "args": (1, 2, 3)}
more = {"task": "proj.app.add", "schedule": 5, "args": (1,)}
app.conf.beat_schedule = {**app.conf.beat_schedule, "more": more}
"""
        }
    )
    assert {entry.name for entry in found.beat} == {
        "region-a", "region-b", "tenants", "lazy", "own", "entry", "loose", "more",
    }  # fmt: skip
    for entry in found.beat:
        assert entry.registered
        problems = (entry.args_error, entry.bind_error, entry.schedule_error, entry.option_error, entry.lost)
        assert problems == ("",) * 5, entry
    assert found.lost_schedules == ()
    assert found.beat_handlers == ()


def test_handlers_that_did_not_do_their_work_are_seen(load: Load) -> None:
    """Celery logs what one raises, never calls one that is connected too late, and forgets a nested one."""
    found = load(
        {
            "proj/app.py": APP
            + """\
app.conf.include = ["proj.tasks"]
@app.on_after_configure.connect
def broken(sender, **kwargs):
    sender.add_periodic_task(5, undefined.s(), name="lost")
@app.on_after_finalize.connect
def fine(sender, **kwargs):
    sender.add_periodic_task(5, sender.signature("proj.tasks.work"), name="kept")
def outer():
    @app.on_after_finalize.connect()
    def inner(sender, **kwargs):
        sender.add_periodic_task(1, None)
    @app.on_after_finalize.connect(weak=False)
    def held(sender, **kwargs): pass
outer()
other = type(app)("other")
@other.on_after_configure.connect
def of_another(sender, **kwargs):
    sender.add_periodic_task(1, None)
""",
            "proj/tasks.py": """from proj.app import app
@app.task
def work(): pass
@app.on_after_configure.connect
def late(sender, **kwargs):
    sender.add_periodic_task(5, work.s())
@app.on_after_configure.connect
def metrics(sender, **kwargs): pass
@app.on_after_finalize.connect
def in_time(sender, **kwargs): pass
""",
        }
    )
    assert {entry.name for entry in found.beat} == {"kept"}
    handlers = {handler.name: handler for handler in found.beat_handlers}
    assert set(handlers) == {
        "proj.app.broken",
        "proj.app.outer.inner",
        "proj.tasks.late",
        "proj.tasks.metrics",
    }
    broken = handlers["proj.app.broken"]
    assert (broken.problem, broken.signal, broken.schedules) == ("raised", "on_after_configure", True)
    assert broken.failure is not None
    assert broken.failure.location == Location("proj/app.py", 6)
    inner, late = handlers["proj.app.outer.inner"], handlers["proj.tasks.late"]
    assert (inner.problem, inner.signal, inner.schedules) == ("gone", "on_after_finalize", True)
    assert (late.problem, late.schedules, late.location) == ("late", True, Location("proj/tasks.py", 4))
    assert not handlers["proj.tasks.metrics"].schedules


NAMESPACED = "app.config_from_object('proj.settings', namespace='CELERY')\n"
CRON = '{"task": "proj.app.add", "schedule": 60.0}'


@pytest.mark.parametrize(
    "settings, made, lost",
    [
        (
            f"CELERY_BEAT_SCHEDULE = {{'new': {CRON}}}\nCELERYBEAT_SCHEDULE = {{'old': {CRON}}}\n",
            "app.config_from_object('proj.settings', namespace='CELERY')\n",
            [
                (
                    "CELERYBEAT_SCHEDULE",
                    "CELERY_BEAT_SCHEDULE",
                    ("old",),
                    True,
                    Location("proj/settings.py", 2),
                )
            ],
        ),
        (
            f"CELERY_BEAT_SCHEDULE = {{'kept': {CRON}}}\n",
            "app.config_from_object('proj.settings')\n",
            [("CELERY_BEAT_SCHEDULE", "", ("kept",), False, Location("proj/settings.py", 1))],
        ),
        (
            "",
            f"app.conf.beat_schedule = {{'first': {CRON}}}\napp.conf.beat_schedule = {{'second': {CRON}}}\n",
            [("", "beat_schedule", ("first",), True, Location("proj/app.py", 4))],
        ),
        (
            f"beat_schedule = {{'one': {CRON}}}\nCELERYBEAT_SCHEDULE = beat_schedule\n",
            "app.config_from_object('proj.settings')\n",
            [],
        ),
        (
            f"CELERY_BEAT_SCHEDULE = {{'one': {CRON}}}\n",
            "from proj import settings as own\napp.conf.beat_schedule = own.CELERY_BEAT_SCHEDULE\n",
            [],
        ),
        (
            f"CELERY_BEAT_SCHEDULE = {{'one': {CRON}}}\n",
            f"{NAMESPACED}app.conf.beat_schedule.update(two={CRON})\n",
            [],
        ),
    ],
    ids=["old and new name", "no namespace", "assigned twice", "the same", "taken over", "added to"],
)
def test_a_schedule_that_is_not_the_one_that_counts_is_seen(
    load: Load, settings: str, made: str, lost: list[tuple[object, ...]]
) -> None:
    """With the key that holds it, the one that wins, and the entries that never run."""
    task = "@app.task\ndef add(): pass\n"
    found = load({"proj/app.py": APP + made + task, "proj/settings.py": settings})
    assert [
        (one.where, one.wins, one.entries, one.read, one.location) for one in found.lost_schedules
    ] == lost


def test_a_schedule_of_the_settings_and_one_that_is_assigned_cannot_both_count(load: Load) -> None:
    """Which of them wins depends on the version of Celery; the entries of the other never run."""
    found = load(
        {
            "proj/app.py": APP
            + "app.config_from_object('proj.settings', namespace='CELERY')\n"
            + f"app.conf.beat_schedule = {{'assigned': {CRON}}}\n"
            + "@app.task\ndef add(): pass\n",
            "proj/settings.py": f"CELERY_BEAT_SCHEDULE = {{'settings': {CRON}}}\n",
        }
    )
    (lost,) = found.lost_schedules
    assert {lost.where, lost.wins} == {"CELERY_BEAT_SCHEDULE", "beat_schedule"}
    assert {*lost.entries, *by_name(found)} == {"assigned", "settings"}


def test_a_task_that_only_another_app_has_is_told_with_that_app(load: Load) -> None:
    """Its worker may well read the queue."""
    found = load(
        {
            "proj/app.py": APP
            + """\
other = Celery("reports", set_as_current=False)
@other.task(name="reports.make", shared=False)
def make(): pass
other.finalize()
app.conf.beat_schedule = {"make": {"task": "reports.make", "schedule": 5}}
"""
        }
    )
    (entry,) = found.beat
    assert (entry.registered, entry.elsewhere) == (False, ("reports",))


def test_arguments_that_a_class_of_tasks_passes_on(load: Load) -> None:
    """One that gives each of them another value refuses what Celery's own refuses; another may add some."""
    found = load(
        {
            "proj/app.py": APP
            + """\
import functools
def packed(args):
    return tuple(str(one) for one in args)
class Packing(app.Task):
    def apply_async(self, args=None, kwargs=None, **options):
        if args is not None:
            args = packed(args)
        return super().apply_async(args, kwargs, **options)
class Adding(app.Task):
    def apply_async(self, args=None, kwargs=None, **options):
        return super().apply_async((1, *(args or ())), kwargs, **options)
@app.task(base=Packing)
def packing(x): pass
@app.task(base=Adding)
def adding(x): pass
def locked(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
@app.task
@locked
def wrapped(x): pass
app.conf.beat_schedule = {
    "wrapped": {"task": "proj.app.wrapped", "schedule": 60.0, "kwargs": {"y": 1}},
    "whole": {"task": "proj.app.wrapped", "schedule": 60.0, "kwargs": {"x": 1}},
    "packing": {"task": "proj.app.packing", "schedule": 60.0},
    "packed": {"task": "proj.app.packing", "schedule": 60.0, "args": (1,)},
    "adding": {"task": "proj.app.adding", "schedule": 60.0},
}
"""
        }
    )
    errors = {name: entry.bind_error for name, entry in by_name(found).items()}
    assert "'x'" in errors.pop("packing")
    assert "'x'" in errors.pop("wrapped")
    assert errors == {"packed": "", "adding": "", "whole": ""}
