# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import pytest

from tests.inspector.projects import Project

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
    return [name.rpartition(".")[2] for name in broken.tasks]


TASK = "@celery.task\ndef t():\n"
HELPER = f"def h():\n{BROKEN}"


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


def test_a_module_that_a_function_reaches(project: Project) -> None:
    """The way may lead through a module that only the closure has loaded."""
    pytest.importorskip("celery")
    tasks = f"{TASK}    from app.late import go\n    go()\n"
    late = {"app/late.py": "from app.helper import h\ndef go():\n    h()\n"}
    assert reached(project, tasks, HELPER, late) == ["t"]
