"""Tasks that cannot run and a schedule that does not, as whoever runs the gate meets them: PRD204, PRD206."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_prodready.findings import Level
from tests.files import write_files
from tests.support import Run, gate

pytest.importorskip("celery")

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['celery']\n",
    "Procfile": "worker: celery -A shop.jobs worker\n",
    "shop/__init__.py": "",
    "shop/models.py": "class Order: pass\n",
    "shop/schedule.py": """\
        from celery.schedules import crontab
        SCHEDULE = {
            "nightly": {
                "task": "shop.tasks.report",
                "schedule": crontab(hour=3, minute=0),
                "args": ("eu",),
                "options": {"expires": 3600},
            },
            "hourly": {"task": "shop.tasks.clean", "schedule": 3600.0},
        }
        """,
    "shop/jobs.py": """\
        from celery import Celery
        from shop.schedule import SCHEDULE
        app = Celery("shop", broker="memory://", include=["shop.tasks"])
        app.conf.beat_schedule = SCHEDULE
        @app.on_after_finalize.connect
        def setup_periodic_tasks(sender, **kwargs):
            sender.add_periodic_task(60.0, sender.tasks["shop.tasks.clean"].s(), name="added")
        """,
    "shop/pdf.py": """\
        class Writer:
            def __init__(self):
                self.count = 0
            def write(self, region):
                self.load()
            def load(self):
                from shop.models import Order
                return Order
        """,
    "shop/tasks.py": """\
        from celery import Task
        from shop.jobs import app
        from shop.pdf import Writer
        class Logged(Task):
            def on_failure(self, *args):
                note()
        def note():
            from shop.models import Order
            return Order
        @app.task(base=Logged, rate_limit="10/m", serializer="json", soft_time_limit=30, time_limit=60)
        def report(region):
            writer = Writer()
            writer.write(region)
        @app.task(autoretry_for=(ConnectionError,), max_retries=3)
        def clean():
            report("all")
        """,
}


def run(pytester: pytest.Pytester, files: Mapping[str, str]) -> Run:
    write_files(pytester.path, files)
    return gate(pytester, "--prodready-select", "PRD2")


def test_a_healthy_application_has_nothing_to_say(pytester: pytest.Pytester) -> None:
    """And each entry of the schedule, whoever adds it, is one check."""
    found = run(pytester, SHOP)
    assert found.of(Level.ERROR, Level.WARNING) == []
    assert found.status == 0
    assert {"beat:nightly", "beat:hourly", "beat:added", "shop.tasks.report"} <= set(found.judgements)


HANDLER = "beat handler:shop.jobs.setup_periodic_tasks"
FAULTS = [
    ("shop/pdf.py", "import Order", "import Ordr", "PRD204", "shop.tasks.report", "import Ordr"),
    ("shop/pdf.py", "import Order", "import Ordr", "PRD204", "shop.tasks.clean", "import Ordr"),
    ("shop/tasks.py", "import Order", "import Ordr", "PRD204", "shop.tasks.report", "import Ordr"),
    ("shop/tasks.py", '"10/m"', '"ten/m"', "PRD204", "shop.tasks.report", '"ten/m"'),
    ("shop/tasks.py", '"json"', '"jsn"', "PRD204", "shop.tasks.report", '"jsn"'),
    ("shop/tasks.py", "limit=30", "limit=90", "PRD204", "shop.tasks.report", "limit=90"),
    ("shop/tasks.py", "(ConnectionError,)", "(1,)", "PRD204", "shop.tasks.clean", "autoretry_for"),
    ("shop/tasks.py", "max_retries=3", 'max_retries="3"', "PRD204", "shop.tasks.clean", "max_retries"),
    ("shop/schedule.py", "tasks.report", "tasks.raport", "PRD206", "beat:nightly", '"nightly"'),
    ("shop/schedule.py", '("eu",)', '("eu")', "PRD206", "beat:nightly", '"nightly"'),
    ("shop/schedule.py", '("eu",)', "()", "PRD206", "beat:nightly", '"nightly"'),
    ("shop/schedule.py", "expires", "expire", "PRD206", "beat:nightly", '"nightly"'),
    ("shop/schedule.py", "3600.0", "0", "PRD206", "beat:hourly", '"hourly"'),
    ("shop/schedule.py", '"hourly"', '"nightly"', "PRD206", "beat:nightly", '"nightly": {"task"'),
    ("shop/jobs.py", 'name="added"', 'name="hourly"', "PRD206", "beat:hourly", "add_periodic_task"),
    ("shop/jobs.py", "tasks.clean", "tasks.cleen", "PRD206", HANDLER, "cleen"),
]  # fmt: skip


@pytest.mark.parametrize("file, healthy, broken, code, subject, text", FAULTS)
def test_each_fault_is_an_error_at_its_line(
    pytester: pytest.Pytester, file: str, healthy: str, broken: str, code: str, subject: str, text: str
) -> None:
    """With its code and the subject that it belongs to."""
    assert SHOP[file].count(healthy) == 1
    found = run(pytester, {**SHOP, file: SHOP[file].replace(healthy, broken)})
    lines = (pytester.path / file).read_text().splitlines()
    (line,) = [number for number, one in enumerate(lines, 1) if text in one]
    places = {
        (one.code, one.subject, str(one.location)) for one in found.of(Level.ERROR) if one.subject == subject
    }
    assert (code, subject, f"{file}:{line}") in places
    assert found.status == 1


def test_the_chain_from_the_task_to_the_broken_line_is_shown(pytester: pytest.Pytester) -> None:
    """Each call with its file and line."""
    found = run(pytester, {**SHOP, "shop/pdf.py": SHOP["shop/pdf.py"].replace("import Order", "import Ordr")})
    (clean,) = [one for one in found.of(Level.ERROR) if one.subject == "shop.tasks.clean"]
    assert clean.message == (
        "shop.tasks.clean cannot run: it calls shop.pdf.Writer.load, which imports Ordr from shop.models, "
        "which has no such name"
    )
    ((_, way),) = clean.details
    assert way.splitlines() == [
        "shop/tasks.py:15  clean",
        "shop/tasks.py:16  calls shop.tasks.report",
        "shop/tasks.py:13  calls shop.pdf.Writer.write",
        "shop/pdf.py:5  calls shop.pdf.Writer.load",
        "shop/pdf.py:7  from shop.models import Ordr",
    ]


def test_the_way_over_a_handler_is_shown(pytester: pytest.Pytester) -> None:
    """What the base class does when a task fails, fails itself."""
    tasks = SHOP["shop/tasks.py"].replace("import Order", "import Ordr")
    found = run(pytester, {**SHOP, "shop/tasks.py": tasks})
    messages = {one.message for one in found.of(Level.ERROR) if one.subject == "shop.tasks.report"}
    (message,) = messages
    assert message == (
        "shop.tasks.report fails in its on_failure: its on_failure calls note, which imports Ordr from "
        "shop.models, which has no such name"
    )
