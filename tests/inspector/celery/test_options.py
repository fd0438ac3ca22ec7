"""A task's own options, given to the real code of Celery and kombu that uses them."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Celery, Location, TaskOption
from tests.inspector.celery.support import APP, Load


def options(found: Celery) -> dict[str, dict[str, TaskOption]]:
    """Task's last name → its options by name."""
    return {
        task.name.rpartition(".")[2]: {option.name: option for option in task.options} for task in found.tasks
    }


def test_what_celery_refuses_of_a_tasks_own_options_is_seen(load: Load) -> None:
    """Each with its evidence, at the line of the decorator that gives it."""
    found = load(
        {
            "proj/app.py": APP
            + """\
app.conf.task_create_missing_queues = False
@app.task(
    serializer="jsn",
    rate_limit="ten/m",
    expires="soon",
    soft_time_limit=60,
    time_limit=30,
    autoretry_for=("ValueError",),
    throws=[ValueError],
    compression="zipp",
    priority="high",
    max_retries="3",
    queue="nowhere",
)
def everything(): pass
@app.task(serializer="pickle")
def pickled(): pass
@app.task(bind=True)
def selfless(): pass
@app.task
async def awaited(): pass
class Empty(app.Task):
    name = "proj.app.empty"
app.register_task(Empty())
class Typed(app.Task):
    name = "proj.app.typed"
    rate_limit = "often"
    Request = "proj.requests:Missing"
    def run(self): pass
app.register_task(Typed())
"""
        }
    )
    seen = options(found)
    everything = seen["everything"]
    assert {name: option.problem for name, option in everything.items()} == {
        "serializer": "serializer",
        "rate_limit": "rate",
        "expires": "message",
        "soft_time_limit": "limits",
        "autoretry_for": "exceptions",
        "throws": "exceptions",
        "compression": "compression",
        "priority": "number",
        "max_retries": "number",
        "queue": "queue",
    }
    assert everything["serializer"].value == "'jsn'"
    assert "json" in everything["serializer"].detail.split(", ")
    assert everything["serializer"].location == Location("proj/app.py", 5)
    assert everything["autoretry_for"].detail == "'ValueError'"
    assert everything["soft_time_limit"].detail == "60 > 30"
    assert "nowhere" in everything["queue"].detail
    assert everything["rate_limit"].detail.startswith("ValueError: ")
    assert (seen["pickled"]["serializer"].problem, seen["pickled"]["serializer"].detail) == (
        "content",
        "json",
    )
    assert seen["selfless"]["bind"].problem == "self"
    assert seen["awaited"]["run"].problem == "coroutine"
    assert (seen["empty"]["run"].problem, seen["empty"]["run"].detail) == ("run", "Empty")
    assert seen["typed"]["rate_limit"].location == Location("proj/app.py", 29)
    assert seen["typed"]["Request"].problem == "symbol"


def test_a_call_of_its_own_that_only_surrounds_the_body(load: Load) -> None:
    """What it hands on is what Celery gets; one that may do something with it is not judged."""
    found = load(
        {
            "proj/app.py": APP
            + """\
import asyncio, contextlib, functools
class Within(app.Task):
    def __call__(self, *args, **kwargs):
        with contextlib.nullcontext():
            return self.run(*args, **kwargs)
class Twice(Within):
    def __call__(self, *args, **kwargs):
        try:
            return Within.__call__(self, *args, **kwargs)
        finally:
            print()
class Running(Twice):
    def __call__(self, *args, **kwargs):
        return asyncio.run(super().__call__(*args, **kwargs))
class Kept(app.Task):
    def __call__(self, *args, **kwargs):
        with contextlib.nullcontext():
            given = self.run(*args, **kwargs)
            print()
            return given
class Awaited(app.Task):
    def __call__(self, *args, **kwargs):
        given = self.run(*args, **kwargs)
        asyncio.run(given)
        return given
class Other(app.Task):
    def __call__(self, *args, **kwargs):
        given = self.run(*args, **kwargs)
        if asyncio.iscoroutinefunction(self.run):
            given = 1
        return given
class Later(app.Task):
    def __call__(self, *args, **kwargs):
        def run():
            return self.run(*args, **kwargs)
        return asyncio.run(run())
@app.task(base=Within)
async def within(): pass
@app.task(base=Twice, bind=True)
def selfless(): pass
def locked(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
def taking(function):
    @functools.wraps(function)
    def wrapper(task, *args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
@app.task(bind=True)
@locked
def locking(): pass
@app.task(bind=True)
@taking
def taken(): pass
@app.task(base=Running)
async def running(): pass
@app.task(base=Later)
async def later(): pass
@app.task(base=Kept)
async def kept(): pass
@app.task(base=Awaited)
async def awaited(): pass
@app.task(base=Other)
async def other(): pass
@app.task(base=Twice)
def healthy(): pass
"""
        }
    )
    seen = options(found)
    assert {name: {one: option.problem for one, option in held.items()} for name, held in seen.items()} == {
        "within": {"run": "coroutine"},
        "selfless": {"bind": "self"},
        "locking": {"bind": "self"},
        "taken": {},
        "running": {},
        "later": {},
        "kept": {"run": "coroutine"},
        "awaited": {},
        "other": {},
        "healthy": {},
    }


def test_names_that_mean_nothing_are_seen_unless_the_application_reads_them(load: Load) -> None:
    """``@app.task`` keeps whatever it is given as an attribute."""
    found = load(
        {
            "proj/app.py": APP
            + """\
class Once(app.Task):
    once = {}
@app.task(max_retry=3, countdown=5, retry=True, rate_limits="1/s")
def misspelt(): pass
@app.task(base=Once, bind=True, once={"keys": []}, max_retrys=3)
def own(self): return self.max_retrys
@app.task(on_failure=print)
def handler(): pass
"""
        }
    )
    seen = options(found)
    problems = {name: option.problem for name, option in seen["misspelt"].items()}
    assert problems == {
        "max_retry": "unused",
        "rate_limits": "unused",
        "countdown": "unused",
        "retry": "hides",
    }
    assert seen["misspelt"]["countdown"].detail == "apply_async"
    assert "max_retries" in seen["misspelt"]["max_retry"].detail.split(", ")
    assert seen["own"] == seen["handler"] == {}


def test_healthy_options_of_all_kinds_are_taken(load: Load) -> None:
    """As text, as numbers, as classes; a call of its own, a pool that awaits, an accepted serializer."""
    found = load(
        {
            "proj/app.py": APP
            + """\
import datetime, functools
app.conf.update(accept_content=["json", "pickle"], worker_pool="celery_aio_pool.pool:AsyncIOPool")
@app.task(
    serializer="pickle", rate_limit="10/m", expires=60, soft_time_limit=30, time_limit=60, priority=3,
    autoretry_for=(ValueError, KeyError), dont_autoretry_for=[OSError], throws=(KeyError,),
    compression="gzip", max_retries=None, retry_backoff=True, retry_kwargs={"max_retries": 5}, acks_late=True,
    queue="celery", ignore_result=True, track_started=True, default_retry_delay=5.5,
)
def full(): pass
@app.task(rate_limit=5, expires=datetime.datetime(2099, 1, 1), throws=KeyError)
def numbers(): pass
@app.task(expires="2099-01-01T00:00:00")
def text(): pass
@app.task
async def awaited(): pass
def without_self(function):
    @functools.wraps(function)
    def wrapper(self, *args): return function(*args)
    return wrapper
@app.task(bind=True)
@without_self
def wrapped(): pass
class Called(app.Task):
    name = "proj.app.called"
    def __call__(self, *args): return 1
app.register_task(Called())
"""
        }
    )
    assert {name: seen for name, seen in options(found).items() if seen} == {}
    assert found.options == ()


@pytest.mark.parametrize(
    "conf, problem",
    [
        ('task_serializer="jsn"', ("task_serializer", "serializer")),
        ('task_serializer="pickle"', ("task_serializer", "content")),
        ('task_default_rate_limit="x/m"', ("task_default_rate_limit", "rate")),
        ("task_soft_time_limit=60, task_time_limit=30", ("task_soft_time_limit", "limits")),
        ('result_backend="rpc://", result_serializer="pickle"', ("result_serializer", "content")),
    ],
)
def test_what_the_configuration_gives_all_tasks_is_seen_once(
    load: Load, conf: str, problem: tuple[str, str]
) -> None:
    """And not again for each task."""
    text = f"app.conf.update({conf})\n@app.task\ndef one(): pass\n@app.task\ndef two(): pass\n"
    found = load({"proj/app.py": APP + text})
    assert [(option.name, option.problem) for option in found.options] == [problem]
    assert options(found) == {"one": {}, "two": {}}
