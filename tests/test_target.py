# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_prodready import child, target
from pytest_prodready.facts import Entry, Interpreter, Problem
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.projects import Project

HANG = "import threading\nthreading.Event().wait()\n"
LIMIT = 2.5


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose processes must all be gone when the test is over."""
    root = tmp_path / "project"
    root.mkdir()
    yield Project(root)
    for process in processes_in(root):
        assert has_left(process)


def processes_in(root: Path) -> Iterator[int]:
    """The processes whose working directory is ``root``, on systems that tell."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and (entry / "cwd").readlink() == root:
                yield int(entry.name)


def has_left(process: int) -> bool:
    """Whether a process that was killed leaves: the kernel takes its time for that."""
    if sys.platform != "linux":
        return True
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


NESTED = {"app/__init__.py": "import app.outer\n", "app/outer.py": "from app import inner\n"}


@pytest.mark.parametrize(
    "body, how, line",
    [
        ("import time\ntime.sleep(1000)\n", "hung", 2),
        ("while True:\n    pass\n", "hung", None),
        (HANG, "hung", 2),
        (
            "import select, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nselect.select([], [], [])\n",
            "hung",
            3,
        ),
        (
            "import threading, time\nfor _ in range(150):\n    threading.Thread(target=time.sleep, args=(1000,)).start()\ntime.sleep(1000)\n",
            "hung",
            4,
        ),
        ("import os, time\nif os.fork():\n    time.sleep(1000)\nelse:\n    time.sleep(1000)\n", "hung", 3),
        ("import sys\nsys.exit('no SECRET_KEY')\n", "exited", 2),
        ("raise SystemExit\n", "exited", 1),
        ("import os\nos._exit(3)\n", "left", 2),
        ("import ctypes\nctypes.CDLL(None)._exit(5)\n", "left", None),
        ("raise KeyboardInterrupt\n", "raised", 1),
        (
            # a job in the background is started with SIGINT ignored
            "import os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nos.kill(os.getpid(), signal.SIGINT)\nimport json.tool\n",
            "raised",
            None,
        ),
        ("import ctypes\nctypes.string_at(0)\n", "crashed", 2),
        ("import os\nos.abort()\n", "crashed", 2),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "crashed", None),
        ("import faulthandler, ctypes\nfaulthandler.enable()\nctypes.string_at(0)\n", "crashed", 3),
        ("def f(): f()\nf()\n", "raised", 1),
        ("class Odd(BaseException):\n    pass\nraise Odd('x')\n", "raised", 3),
        (
            "class Mute(Exception):\n    def __str__(self):\n        raise SystemExit\nraise Mute\n",
            "raised",
            4,
        ),
        ("1 +\n", "raised", 1),
        ("import sys\nsys.stdout = sys.stderr = None\nraise ValueError\n", "raised", 3),
        ("import os\nos.chdir('/')\nraise ValueError\n", "raised", 3),
        ("import sys\nsys.path.clear()\nraise ValueError\n", "raised", 3),
        ("import sys\nsys.setrecursionlimit(60)\ndef f(): f()\nf()\n", "raised", 3),
    ],
)
def test_whatever_stops_an_import_is_attributed(
    project: Project, body: str, how: str, line: int | None
) -> None:
    """The failure says how it ended, which module was being imported, and its line where it can be known."""
    seen = project.inspect({**NESTED, "app/inner.py": body}, load=LIMIT if how == "hung" else 60)
    assert seen.problems == ()
    failure = seen.failure
    assert (failure.how, failure.module) == (how, "app.inner")
    if line is not None:
        assert str(failure.location) == f"app/inner.py:{line}"
    assert failure.seconds == (LIMIT if how == "hung" else None)


@pytest.mark.parametrize(
    "body, how, status",
    [
        ("import sys\nsys.exit('no')\n", "exited", 1),
        ("import sys\nsys.exit(7)\n", "exited", 7),
        ("import sys\nsys.exit()\n", "exited", 0),
        ("import os\nos._exit(0)\n", "left", 0),
        ("import ctypes\nctypes.CDLL(None)._exit(5)\n", "left", 5),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "crashed", 9),
        ("import ctypes\nctypes.string_at(0)\n", "crashed", 11),
    ],
)
def test_the_status_is_known(project: Project, body: str, how: str, status: int) -> None:
    """An interpreter that is left or killed says with which status or signal."""
    failure = project.inspect({"app.py": body}).failure
    assert (failure.how, failure.status, failure.module) == (how, status, "app")


@pytest.mark.parametrize(
    "body",
    [
        "import os, time\nif not os.fork():\n    time.sleep(1000)\n",
        "import os, time\nif not os.fork():\n    os._exit(0)\n",
        "import subprocess\nsubprocess.Popen(['sleep', '1000'])\n",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n",
        "import atexit, time\natexit.register(time.sleep, 1000)\n",
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGUSR2, signal.SIG_IGN)\n",
        "import os\nfor _ in range(120):\n    os.write(1, b'x' * (1 << 20))\n",
        "print('x' * 3_000_000)\n",
        "import sys\nsys.stdout.close()\nsys.stderr.close()\n",
        "import os\nos.close(0); os.close(1); os.close(2)\n",
        "import logging.config, threading\nthreading.Thread(target=__import__, args=('json.tool',)).start()\n",
        "try:\n    import gone\nexcept ImportError:\n    pass\n",
    ],
)
def test_an_import_that_succeeds_is_no_failure(project: Project, body: str) -> None:
    """What an application leaves behind at import, or does to its streams, is no failure to import."""
    seen = project.inspect(
        {"app.py": body + "def app(environ, start_response): pass\n"}, "app:app", kind="web"
    )
    assert seen.problems == ()
    assert seen.entry.failure is None
    assert seen.entry.app is not None
    assert seen.entry.app.interface == "wsgi"


def test_a_descendant_that_holds_the_pipes_does_not_hold_the_gate(project: Project) -> None:
    """After a crash nothing waits for a child process of the application that lives on."""
    body = "import os, time\nif not os.fork():\n    time.sleep(1000)\nos.abort()\n"
    failure = project.inspect({"app.py": body}).failure
    assert failure.how == "crashed"
    assert str(failure.location) == "app.py:4"


def test_a_factory_that_hangs_is_attributed_to_its_line(project: Project) -> None:
    """After the imports the line is known from the stack alone."""
    files = {"app.py": "import time\ndef create_app():\n    time.sleep(1000)\n"}
    failure = project.inspect(files, "app:create_app()", kind="web", load=LIMIT).failure
    assert failure.how == "hung"
    assert failure.module == ""
    assert str(failure.location) == "app.py:3"


def test_a_caught_failure_is_not_blamed_for_a_later_one(project: Project) -> None:
    """The module is the one whose body ran, not an optional import that failed before."""
    files = {
        "app.py": "try:\n    import gone\nexcept ImportError:\n    gone = None\nimport sys\nsys.exit(1)\n"
    }
    failure = project.inspect(files).failure
    assert (failure.how, failure.module) == ("exited", "app")
    assert failure.missing is None


def test_imports_in_other_threads_do_not_confuse_the_attribution(project: Project) -> None:
    """A thread that ends its own imports meanwhile does not end those of the main thread."""
    files = {
        "app/__init__.py": """\
            import threading
            began, go_on, ended = threading.Event(), threading.Event(), threading.Event()
            def work():
                import app.beside
                ended.set()
            threading.Thread(target=work).start()
            began.wait()
            import helper
            """,
        "app/beside.py": "",
        "beside_body.py": "",
        "helper.py": "import app_state\n",
        "app_state.py": "import sys\napp = sys.modules['app']\napp.go_on.set()\napp.ended.wait()\nwhile True: pass\n",
    }
    # the thread's own module must not need the lock of the package that is being imported
    files["app/__init__.py"] = files["app/__init__.py"].replace("import app.beside", "import beside_thread")
    files["beside_thread.py"] = "import sys\napp = sys.modules['app']\napp.began.set()\napp.go_on.wait()\n"
    failure = project.inspect(files, load=LIMIT).failure
    assert (failure.how, failure.module) == ("hung", "app_state")
    assert str(failure.location) == "app_state.py:5"


def test_the_last_output_is_evidence_and_holds_no_secret(project: Project) -> None:
    """What the application printed last is kept, with secrets blanked, even where it was buffered."""
    secret = "sk-live-" + "9" * 20
    url = "postgres://shop:hunter22@db/shop"
    files = {
        "app.py": """\
            import os
            print("x" * 200_000, os.environ["API_TOKEN"] * 20_000)
            print("the key is", os.environ["API_TOKEN"], "and", os.environ["DATABASE_URL"])
            raise ValueError(os.environ["API_TOKEN"])
            """
    }
    environ = {**os.environ, "API_TOKEN": secret, "DATABASE_URL": url}
    failure = project.inspect(files, environ=environ).failure
    assert failure.output.endswith("the key is ••• and postgres://shop:•••@db/shop\n")
    assert failure.message == "•••"
    everything = repr(failure)
    assert secret not in everything
    assert "9999" not in everything
    assert "hunter22" not in everything


def test_a_hang_in_a_reached_module_is_that_module_s(project: Project) -> None:
    """What stops the walk through the closure is attributed to the module, and the other facts are kept."""
    files = {
        "app/__init__.py": "def f():\n    from app import slow\n\ndef app(environ, start_response): pass\n",
        "app/slow.py": "import time\ntime.sleep(1000)\n",
    }
    seen = project.inspect(files, "app:app", kind="web", closure=True, load=LIMIT)
    assert seen.problems == ()
    assert seen.entry.app is not None
    (slow,) = [module for module in seen.entry.modules if module.failure]
    assert slow.name == "app.slow"
    assert slow.failure is not None
    assert slow.failure.how == "hung"
    assert str(slow.failure.location) == "app/slow.py:2"


def test_entry_points_do_not_disturb_each_other(project: Project) -> None:
    """Each entry point has its own interpreter, and the answers come in the order of the request."""
    project.write(
        {"app.py": "import state\nstate.count += 1\nassert state.count == 1\n", "state.py": "count = 0\n"}
    )
    project.write({"dies.py": "import os\nos._exit(1)\n"})
    entries = tuple(Entry("module", name, "a test") for name in ("app", "dies", "app"))
    request = Request(
        root=project.root, python=sys.executable, jobs=frozenset(), entries=entries, packages=("app",)
    )
    seen, problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    assert [found.entry.target for found in seen] == ["app", "dies", "app"]
    assert [found.failure is None for found in seen] == [True, False, True]


CROWD = """\
import fcntl, os, time
from pathlib import Path

lock = open("lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    Path("refused").touch()
    raise RuntimeError("somebody else is starting")
until = time.monotonic() + 20
while not Path("refused").exists() and time.monotonic() < until:
    time.sleep(0.01)
"""


def test_what_fails_only_beside_others_is_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two entry points that take the same lock at the same moment: the one that lost starts again, alone."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)  # side by side on a machine of any size
    files = {"app.py": CROWD, "worker.py": CROWD, "broken.py": "raise RuntimeError('always')\n"}
    project.write(files)
    entries = tuple(Entry("module", name, "the test") for name in ("app", "worker", "broken"))
    request = Request(
        project.root, sys.executable, frozenset({"module"}), entries, ("app", "worker", "broken")
    )
    seen, problems = target.inspect(request, Limits(load=30), os.environ)
    assert problems == ()
    assert (project.root / "refused").exists()
    assert [one.failure and one.failure.message for one in seen] == [None, None, "always"]


def test_what_failed_beside_others_is_followed_once_it_has_failed_alone(project: Project) -> None:
    """It is loaded beside the others, alone, and once more to find all its causes."""
    started = "with open('started', 'a') as file:\n    file.write('.')\n"
    project.write({"app.py": "", "broken.py": f"{started}raise RuntimeError('always')\n"})
    entries = tuple(Entry("module", name, "the test") for name in ("app", "broken"))
    request = Request(project.root, sys.executable, frozenset({"module"}), entries, ("app", "broken"))
    (_, seen), problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    assert seen.failure is not None
    assert seen.failure.message == "always"
    assert (project.root / "started").read_text() == "..."


TWICE = """
from app.plugins import Plugin
names = [one.__name__ for one in Plugin.__subclasses__()]
if len(names) > len(set(names)):
    raise error(f"registered twice: {names}")
"""
PLUGINS = """
from dataclasses import dataclass

class Plugin:
    pass

@dataclass(slots=True)
class Mail(Plugin):
    pass
"""
COLLECTED = "more = [[] for _ in range(30_000)]\ndel more\n"
"""Enough for the interpreter to collect garbage by itself."""


@pytest.mark.parametrize(
    "collected", [COLLECTED, "import gc\ngc.collect()\n"], ids=["by itself", "asked for"]
)
@pytest.mark.parametrize("error", ["RuntimeError", "TypeError", "AttributeError"])
@pytest.mark.parametrize("late", [False, True], ids=["at start", "later"])
def test_classes_that_only_hurry_keeps_are_no_failure(
    project: Project, collected: str, error: str, late: bool
) -> None:
    """A registry that asks for subclasses finds those that production has, not what is garbage there."""
    check = f"from app import plugins\nerror = {error}\n{collected}{TWICE}"
    start = "def handle():\n    import app.check\n" if late else "import app.check\n"
    files = {"app/__init__.py": "", "app/main.py": start, "app/check.py": check, "app/plugins.py": PLUGINS}
    project.write(files)
    entry = Entry("module", "app.main", "the test")
    request = Request(project.root, sys.executable, frozenset({"module", "closure"}), (entry,), ("app",))
    (seen,), problems = target.inspect(request, Limits(load=30), os.environ)
    assert problems == ()
    assert seen.failure is None
    assert "app.check" in [one.name for one in seen.modules]
    assert [one.failure for one in seen.modules if one.failure is not None] == []


def test_what_production_would_find_twice_is_a_failure(project: Project) -> None:
    """The same registry where the classes are really there twice."""
    twice = f"{PLUGINS}first = Mail\nMail = type('Mail', (Plugin,), {{}})\n"
    project.write(
        {"app/__init__.py": "", "app/plugins.py": twice, "app/main.py": f"error = ValueError\n{TWICE}"}
    )
    entry = Entry("module", "app.main", "the test")
    request = Request(project.root, sys.executable, frozenset({"module"}), (entry,), ("app",))
    (seen,), problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    assert seen.failure is not None
    assert seen.failure.message.startswith("registered twice")


@pytest.mark.parametrize("python", ["/nowhere/python", "/dev/null"])
def test_an_interpreter_that_cannot_be_started(project: Project, python: str) -> None:
    """A wrong interpreter is a problem of the gate, named with its path."""
    entries = (Entry("module", "app", "a test"),)
    request = Request(root=project.root, python=python, jobs=frozenset(), entries=entries)
    (seen,), (problem,) = target.inspect(request, Limits(), os.environ)
    assert seen.failure is None
    assert python in problem.message
    asked = target.interpreter(python, project.root, os.environ)
    assert isinstance(asked, Problem)
    assert python in asked.message


def test_a_program_that_is_no_python(project: Project) -> None:
    """A program that runs and says nothing is no interpreter, and nothing passes."""
    python = "/bin/true"
    request = Request(
        root=project.root, python=python, jobs=frozenset(), entries=(Entry("module", "app", "a test"),)
    )
    (seen,), problems = target.inspect(request, Limits(), os.environ)
    assert seen.failure is not None or problems
    assert isinstance(target.interpreter(python, project.root, os.environ), Problem)


def test_the_interpreter_describes_itself(project: Project) -> None:
    """Version, path and markers are those of the target, not of the process that asks."""
    found = target.interpreter(sys.executable, project.root, os.environ)
    assert isinstance(found, Interpreter)
    assert found.markers["python_version"] == "{}.{}".format(*sys.version_info)
    assert found.markers["sys_platform"] == sys.platform
    assert not [entry for entry in found.path if entry.endswith("inspector")]


def test_the_environment_is_production_s() -> None:
    """The job's variables arrive, those of pytest and its plugins do not, and no bytecode is written."""
    kept = target.environment({"SECRET_KEY": "x", "PYTEST_VERSION": "9", "COV_CORE_SOURCE": "x"})
    assert kept == {"SECRET_KEY": "x", "PYTHONDONTWRITEBYTECODE": "1"}


def test_an_event_that_cannot_be_read_is_no_pass(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that arrives damaged is a problem of the gate."""
    run = child.run

    def damaged(*args: object, **keywords: object) -> child.Ending:
        on_event = keywords["on_event"]
        assert callable(on_event)
        on_event(b'["facts", "app", {')
        return run(*args, **keywords)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(child, "run", damaged)
    seen = project.inspect({"app.py": ""})
    (problem,) = seen.problems
    assert "an event cannot be read" in problem.message


def test_what_a_library_asks_for_is_revealed(project: Project) -> None:
    """The image may bring a driver: the rest of the application is judged, and what was revealed is told."""
    seen = project.inspect({"app.py": "import httpx\n"}, hidden={"idna": "idna"})
    assert seen.entry.failure is None
    assert seen.entry.revealed == ("idna",)


def test_what_comes_with_a_revealed_distribution(project: Project) -> None:
    """What it requires was not forgotten by the application: it is no cause, and no word of its own."""
    library = "lib/site-packages"
    names = ("driver", "helper", "deeper", "other")
    seen = project.inspect(
        {
            f"{library}/engine.py": "import driver\n",
            f"{library}/driver.py": "import helper\n",
            f"{library}/helper.py": "import deeper\n",
            f"{library}/deeper.py": "import helper\n",
            f"{library}/other.py": "",
            "app.py": "import engine\nimport other\n",
        },
        hidden={name: name for name in names},
        brings={"driver": ("helper",), "helper": ("deeper",), "deeper": ("helper",)},
        pythonpath=(str(project.root / library),),
    )
    assert seen.entry.revealed == ("driver",)
    assert seen.failure.missing is not None
    assert seen.failure.missing.distribution == "other"


def test_what_the_application_asks_for_stays_hidden(project: Project) -> None:
    """Its own import fails as it would in production."""
    seen = project.inspect({"app.py": "import idna\n"}, hidden={"idna": "idna"})
    assert seen.failure.missing is not None
    assert seen.failure.missing.distribution == "idna"
    assert seen.entry.revealed == ()


WRAPPER = """\
import builtins
original = builtins.__import__
def wrapped(name, globals=None, locals=None, fromlist=(), level=0):
    return original(name, globals, locals, fromlist, level)
builtins.__import__ = wrapped
"""


@pytest.mark.parametrize(
    "statement, revealed",
    [
        ("import idna", ()),
        ("import os, idna as names", ()),
        ("import idna.core", ()),
        ("from idna import (\n    encode,\n)", ()),
        ("if True: from idna.core import encode", ()),
        ("def f():\n    import idna\nf()", ()),
        ("import asking", ("idna",)),
        ("import asking, idna", ("idna",)),
        ("import lazy; lazy.load('idna')", ("idna",)),
    ],
)
def test_who_asks_through_a_wrapper_of_import(
    project: Project, statement: str, revealed: tuple[str, ...]
) -> None:
    """A library that stands in for `__import__` asks for nothing by itself."""
    library = "lib/site-packages"
    seen = project.inspect(
        {
            f"{library}/wrapping.py": WRAPPER,
            f"{library}/asking.py": "import idna\n",
            f"{library}/lazy.py": "def load(name):\n    __import__(name)\n",
            "app.py": f"import wrapping\n{statement}\n",
        },
        hidden={"idna": "idna"},
        pythonpath=(str(project.root / library),),
    )
    assert seen.entry.revealed == revealed
    if not revealed:
        assert seen.failure.missing is not None
        assert seen.failure.missing.distribution == "idna"
        assert seen.failure.location is not None
        assert seen.failure.location.file == "app.py"


@pytest.fixture
def inspector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small inspector as uv installs it: without bytecode."""
    place = tmp_path / "inspector"
    place.mkdir()
    (place / "steps.py").write_text("FIRST = 1\n")
    monkeypatch.setattr(target, "INSPECTOR", place)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    target.compile_inspector.cache_clear()
    yield place
    target.compile_inspector.cache_clear()


@pytest.mark.parametrize("own", [True, False])
def test_the_inspector_is_compiled_once_where_its_installer_has_not(
    inspector: Path, tmp_path: Path, own: bool
) -> None:
    """The children write no bytecode themselves."""
    python = tmp_path / "python"
    python.symlink_to(sys.executable)

    target.compile_inspector(sys.executable if own else str(python))

    assert [one.name for one in inspector.glob("__pycache__/*")] == [
        f"steps.{sys.implementation.cache_tag}.pyc"
    ]


def test_who_wants_no_bytecode_gets_none(inspector: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in many images, where PYTHONDONTWRITEBYTECODE is set."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    target.compile_inspector(sys.executable)

    assert not list(inspector.glob("__pycache__"))


def test_what_is_no_python_compiles_nothing_and_stops_nothing(inspector: Path) -> None:
    """The child says later that it cannot be started."""
    target.compile_inspector("/nowhere/python")

    assert not list(inspector.glob("__pycache__"))
