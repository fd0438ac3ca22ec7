"""``--prodready-live``: real workers behind a real Redis and a real RabbitMQ, old and new."""

from __future__ import annotations

import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_prodready.findings import Level, Outcome
from tests import services
from tests.services import Broker, worker
from tests.support import Run, gate

pytestmark = pytest.mark.wide

pytest.importorskip("celery")

APP = "from celery import Celery\napp = Celery('proj', include=['proj.tasks'])\n"
TASKS = """\
from celery import shared_task
@shared_task
def clean(): ...
@shared_task
def send(to): ...
"""
MAIL = "app.conf.task_routes = {{'proj.tasks.send': {{'queue': '{prefix}mail'}}}}\n"


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A corner of each broker in turn, cleared at the end."""
    service = str(request.param)
    url = services.url(service)
    if service == "redis":
        pytest.importorskip("redis")
    corner = Broker(service, url, f"prodready-{uuid.uuid4().hex[:12]}-")
    yield corner
    corner.clear()


@pytest.fixture(autouse=True)
def _no_path_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


def write(root: Path, settings: str, tasks: str = TASKS) -> Path:
    """A project with one Celery app."""
    (root / "proj").mkdir(parents=True)
    (root / "proj/__init__.py").touch()
    (root / "proj/app.py").write_text(APP + settings)
    (root / "proj/tasks.py").write_text(tasks)
    (root / "pyproject.toml").write_text("[tool.prodready]\ncelery = 'proj.app:app'\nlimits.live = 5\n")
    return root


def live(pytester: pytest.Pytester, *arguments: str) -> Run:
    return gate(pytester, "--prodready-select=PRD212,PRD9", "--prodready-live", *arguments)


def told(run: Run) -> list[tuple[str, str, str, str]]:
    """Level, subject, message and place of each finding; the code is the same for all."""
    assert run.codes() <= {"PRD212"}
    return sorted(
        (found.level.value, found.subject, found.message, str(found.location or "")) for found in run.findings
    )


def test_workers_of_this_build(pytester: pytest.Pytester, broker: Broker) -> None:
    """Each app, queue and worker is a passed check; what was asked leaves nothing in the broker."""
    write(pytester.path, broker.settings + MAIL.format(prefix=broker.prefix))
    queues = f"--queues={broker.prefix}default,{broker.prefix}mail"
    with worker(pytester.path, "both@here", queues):
        before = broker.left()
        run = live(pytester)
        assert broker.left() == before
    assert told(run) == []
    assert run.status == 0
    assert run.subjects(Outcome.PASSED) == {
        "live:proj.app:app",
        f"live:proj.app:app:{broker.prefix}default",
        f"live:proj.app:app:{broker.prefix}mail",
        "live:both@here",
    }
    assert "1 of 1 live Celery apps, 2 of 2 live queues, 1 of 1 live workers" in run.text


def test_a_stale_worker(pytester: pytest.Pytester, broker: Broker, tmp_path: Path) -> None:
    """The new task that it lacks is an error at the task's line; the old one that it has is a warning."""
    old = TASKS.replace("def clean()", "def tidy()")
    stale = write(tmp_path / "old", broker.settings, old)
    write(pytester.path, broker.settings)
    with worker(stale, "old@here"), worker(pytester.path, "new@here"):
        run = live(pytester)
    assert told(run) == [
        (
            "error",
            "live:old@here",
            (
                f"the live worker old@here consumes the queue {broker.prefix}default, and does not have "
                "proj.tasks.clean, which this build sends there: it discards such a message"
            ),
            "proj/tasks.py:3",
        ),
        (
            "warning",
            "live:old@here",
            (
                "the live worker old@here has proj.tasks.tidy, which this build does not have: what is on "
                "its way for it is lost with the last worker of the old build"
            ),
            "",
        ),
    ]
    assert run.status == 1


def test_a_queue_without_a_consumer(pytester: pytest.Pytester, broker: Broker) -> None:
    """It is an error at a task that this build sends there."""
    write(pytester.path, broker.settings + MAIL.format(prefix=broker.prefix))
    with worker(pytester.path, "some@here", f"--queues={broker.prefix}default"):
        run = live(pytester)
    assert told(run) == [
        (
            "error",
            f"live:proj.app:app:{broker.prefix}mail",
            f"no live worker consumes the queue {broker.prefix}mail, where this build sends proj.tasks.send",
            "proj/tasks.py:5",
        )
    ]


def test_no_worker(pytester: pytest.Pytester, broker: Broker) -> None:
    """It is one error, and of the queues nothing is said; no queue is made."""
    write(pytester.path, broker.settings)
    run = live(pytester)
    (finding,) = run.of(Level.ERROR)
    assert finding.message == f"no live worker answers at the broker {broker.where} of proj.app:app"
    assert run.subjects(Outcome.SKIPPED) == {f"live:proj.app:app:{broker.prefix}default"}
    # kombu's own note of when its queue of replies expires, as from "celery inspect"
    assert broker.left() <= {"_kombu.binding_deadlines"}


def test_a_worker_that_is_stopped(pytester: pytest.Pytester, broker: Broker) -> None:
    """It is connected and answers nothing: no live worker."""
    write(pytester.path, broker.settings)
    with worker(pytester.path, "still@here") as still:
        still.process.send_signal(signal.SIGSTOP)
        run = live(pytester)
    assert [found.subject for found in run.of(Level.ERROR)] == ["live:proj.app:app"]


def test_another_application_on_the_same_broker(
    pytester: pytest.Pytester, broker: Broker, tmp_path: Path
) -> None:
    """Its worker shares no queue and no task with this build, and is no subject."""
    tasks = TASKS.replace("shared_task\n@", "shared_task as task\n@").replace(
        "@shared_task", "@task(name='x.y')", 1
    )
    other = write(tmp_path / "other", broker.settings, tasks.split("@shared_task")[0])
    write(pytester.path, broker.settings)
    with worker(other, "other@here", f"--queues={broker.prefix}mail"), worker(pytester.path, "own@here"):
        run = live(pytester)
    assert told(run) == []
    assert "live:own@here" in run.judgements
    assert "live:other@here" not in run.judgements


def test_without_the_option_nothing_is_asked(pytester: pytest.Pytester) -> None:
    """And a listing asks nothing even with it: the broker would be named as unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        write(pytester.path, f"app.conf.broker_url = 'amqp://127.0.0.1:{port}//'\n")
        off = gate(pytester, "--prodready-select=PRD201,PRD212")
        listed = live(pytester, "--collect-only", "-q")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert set(off.judgements) == {"proj.app:app"}
    assert "live:proj.app:app" in listed.text


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_accepts_and_never_answers(pytester: pytest.Pytester, scheme: str) -> None:
    """It is named within the time limit, without its login."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"{scheme}://worker:s3cret-of-mine@127.0.0.1:{port}/3"
        write(pytester.path, f"app.conf.broker_url = '{url}'\n")
        run = live(pytester)
    (finding,) = run.of(Level.ERROR)
    assert finding.message == (
        f"the broker {scheme}://127.0.0.1:{port}/3 of proj.app:app could not be reached: "
        "it gave no answer within 5 s"
    )
    assert "s3cret-of-mine" not in run.text


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_is_not_there(pytester: pytest.Pytester, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    write(pytester.path, f"app.conf.broker_url = '{scheme}://127.0.0.1:{port}//'\n")
    run = live(pytester)
    (finding,) = run.of(Level.ERROR)
    assert finding.message.endswith("could not be reached: nothing listens there")


@pytest.mark.parametrize(
    "settings, reason",
    [
        ("app.conf.broker_url = 'memory://'\n", "the broker memory:// lives in one process"),
        ("app.conf.worker_enable_remote_control = False\n", "worker_enable_remote_control is off"),
    ],
)
def test_workers_that_cannot_be_asked(pytester: pytest.Pytester, settings: str, reason: str) -> None:
    """It is a skip with its reason, and a gate that checked nothing is not ready."""
    write(pytester.path, settings)
    run = live(pytester)
    assert run.subjects(Outcome.SKIPPED) == {"live:proj.app:app"}
    assert run.judgements["live:proj.app:app"].reason.startswith(reason)
    assert run.status == 1
