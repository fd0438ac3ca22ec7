"""What asks for the event loop of the server that imports it is there in production."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Entry, ServerCommand
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.projects import Project

APP = "async def app(scope, receive, send): ...\n"
ASKING = {
    "running": "import asyncio\nasyncio.get_running_loop()\n",
    "future": "import asyncio\nasyncio.get_running_loop().create_future()\n",
    "lock": "import asyncio\nloop = asyncio.get_running_loop()\nassert loop is asyncio.get_event_loop()\n",
    "factory": "import asyncio\ndef make():\n    asyncio.get_running_loop()\nmake()\n",
}


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING.keys())
def test_a_web_app_that_needs_the_loop_of_its_server(project: Project, asking: str) -> None:
    """It loads, as it does in servers that import it once their loop runs."""
    seen = project.inspect({"app.py": asking + APP}, "app:app", kind="web")
    assert seen.problems == ()
    assert seen.entry.failure is None
    assert seen.entry.app is not None


def test_what_it_starts_there_is_not_run(project: Project) -> None:
    """A task begins when production's loop goes round, and not here."""
    body = "import asyncio\nasync def ask():\n    open('ran', 'w')\n"
    task = body + "TASK = asyncio.get_running_loop().create_task(ask())\n"
    seen = project.inspect({"app.py": task + APP}, "app:app", kind="web", closure=True)
    assert seen.problems == ()
    assert seen.entry.failure is None
    assert not (project.root / "ran").exists()


@pytest.mark.parametrize("kind", ["module", "celery"])
def test_what_no_server_imports_has_no_loop(project: Project, kind: str) -> None:
    """A worker imports its modules where no loop runs."""
    seen = project.inspect({"app.py": ASKING["running"] + APP}, "app:app", kind=kind)
    assert seen.failure.message == "no running event loop"
    assert seen.failure.loopless


@pytest.mark.parametrize(
    "serve, programs, loads",
    [
        ("", [], True),
        ("", ["uvicorn"], True),
        ("", ["gunicorn"], False),
        ("", ["gunicorn", "runserver"], False),
        ("", ["gunicorn", "granian"], True),
        ("/usr/bin/hypercorn app:app", ["uvicorn"], False),
        ("granian app:app", ["gunicorn"], True),
        ("python -m gunicorn app:app", [], True),
    ],
)
def test_servers_that_import_it_before_their_loop(
    project: Project, serve: str, programs: list[str], loads: bool
) -> None:
    """With these it does not start; of a command that does not tell, nothing is said."""
    project.write({"app.py": ASKING["running"] + APP})
    servers = tuple(map(ServerCommand, programs))
    entry, jobs = Entry("web", "app:app", "a test"), frozenset({"web"})
    request = Request(project.root, sys.executable, jobs, (entry,), ("app",), serve=serve, servers=servers)
    (seen,), problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    assert (seen.failure is None) is loads


def test_what_a_loop_forbids_is_no_failure(project: Project) -> None:
    """Without need there is none: where a server has one, its own start tells."""
    body = "import asyncio\nasync def ask(): ...\nasyncio.run(ask())\n"
    seen = project.inspect({"app.py": body + APP}, "app:app", kind="web")
    assert seen.problems == ()
    assert seen.entry.failure is None


def test_the_first_failure_stands_where_a_loop_does_not_help(project: Project) -> None:
    """What comes after it is not what the developer sees first."""
    body = f"{ASKING['running']}import nowhere\n"
    seen = project.inspect({"app.py": body + APP}, "app:app", kind="web")
    assert seen.failure.message == "no running event loop"
    assert [one.message for one in seen.entry.further] == ["No module named 'nowhere'"]


def test_an_error_whose_message_cannot_be_read(project: Project) -> None:
    """It is told as it is, and asked for nothing."""
    said = "class Said:\n    def __str__(self):\n        raise ValueError('no')\n"
    seen = project.inspect({"app.py": said + "raise RuntimeError(Said())\n"}, "app:app", kind="web")
    assert seen.problems == ()
    assert seen.failure.type == "RuntimeError"
    assert not seen.failure.loopless


@pytest.mark.parametrize("kind", ["web", "module"])
def test_a_module_that_a_handler_imports(project: Project, kind: str) -> None:
    """A handler, or a task that runs one, imports it while its loop runs."""
    handler = "async def handle():\n    import app.late\n    import app.broken\n"
    broken = "import asyncio\nasyncio.get_running_loop()\nraise RuntimeError('no running shop')\n"
    files = {"app/__init__.py": handler + APP, "app/late.py": ASKING["running"], "app/broken.py": broken}
    modules = project.inspect(files, "app:app", kind=kind, closure=True).modules
    assert modules["app.late"].failure is None
    failure = modules["app.broken"].failure
    assert failure is not None
    assert failure.message == "no running shop"
