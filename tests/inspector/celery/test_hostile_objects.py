"""Objects of an application that answer nothing, not even what they are: no step asks them for anything."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Celery, Entry
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.files import write_files

HOSTILE = """
class Refusing:
    def refuse(self, *args, **kwargs):
        raise RuntimeError("asked")

    __bool__ = __eq__ = __ne__ = __hash__ = __len__ = __iter__ = __contains__ = __getattr__ = refuse
    __str__ = __repr__ = __instancecheck__ = __fspath__ = refuse
    __class__ = __doc__ = __wrapped__ = property(refuse)

    def delay(self, *args):
        raise RuntimeError("asked")

    def go(self):
        from proj.models import Gone


class Clause(Refusing):
    '''As SQLAlchemy's: a comparison gives another one, and it has no truth value.'''

    def __eq__(self, other):
        return Clause()

    __hash__ = None


it = Refusing()
clause = Clause()


class Holder:
    column = clause
    thing = it

    def __init__(self):
        self.kept = clause

    def go(self):
        self.column.desc()
        self.thing.go()
        self.kept.go()
        self.column()
"""
TASKS = """
from celery import chain, signature
from proj.app import app
from proj.hostile import Holder, Refusing, clause, it

holder = Holder()
column = clause


@app.task
def plain(one=it, *, two=clause):
    holder.go()
    column.go()
    it.task()
    it.delay(1)
    column.delay(1)
    holder.column.delay(2)
    it.signature()
    clause.signature(3)
    chain(it.s(), column.s())
    signature("x", args=(it,))
    app.send_task(it)


@app.task(bind=True, priority=it, odd=clause, expires=clause, queue=None, rate_limit=it)
def odd(self):
    self.thing.go()


@app.task(serializer=[], compression=[], throws=it)
def unhashable():
    it.go()


class Wrapper:
    def __call__(self, function):
        return function


wrap = Wrapper()


@wrap
@app.task
def wrapped():
    from proj.models import Gone
"""
APP = """
from celery import Celery
from proj.hostile import Holder, clause, it

app = Celery("proj", broker="memory://", include=["proj.tasks"])
app.conf.beat_schedule = {
    "odd": {"task": "proj.tasks.plain", "schedule": 60.0, "args": (it, clause), "kwargs": {"two": clause}},
    "named": {"task": it, "schedule": 60.0},
    "options": {"task": "proj.tasks.plain", "schedule": 60.0, "options": {"queue": clause}},
}
app.conf.task_routes = [{"proj.tasks.odd": {"queue": "slow"}}, lambda *args, **kwargs: None]
app.conf.task_annotations = {"proj.tasks.odd": {"thing": it}}
"""


@pytest.fixture
def seen(tmp_path: Path) -> Celery:
    """What all steps that look at a Celery app have found beside such objects."""
    files = {"__init__.py": "", "models.py": "", "hostile.py": HOSTILE, "tasks.py": TASKS, "app.py": APP}
    write_files(tmp_path / "proj", files)
    request = Request(
        root=tmp_path,
        python=sys.executable,
        jobs=frozenset({"celery", "closure", "calls"}),
        entries=(Entry("celery", "proj.app:app", "a test"),),
        packages=("proj",),
    )
    (found,), problems = target.inspect(request, Limits(), os.environ)
    assert found.failure is None
    assert [(problem.job, problem.detail) for problem in problems] == []
    assert found.celery is not None
    ways = {way.task for module in found.modules for broken in module.broken for way in broken.ways}
    assert ways >= {"proj.tasks.plain", "proj.tasks.wrapped"}
    return found.celery


def test_nothing_is_asked_of_them(seen: Celery) -> None:
    """Every step comes to its end, and what stands beside them is seen as ever."""
    assert [task.name for task in seen.tasks] == [
        "proj.tasks.odd",
        "proj.tasks.plain",
        "proj.tasks.unhashable",
        "proj.tasks.wrapped",
    ]
    assert {source.registered for source in seen.sources} == {task.name for task in seen.tasks}
    assert {entry.name for entry in seen.beat} == {"odd", "named", "options"}
