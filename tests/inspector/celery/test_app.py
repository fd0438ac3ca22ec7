"""Real applications, loaded by the real inspector in interpreters of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.facts import BeatEntry, Celery, Discovery, Location, SourceTask
from tests.inspector.celery.support import APP, Inspect, Load

pytest.importorskip("celery")


def by_function(found: Celery) -> dict[str, SourceTask]:
    return {source.function: source for source in found.sources}


def by_package(found: Celery) -> dict[str, Discovery]:
    return {search.package: search for search in found.discoveries}


def by_name(found: Celery) -> dict[str, BeatEntry]:
    return {entry.name: entry for entry in found.beat}


def test_a_healthy_app_shows_its_tasks_as_the_worker_has_them(load: Load) -> None:
    """Tasks are listed with their place, their signature and what they reach; Celery's own are not."""
    found = load(
        {
            "proj/app.py": APP + 'app.autodiscover_tasks(["proj.mail"])\n',
            "proj/mail/__init__.py": "",
            "proj/mail/tasks.py": """\
                from celery import shared_task
                from proj.app import app

                def deliver(message):
                    return prepare(message)

                def prepare(message):
                    return message

                @shared_task
                def send(to, *, subject="hello", retries=3):
                    def work():
                        return deliver(to)
                    return work()

                @app.task(bind=True, autoretry_for=(OSError,), queue="slow")
                def fetch(self, url, timeout=None):
                    return url
                """,
        }
    )
    assert found.name == "proj"
    assert found.queues == ("celery", "slow")
    assert found.routes == {"proj.mail.tasks.send": "celery", "proj.mail.tasks.fetch": "slow"}
    send, fetch = sorted(found.tasks, key=lambda task: task.name, reverse=True)
    assert (send.name, send.module, send.function) == ("proj.mail.tasks.send", "proj.mail.tasks", "send")
    assert send.location == Location("proj/mail/tasks.py", 11)
    assert send.signature == "(to, *, subject=…, retries=3)"
    assert fetch.location == Location("proj/mail/tasks.py", 17)
    assert fetch.signature == "(url, timeout=None)"
    assert found.discoveries == (
        Discovery(
            "proj.mail", "tasks", found=True, exists=True, explicit=True, location=Location("proj/app.py", 3)
        ),
    )
    assert [source.registered for source in found.sources] == [
        "proj.mail.tasks.send",
        "proj.mail.tasks.fetch",
    ]


def test_the_target_may_be_a_package_with_a_celery_module(load: Load) -> None:
    """``celery -A proj`` finds ``proj.celery``, whatever the app is called there."""
    found = load(
        {
            "proj/celery.py": APP + 'app.conf.include = ["proj.jobs"]\n',
            "proj/jobs.py": "from .celery import app\n@app.task\ndef work(): pass\n",
        },
        app="proj",
    )
    assert [task.name for task in found.tasks] == ["proj.jobs.work"]


def test_the_cause_that_celery_hides_behind_a_package_is_told(inspect: Inspect) -> None:
    """An ImportError inside ``proj.celery`` is the cause, not a missing attribute of ``proj``."""
    seen = inspect({"proj/celery.py": "from proj.settings import broker\n"}, app="proj")
    assert seen.failure is not None
    assert seen.failure.missing is not None
    assert seen.failure.missing.module == "proj.settings"
    assert seen.failure.location == Location("proj/celery.py", 1)


def test_a_name_that_the_module_lacks_is_told_with_those_it_has(inspect: Inspect) -> None:
    """``proj.app:ap`` is a missing name of an existing module, not a missing module."""
    failure = inspect({"proj/app.py": APP}, app="proj.app:ap").failure
    assert failure is not None
    assert failure.missing is not None
    assert (failure.missing.module, failure.missing.name) == ("proj.app", "ap")
    assert "app" in failure.missing.available


def test_something_else_than_an_app_is_refused(inspect: Inspect) -> None:
    """A factory that nobody calls is no Celery app."""
    failure = inspect({"proj/app.py": APP + "def make(): return app\n"}, app="proj.app:make").failure
    assert failure is not None
    assert failure.type == "NotACeleryAppError"
    assert failure.message == "proj.app:make is the function make, not a Celery app"


def test_a_task_module_that_raises_stops_the_worker(inspect: Inspect) -> None:
    """What ``import_default_modules`` raises is the failure of the entry point, at the application's line."""
    seen = inspect(
        {
            "proj/app.py": APP + 'app.autodiscover_tasks(["proj.mail"])\n',
            "proj/mail/__init__.py": "",
            "proj/mail/tasks.py": "import os\nfrom proj.audit import log\n",
        }
    )
    assert seen.failure is not None
    assert seen.failure.location == Location("proj/mail/tasks.py", 2)


@pytest.mark.parametrize(
    "packages, message",
    [
        ('["mial"]', "autodiscover_tasks names the package 'mial' at proj/app.py:3, which does not exist"),
        (
            '"mail"',
            "autodiscover_tasks at proj/app.py:3 is given the text 'mail' where it takes a list of packages",
        ),
    ],
)
def test_a_wrong_top_level_package_is_told_with_its_line(
    inspect: Inspect, packages: str, message: str
) -> None:
    """Celery's own error holds none of the application's lines."""
    seen = inspect({"proj/app.py": APP + f"app.autodiscover_tasks({packages})\n", "mail/__init__.py": ""})
    assert seen.failure is not None
    assert seen.failure.message == message


def test_a_configuration_that_does_not_exist_is_told_as_such(inspect: Inspect) -> None:
    """Celery's own error names a module, and not that it is the configuration."""
    seen = inspect(
        {"proj/app.py": APP + 'app.config_from_object("proj.celeryconf")\n', "proj/celeryconfig.py": ""}
    )
    assert seen.failure is not None
    assert seen.failure.message == "config_from_object names 'proj.celeryconf', which does not exist"
    assert seen.failure.missing is not None
    assert "celeryconfig" in seen.failure.missing.available


def test_a_package_whose_init_lacks_a_module_is_swallowed_and_seen(load: Load) -> None:
    """Celery takes the ModuleNotFoundError of ``proj/bad/__init__.py`` for a package without tasks."""
    found = load(
        {
            "proj/app.py": APP
            + 'app.autodiscover_tasks(\n    [\n        "proj.good",\n        "proj.bad",\n    ]\n)\n',
            "proj/good/__init__.py": "",
            "proj/good/tasks.py": "from celery import shared_task\n@shared_task\ndef work(): pass\n",
            "proj/bad/__init__.py": "'''Bad.'''\nimport not_installed_xyz\n",
            "proj/bad/tasks.py": "from celery import shared_task\n@shared_task\ndef lost(): pass\n",
        }
    )
    assert [task.name for task in found.tasks] == ["proj.good.tasks.work"]
    bad = by_package(found)["proj.bad"]
    assert (bad.found, bad.exists, bad.explicit) == (False, True, True)
    assert bad.location == Location("proj/app.py", 6)
    assert bad.failure is not None
    assert bad.failure.location == Location("proj/bad/__init__.py", 2)
    assert by_function(found)["lost"].discovery == "proj.bad"


def test_a_misspelt_package_is_seen_with_its_siblings(load: Load) -> None:
    """A package that does not exist below one that does is skipped by Celery without a word."""
    found = load(
        {"proj/app.py": APP + 'app.autodiscover_tasks(["proj.finanse"])\n', "proj/finance/__init__.py": ""}
    )
    search = by_package(found)["proj.finanse"]
    assert (search.found, search.exists, search.failure) == (False, False, None)
    assert "finance" in search.available


def test_the_module_one_level_up_does_not_hide_a_misspelt_package(load: Load) -> None:
    """Celery finds ``proj.tasks`` when it searches for a ``proj.finanse`` that does not exist."""
    found = load({"proj/app.py": APP + 'app.autodiscover_tasks(["proj.finanse"])\n', "proj/tasks.py": ""})
    search = by_package(found)["proj.finanse"]
    assert (search.found, search.exists) == (False, False)


def test_tasks_in_a_file_of_another_name_are_not_discovered(load: Load) -> None:
    """Autodiscovery looks for ``tasks``; what stands in ``jobs.py`` of the same package is missed."""
    found = load(
        {
            "proj/app.py": APP + 'app.autodiscover_tasks(["proj.mail"])\n',
            "proj/mail/__init__.py": "",
            "proj/mail/jobs.py": """\
                from celery import shared_task as task
                import celery
                from ..app import app
                import proj.app
                import proj.app as module
                @task(name="a")
                def a(): pass
                @celery.shared_task
                def b(): pass
                @app.task
                def c(): pass
                @proj.app.app.task(bind=True)
                def d(self): pass
                @module.app.task
                async def e(): pass
                """,
            "proj/mail/test_jobs.py": "from celery import shared_task\n@shared_task\ndef in_test(): pass\n",
            "proj/migrations/old.py": "from celery import shared_task\n@shared_task\ndef old(): pass\n",
            "proj/mail/template.py": "@shared_task\ndef {{ name }}(): pass\n",
            "proj/elsewhere.py": "from celery import shared_task\n@shared_task\ndef f(): pass\n",
        }
    )
    assert found.tasks == ()
    sources = by_function(found)
    assert {name: (source.loaded, source.discovery) for name, source in sources.items()} == {
        **dict.fromkeys("abcde", (False, "proj.mail")),
        "f": (False, ""),
    }
    assert sources["a"].location == Location("proj/mail/jobs.py", 7)


def test_decorators_of_other_libraries_are_no_tasks(load: Load) -> None:
    """``@task`` of another library, loaded or not, and tasks under a condition are left alone."""
    invoke = """\
        from proj.invoke import task, registry
        from celery import shared_task
        DEBUG = False
        @task
        def deploy(): pass
        @registry.task
        def build(): pass
        if DEBUG:
            @shared_task
            def in_debug(): pass
        def make():
            @shared_task
            def nested(): pass
        """
    found = load(
        {
            "proj/app.py": APP + "import proj.loaded\n",
            "proj/invoke.py": "def task(f): return f\nclass R:\n  def task(self, f): ...\nregistry = R()\n",
            "proj/loaded.py": invoke,
            "proj/unloaded.py": invoke,
        }
    )
    assert found.sources == ()


def test_decorators_around_shared_task_are_followed_to_the_function(load: Load) -> None:
    """A project's own decorator, with or without ``functools.wraps``, leads to the function that it wraps."""
    found = load(
        {
            "proj/app.py": APP + 'app.conf.imports = ["proj.jobs"]\n',
            "proj/deco.py": """\
                import functools
                from celery import shared_task
                def logged(function):
                    @functools.wraps(function)
                    def wrapper(*args, **kwargs):
                        return function(*args, **kwargs)
                    return wrapper
                def unnamed(function):
                    def wrapper(*args, **kwargs):
                        return function(*args, **kwargs)
                    return wrapper
                class Held:
                    def __init__(self, function):
                        self.function, self.__name__, self.__module__ = function, "held", "proj.jobs"
                        self.__annotations__ = {}
                    def __call__(self):
                        return self.function()
                def our_task(function):
                    return shared_task(name="ours." + function.__name__)(logged(function))
                """,
            "proj/jobs.py": """\
                from celery import shared_task
                from proj.deco import Held, logged, our_task, unnamed
                @our_task
                def first(key):
                    pass
                @shared_task
                @logged
                def second(key): pass
                @shared_task(name="third")
                @unnamed
                def third(key): pass
                @shared_task
                @Held
                def fourth(): pass
                """,
        }
    )
    tasks = {task.name: task for task in found.tasks}
    assert tasks["ours.first"].location == Location("proj/jobs.py", 4)
    assert (tasks["ours.first"].function, tasks["ours.first"].signature) == ("first", "(key)")
    assert tasks["proj.jobs.second"].location == Location("proj/jobs.py", 8)
    registered = {name: source.registered for name, source in by_function(found).items()}
    assert registered == {
        "first": "ours.first",
        "second": "proj.jobs.second",
        "third": "third",
        "fourth": "proj.jobs.held",
    }


def test_class_based_tasks_are_placed_at_their_run_method(load: Load) -> None:
    """A registered class shows its ``run`` method, and what that reaches through ``self``."""
    found = load(
        {
            "proj/app.py": APP
            + """\
from celery import Task
class Import(Task):
    name = "import"
    def run(self, path, dry=False):
        return self.read(path)
    def read(self, path):
        return path
class Empty(Task):
    name = "empty"
app.register_task(Import())
app.register_task(Empty())
"""
        }
    )
    empty, imported = found.tasks
    assert (imported.function, imported.location) == ("Import.run", Location("proj/app.py", 6))
    assert imported.signature == "(path, dry=False)"
    assert (empty.function, empty.location) == ("Empty", Location("proj/app.py", 10))


def test_globals_that_refuse_every_look_are_no_obstacle(load: Load) -> None:
    """Proxies that raise at any attribute, comparison or truth test stand beside the tasks."""
    found = load(
        {
            "proj/app.py": APP
            + """\
class Hostile:
    def __getattribute__(self, name): raise RuntimeError("outside of context")
    def __bool__(self): raise RuntimeError("no truth")
    def __eq__(self, other): raise RuntimeError("no comparison")
    __hash__ = None
session = shared_task = task = Hostile()
@app.task
def work(value=session): pass
import proj.other
""",
            "proj/other.py": """\
                from proj.app import session, task
                def __getattr__(name): raise RuntimeError(name)
                try:
                    @session.task
                    def a(): pass
                except RuntimeError:
                    pass
                """,
        }
    )
    assert [(task.name, task.signature) for task in found.tasks] == [("proj.app.work", "(value=…)")]
    assert [source.registered for source in found.sources] == ["proj.app.work"]


def test_a_loaded_task_that_the_worker_lacks_says_why(load: Load) -> None:
    """Another app, a name that is taken, or taken out of the registry again."""
    found = load(
        {
            "proj/app.py": APP
            + """\
other = Celery("reports", set_as_current=False)
@other.task(shared=False)
def theirs(): pass
@app.task(name="twin")
def first(): pass
@app.task(name="twin")
def second(): pass
@app.task
def dropped(): pass
@app.on_after_finalize.connect
def drop(sender, **_):
    sender.tasks.unregister("proj.app.dropped")
"""
        }
    )
    sources = by_function(found)
    assert sources["theirs"].other_app == "reports"
    assert sources["dropped"].registered == ""
    # which of the two wins is Celery's choice, and differs from run to run
    (twin,) = [task for task in found.tasks if task.name == "twin"]
    assert {(claim.function, str(claim.location)) for claim in twin.claims} == {
        ("proj.app.first", "proj/app.py:7"),
        ("proj.app.second", "proj/app.py:9"),
    }
    assert [claim.registered for claim in twin.claims].count(True) == 1
    assert all(claim.own and claim.named and not claim.replaces for claim in twin.claims)


def test_no_task_runs_and_no_broker_is_asked(load: Load, tmp_path: Path) -> None:
    """Loading reads; the broker of these apps refuses every connection, and the task would leave a trace."""
    found = load(
        {
            "proj/app.py": APP
            + """\
import pathlib
@app.task
def work(): pathlib.Path("ran").touch()
app.conf.beat_schedule = {"work": {"task": "proj.app.work", "schedule": 1}}
"""
        }
    )
    assert len(found.tasks) == 1
    assert not (tmp_path / "ran").exists()


def test_django_apps_are_discovered_and_not_taken_for_named_packages(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without packages, Celery's Django fixup searches the installed apps, which no call names."""
    pytest.importorskip("django")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "proj.settings")
    found = load(
        {
            "proj/settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = ["proj.polls"]\nUSE_TZ = True\n',
            "proj/app.py": APP + "app.autodiscover_tasks()\n",
            "proj/polls/__init__.py": "",
            "proj/polls/tasks.py": "from celery import shared_task\n@shared_task\ndef count(): pass\n",
        }
    )
    assert [task.name for task in found.tasks] == ["proj.polls.tasks.count"]
    assert [(search.package, search.explicit) for search in found.discoveries] == [("proj.polls", False)]


def test_the_dotted_name_of_an_app_config_is_no_missing_package(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call with ``settings.INSTALLED_APPS`` may pass classes, which Celery resolves itself."""
    pytest.importorskip("django")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "proj.settings")
    found = load(
        {
            "proj/settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = ["proj.polls.PollsConfig"]\n',
            "proj/app.py": APP
            + "from django.conf import settings\napp.autodiscover_tasks(lambda: settings.INSTALLED_APPS)\n",
            "proj/polls/__init__.py": """\
                from django.apps import AppConfig
                class PollsConfig(AppConfig):
                    name = "proj.polls"
                """,
            "proj/polls/tasks.py": "from celery import shared_task\n@shared_task\ndef count(): pass\n",
        }
    )
    (search,) = found.discoveries
    assert (search.exists, search.explicit, search.failure, search.found) == (True, False, None, True)
