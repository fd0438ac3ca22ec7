"""Queues, routes and the workers of the deployment, as whoever runs the gate meets them: PRD207."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pytest

from pytest_prodready.findings import Level
from tests.files import write_files
from tests.support import Run, gate

pytestmark = pytest.mark.wide

pytest.importorskip("celery")

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['celery']\n",
    "Procfile": "worker: celery -A shop.jobs worker -Q default,mail,tenants,events\n",
    "shop/__init__.py": "",
    "shop/routers.py": """\
        class Tenants:
            def route_for_task(self, task, args=None, kwargs=None):
                return {"queue": "tenants"} if task.startswith("shop.tenants.") else None
        def by_argument(name, args, kwargs, options, task=None, **kw):
            if name == "shop.tasks.by_argument":
                return {"queue": kwargs["queue"]}
        """,
    "shop/jobs.py": """\
        import re
        from celery import Celery
        from kombu import Exchange, Queue
        app = Celery("shop", broker="memory://", include=["shop.tasks", "shop.tenants"])
        app.conf.task_default_queue = "default"
        app.conf.task_routes = (
            [
                ("shop.tasks.send*", {"queue": "mail"}),
                (re.compile(r"shop\\.tasks\\.(exact|other)"), {"queue": "mail"}),
                ("shop.tasks.event", {"exchange": "events", "routing_key": "order.paid"}),
            ],
            "shop.routers.Tenants",
            "shop.routers.by_argument",
        )
        app.conf.task_queues = [
            Queue("default"),
            Queue("mail"),
            Queue("tenants"),
            Queue("events", Exchange("events", type="topic"), routing_key="order.*"),
        ]
        app.conf.task_annotations = {"shop.tasks.exact": {"rate_limit": "10/s"}, "*": {"acks_late": True}}
        app.conf.beat_schedule = {
            "nightly": {
                "task": "shop.tasks.plain",
                "schedule": 3600.0,
                "options": {"queue": "mail"},
            },
        }
        """,
    "shop/tasks.py": """\
        from celery import Task
        from shop.jobs import app
        @app.task
        def send(): ...
        @app.task
        def exact(): ...
        @app.task
        def plain(): ...
        @app.task
        def event(): ...
        @app.task
        def by_argument(queue): ...
        @app.task(
            queue="mail",
        )
        def own(): ...
        class Report(Task):
            name = "report"
            queue = "mail"
            def run(self): ...
        app.register_task(Report())
        """,
    "shop/tenants.py": "from shop.jobs import app\n@app.task\ndef sync(): ...\n",
}


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Shop:
    return Shop(pytester)


class Shop:
    """The healthy application, with what a test changes in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.files = {name: textwrap.dedent(text) for name, text in SHOP.items()}

    def change(self, file: str, before: str, after: str) -> str:
        """Replace a text that stands there once; the place of its line."""
        text = self.files[file]
        assert text.count(before) == 1
        self.files[file] = text.replace(before, after)
        return f"{file}:{text[: text.index(before)].count(chr(10)) + 1}"

    def gate(self, files: Mapping[str, str] = {}) -> Run:
        """Run PRD207 over it."""
        write_files(self.pytester.path, {**self.files, **files})
        return gate(self.pytester, "--prodready-select=PRD207,PRD201,PRD9", "-v")


def told(run: Run, *levels: Level) -> list[tuple[str, str, str]]:
    return [(found.code, found.subject, str(found.location)) for found in run.of(*levels)]


def test_a_healthy_application_has_nothing(shop: Shop) -> None:
    """Routes of every kind, own options, beat options and bindings lead to consumed queues."""
    run = shop.gate()
    assert run.findings == []
    assert {name for name in run.judgements if name.startswith("queue:")} == {
        "queue:default",
        "queue:mail",
        "queue:tenants",
        "queue:events",
    }
    assert {"route:shop.tasks.send*", "route:shop.tasks.event", "annotation:*"} <= set(run.judgements)
    assert "queues: default, mail, tenants, events (Procfile, worker)" in run.text
    assert run.status == 0


@pytest.mark.parametrize(
    "file, before, after, queue",
    [
        ("shop/jobs.py", '("shop.tasks.send*", {"queue": "mail"})', '("shop.tasks.send*", "mial")', "mial"),
        ("shop/jobs.py", '(exact|other)"), {"queue": "mail"}', '(exact|other)"), {"queue": "mial"}', "mial"),
        ("shop/tasks.py", 'queue="mail"', 'queue="mial"', "mial"),
        ("shop/tasks.py", 'queue = "mail"', 'queue = "mial"', "mial"),
        ("Procfile", "-Q default,", "-Q ", "default"),
    ],
)
def test_a_queue_that_nobody_consumes(shop: Shop, file: str, before: str, after: str, queue: str) -> None:
    """The error is at the line that sends the task there; at the worker's for the default queue."""
    place = shop.change(file, before, after)
    run = shop.gate()
    expected = "shop/jobs.py:5" if queue == "default" else place
    assert told(run, Level.ERROR) == [("PRD207", f"queue:{queue}", expected)]
    assert run.status == 1


def test_a_queue_that_a_call_chooses(shop: Shop) -> None:
    """It is looked for among the consumed ones, where the call writes it out."""
    tasks = shop.files["shop/tasks.py"]
    line = tasks.count("\n") + 3
    calls = "def order(other):\n    send.apply_async(queue='mail')\n"
    calls += "    send.s().set(queue='mial').delay()\n    send.apply_async(queue=other)\n"
    shop.files["shop/tasks.py"] = tasks + calls
    assert told(shop.gate(), Level.ERROR) == [("PRD207", "queue:mial", f"shop/tasks.py:{line}")]


def test_a_beat_entry_with_a_queue_of_its_own(shop: Shop) -> None:
    """Its options win over everything else; the error is at the entry."""
    shop.change("shop/jobs.py", '"options": {"queue": "mail"}', '"options": {"queue": "night"}')
    run = shop.gate()
    assert told(run, Level.ERROR) == [("PRD207", "queue:night", "shop/jobs.py:23")]
    assert (
        "shop.tasks.plain goes to the queue night, which no worker consumes: the beat entry 'nightly'"
        in run.text
    )


def test_a_router_of_the_application(shop: Shop) -> None:
    """What a router class answers counts; the error is at the task."""
    shop.change("shop/routers.py", '{"queue": "tenants"}', '{"queue": "tenant"}')
    run = shop.gate()
    assert told(run, Level.ERROR) == [("PRD207", "queue:tenant", "shop/tenants.py:3")]
    assert "Write tenants, the nearest queue that a worker consumes" in run.text


def test_a_message_that_an_exchange_leads_to_an_unread_queue(shop: Shop) -> None:
    """The binding of the exchange decides, not the name of the route's queue."""
    shop.change("Procfile", ",events", "")
    place = "shop/jobs.py:10"
    assert told(shop.gate(), Level.ERROR) == [("PRD207", "queue:events", place)]


def test_a_queue_that_the_worker_is_told_for_nothing(shop: Shop) -> None:
    """It is a warning with the nearest queue, at the command's line."""
    shop.change("Procfile", "tenants", "tenants,evnts")
    shop.files["shop/routers.py"] = (
        "class Tenants:\n    def route_for_task(self, task, *a, **k): return None\n"
    )
    shop.change(
        "shop/jobs.py", '            "shop.routers.by_argument",\n'.replace("            ", "    "), ""
    )
    shop.change("shop/jobs.py", '    "shop.routers.Tenants",\n', "")
    run = shop.gate()
    assert told(run, Level.WARNING) == [
        ("PRD207", "queue:evnts", "Procfile:1"),
        ("PRD207", "queue:tenants", "Procfile:1"),
    ]
    assert "Write events, the nearest queue that tasks are sent to" in run.text
    assert run.status == 0


def test_a_queue_that_is_not_declared_and_must_be(shop: Shop) -> None:
    """With task_create_missing_queues off, a worker that names an unknown queue does not start."""
    shop.files["shop/jobs.py"] += "app.conf.task_create_missing_queues = False\n"
    shop.change("Procfile", "mail", "mail,mial")
    run = shop.gate()
    assert told(run, Level.ERROR) == [("PRD207", "queue:mial", "Procfile:1")]
    assert "it refuses to start" in run.text


def test_routes_and_annotations_of_no_task(shop: Shop) -> None:
    """Each is a warning with the nearest task, at its line."""
    route = shop.change("shop/jobs.py", '"shop.tasks.event"', '"shop.tasks.evnt"')
    annotation = shop.change("shop/jobs.py", '{"shop.tasks.exact"', '{"shop.task.exact"')
    run = shop.gate()
    assert ("PRD207", "route:shop.tasks.evnt", route) in told(run, Level.WARNING)
    assert ("PRD207", "annotation:shop.task.exact", annotation) in told(run, Level.WARNING)
    assert "Write shop.tasks.event, the nearest there is." in run.text
    assert "Write shop.tasks.exact, the nearest there is." in run.text


@pytest.mark.parametrize(
    "files",
    [
        {"Procfile": "web: uvicorn shop:app\n"},
        {"Procfile": "worker: celery -A shop.jobs worker -Q $QUEUES\n"},
        {
            "Procfile": "worker: celery -A shop.jobs worker -Q other\n",
            "shop/run.py": "",
            "compose.yaml": "{{",
        },
    ],
)
def test_what_the_workers_consume_is_not_known(shop: Shop, files: dict[str, str]) -> None:
    """Nothing is said about queues where no command is found, or one of them is not understood."""
    shop.change("shop/jobs.py", '("shop.tasks.send*", {"queue": "mail"})', '("shop.tasks.send*", "mial")')
    if "compose.yaml" in files:
        files = {**files, "compose.yaml": "services: [\n  celery -A shop.jobs worker\n"}
    run = shop.gate(
        {**files, "pyproject.toml": shop.files["pyproject.toml"] + "[tool.prodready]\ncelery = 'shop.jobs'\n"}
    )
    assert [name for name in run.judgements if name.startswith("queue:")] == []
    assert run.status == 0


def test_the_application_starts_workers_itself(shop: Shop) -> None:
    """What a program of the application adds to a worker's queues is not known."""
    shop.change("Procfile", ",events", "")
    shop.files["shop/tasks.py"] += "def more():\n    app.control.add_consumer('events')\n"
    run = shop.gate()
    assert (run.findings, run.status) == ([], 0)


def test_calls_that_choose_the_queue_themselves(shop: Shop) -> None:
    """Where a call gives the queue, a default queue that nobody consumes is a warning."""
    shop.change("Procfile", "-Q default,", "-Q ")
    shop.files["shop/tasks.py"] += "def now():\n    plain.apply_async(queue='mail')\n"
    run = shop.gate()
    assert told(run, Level.ERROR) == []
    assert told(run, Level.WARNING) == [("PRD207", "queue:default", "shop/jobs.py:5")]


def test_a_worker_without_queues_consumes_the_declared_ones(shop: Shop) -> None:
    """Another queue that a route names is created when it is sent to, and nobody consumes it."""
    shop.change("Procfile", " -Q default,mail,tenants,events", " -X mail")
    shop.change("shop/jobs.py", '(exact|other)"), {"queue": "mail"}', '(exact|other)"), {"queue": "exact"}')
    run = shop.gate()
    assert {(subject, place) for _, subject, place in told(run, Level.ERROR)} == {
        ("queue:exact", "shop/jobs.py:9"),
        ("queue:mail", "shop/jobs.py:8"),
        ("queue:mail", "shop/jobs.py:23"),
        ("queue:mail", "shop/tasks.py:14"),
        ("queue:mail", "shop/tasks.py:19"),
    }


def test_a_broadcast_queue_and_a_namespace(shop: Shop) -> None:
    """A broadcast queue is known by its name, and settings of a namespace count."""
    files = {
        "Procfile": "worker: celery -A shop.jobs worker -Q celery,all\n",
        "shop/conf.py": "from kombu import Queue\nfrom kombu.common import Broadcast\n"
        "SHOP_TASK_QUEUES = [Queue('celery'), Broadcast('all')]\n"
        "SHOP_TASK_ROUTES = {'shop.tasks.reload': {'queue': 'all'}, 'shop.tasks.lost': {'queue': 'lost'}}\n",
        "shop/jobs.py": "from celery import Celery\n"
        "app = Celery('shop', broker='memory://', include=['shop.tasks'])\n"
        "app.config_from_object('shop.conf', namespace='SHOP')\n",
        "shop/tasks.py": "from shop.jobs import app\n@app.task\ndef reload(): ...\n"
        "@app.task\ndef lost(): ...\n",
    }
    run = shop.gate(files)
    assert told(run, *Level) == [("PRD207", "queue:lost", "shop/conf.py:4")]


def test_several_apps_in_one_project(pytester: pytest.Pytester) -> None:
    """Each worker has the tasks and queues of its own app; a queue of another app's worker does not help."""
    files = {}
    for name, queue in (("mail", "mail"), ("sms", "mail")):
        files[f"{name}/__init__.py"] = ""
        files[f"{name}/celery.py"] = (
            f"from celery import Celery\napp = Celery('{name}', broker='memory://')\n"
            f"@app.task(name='send', queue='{queue}')\ndef send_{name}(): ...\n"
        )
    files["Procfile"] = "mail: celery -A mail worker -Q mail\nsms: celery -A sms worker -Q sms\n"
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run = gate(pytester, "--prodready-select=PRD207,PRD201,PRD204,PRD9", "-v")
    assert {"mail", "sms"} <= set(run.judgements)
    assert {"send", "send of sms"} <= set(run.judgements)
    assert told(run, Level.ERROR) == [("PRD207", "queue:mail", "sms/celery.py:3")]
