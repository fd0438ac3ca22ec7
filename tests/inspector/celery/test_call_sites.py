# ruff: noqa: E501  # a table of small programs reads best with one in a line
"""Calls that send tasks, read and resolved by the real inspector, judged by the rules: which lines are refused.

In the programs below, a line that must be an error ends with its code, and one that must be a warning with its
code and a question mark; all others must be silent.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Entry, Facts
from pytest_prodready.findings import Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.request import Request
from pytest_prodready.rules.celery import family
from pytest_prodready.settings import Limits
from tests.files import write_files

pytest.importorskip("celery")

TASKS = """\
import functools
from celery import Celery, Task, shared_task
from proj.wrappers import injecting, passing_on, passing_self_on, hiding

app = Celery("proj", broker="memory://", include=["proj.calls"])

@app.task(name="mail.send")
def send(to, subject="", *, copy=False): ...

@shared_task
def add(left, right): ...

@shared_task(bind=True)
def sync(self, job, tenant): ...

@shared_task(typing=False)
def unchecked(job): ...

@shared_task
def anything(*args, **kwargs): ...

@shared_task
@passing_on
def wrapped(job): ...

@shared_task(bind=True, autoretry_for=(ValueError,))
@passing_self_on
def wrapped_self(self, job): ...

@shared_task
@injecting
def injected(session, job): ...

@shared_task
@hiding
def hidden(job): ...

class OwnCall(Task):
    def __call__(self, *args, **kwargs):
        with open(os.devnull):
            return self.run(*args, **kwargs)

class Injecting(Task):
    def __call__(self, *args, **kwargs):
        return self.run("session", *args, **kwargs)

class Headers(Task):
    def apply_async(self, args=None, kwargs=None, **options):
        options["headers"] = {"tenant": "x"}
        return super().apply_async(args, kwargs, **options)

class Tenant(Task):
    def apply_async(self, args=None, kwargs=None, **options):
        kwargs = {**(kwargs or {}), "tenant": "x"}
        return super().apply_async(args, kwargs, **options)

class Packed:
    @classmethod
    def packed(cls, args):
        return tuple(cls() if one is None else one for one in args)
    @staticmethod
    def named(kwargs):
        return {key: str(value) for key, value in kwargs.items()}
    @classmethod
    def told(cls, args):
        'Only what is there.'
        return tuple(one for one in args if one is not None)

def renamed(kwargs):
    return {key.lower(): value for key, value in kwargs.items()}

class Packing(Task):
    def apply_async(self, args=None, kwargs=None, **options):
        if args is not None:
            args = Packed.packed(args)
        if kwargs is not None:
            kwargs = Packed.named(kwargs)
        return super().apply_async(args=args, kwargs=kwargs, **options)

    def __call__(self, *args, **kwargs):
        args = Packed.packed(args)
        kwargs = Packed.named(kwargs)
        return super().__call__(*args, **kwargs)

class Telling(Task):
    def apply_async(self, args=None, kwargs=None, **options):
        args = Packed.told(args)
        return super().apply_async(args, kwargs, **options)

class Renaming(Task):
    def apply_async(self, args=None, kwargs=None, **options):
        kwargs = renamed(kwargs or {})
        return super().apply_async(args, kwargs, **options)

class Other(Task):
    def delay(self, job, **options):
        return self.apply_async((job, 1), **options)

@app.task(base=OwnCall, typing=False)
def own_call(job): ...

@app.task(base=Injecting, typing=False)
def called_with_more(session, job): ...

@app.task(base=Headers)
def with_headers(job): ...

@app.task(base=Tenant, typing=False)
def with_tenant(job, tenant): ...

@app.task(base=Packing)
def with_packed(job): ...

@app.task(base=Telling)
def with_told(job): ...

@app.task(base=Renaming)
def with_renamed(job): ...

@app.task(base=Other)
def with_other_delay(job, more): ...

class ByClass(Task):
    name = "by.class"
    def run(self, job): ...

by_class = app.register_task(ByClass())
partly = functools.partial(add.delay, 1)
"""
WRAPPERS = """\
import functools

def passing_on(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        print(args, kwargs.get("x"))
        return function(*args, **kwargs)
    return inner

def passing_self_on(function):
    @functools.wraps(function)
    def inner(self, *args, **kwargs):
        return function(self, *args, **kwargs)
    return inner

def injecting(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function("session", *args, **kwargs)
    return inner

def hiding(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        kwargs.pop("trace", None)
        return function(*args, **kwargs)
    return inner
"""
HEAD = """\
import functools
import typing
from functools import partial
import celery
from celery import chain, chord, group, signature, current_app
import proj.tasks
from proj import tasks
from proj.tasks import *
from proj.tasks import add as plus
"""
METHODS = """\
def a(): send.delay("x")
def b(): send.delay()  # PRD208
def c(): send.delay("x", "y", "z")  # PRD208
def d(): send.delay("x", "y", copy=True)
def e(): send.delay("x", subjekt="y")  # PRD208
def f(): send.delay("x", to="y")  # PRD208
def g(rest): send.delay(*rest)
def h(rest): send.delay("x", "y", *rest, copi=True)  # PRD208
def i(more): send.delay(**more)
def j(more): send.delay("x", "y", "z", **more)  # PRD208
def k(): sync.delay(1)  # PRD208
def l(): sync.delay(1, 2)
def m(): sync.delay(1, tenant=2)
def n(): sync.delay("self", 1, 2)  # PRD208
def o(): send.apply_async(("x",))
def p(): send.apply_async()  # PRD208
def q(): send.apply_async(args=["x"], kwargs={"copy": True})
def r(): send.apply_async(["x"], {"kopy": True})  # PRD208
def s(): send.apply_async(kwargs=dict(to="x"))
def t(): send.apply_async(("x"))  # PRD208
def u(): send.apply_async(args=7)  # PRD208
def v(): send.apply_async(kwargs=["x"])  # PRD208
def w(given): send.apply_async(args=given)
def x(given): send.apply_async(args=(*given,), kwargs={**given})
def y(given): send.apply_async(**given)
def z(given): send.apply_async(args=["x", "y", "z"], **given)  # PRD208
def aa(): send.apply()  # PRD208
def ab(): send.si("x", "y", "z")  # PRD208
def ac(): send.si()  # PRD208
def ad(): return add.s(1)
def ae(): return add.s(1, 2, 3)  # PRD208
def af(): return add.s(1, middle=2)  # PRD208
def ag(): return add.signature((1,), {"right": 2}, immutable=True)
def ah(): return add.signature((1,), immutable=True)  # PRD208
def ai(): return add.subtask(args=(1, 2, 3))  # PRD208
def aj(): return add.s(1)(2)
def ak(): return add.s(1)()  # PRD208
def al(): add.s(1).set(queue="x").delay()  # PRD208
def am(): add.s(1).set(immutable=True).apply_async((2,))  # PRD208
def an(): add.map([(1, 2)])  # PRD208
def ao(): add.starmap([(1, 2), (3, 4)])
def ap(): add.starmap([(1, 2), (3,)])  # PRD208
def aq(some): add.chunks(zip(some, some), 10)
def ar(some): add.chunks(zip(some, some, some), 10)  # PRD208
def at(): partial(add.delay, 1, 2, 3)  # PRD208
def au(): partial(add.delay, 1)
def av(): functools.partial(add.apply_async, args=(1,), kwargs={})  # PRD208
def aw():
    args = (1,)
    add.apply_async(args)  # PRD208
def ax():
    args = [1]
    args.append(2)
    add.apply_async(args)
def ay(late):
    args = [1]
    if late: args = [1, 2]
    add.apply_async(args)
async def az(): add.delay(1)  # PRD208
def ba(): return lambda: add.delay(1)  # PRD208
def bb(): return [add.delay(i) for i in range(3)]  # PRD208
"""
CANVASES = """\
def a(): chain(add.s(1, 2), add.s(3))()
def b(): chain(add.s(1, 2), add.s(3, 4))()  # PRD208
def c(): chain(add.s(1, 2), add.s())()  # PRD208
def d(): chain(add.s(1, 2), add.si(3, 4), add.s(5)).delay()
def e(): chain(add.s(1), add.s(3)).delay()  # PRD208
def f(): chain(add.s(1), add.s(3)).delay(2)
def g(): (add.s(1, 2) | add.s(3)).apply_async()
def h(): (add.s(1, 2) | add.s(3, 4)).apply_async()  # PRD208
def i(before): return before | add.s(3, 4)  # PRD208
def j(): group(add.s(i) for i in range(3))()  # PRD208
def k(): group([add.s(i) for i in range(3)])(1)
def l(): group(add.s(1), add.s(1, 2)).delay(5)  # PRD208
def m(): chord([add.s(i, i) for i in range(3)])(send.s())
def n(): chord([add.s(i, i) for i in range(3)])(add.s())  # PRD208
def o(): chord(group(add.s(1, 1)), send.s("y", "z"))()  # PRD208
def p(): chord([add.s(1, 1)], body=send.si("x")).delay()
def q(): return add.s(1, 2) | group(add.s(1), add.s(1, 2))  # PRD208
def r(): return chain(*[add.s(i) for i in range(3)])
def s(steps): return chain(*steps, add.s(1, 2))
def t(steps): return chain(steps)
def u():
    last = add.s(1, 2)  # PRD208
    chain(add.s(1, 2), last).delay()
def v():
    steps = [add.s(1, 2)]
    steps.append(add.s(3))
    chain(steps).delay()
def w(): add.apply_async((1, 2), link=add.s(3))
def x(): add.apply_async((1, 2), link=[add.s(3), add.s(3, 4)])  # PRD208
def y(): add.apply_async((1, 2), link_error=anything.s())
def z(): add.apply_async((1, 2), link_error=send.s())
def aa(): add.apply_async((1, 2), link_error=add.s(1, 2))  # PRD208
def ab(): add.s(1, 2).on_error(add.s(1, 2, 3))  # PRD208
def ac(): add.s(1, 2).link(add.s(1, 2))  # PRD208
def ad(): return signature("mail.send", ("x",)) | signature("mail.send", args=("x", "y"))  # PRD208
def ae(): return current_app.signature("mail.send", kwargs={"too": 1})  # PRD208
def af(): return celery.chain(add.s(1, 2), add.s(1, 2))()  # PRD208
def ag(chain): return chain(add.s(1, 2), add.s(1, 2))()
def ah(add): return chain(add.s(1, 2), add.s(1, 2))()
def ai():
    made = add.s(1)
    made.args = (1, 2)
    made.delay()
"""
NAMES = """\
def a(): proj.tasks.add.delay(1)  # PRD208
def b(): tasks.add.delay(1)  # PRD208
def c(): plus.delay(1)  # PRD208
def d():
    from proj.tasks import add as local
    local.delay(1)  # PRD208
def e():
    from . import tasks as local
    local.add.delay(1)  # PRD208
def f():
    import proj.tasks as local
    local.add.delay(1)  # PRD208
def g():
    task = tasks.add
    def inner(): task.delay(1)  # PRD208
    return inner
def h(add): add.delay(1)
def i(x):
    add = tasks.send if x else tasks.add
    add.delay("x")
def j(x):
    if x:
        from proj.tasks import send as task
    else:
        from proj.tasks import add as task
    task.delay("x")
def k():
    for add in (send, anything): add.delay("x")
def l(): return [add.delay(1) for add in (send, anything)]
def m(): return lambda add: add.delay(1)
def n():
    with open(add) as add: add.delay(1)
def o():
    try:
        add.delay(1)
    except TypeError:
        add.delay(1, 2)
def p():
    try: add.delay(1)  # PRD208
    except Exception: pass
def q():
    if typing.TYPE_CHECKING: add.delay(1)
    if False: add.delay(1)
    return
    add.delay(1)
def r():
    if hasattr(add, "old"): add.delay(1)
class Service:
    task = add
    other = add
    def a(self): self.task.delay(1)  # PRD208
    def b(self): self.other.delay(1)
    @classmethod
    def c(cls): cls.task.delay(1)  # PRD208
    @staticmethod
    def d(task): task.delay(1)
    def e(self): self.made.delay(1)
class Special(Service):
    other = send
def s():
    global changed
    changed = send
changed = add
def t(): changed.delay(1)
@app.task(bind=True)
def again(self, job, tenant):
    self.retry(args=(1, 2))
    self.retry(kwargs={"job": 1, "tenent": 2})  # PRD208
    self.retry(args=(1, 2, 3), kwargs={})  # PRD208
    self.retry(args=(1,), kwargs={})  # PRD208
    self.apply_async((1,))  # PRD208
    self.app.send_task("mail.send", ())  # PRD208
    raise self.replace(add.s(1))  # PRD208
    return self.delay(1)
def u(): again.delay(1)  # PRD208
def v(): by_class.delay()  # PRD208
def w(): by_class.delay(1)
def x(): unchecked.delay()  # PRD208
def y(): anything.delay(1, 2, three=4)
def z(): wrapped.delay()  # PRD208
def aa(): wrapped_self.delay(1, 2)  # PRD208
def ab(): wrapped_self.delay(1)
def ac(): injected.delay(1)
def ad(): hidden.delay()
def ae(): hidden.delay(1, trace=2)
def af(): own_call.delay()  # PRD208
def ag(): called_with_more.delay(1)
def ah(): with_headers.delay()  # PRD208
def ai(): with_tenant.delay(1)
def aj(): with_other_delay.delay(1)
def ak(): app.send_task("mail.send", args=[])  # PRD208
def al(): app.send_task("mail.send", ["x"])
def am(): app.send_task("mail.sned", ["x"])  # PRD208
def an(): app.send_task("proj.tasks.gone")  # PRD208
def ao(): app.send_task("other.service.job", [1, 2, 3])
def ap(name): app.send_task(name)
SEND = "mail.send"
def aq(): app.send_task(SEND)  # PRD208
def ar(frame): frame.apply(1); frame.map(2); "x".replace("a", "b"); frame.s()
def at(): proj.tasks.missing.delay()
def au(): partial(open, 1)
def av(): with_packed.delay()  # PRD208
def aw(): with_packed.apply_async((1,), {"extra": 2})  # PRD208
def ax(): with_packed.delay(job=1)
def ay(): with_told.delay(None, 1)
def az(): with_renamed.delay(JOB=1)
"""
OPTIONS = """\
def a(): send.apply_async(("x",), countdown=3, queue="q", expires=4, priority=1, headers={}, ignore_result=True)
def b(): send.apply_async(("x",), count_down=3)  # PRD209
def c(): send.apply_async(("x",), expire=3)  # PRD209
def d(): send.apply_async(("x",), routingkey="a")  # PRD209
def e(): send.apply_async(("x",), copy=True)  # PRD209
def f(): send.apply_async(("x",), tenant="a")  # PRD209?
def g(): send.apply_async(("x",), MessageGroupId="a", link=anything.s(), serializer="json", time_limit=3)
def h(): send.apply_async(("x",), stamped_headers=["own"], own="a")
def i(more): send.apply_async(("x",), **more)
def j(): send.apply_async(("x",), **{"count_down": 3})  # PRD209
def k(): send.s("x").set(quue="a").delay()  # PRD209
def l(): send.signature(("x",), counttdown=3)  # PRD209
def m(): send.signature(("x",), options={"counttdown": 3})  # PRD209
def n(): app.send_task("mail.send", ["x"], cuntdown=3)  # PRD209
def o(): with_tenant.apply_async((1,), tenant_id=2)
@app.task(bind=True)
def again(self):
    self.retry(countdown=3, max_retries=4, exc=ValueError(), throw=False)
    self.retry(coutdown=3)  # PRD209
"""
DJANGO = """\
from django.db import transaction
from django.db.transaction import on_commit
from celery.contrib.django.task import DjangoTask

@app.task(base=DjangoTask)
def after(order, mail=True): ...

class Own(Task):
    def delay_on_commit(self, *args):
        self.delay(1, *args)

@app.task(base=Own)
def own(order): ...

def a(): transaction.on_commit(lambda: after.delay())  # PRD208
def b(): transaction.on_commit(lambda: after.delay(1))
def c(): transaction.on_commit(partial(after.delay, 1))
def d(): transaction.on_commit(partial(after.delay, mail=False))  # PRD208
def e(): transaction.on_commit(functools.partial(after.apply_async, args=()))  # PRD208
def f(): on_commit(after.delay)  # PRD208
def g(): on_commit(after.delay, using="other")  # PRD208
def h(): after.delay_on_commit(1)
def i(): after.delay_on_commit(1, male=True)  # PRD208
def j(): after.apply_async_on_commit(args=(1,), countdown=3)
def k(): after.apply_async_on_commit(args=(1, 2, 3))  # PRD208
def l(): own.delay_on_commit()
def m(on_commit): on_commit(after.delay)
"""
MARK = re.compile(r"# (PRD\d+\??)$")


def judged(root: Path, calls: str, more: dict[str, str] | None = None) -> list[tuple[int, str]]:
    """(line, code) of every finding in a module that sends tasks, a question mark behind that of a warning."""
    files = {
        "proj/__init__.py": "",
        "proj/wrappers.py": WRAPPERS,
        "proj/tasks.py": f"import os\n{TASKS}",
        "proj/calls.py": calls,
        **(more or {}),
    }
    write_files(root, files)
    request = Request(
        root=root,
        python=sys.executable,
        jobs=frozenset({"celery", "closure", "calls"}),
        entries=(Entry("celery", "proj.tasks:app", "a test"),),
        packages=("proj",),
    )
    seen, problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    assert seen[0].failure is None, seen[0].failure
    facts = Facts(str(root), ("proj",), entries=seen)
    registry = Registry([family]).select(["PRD208", "PRD209"])
    found = []
    for kind in registry.kinds:
        for subject in kind.subjects(facts):
            judgement = registry.judge(kind, subject, facts)
            assert judgement.outcome is not Outcome.ERRORED, judgement
            for finding in judgement.findings:
                assert finding.location is not None
                doubt = "" if finding.level is Level.ERROR else "?"
                if finding.location.file == "proj/calls.py":
                    found.append((finding.location.line or 0, f"{finding.code}{doubt}"))
    return sorted(found)


@pytest.mark.parametrize(
    "program",
    [METHODS, CANVASES, NAMES, OPTIONS, DJANGO],
    ids=["methods", "canvases", "names", "options", "django"],
)
def test_exactly_the_marked_lines_are_refused(program: str, tmp_path: Path) -> None:
    """Each marked line is an error or a warning at that line, and no other line is."""
    if program is DJANGO:
        pytest.importorskip("celery.contrib.django.task")
        pytest.importorskip("django")
    text = HEAD + program
    lines = text.splitlines()
    marked = [(at, mark[1]) for at, line in enumerate(lines, 1) if (mark := MARK.search(line))]
    found = judged(tmp_path, text)
    assert {(lines[at - 1], code) for at, code in found} ^ {
        (lines[at - 1], code) for at, code in marked
    } == set()
