# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import pytest

from pytest_prodready.facts import Call, Location, Way
from tests.inspector.projects import Project

pytestmark = pytest.mark.wide

APP = "from celery import Celery\ncelery = Celery('app', broker='memory://')\nimport app.tasks\n"
BROKEN = "    from app.models import Gone\n"


def reached(project: Project, tasks: str, helper: str, more: dict[str, str] | None = None) -> list[str]:
    """The tasks that can reach the one broken import of the application."""
    files = {
        "app/__init__.py": "",
        "app/celery.py": APP,
        "app/tasks.py": f"from app.celery import celery\n{tasks}",
        "app/helper.py": helper,
        "app/models.py": "",
        **(more or {}),
    }
    seen = project.inspect(files, "app.celery:celery", kind="celery", closure=True)
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    (broken,) = (broken for module in seen.modules.values() for broken in module.broken)
    return [way.task.rpartition(".")[2] for way in broken.ways]


TASK = "@celery.task\ndef t():\n"
HELPER = f"def h():\n{BROKEN}"
METHOD = f"class C:\n    def __enter__(self):\n        return self\n    def go(self):\n    {BROKEN}"


@pytest.mark.parametrize(
    "tasks, helper",
    [
        (f"{TASK}{BROKEN}", ""),
        (f"from app.helper import h\n{TASK}    h()\n", HELPER),
        (f"from app.helper import h as other\n{TASK}    other()\n", HELPER),
        (f"from app import helper\n{TASK}    helper.h()\n", HELPER),
        (f"import app.helper\n{TASK}    app.helper.h()\n", HELPER),
        (f"{TASK}    from app.helper import h\n    h()\n", HELPER),
        (f"{TASK}    from .helper import h\n    return [h() for _ in x]\n", HELPER),
        (f"{TASK}    import app.helper as a\n    a.h()\n", HELPER),
        (f"import app.helper\ndef own():\n    app.helper.h()\n{TASK}    own()\n", HELPER),
        (f"import app.helper\n{TASK}    app.helper.g()\n", f"def g():\n    h()\n{HELPER}"),
        (f"from app.helper import C\n{TASK}    C()\n", f"class C:\n    def __init__(self):\n    {BROKEN}"),
        (f"from app.helper import C\n{TASK}    C.run()\n", f"class C:\n    @staticmethod\n    def run():\n    {BROKEN}"),
        (f"from app.helper import C\n{TASK}    C.run()\n", f"class C:\n    @classmethod\n    def run(cls):\n        cls.inner()\n    @classmethod\n    def inner(cls):\n    {BROKEN}"),
        (f"from app.helper import C\n{TASK}    C()\n", f"class B:\n    def go(self):\n    {BROKEN}class C(B):\n    def __init__(self):\n        B.go(self)\n"),
        (f"from app.helper import h\n{TASK}    h()\n", f"import functools\n@functools.lru_cache\ndef h():\n{BROKEN}"),
        (f"from app.helper import h\n{TASK}    h()\n", f"def h():\n    def inner():\n    {BROKEN}    inner()\n"),
        (f"from app.helper import h\n{TASK}    def inner():\n        h()\n    inner()\n", HELPER),
        (f"from app.helper import h\n{TASK}    h()\n", f"def h():\n    g()\ndef g():\n    h()\n{BROKEN}"),
        (f"from app.helper import C\n{TASK}    C().go()\n", METHOD),
        (f"from app.helper import C\n{TASK}    c = C()\n    c.go()\n", METHOD),
        (f"from app.helper import C\n{TASK}    with C() as c:\n        c.go()\n", METHOD),
        (f"from app.helper import service\n{TASK}    service.go()\n", f"{METHOD}service = C()\n"),
        (f"from app import helper\n{TASK}    helper.service.go()\n", f"{METHOD}service = C()\n"),
        (f"from app.helper import D\n{TASK}    D().run()\n", f"{METHOD}class D(C):\n    def run(self):\n        self.go()\n"),
        (f"from app.helper import D\n{TASK}    D().go()\n", f"{METHOD}class D(C):\n    def go(self):\n        super().go()\n"),
        (f"from app.helper import D\n{TASK}    D().run()\n", f"{METHOD}class D:\n    def __init__(self):\n        self.c = C()\n    def run(self):\n        self.c.go()\n"),
        (f"from app.helper import C\n{TASK}    C()()\n", f"class C:\n    def __call__(self):\n    {BROKEN}"),
        (f"import functools\nfrom app.helper import h\n{TASK}    later(functools.partial(h, 1))\n", HELPER),
        (f"from app.helper import h\n{TASK}    pool.submit(h, 1)\n", HELPER),
        (f"from app.helper import h\n{TASK}    Thread(target=h).start()\n", HELPER),
        (f"import asyncio\nfrom app.helper import h\n{TASK}    asyncio.run(h())\n", f"async def h():\n{BROKEN}"),
        ("from app.helper import deco\n@celery.task\n@deco\ndef t():\n    pass\n", f"import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner():\n    {BROKEN}        f()\n    return inner\n"),
        ("from app.helper import B\n@celery.task(base=B, bind=True)\ndef t(self):\n    self.go()\n", f"from celery import Task\nclass B(Task):\n    def go(self):\n    {BROKEN}"),
        ("from app.helper import B\n@celery.task(base=B)\ndef t():\n    pass\n", f"from celery import Task\nclass B(Task):\n    def on_failure(self, *a):\n        self.go()\n    def go(self):\n    {BROKEN}"),
        ("from app.helper import B\n@celery.task(base=B)\ndef t():\n    pass\n", f"from celery import Task\nclass B(Task):\n    def __call__(self, *a):\n    {BROKEN}        return super().__call__(*a)\n"),
    ],
)  # fmt: skip
def test_a_task_that_can_reach_a_broken_import(project: Project, tasks: str, helper: str) -> None:
    """By calls over module borders, through names of modules and through imports in functions."""
    pytest.importorskip("celery")
    assert reached(project, tasks, helper) == ["t"]


@pytest.mark.parametrize(
    "tasks, helper",
    [
        (f"import app.helper\n{TASK}    pass\n", HELPER),
        (f"from app.helper import h\n{TASK}    return h\n", HELPER),
        (f"from app.helper import h\n{TASK}    h.x.y()\n    self.h()\n    other.h()\n    h[0]()\n", HELPER),
        (f"from app.helper import g\n{TASK}    g()\n", f"def g():\n    pass\n{HELPER}"),
        (f"from app.helper import C\n{TASK}    C.other()\n", f"class C:\n    def h(self):\n    {BROKEN}"),
        (f"from app.helper import h\n{TASK}    try:\n        h()\n    except ImportError:\n        pass\n", HELPER),
        (f"from app.helper import C\n{TASK}    c = C()\n    c = other()\n    c.go()\n", METHOD),
        (f"from app.helper import C\n{TASK}    c = C()\n    c.other.go()\n", METHOD),
        (f"from app.helper import u\n{TASK}    u.delay()\n", f"from app.celery import celery\n@celery.task\ndef u():\n    pass\n{HELPER}"),
    ],
)  # fmt: skip
def test_a_task_that_cannot(project: Project, tasks: str, helper: str) -> None:
    """A name that is not called leads nowhere, and neither does another task that is sent."""
    pytest.importorskip("celery")
    assert reached(project, tasks, helper) == []


def test_a_task_that_another_one_sends_is_itself_named(project: Project) -> None:
    """Each task by its own calls, all of them in order."""
    pytest.importorskip("celery")
    tasks = f"from app.helper import h\n{TASK}    h()\n@celery.task\ndef a():\n    h()\n@celery.task\ndef b():\n    a.delay()\n"
    assert reached(project, tasks, HELPER) == ["a", "t"]


@pytest.mark.parametrize("call", ["a()", "a.run()", "a.__call__()", "Job.run(1)"])
def test_a_task_that_another_one_calls_is_part_of_it(project: Project, call: str) -> None:
    """Called as a function it runs in the same worker; a class may be called by its method."""
    pytest.importorskip("celery")
    job = "class Job:\n    @staticmethod\n    def run(x):\n        h()\n"
    tasks = f"from app.helper import h\n{job}@celery.task\ndef a():\n    h()\n@celery.task\ndef b():\n    {call}\n"
    assert reached(project, tasks, HELPER) == ["a", "b"]


def test_the_way_of_a_task_names_each_call_and_its_line(project: Project) -> None:
    """Module, function and place of each, the shortest way where there are several."""
    pytest.importorskip("celery")
    files = {
        "app/__init__.py": "",
        "app/celery.py": APP,
        "app/tasks.py": f"from app.celery import celery\nfrom app.helper import go\n{TASK}    x = 1\n    go()\n",
        "app/helper.py": f"def go():\n    C().run()\n\n\nclass C:\n    def run(self):\n        pass\n        self.load()\n    def load(self):\n    {BROKEN}",
        "app/models.py": "",
    }  # fmt: skip
    seen = project.inspect(files, "app.celery:celery", kind="celery", closure=True)
    (broken,) = (broken for module in seen.modules.values() for broken in module.broken)
    steps = (
        Call(Location("app/tasks.py", 6), "app.helper", "go"),
        Call(Location("app/helper.py", 2), "app.helper", "C.run"),
        Call(Location("app/helper.py", 8), "app.helper", "C.load"),
    )
    assert broken.ways == (Way("app.tasks.t", "", steps),)


def test_a_module_that_a_function_reaches(project: Project) -> None:
    """The way may lead through a module that only the closure has loaded."""
    pytest.importorskip("celery")
    tasks = f"{TASK}    from app.late import go\n    go()\n"
    late = {"app/late.py": "from app.helper import h\ndef go():\n    h()\n"}
    assert reached(project, tasks, HELPER, late) == ["t"]
