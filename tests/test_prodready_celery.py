"""``prodready_celery`` and ``prodready_tasks`` give tests what the gate knows of the workers."""

from __future__ import annotations

import pytest

from pytest_prodready.findings import Outcome
from tests.support import Run, gate

pytest.importorskip("celery")

SHOP = """\
from celery import Celery
app = Celery("shop", broker="memory://", include=["mail"])
app.conf.task_routes = {"mail.newsletter": "bulk"}
app.conf.beat_schedule = {"weekly": {"task": "mail.newsletter", "schedule": 60, "args": (7,)}}
"""
MAIL = """\
from celery import shared_task
from shop import app

@app.task
def send(to, subject="", *, urgent=False): ...

@app.task
def newsletter(issue): ...

@app.task
def broken():
    from shop import nothing

@app.task(name="mail.taken")
def first(): ...

@app.task(name="mail.taken")
def second(): ...
"""
BACK = "from celery import Celery\napp = Celery('back', broker='memory://')\n@app.task\ndef clean(): ...\n"
TESTS = """\
import pytest

def test_all_apps_together(prodready_celery):
    assert {"mail.send", "back.clean"} <= set(prodready_celery.tasks)
    assert prodready_celery.routes["mail.newsletter"] == "bulk"
    assert prodready_celery.schedule == {"weekly": "every 60 s"}
    assert prodready_celery.beat["weekly"].task == "mail.newsletter"
    assert {"bulk", "celery"} <= set(prodready_celery.queues)

def test_it_prints(prodready_celery):
    assert str(prodready_celery).count(" (Celery ") == 2
    assert "back.clean       celery" in str(prodready_celery.routes).splitlines()
    assert str(prodready_celery.schedule) == "weekly  every 60 s"

def test_arguments_are_bound(prodready_celery):
    bound = prodready_celery.bind("mail.send", "a@b.c", urgent=True)
    assert bound == {"to": "a@b.c", "urgent": True}

def test_arguments_are_refused(prodready_celery):
    prodready_celery.bind("mail.send", subject="x")

def test_an_unknown_task(prodready_celery):
    prodready_celery.bind("mail.sent", "a@b.c")

def test_check(prodready_celery):
    prodready_celery.check("mail.send")

def test_check_imports(prodready_celery):
    prodready_celery.check("mail.broken")

@pytest.mark.prodready_tasks("mail.*e*", at_least=2)
def test_marker_finds_duplicates(): pass

@pytest.mark.prodready_tasks("back.*")
def test_marker(): pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """The hand-written tests on two apps, with no rule about Celery selected."""
    pytester.makepyprojecttoml('[tool.prodready.celery]\napp = ["shop:app", "back:app"]\n')
    pytester.makepyfile(shop=SHOP, mail=MAIL, back=BACK, test_shop=f"# prodready\n{TESTS}")
    return gate(pytester, "--prodready-select", "PRD6", "test_shop.py")


def test_the_fixture_and_the_marker_judge_by_all_rules_about_tasks(run: Run) -> None:
    """Whatever is selected for the gate: what a test asks for is looked at, deferred imports included."""
    failed = {
        name.rpartition("::")[2] for name, one in run.judgements.items() if one.outcome is Outcome.FAILED
    }
    assert failed == {
        "test_arguments_are_refused",
        "test_an_unknown_task",
        "test_check_imports",
        "test_marker_finds_duplicates",
    }
    assert len(run.judgements) == 9
    refused = "mail.send(to, subject='', [*], urgent=False), mail.py:5 refuses the arguments: "
    run.result.stdout.fnmatch_lines_random(
        [
            f"{refused}missing a required argument: 'to'",
            "the worker has no task mail.sent; did you mean mail.send?",
            "PRD204 error: mail.broken cannot run: its body imports nothing from shop, which has*",
            "PRD205 *mail.taken*",
        ]
    )
