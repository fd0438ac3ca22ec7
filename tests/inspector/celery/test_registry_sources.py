"""What the worker's registry is compared with: reading sources once, searches that Celery passes over."""

from __future__ import annotations

import ast
import importlib
import os
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Entry, InspectedEntry
from pytest_prodready.inspector.celery import recorder, written
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.celery.support import APP, Load

pytest.importorskip("celery")


def read(source: str) -> dict[str, object]:
    found: dict[str, object] = written.read(ast.parse(textwrap.dedent(source)))
    return found


@pytest.mark.parametrize(
    "source, makers",
    [
        ("job = shared_task", {"job": ["shared_task"]}),
        ("job = app.task", {"job": ["app.task"]}),
        ("job = partial(shared_task, bind=True)", {"job": ["shared_task"]}),
        ("job = lambda **kw: shared_task(**kw)", {"job": ["shared_task"]}),
        ("def job(**kw): return shared_task(**kw)", {"job": ["shared_task"]}),
        ("def job(f): return shared_task(name='x')(f)", {"job": ["shared_task"]}),
        ("def job(**kw):\n def deco(f): return app.task(**kw)(f)\n return deco", {"job": ["app.task"]}),
        (
            "def job(*a):\n if a:\n  return one(*a)\n try:\n  return two()\n finally:\n  pass",
            {"job": ["one", "two"]},
        ),
        ("def job(f):\n if DEBUG:\n  return shared_task(f)\n return None", {}),
        ("def job(f):\n if DEBUG:\n  return shared_task(f)\n return", {}),
        ("def job(app): return app.task", {}),
        ("def job(f):\n app = make()\n return app.task(f)", {}),
        ("def job(f): pass", {}),
        ("@other\ndef job(**kw): return shared_task(**kw)", {}),
    ],
)
def test_a_decorator_of_the_projects_own_is_known_by_all_its_ways_out(
    source: str, makers: dict[str, list[str]]
) -> None:
    """One that may return something else, or what it was given, makes tasks of nothing for sure."""
    assert read(source)["makers"] == makers


def test_classes_that_may_be_registered_elsewhere() -> None:
    """An instance that is kept may be registered; one that is only sent cannot have been."""
    tree = ast.parse("A()\nregistry.register(B)\nC().delay(1)\nC().s()\nd()\nx = E")
    assert written.instances(tree) == ["A", "B", "registry"]


def test_a_second_run_parses_nothing(tmp_path: Path) -> None:
    """The inventory, the schedule and the functions behind the tasks come from what was kept."""
    files = {
        "proj/__init__.py": "",
        "proj/app.py": APP
        + "app.conf.beat_schedule = {'x': {'task': 'proj.jobs.work', 'schedule': 1.0}}\n"
        + "app.conf.include = ['proj.jobs']\n",
        "proj/deco.py": "from celery import shared_task\ndef job(**kw): return shared_task(**kw)\n",
        "proj/jobs.py": "from proj.deco import job\ndef help(): pass\n@job()\ndef work(): help()\n",
        "proj/late.py": "from proj.deco import job\n@job()\ndef late(): pass\n",
    }
    root = tmp_path / "root"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    request = Request(
        root=root,
        python=sys.executable,
        jobs=frozenset({"celery", "closure"}),
        entries=(Entry("celery", "proj.app:app", "a test"),),
        packages=("proj",),
        cache=tmp_path / "cache",
    )

    def inspect() -> InspectedEntry:
        (seen,), problems = target.inspect(request, Limits(), os.environ)
        assert problems == ()
        return seen

    first, second = inspect(), inspect()
    assert first.parsed > 0
    assert second.parsed == 0
    assert first.celery is not None
    assert second.celery is not None
    assert second.celery.sources == first.celery.sources
    assert second.celery.tasks == first.celery.tasks
    assert second.celery.beat == first.celery.beat
    assert {source.function for source in second.celery.sources} == {"work", "late"}


def find_as_celery_5_3_0(package: str, related_name: str) -> object:
    """``celery.loaders.base.find_related_module`` of that version, word for word."""
    try:
        module = importlib.import_module(package)
        if not related_name and module:  # type: ignore[truthy-bool]  # as it stands there
            return module
    except ImportError:
        package, _, _ = package.rpartition(".")
        if not package:
            raise
    module_name = f"{package}.{related_name}"
    try:
        return importlib.import_module(module_name)
    except ImportError as e:
        import_exc_name = getattr(e, "name", module_name)
        if import_exc_name is not None and import_exc_name != module_name:
            raise
        return None


@pytest.mark.parametrize(
    "tasks, error",
    [
        ("raise ImportError('no backend')\n", "no backend"),
        ("from swallowing.mail.tasks import lost\n", "lost"),
        (None, None),
    ],
    ids=["without a name", "of its own", "no module"],
)
def test_what_an_older_celery_passes_over_in_a_task_module_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: str | None, error: str | None
) -> None:
    """Celery 5.3.0 takes an ImportError without a name for a module that is not there."""
    package = tmp_path / "swallowing" / "mail"
    package.mkdir(parents=True)
    for file in (package.parent / "__init__.py", package / "__init__.py"):
        file.touch()
    if tasks is not None:
        (package / "tasks.py").write_text(tasks)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(recorder, "searches", [])
    loaders = SimpleNamespace(find_related_module=find_as_celery_5_3_0)
    recorder.loaders_imported(loaders)
    try:
        assert loaders.find_related_module("swallowing.mail", "tasks") is None
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "swallowing"]:
            del sys.modules[name]
    (search,) = recorder.searches
    assert not search.found
    assert (search.error is None) == (error is None)
    if error is not None:
        assert error in str(search.error)
        assert search.failed == "swallowing.mail.tasks"


def test_an_app_behind_a_factory_has_its_tasks(load: Load) -> None:
    """Tasks that the factory itself defines are no part of the inventory; the others are found."""
    found = load(
        {
            "proj/app.py": """\
                from celery import Celery
                def make_celery(name):
                    made = Celery(name, broker="redis://127.0.0.1:1/0")
                    @made.task(name="inner")
                    def inner(): pass
                    return made
                celery_app = make_celery("proj")
                tests_app = make_celery("tests")
                task = celery_app.task
                celery_app.autodiscover_tasks(["proj.mail"])
                """,
            "proj/mail/__init__.py": "",
            "proj/mail/tasks.py": """\
                from proj.app import celery_app, task
                @task(bind=True)
                def first(self): pass
                def second(): pass
                second = celery_app.task(second)
                """,
        },
        app="proj.app:celery_app",
    )
    assert [task.name for task in found.tasks] == ["inner", "proj.mail.tasks.first", "proj.mail.tasks.second"]
    assert all(not task.claims for task in found.tasks)
    assert {source.function: source.registered for source in found.sources} == {
        "first": "proj.mail.tasks.first",
        "second": "proj.mail.tasks.second",
    }
