# ruff: noqa: E501  # small programs and the sentences about them read best in one line
"""The worker's registry against the source, as whoever runs the gate meets it: PRD201, 202, 203 and 205."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from pytest_prodready.findings import Level
from tests.files import write_files
from tests.support import Run, gate

pytest.importorskip("celery")

HERE = "# here"
"""Stands on the line that must be named."""
SHOP = {
    "pyproject.toml": """\
        [project]
        name = "shop"
        version = "1"
        dependencies = ["celery"]
        [tool.prodready]
        celery = "shop.worker:app"
        packages = ["shop"]
        """,
    "shop/__init__.py": "",
    "shop/worker.py": """\
        from celery import Celery
        app = Celery("shop", broker="redis://127.0.0.1:1/0", include=["shop.reports"])
        app.autodiscover_tasks(["shop.mail", "shop.billing"])
        """,
    "shop/tasking.py": """\
        from functools import partial
        from celery import shared_task
        def job(*args, **options):
            if args:
                return shared_task(*args, **options)
            return shared_task(**options)
        def quiet(**options):
            def decorate(function):
                return shared_task(ignore_result=True, **options)(function)
            return decorate
        bound = partial(shared_task, bind=True)
        """,
    "shop/mail/__init__.py": "",
    "shop/mail/tasks.py": """\
        from shop.tasking import bound, job, quiet
        @job
        def welcome(user): pass
        @job(name="mail.bye")
        def bye(user): pass
        @quiet()
        def digest(): pass
        @bound
        def retry(self): pass
        """,
    "shop/billing/__init__.py": "",
    "shop/billing/tasks.py": """\
        from celery import Task
        from shop.worker import app
        class Base(Task):
            def run(self, order): return self.work(order)
        class Charge(Base):
            name = "charge"
            def work(self, order): pass
        Charge = app.register_task(Charge())
        class Refund(Task):
            name = "refund"
            def run(self, order): pass
        app.register_task(Refund())
        def _settle(order): pass
        settle = app.task(name="settle")(_settle)
        """,
    "shop/reports.py": """\
        from celery import current_app, shared_task
        @current_app.task
        def daily(): pass
        if False:
            @shared_task
            def debug(): pass
        """,
}


@dataclass(frozen=True)
class Fault:
    """Files that break the shop, and the one error that must come of it, at the line with the mark."""

    name: str
    files: Mapping[str, str]
    code: str
    subject: str
    words: str
    remedy: str = ""
    also: tuple[tuple[str, str], ...] = ()
    """Code and subject of further errors, which name the same cause."""


def worker(*lines: str, include: str = '["shop.reports"]') -> dict[str, str]:
    head = [
        "from celery import Celery",
        f'app = Celery("shop", broker="redis://127.0.0.1:1/0", include={include})',
    ]
    return {"shop/worker.py": "\n".join([*head, *lines]) + "\n"}


FAULTS = [
    Fault(
        "a package of a misspelt name",
        worker('app.autodiscover_tasks(["shop.mail", "shop.billing", "shop.report"])  # here'),
        "PRD202",
        "discovery:shop.report",
        "autodiscovery is told to search shop.report, which does not exist",
        "Write shop.reports, the nearest package there is.",
    ),
    Fault(
        "a top-level package of a misspelt name",
        worker('app.autodiscover_tasks(["shopp"])  # here'),
        "PRD201",
        "shop.worker:app",
        "autodiscover_tasks names the package 'shopp' at shop/worker.py:3, which does not exist",
        "Write shop, the nearest there is.",
    ),
    Fault(
        "a misspelt include",
        worker('app.autodiscover_tasks(["shop.mail", "shop.billing"])', include='["shop.report"]  # here\n'),
        "PRD201",
        "shop.worker:app",
        "its include names the module 'shop.report' at shop/worker.py:2, which does not exist",
        "Write shop.reports, the nearest there is.",
    ),
    Fault(
        "misspelt imports",
        worker('app.conf.imports = ("shop.mail.task",)  # here'),
        "PRD201",
        "shop.worker:app",
        "its imports names the module 'shop.mail.task' at shop/worker.py:3, which does not exist",
        "Write shop.mail.tasks, the nearest there is.",
    ),
    Fault(
        "a configuration that does not exist",
        worker('app.config_from_object("shop.celeryconf")  # here'),
        "PRD201",
        "shop.worker:app",
        "config_from_object names 'shop.celeryconf', which does not exist",
    ),
    Fault(
        "a package whose __init__ lacks a module",
        {"shop/mail/__init__.py": "import not_installed_here  # here\n"},
        "PRD202",
        "discovery:shop.mail",
        "autodiscovery dropped shop.mail and its tasks in silence: importing the package fails: "
        "no module 'not_installed_here' is installed",
        also=(
            ("PRD203", "shop.mail.tasks.bye"),
            ("PRD203", "shop.mail.tasks.digest"),
            ("PRD203", "shop.mail.tasks.retry"),
            ("PRD203", "shop.mail.tasks.welcome"),
        ),
    ),
    Fault(
        "a task module that raises",
        {"shop/mail/tasks.py": "from shop.tasking import job\n1 / 0  # here\n"},
        "PRD201",
        "shop.worker:app",
        "shop.worker:app does not load: ZeroDivisionError",
    ),
    Fault(
        "a task class whose constructor raises",
        {
            "shop/billing/tasks.py": """\
                from celery import Task
                from shop.worker import app
                class Charge(Task):
                    def __init__(self):
                        raise RuntimeError("no account")  # here
                app.register_task(Charge())
                """
        },
        "PRD201",
        "shop.worker:app",
        "RuntimeError: no account",
    ),
    Fault(
        "a task class whose name raises",
        {
            "shop/billing/tasks.py": """\
                from celery import Task
                from shop.worker import app
                class Charge(Task):
                    @property
                    def name(self):
                        raise RuntimeError("no name yet")  # here
                app.register_task(Charge())
                """
        },
        "PRD201",
        "shop.worker:app",
        "RuntimeError: no name yet",
    ),
    Fault(
        "a file of another name",
        {
            "shop/parcels/__init__.py": "",
            "shop/parcels/task.py": "from shop.tasking import quiet\n@quiet()\ndef send(): pass  # here\n",
            **worker('app.autodiscover_tasks(["shop.mail", "shop.billing", "shop.parcels"])'),
        },
        "PRD203",
        "shop.parcels.task.send",
        "autodiscovery looks for shop.parcels.tasks, which does not exist, and nothing imports shop.parcels.task",
        "Rename the module to tasks.py",
    ),
    Fault(
        "a wrapper in a module that is not loaded either",
        {
            "shop/parcels/__init__.py": "",
            "shop/parcels/deco.py": "import celery\ndef ours(f):\n    return celery.shared_task(name='x.' + f.__name__)(f)\n",
            "shop/parcels/jobs.py": "from . import deco\n@deco.ours\ndef send(): pass  # here\n",
            **worker('app.autodiscover_tasks(["shop.mail", "shop.billing", "shop.parcels"])'),
        },
        "PRD203",
        "shop.parcels.jobs.send",
        "autodiscovery looks for shop.parcels.tasks, which does not exist",
    ),
    Fault(
        "a class that nothing registers",
        {
            "shop/billing/tasks.py": SHOP["shop/billing/tasks.py"]
            .replace("app.register_task(Refund())", "")
            .replace("class Refund(Task):", "class Refund(Task):  # here")
        },
        "PRD203",
        "shop.billing.tasks.Refund",
        "the task shop.billing.tasks.Refund, which calls itself refund, is not registered",
        "Register it: app.register_task(Refund()).",
    ),
    Fault(
        "two functions of one name",
        {
            "shop/reports.py": """\
                from celery import shared_task
                @shared_task(name="shop.mail.tasks.welcome")
                def daily(): pass  # here
                """
        },
        "PRD205",
        "shop.mail.tasks.welcome",
        "shop.mail.tasks.welcome is the name of 2 tasks, shop.reports.daily (shop/reports.py:3) and "
        "shop.mail.tasks.welcome (shop/mail/tasks.py:3): only one of them can run",
        'Give shop.reports.daily a name of its own: name="shop.reports.daily".',
    ),
    Fault(
        "a function and a class of one name",
        {
            "shop/reports.py": """\
                from celery import current_app
                @current_app.task(name="charge")
                def daily(): pass  # here
                """
        },
        "PRD205",
        "charge",
        "charge is the name of 2 tasks, shop.reports.daily (shop/reports.py:3) and "
        "shop.billing.tasks.Charge (shop/billing/tasks.py:5): only one of them can run",
    ),
]


def run(pytester: pytest.Pytester, files: Mapping[str, str], *arguments: str) -> Run:
    """Write the shop with ``files`` in place of its own, and run the rules about its registry."""
    write_files(pytester.path, {**SHOP, **files})
    return gate(pytester, "--prodready-select=PRD109,PRD201,PRD202,PRD203,PRD205,PRD9", *arguments)


def errors(run: Run) -> list[tuple[str, str]]:
    return [(found.code, found.subject) for found in run.of(Level.ERROR)]


def test_a_healthy_worker_is_passed_over_in_silence(pytester: pytest.Pytester) -> None:
    """Decorators that wrap, classes, assignments and what is under a condition give neither error nor warning."""
    found = run(pytester, {})
    assert found.findings == []
    assert found.status == 0
    assert {"charge", "refund", "settle", "mail.bye", "shop.mail.tasks.digest"} <= set(found.judgements)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_difference_is_named_with_its_reason_and_its_line(
    pytester: pytest.Pytester, fault: Fault
) -> None:
    """Code, subject, line and reason, and no other error besides."""
    found = run(pytester, fault.files)
    assert sorted(errors(found)) == sorted([(fault.code, fault.subject), *fault.also])
    (first,) = [
        one for one in found.of(Level.ERROR) if one.code == fault.code and one.subject == fault.subject
    ]
    (place,) = [
        f"{name}:{number}"
        for name, text in fault.files.items()
        for number, line in enumerate(textwrap.dedent(text).splitlines(), 1)
        if line.endswith(HERE)
    ]
    assert str(first.location) == place
    assert fault.words in first.message
    assert fault.remedy in first.remedy


@pytest.mark.parametrize(
    "files, subject, words",
    [
        (
            {
                "shop/stock/__init__.py": "",
                "shop/stock/tasks.py": "from shop.tasking import job\n@job\ndef count(): pass\n",
            },
            "shop.stock.tasks.count",
            "it never imports shop.stock.tasks",
        ),
        (
            {
                "shop/stocks/__init__.py": "",
                "shop/stocks/tasks.py": "from shop.tasking import job\n@job\ndef count(): pass\n",
                **worker('app.autodiscover_tasks(["shop.stock"])'),
            },
            "shop.stocks.tasks.count",
            "nothing imports shop.stocks.tasks, and autodiscovery is told to search shop.stock, which does not exist",
        ),
        (
            {
                "shop/stock/__init__.py": "",
                "shop/stock/tasks/__init__.py": "",
                "shop/stock/tasks/count.py": "from celery import shared_task\n@shared_task\ndef count(): pass\n",
                **worker('app.autodiscover_tasks(["shop.mail", "shop.billing", "shop.stock"])'),
            },
            "shop.stock.tasks.count.count",
            "autodiscovery loads shop.stock.tasks, which does not import shop.stock.tasks.count",
        ),
        (
            {
                "shop/reports.py": """\
                    from celery import Celery
                    other = Celery("others", set_as_current=False)
                    @other.task(shared=False)
                    def theirs(): pass
                    """
            },
            "shop.reports.theirs",
            "shop.reports.theirs belongs to another Celery app, others",
        ),
        (
            {"shop/reports.py": "from celery import Task\nclass Report(Task):\n    def run(self): pass\n"},
            "shop.reports.Report",
            "the task shop.reports.Report is not registered",
        ),
    ],
    ids=[
        "never imported",
        "misspelt package",
        "not in the package of tasks",
        "other app",
        "class without name",
    ],
)
def test_what_may_be_on_purpose_is_a_warning(
    pytester: pytest.Pytester, files: dict[str, str], subject: str, words: str
) -> None:
    """The worker does not have it, and says nothing; it may be another worker's, or switched off."""
    found = run(pytester, files)
    (warning,) = [one for one in found.of(Level.WARNING) if one.subject == subject]
    assert warning.code == "PRD203"
    assert words in warning.message


def test_one_task_registered_twice_is_no_duplicate(pytester: pytest.Pytester) -> None:
    """A reload, a second app, a second registration and functions of one place are one task each."""
    again = """\
        import importlib, sys
        from celery import Celery, Task, shared_task
        from shop.worker import app
        @shared_task(name="daily")
        def daily(): pass
        @app.task(name="weekly", autoretry_for=(OSError,))
        def weekly(): pass
        def make():
            @app.task(name="made")
            def made(): pass
        make(); make()
        class Yearly(Task):
            name = "yearly"
            def run(self): pass
        app.register_task(Yearly()); app.register_task(Yearly); app.tasks.register(Yearly())
        Celery("second", set_as_current=False).finalize()
        if "again" not in sys.__dict__:
            sys.again = True
            importlib.reload(sys.modules[__name__])
        """
    found = run(pytester, {"shop/reports.py": again})
    assert found.findings == []
    assert {"daily", "weekly", "made", "yearly"} <= set(found.judgements)


def test_the_task_of_a_library_is_replaced_on_purpose(pytester: pytest.Pytester) -> None:
    """In silence when it is put into the registry by hand; with a warning where chance decides."""
    library = "from celery import shared_task\n@shared_task(name='lib.{0}')\ndef {0}(): pass\n"
    found = run(
        pytester,
        {
            "venv/lib/jobs_of_others.py": library.format("clean") + library.format("sweep"),
            "shop/reports.py": """\
                import pathlib, sys
                sys.path.append(str(pathlib.Path("venv/lib").absolute()))
                import jobs_of_others
                from celery import Task, shared_task
                from shop.worker import app
                class Clean(Task):
                    name = "lib.clean"
                    def run(self): pass
                app.finalize()
                app.register_task(Clean())
                @shared_task(name="lib.sweep")
                def sweep(): pass
                """,
        },
    )
    assert [(one.code, one.level, one.subject) for one in found.findings] == [
        ("PRD205", Level.WARNING, "lib.sweep")
    ]
    assert "jobs_of_others.sweep" in found.findings[0].message


def test_hostile_tasks_are_listed_all_the_same(pytester: pytest.Pytester) -> None:
    """Signatures that lie or cannot be read, C functions, proxies and properties that raise stop nothing."""
    hostile = """\
        import math
        from celery import Task
        from celery.local import Proxy
        from shop.worker import app
        @app.task(name="wrong", lazy=False)
        def wrong(): pass
        wrong.__wrapped__.__signature__ = "(a, b"
        class Lying:
            @property
            def __signature__(self): raise RuntimeError("no signature")
            def __call__(self): pass
        class Liar(Task):
            name = "liar"
            run = Lying()
        class Strange(Task):
            name = "strange"
            @property
            def run(self): raise RuntimeError("not yet")
        class Held(Task):
            name = "held"
            run = math.gcd
        for task in (Liar, Strange, Held):
            app.register_task(task())
        class Refusing:
            def __getattribute__(self, name): raise RuntimeError("outside of context")
            def __bool__(self): raise RuntimeError("no truth")
            def __eq__(self, other): raise RuntimeError("no comparison")
            __hash__ = None
        refusing = task = shared_task = Refusing()
        lost = Proxy(lambda: 1 / 0)
        """
    found = run(pytester, {"shop/reports.py": hostile})
    assert found.findings == []
    assert {"wrong", "liar", "strange", "held"} <= set(found.judgements)


def test_a_broker_that_accepts_and_never_answers_ends_in_time(pytester: pytest.Pytester) -> None:
    """An app that connects while it is imported hangs the worker as well: the line is named."""
    files = worker(
        "import socket",
        "silent = socket.create_server(('127.0.0.1', 0))",
        "app.conf.broker_url = f'amqp://127.0.0.1:{silent.getsockname()[1]}//'",
        "app.connection_for_read().connect()  # here",
    )
    settings = textwrap.dedent(SHOP["pyproject.toml"]) + "[tool.prodready.limits]\nload = 3\n"
    found = run(pytester, {**files, "pyproject.toml": settings})
    (error,) = found.of(Level.ERROR)
    assert (error.code, error.subject, str(error.location)) == (
        "PRD109",
        "shop.worker:app",
        "shop/worker.py:6",
    )


def test_a_misspelt_app_of_django(pytester: pytest.Pytester) -> None:
    """The line of INSTALLED_APPS is named, although Celery fails only later, at apps that are not loaded."""
    pytest.importorskip("django")
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = [\n    "shop.mial",\n]\n',
        "shop/mail/__init__.py": "",
        "shop/worker.py": "import os\nfrom celery import Celery\n"
        'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\napp = Celery("shop", broker="memory://")\n'
        'app.config_from_object("django.conf:settings", namespace="CELERY")\napp.autodiscover_tasks()\n',
        "Procfile": "worker: celery -A shop.worker:app worker\n",
    }
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run = gate(pytester, "--prodready-select=PRD201")
    (found,) = run.of(Level.ERROR)
    assert (found.code, str(found.location)) == ("PRD201", "shop/settings.py:3")
    assert "INSTALLED_APPS names 'shop.mial' at shop/settings.py:3, which does not exist" in found.message
    assert found.remedy == "Write shop.mail, the nearest there is."
