"""``--prodready-show``: what the gate sees, in columns, judged by nobody."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import (
    BeatEntry,
    Celery,
    Entry,
    Facts,
    InspectedEntry,
    Location,
    Routing,
    Task,
    WorkerCommand,
)
from pytest_prodready.reports import show
from tests.support import QUIET, snapshot

PROCFILE = Location("Procfile", 2)
APP = """\
from celery import Celery
from celery.schedules import crontab
app = Celery("jobs", broker="amqp://user:hidden@broker.invalid//")
app.conf.task_routes = {"jobs.newsletter": "bulk"}
app.conf.beat_schedule = {
    "weekly": {"task": "jobs.newsletter", "schedule": crontab(hour=3, minute=0), "kwargs": {"issue": 7}},
}

@app.task
def send(to, subject=""): ...

@app.task
def newsletter(*, issue): ...
"""


def worker(source: str, queues: tuple[str, ...] | None, **values: object) -> WorkerCommand:
    return WorkerCommand(source, PROCFILE, queues=queues, **values)  # type: ignore[arg-type]  # its fields


def seen(target: str = "src.jobs:app", **values: object) -> InspectedEntry:
    app = Celery("src", "5.5.0", **values)  # type: ignore[arg-type]  # fields of Celery
    return InspectedEntry(Entry("celery", target, "Procfile, worker", PROCFILE), celery=app)


def listing(*apps: InspectedEntry, workers: tuple[WorkerCommand, ...] = ()) -> list[str]:
    return show.celery(Facts("/app", entries=apps, workers=workers)).splitlines()


def test_tasks_queues_and_schedule_stand_in_columns() -> None:
    """Each table has its count, its heads, and columns as wide as they need to be."""
    app = seen(
        tasks=(
            Task("mail.send", "mail", "send", Location("mail.py", 8), "(to, subject=…)"),
            Task("a", "mail", "made", None),
        ),
        queues=("celery", "mail"),
        routes={"mail.send": "mail"},
        beat=(
            BeatEntry(
                "hourly",
                "mail.send",
                True,
                "every 3600 s",
                arguments='("eu", days=7)',
                location=Location("a.py", 1),
            ),
            BeatEntry("lost", "", False, "every 1 s"),
        ),
    )
    workers = (worker("Procfile, worker", ("mail",)), worker("compose.yml, mail", ("mail", "old")))
    assert listing(app, workers=workers) == [
        "src.jobs:app (Celery 5.5.0, found in Procfile, worker)",
        "",
        "2 tasks",
        "  task       takes            queue      at",
        "  a          not known        not known  not known",
        "  mail.send  (to, subject=…)  mail       mail.py:8",
        "",
        "3 queues",
        "  queue   tasks  consumed by",
        "  celery  0      nobody",
        "  mail    1      Procfile, worker, compose.yml, mail",
        "  old     0      compose.yml, mail",
        "",
        "2 beat entries",
        "  entry   schedule      sends                    at",
        '  hourly  every 3600 s  mail.send("eu", days=7)  a.py:1',
        "  lost    every 1 s     nothing                  not known",
    ]


def test_what_there_is_none_of_is_said() -> None:
    """An empty table is a line, and several apps stand one below the other."""
    section = [
        " (Celery 5.5.0, found in Procfile, worker)",
        "",
        "no tasks",
        "",
        "no queues",
        "",
        "no beat entries",
    ]
    expected = [f"a:app{section[0]}", *section[1:], "", f"b:app{section[0]}", *section[1:]]
    assert listing(seen("a:app"), seen("b:app"), InspectedEntry(Entry("celery", "c", "x"))) == expected


@pytest.mark.parametrize(
    "workers, expected",
    [
        ((), ["not known", "not known"]),
        ((worker("w", None),), ["w", "nobody"]),
        ((worker("w", None), worker("v", ("b",), app="src.jobs:app")), ["w", "v"]),
        ((worker("w", ("a", "b")), worker("v", ("b",), app="other:app")), ["w", "w"]),
        ((worker("w", ("a",)), worker("v", ("b",), understood=False)), ["not known", "not known"]),
    ],
)
def test_who_consumes_a_queue(workers: tuple[WorkerCommand, ...], expected: list[str]) -> None:
    """A worker without -Q reads what is declared; one that cannot be read leaves it open."""
    app = seen(queues=("a", "b"), routing=Routing(declared=("a",)))
    lines = listing(app, workers=workers)
    at = lines.index("2 queues") + 2
    assert lines[at : at + 2] == [f"  a      0      {expected[0]}", f"  b      0      {expected[1]}"]


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*QUIET, *arguments)


def test_the_listing_of_a_project_asks_no_broker_and_writes_nothing(
    pytester: pytest.Pytester,
) -> None:
    """It implies --prodready, runs no test, and is the same each time."""
    pytester.makepyfile(jobs=APP, test_one="def test_one(): assert False")
    (pytester.path / "Procfile").write_text("worker: celery -A jobs worker\n")
    before = snapshot(pytester.path)
    first = run(pytester, "--prodready-show=celery")
    assert first.ret == 0
    version = first.outlines[0].partition("Celery ")[2].partition(",")[0]
    assert first.outlines == [
        f"jobs (Celery {version}, found in Procfile, worker)",
        "",
        "2 tasks",
        "  task             takes             queue   at",
        "  jobs.newsletter  (*, issue)        bulk    jobs.py:13",
        "  jobs.send        (to, subject='')  celery  jobs.py:10",
        "",
        "2 queues",
        "  queue   tasks  consumed by",
        "  bulk    1      nobody",
        "  celery  1      Procfile, worker",
        "",
        "1 beat entry",
        "  entry   schedule                          sends                     at",
        "  weekly  crontab: 0 3 * * * (m/h/dM/MY/d)  jobs.newsletter(issue=7)  jobs.py:6",
    ]
    assert "hidden" not in first.stdout.str() + first.stderr.str()
    after = {name: text for name, text in snapshot(pytester.path).items() if name not in ("stdout", "stderr")}
    assert after == before  # those two are pytester's


def test_an_app_that_does_not_load_is_shown_with_the_reason(pytester: pytest.Pytester) -> None:
    """The listing that there is stays, and the exit status says that it is not whole."""
    pytester.makepyfile(good="from celery import Celery\napp = Celery('good')\n", bad="import not_there\n")
    pytester.makepyprojecttoml('[tool.prodready.celery]\napp = ["good:app", "bad:app"]\n')
    result = run(pytester, "--prodready-show=celery")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "good:app (Celery *",
            "no tasks",
            "PRD201 error: bad:app does not load: *not_there*",
            "*at *bad.py:1",
        ]
    )


def test_without_a_celery_app_it_says_what_to_write(pytester: pytest.Pytester) -> None:
    """Nothing was listed, so it is no success."""
    pytester.makepyprojecttoml("[tool.prodready]\n")
    result = run(pytester, "--prodready-show=celery")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["no Celery app was found: name it in pyproject.toml, *"])


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("--prodready-show=cellery",), "*there is nothing called cellery; did you mean celery?"),
        (("--prodready-show=routes",), "*there is nothing called routes; there is celery."),
        (("--prodready-show=celery", "--prodready-update"), "*leave out --prodready-update"),
    ],
)
def test_mistakes_are_usage_errors(
    pytester: pytest.Pytester, arguments: tuple[str, ...], expected: str
) -> None:
    """Each says what to write."""
    result = run(pytester, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([expected])


def test_a_terminal_of_few_letters_gets_the_listing_all_the_same(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Piped into something that takes ASCII only."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    pytester.makepyfile(jobs=APP.replace('subject=""', 'subject="a text"'))
    pytester.makepyprojecttoml('[tool.prodready]\ncelery = "jobs:app"\n')
    result = run(pytester, "--prodready-show=celery")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*jobs.send*(to, subject=*"])
