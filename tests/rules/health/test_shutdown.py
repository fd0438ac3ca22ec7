"""PRD508: what became of the server after SIGTERM → findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Answer,
    App,
    Entry,
    Facts,
    Failure,
    Health,
    InspectedEntry,
    Leftover,
    Location,
    Server,
    Stop,
)
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from pytest_prodready.rules.health.stacks import Standing, waiting

APP = Location("src/main.py", 15)
SERVE = Location("pyproject.toml", 4)
WEB = InspectedEntry(Entry("web", "src.main:app", ""), app=App("fastapi.FastAPI", "asgi", location=APP))
UP = Server("http://127.0.0.1:1", command="uvicorn src.main:app", source="serve", started=True)
WELL = Stop(0.2, left=True, limit=30, status=-15, handled=True)
HANGS = replace(WELL, left=False, status=None, seconds=30.0)
SLOW = Answer("/slow", status=200)
REGISTRY = Registry([health.family]).select(["PRD508"])

DUMP = """Fatal Python error: Aborted

Thread 0x00007fb2b7bc9b80 (most recent call first):
  File "/app/src/work.py", line 7 in poll
  File "/usr/lib/python3.11/threading.py", line 982 in run

Current thread 0x00007fb2b7bc9b80 (most recent call first):
{main}
"""
ENDING = '  File "/usr/lib/python3.11/threading.py", line 1583 in _shutdown'
LOOP = '  File "/usr/lib/python3.11/asyncio/base_events.py", line 1884 in _run_once'
SLEEPING = """  File "/venv/lib/python3.11/site-packages/pool.py", line 3 in close
  File "/app/src/main.py", line 21 in lifespan"""


def facts(stop: Stop | None, server: Server | None = UP, **more: Any) -> Facts:
    seen = Health(server, stop=stop) if server is not None else None
    return Facts(root="/app", entries=(WEB,), health=seen, settings_locations={"serve": SERVE}, **more)


def judged(seen: Facts) -> list[tuple[Outcome, str, tuple[Finding, ...]]]:
    return [
        (judgement.outcome, judgement.reason, judgement.findings)
        for kind in REGISTRY.kinds
        for subject in kind.subjects(seen)
        for judgement in [REGISTRY.judge(kind, subject, seen)]
    ]


def only(stop: Stop, server: Server = UP) -> Finding:
    ((_, _, (finding,)),) = judged(facts(stop, server))
    assert (finding.code, finding.subject) == ("PRD508", "shutdown")
    return finding


@pytest.mark.parametrize(
    "stop",
    [
        WELL,
        replace(WELL, status=0),
        replace(WELL, status=143),
        replace(WELL, seconds=9.9, in_flight=SLOW),
        replace(WELL, handled=False),
        replace(WELL, log="ERROR: Task was destroyed\nasyncio.exceptions.CancelledError"),
    ],
)
def test_a_server_that_leaves_is_no_finding(stop: Stop) -> None:
    """By itself, by the signal, and with its request answered."""
    assert judged(facts(stop)) == [(Outcome.PASSED, "", ())]


def test_what_was_not_stopped_is_skipped_with_its_reason() -> None:
    """A server that did not start, that left before, and one that nobody has asked yet."""
    failure = Failure("exited", "it exited with status 3", status=3)
    down = replace(UP, started=False, failure=failure)
    assert judged(facts(None, down)) == [(Outcome.SKIPPED, "the server did not start", ())]
    gone = replace(UP, failure=failure)
    assert judged(facts(None, gone)) == [(Outcome.SKIPPED, "the server left before it was told to", ())]
    assert judged(facts(None, None)) == [(Outcome.SKIPPED, "the endpoints were not probed", ())]
    assert judged(facts(None, url="https://shop.example")) == []  # a deployed instance is not ours to stop
    assert judged(Facts(root="/app")) == []


@pytest.mark.parametrize(
    "more, cause, location",
    [
        ({}, "", APP),
        ({"idle_held": True}, ": it waits until connections over which nothing is asked", SERVE),
        ({"shell": "dash"}, ": dash, which was started, does not pass the signal on to it", SERVE),
        (
            {"stacks": DUMP.format(main=ENDING)},
            ": a thread that is no daemon stands in poll",
            Location("src/work.py", 7),
        ),
        ({"stacks": DUMP.format(main=SLEEPING)}, ": it stands in lifespan", Location("src/main.py", 21)),
        (
            {"stacks": DUMP.format(main=LOOP), "log": "INFO: Waiting for application shutdown."},
            ": its lifespan has not ended",
            APP,
        ),
        ({"log": "Worker exiting (pid: 7)"}, ": a worker does not come to its end", APP),
        ({"handled": False}, ": it has no handler for the signal", APP),
        (
            {
                "in_flight": Answer("/slow", error="no answer came"),
                "log": "Waiting for connections to close. (CTRL+C to force quit)",
            },
            ": connections are still open, and GET /slow was not answered",
            APP,
        ),
    ],
)
def test_a_server_that_stays(more: dict[str, Any], cause: str, location: Location) -> None:
    """What it waits for is told as far as anything shows it, and the line is that which waits."""
    finding = only(replace(HANGS, **more))
    assert finding.level is Level.ERROR
    assert finding.message.startswith(f"the server had not left 30 s after SIGTERM{cause}")
    assert finding.location == location
    assert finding.proof.startswith("ran uvicorn src.main:app, sent SIGTERM to that process alone")


def test_stacks_tell_only_lines_of_the_application() -> None:
    """An event loop does not say what is awaited, and a daemon thread keeps nobody."""
    assert waiting(DUMP.format(main=LOOP), "/app") == (None, False)
    assert waiting(DUMP.format(main=SLEEPING), "/elsewhere") == (None, False)
    thread = Standing(Location("src/work.py", 7), "poll")
    assert waiting(DUMP.format(main=SLEEPING.replace("main", "gone")) + DUMP.format(main=ENDING), "/app") == (
        Standing(Location("src/gone.py", 21), "lifespan"),
        False,
    )
    assert waiting(DUMP.format(main=LOOP) + DUMP.format(main=ENDING), "/app") == (thread, True)
    assert waiting("", "/app") == waiting("Segmentation fault", "/app") == (None, False)


@pytest.mark.parametrize(
    "leftover, shell, message, level, location",
    [
        (
            Leftover("python uvicorn", own=True, listens=True),
            "dash",
            "SIGTERM reaches dash and not the server behind it, which goes on: python uvicorn",
            Level.ERROR,
            SERVE,
        ),
        (
            Leftover("python uvicorn", own=True, listens=True),
            "",
            "what was started has left on SIGTERM, and its port is still open: python uvicorn goes on",
            Level.ERROR,
            SERVE,
        ),
        (
            Leftover("python -m pool", own=True, listens=False),
            "",
            "the server has left, and 1 process that it had started did not: python -m pool",
            Level.ERROR,
            APP,
        ),
        (
            Leftover("gpg-agent --daemon", own=False, listens=False),
            "",
            "the server has left, and 1 process that it had started did not: gpg-agent --daemon",
            Level.WARNING,
            APP,
        ),
    ],
)
def test_who_stays_behind(
    leftover: Leftover, shell: str, message: str, level: Level, location: Location
) -> None:
    """The server itself, a process of its own, and a program that it has merely called."""
    finding = only(replace(WELL, leftovers=(leftover,), shell=shell))
    assert (finding.message, finding.level, finding.location) == (message, level, location)


CUT = Answer("/slow", error="the connection was closed before an answer came")


@pytest.mark.parametrize(
    "more, command, words, level",
    [
        ({"in_flight": CUT}, "daphne x", "which was in flight when SIGTERM came, was cut off", Level.ERROR),
        ({"in_flight": replace(SLOW, status=500)}, "uvicorn x", "it was answered with 500", Level.ERROR),
        ({"in_flight": CUT}, "flask --app x run", "was cut off", Level.WARNING),
        ({"in_flight": CUT}, "python manage.py runserver 1", "was cut off", Level.WARNING),
        ({"in_flight": replace(SLOW, status=404)}, "uvicorn x", "was not in flight while", Level.WARNING),
        (
            {"in_flight": SLOW, "not_in_flight": "it was answered with 200 at once"},
            "uvicorn x",
            "was not in flight while the server was stopped: it was answered with 200 at once",
            Level.WARNING,
        ),
    ],
)
def test_the_request_in_flight(more: dict[str, Any], command: str, words: str, level: Level) -> None:
    """It has to be answered, and it has to have been in flight."""
    finding = only(replace(WELL, **more), replace(UP, command=command))
    assert finding.message.startswith("GET /slow")
    assert words in finding.message
    assert finding.level is level


@pytest.mark.parametrize(
    "chosen, answer, level",
    [
        ("waitress 3.0.2", CUT, Level.WARNING),
        ("gunicorn 26.2.0", CUT, Level.WARNING),
        # these are the application's doing under any server
        ("uvicorn 0.54.0", CUT, Level.ERROR),
        ("waitress 3.0.2", replace(SLOW, status=500), Level.ERROR),
    ],
)
def test_what_the_gate_has_chosen_is_no_fault_of_the_application(
    chosen: str, answer: Answer, level: Level
) -> None:
    """Production may have another server: the remedy is to say which, where the request is configured."""
    slow = Location("pyproject.toml", 9)
    seen = facts(replace(WELL, in_flight=answer, handled=False), replace(UP, chosen=chosen))
    ((_, _, (finding,)),) = judged(replace(seen, settings_locations={"health": slow}))
    assert finding.level is level
    told = level is Level.WARNING
    assert finding.location == (slow if told else APP)
    assert (f"serve: nothing says which it is, the gate took {chosen}." in finding.remedy) == told


@pytest.mark.parametrize(
    "more", [{"idle_held": True}, {"shell": "dash"}, {"in_flight": CUT}], ids=lambda one: next(iter(one))
)
def test_the_line_of_the_deployment_has_the_server(more: dict[str, Any]) -> None:
    """Where a file of it says what is started, that line is to be changed."""
    place = Location("Dockerfile", 9)
    stop = replace(WELL if "in_flight" in more else HANGS, **more)
    assert only(stop, replace(UP, source="Dockerfile, CMD", location=place)).location == place


RAISED = """INFO:     Waiting for application shutdown.
ERROR:    Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/starlette/routing.py", line 661, in lifespan
  File "/app/src/main.py", line 20, in lifespan
    raise ValueError("pool is closed")
ValueError: pool is closed

ERROR:    Application shutdown failed. Exiting.
"""


def test_an_application_that_raises_at_its_end() -> None:
    """The exception and its line are those of the log."""
    finding = only(replace(WELL, log=RAISED))
    assert finding.message == "the application raised while it was shut down: ValueError: pool is closed"
    assert finding.location == Location("src/main.py", 20)
    assert finding.level is Level.ERROR


@pytest.mark.parametrize(
    "status, how", [(-11, "it was ended by SIGSEGV"), (1, "it left with status 1"), (3, "it left with")]
)
def test_a_status_that_nobody_leaves_with(status: int, how: str) -> None:
    """It is shown, and fails nothing."""
    finding = only(replace(WELL, status=status))
    assert finding.message.startswith(f"the server did not leave in order on SIGTERM: {how}")
    assert finding.level is Level.WARNING


def test_a_slow_end_is_remarked() -> None:
    """Within its limit, and later than docker waits."""
    finding = only(replace(WELL, seconds=14.2))
    assert finding.message == "the server took 14 s to leave after SIGTERM"
    assert finding.level is Level.INFO


@pytest.mark.parametrize(
    "source, left_out, told",
    [("Dockerfile, CMD", (), True), ("Dockerfile, CMD", ("tini --",), False), ("Procfile, web", (), False)],
)
def test_a_server_without_a_handler(source: str, left_out: tuple[str, ...], told: bool) -> None:
    """The first process of a container gets no signal that it does not ask for."""
    place = Location("Dockerfile", 9)
    server = replace(UP, source=source, left_out=left_out, location=place)
    ((_, _, findings),) = judged(facts(replace(WELL, handled=False), server))
    assert [(one.level, one.location) for one in findings] == ([(Level.INFO, place)] if told else [])


def test_a_shell_of_the_deployment_in_the_way() -> None:
    """What the gate has started was not behind it; the line is that of the deployment."""
    place = Location("Dockerfile", 9)
    finding = only(
        replace(WELL, deployed_shell="start.sh"), replace(UP, source="Dockerfile, CMD", location=place)
    )
    assert finding.message.startswith("Dockerfile, CMD starts the server behind start.sh and without exec")
    assert (finding.level, finding.location) == (Level.WARNING, place)
    for source in ("Procfile, web", "start.sh, which Procfile, web runs", "shop.service, ExecStart"):
        # who tells all processes there needs nobody to pass the signal on
        assert judged(facts(replace(WELL, deployed_shell="sh -c"), replace(UP, source=source))) == [
            (Outcome.PASSED, "", ())
        ]
