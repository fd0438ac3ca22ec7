# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Effect, Entry, Location
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.projects import Project

Row = tuple[str, str, str, str, str]


def told(effects: tuple[Effect, ...]) -> list[Row]:
    """(kind, detail, place, module, library) of each."""
    return [(one.kind, one.detail, str(one.location or ""), one.module, one.library) for one in effects]


def effects(project: Project, body: str, **options: object) -> list[Row]:
    """What a module of this body does when another one imports it."""
    files = {"app/__init__.py": "import app.inner\n", "app/inner.py": body}
    seen = project.inspect(files, **options)  # type: ignore[arg-type]  # passed on
    assert seen.problems == ()
    assert seen.entry.failure is None, seen.failure
    return told(seen.entry.effects)


@pytest.mark.parametrize(
    "body, kind, detail, line",
    [
        ("import socket\ns = socket.socket()\ntry: s.connect(('127.0.0.1', 1))\nexcept OSError: pass\n", "network", "127.0.0.1:1", 3),
        ("import socket\ns = socket.socket(socket.AF_INET6)\ntry: s.connect(('::1', 1))\nexcept OSError: pass\n", "network", "[::1]:1", 3),
        ("import socket\ns = socket.socket(socket.AF_UNIX)\ntry: s.connect('gone.sock')\nexcept OSError: pass\n", "network", "gone.sock", 3),
        ("import socket\ntry: socket.create_connection(('127.0.0.1', 1), 1)\nexcept OSError: pass\n", "network", "127.0.0.1:1", 2),
        ("import urllib.request\ntry: urllib.request.urlopen('http://127.0.0.1:1/hunter22')\nexcept Exception: pass\n", "network", "127.0.0.1:1", 2),
        ("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\n", "network", "127.0.0.1:9", 2),
        ("import subprocess\nsubprocess.run(['true', 'hunter22'])\n", "subprocess", "true", 2),
        ("import subprocess\nsubprocess.run('true hunter22', shell=True)\n", "subprocess", "sh", 2),
        ("import subprocess\nsubprocess.run(['true'], close_fds=False)\n", "subprocess", "true", 2),
        ("import os\nos.system('TOKEN=hunter22 /bin/true hunter22')\n", "subprocess", "true", 2),
        ("import os\nos.waitpid(os.posix_spawn('/bin/true', ['true', 'hunter22'], {}), 0)\n", "subprocess", "true", 2),
        ("import os\nif not os.fork(): os._exit(0)\nos.wait()\n", "fork", "", 2),
        ("import socket\ns = socket.socket()\ns.bind('app.sock') if False else s.bind(('127.0.0.1', 0))\ns.listen()\n", "listen", "127.0.0.1:*", 3),
        ("open('app.log', 'a').close()\n", "file", "app.log", 1),
        ("import logging\nlogging.basicConfig(filename='app.log')\n", "file", "app.log", 2),
        ("import pathlib\npathlib.Path('data').mkdir()\n", "file", "data", 2),
        ("import os\nos.rename('pyproject.toml', 'x.toml') if os.path.exists('pyproject.toml') else os.mkdir('x.toml')\n", "file", "x.toml", 2),
        ("import sqlite3\nsqlite3.connect('local.db').close()\n", "file", "local.db", 2),
        ("import os\nos.symlink('app', 'link')\n", "file", "link", 2),
        ("import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait, name='poll').start()\n", "thread", "poll", 3),
        ("import os\nos.chdir('/')\n", "directory", "/", 2),
        ("import io, sys\nsys.stdout = io.StringIO()\n", "output", "sys.stdout", 2),
        ("import os\nos.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n", "output", "descriptor 2", 2),
        ("import sys\nx = 1\nsys.path.append('/opt/more')\n", "path", "+/opt/more", 3),
        ("import sys\nsys.path = [*sys.path, 'vendor']\n", "path", "+vendor", 2),
        ("import sys\nsys.path.insert(0, '/x')\ndel sys.path[1]\nsys.path.remove('/x')\n", "path", "-.", 3),
        ("x = 1\nbig = b'x' * (1 << 30)\n", "memory", "1.0 GiB resident", 2),
    ],
)  # fmt: skip
def test_an_effect_is_told_with_its_line(
    project: Project, body: str, kind: str, detail: str, line: int
) -> None:
    """Exactly this one, of the module that does it, and nothing of an argument list."""
    ((found, what, *place),) = effects(project, body)
    assert found == kind
    assert what == detail or (detail.endswith("*") and what.startswith(detail[:-1]))
    assert place == [f"app/inner.py:{line}", "app.inner", ""]


@pytest.mark.parametrize(
    "body",
    [
        "import socket\ns = socket.socket(socket.AF_INET6)\ns.bind(('::1', 0))\ns.close()\n",
        "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\n",
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('127.0.0.1', 9))\ns.getsockname()\n",
        "import socket\nsocket.socketpair()\nsocket.gethostname()\n",
        "import asyncio\nloop = asyncio.new_event_loop()\nloop.run_until_complete(asyncio.sleep(0))\nloop.close()\n",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    for n in range(9): open(f'{d}/{n}', 'w').close()\n",
        "import os\nopen(os.devnull, 'w').close()\nopen(__file__).close()\nos.makedirs('app', exist_ok=True)\n",
        "import os\nr, w = os.pipe()\nopen(w, 'w').close()\n",
        "import sqlite3\nsqlite3.connect(':memory:').close()\n",
        "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()\n",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
        "import os\nos.chdir('/')\nos.chdir(os.path.dirname(os.path.dirname(__file__)))\n",
        "import contextlib, io, sys\nwith contextlib.redirect_stdout(io.StringIO()): print('x')\n",
        "import sys\nsys.path.insert(0, '/x')\nsys.path.remove('/x')\n",
        "import sys\nsys.path.insert(0, '/x')\nimport wave\nsys.path.remove('/x')\n",
        "import sys\nsys.path.append('/x')\nimport wave\ndel sys.path[-1]\nimport sched\n",
        "import sys\nkept = sys.path[:]\nsys.path.remove(kept[0])\nimport wave\nsys.path[:] = kept\n",
        "import sys\nsys.dont_write_bytecode = False\nimport wave\n",
        "import json, logging, decimal, http.client, xml.dom, sqlite3, ssl, multiprocessing\n",
        "import multiprocessing\nlock = multiprocessing.Lock()\n",
        "big = bytes(100 << 20)\n",
    ],
)  # fmt: skip
def test_what_leaves_nothing_behind_is_no_effect(project: Project, body: str) -> None:
    """What is closed, joined, put back, temporary or only looked at again."""
    assert effects(project, body, environ={**os.environ, "TMPDIR": "/tmp"}) == []


def test_a_temporary_directory_inside_of_the_project(project: Project) -> None:
    """What the environment says is temporary is so, wherever it is."""
    (project.root / "tmp").mkdir()
    environ = {**os.environ, "TMPDIR": str(project.root / "tmp")}
    assert effects(project, "open('tmp/x', 'w').close()\n", environ=environ) == []


def test_a_library_that_does_it_by_being_imported_is_named(project: Project, tmp_path: Path) -> None:
    """The line is the one that imports it; a function of the library that is called is the caller's doing."""
    library = "import subprocess, sys\ndef run(): subprocess.run(['true'])\nif __name__ == 'eager': run(); sys.path.append('/opt/eager')\n"
    for name in ("eager", "idle"):
        (tmp_path / f"{name}.py").write_text(library)
    body = "import idle\nimport eager\n\nidle.run()\n"
    assert effects(project, body, environ={**os.environ, "PYTHONPATH": str(tmp_path)}) == [
        ("subprocess", "true", "app/inner.py:2", "app.inner", "eager"),
        ("path", "+/opt/eager", "app/inner.py:2", "app.inner", "eager"),
        ("subprocess", "true", "app/inner.py:4", "app.inner", ""),
    ]


def test_what_a_library_adds_and_takes_away_is_nothing(project: Project, tmp_path: Path) -> None:
    """As Celery does with the working directory while it imports a module that it was told of."""
    library = tmp_path / "elsewhere"
    library.mkdir()
    body = "import importlib, os, sys\ndef load(name):\n    sys.path.insert(0, '/opt/x')\n    importlib.import_module(name)\n    sys.path.remove('/opt/x')\n"
    (library / "loading.py").write_text(body)
    own = "import loading\nloading.load('wave')\n"
    assert effects(project, own, pythonpath=(str(library),)) == []


def test_what_a_factory_does_is_no_import_s(project: Project) -> None:
    """The line is known, and no module was being imported."""
    body = "import subprocess\ndef create_app():\n    subprocess.run(['true'])\n    return lambda environ, start_response: None\n"
    seen = project.inspect({"app.py": body}, "app:create_app()", kind="web")
    assert told(seen.entry.effects) == [("subprocess", "true", "app.py:3", "", "")]


def test_what_a_thread_does_is_put_down_to_its_start(project: Project) -> None:
    """Where no line of the application is on the thread's own stack."""
    body = "import subprocess, threading\nt = threading.Thread(target=subprocess.run, args=(['true'],))\nt.start()\nt.join()\n"
    assert effects(project, body) == [("subprocess", "true", "app/inner.py:3", "app.inner", "")]


def test_equal_effects_are_counted(project: Project) -> None:
    """Of one line each only once, and of very many different ones only the number."""
    body = (
        "import os\nfor _ in range(7): os.system('true')\nfor n in range(300): open(f'f{n}', 'w').close()\n"
    )
    seen = project.inspect({"app.py": body})
    system, *files = seen.entry.effects
    assert (system.times, sum(one.times for one in files)) == (7, 300)
    assert len(files) < 30
    assert files[-1].detail == ""


def test_what_a_reached_module_does_is_told_as_well(project: Project) -> None:
    """The closure is imported in production, too: when the function runs."""
    files = {
        "app/__init__.py": "def f():\n    from app import late\n\ndef app(environ, start_response): pass\n",
        "app/late.py": "import os\nos.system('true')\n",
    }
    seen = project.inspect(files, "app:app", kind="web", closure=True)
    assert told(seen.entry.effects) == [("subprocess", "true", "app/late.py:2", "app.late", "")]


def test_the_gate_s_own_doing_is_none(project: Project) -> None:
    """Neither its modules nor its looking at the application."""
    files = {"app.py": "import enum\ndef app(environ, start_response): pass\n", "enum.py": "mine = True\n"}
    seen = project.inspect(files, "app:app", kind="web", closure=True, packages=("app", "enum"))
    assert seen.entry.effects == ()


def test_the_application_is_not_disturbed(project: Project) -> None:
    """Odd arguments raise what they raise, and a hook of the application's own sees its events."""
    body = """\
        import os, socket, subprocess, sys
        seen = []
        sys.addaudithook(lambda event, arguments: seen.append(event))
        for call in (lambda: os.mkdir(3.5), lambda: open(None), lambda: subprocess.Popen(None), lambda: os.system(None)):
            try: call()
            except TypeError: pass
            else: raise AssertionError
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        client.sendall(b"x")
        assert server.recv(1) == b"x"
        assert "socket.connect" in seen
        """
    rows = effects(project, body)
    assert [kind for kind, *_ in rows] == ["network", "listen"]


def test_a_server_that_is_there_gets_one_connection(project: Project) -> None:
    """The effect is seen, not repeated."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        effects(project, f"import socket\nsocket.create_connection({address!r}).close()\n")
        server.accept()[0].close()
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_modules_that_must_not_be_loaded(project: Project) -> None:
    """By presence: with the way there and the line; what fails to import, or is imported later, is not there."""
    project.write(
        {
            "app/__init__.py": "from app import inner\nimport json\n",
            "app/inner.py": "import wave\nimport lib\ntry: import gone\nexcept ImportError: pass\ndef f(): import colorsys\n",
            "lib.py": "import decimal\nimport fractions\n",
        }
    )
    names = ("fractions", "gone", "colorsys", "tabnanny")
    request = Request(
        root=project.root,
        python=sys.executable,
        jobs=frozenset({"module", "closure"}),
        entries=(Entry("module", "app", "a test"),),
        packages=("app",),
        forbidden={"app": names, "other": ("wave",)},
    )
    (seen,), problems = target.inspect(request, Limits(), os.environ)
    assert problems == ()
    (found,) = seen.forbidden
    assert (found.module, found.chain) == ("fractions", ("app", "app.inner", "lib"))
    assert found.location == Location("lib.py", 2)
    (installed,), _ = target.inspect(replace(request, packages=("app", "x")), Limits(), os.environ)
    assert installed.forbidden == seen.forbidden


def test_what_the_start_costs(project: Project) -> None:
    """Modules, seconds, and the most expensive imports by their own bodies, without those in them."""
    files = {
        "app/__init__.py": "from app import outer\n",
        "app/outer.py": "import app.inner\n",
        "app/inner.py": "import time\ntime.sleep(0.2)\n",
    }
    seen = project.inspect(files).entry
    assert seen.loaded >= 3
    first = seen.costs[0]
    assert first.module == "app.inner"
    assert first.total >= first.seconds >= 0.2
    by_name = {cost.module: cost for cost in seen.costs}
    assert by_name["app"].total >= by_name["app.outer"].total >= first.total
    assert seen.seconds >= by_name["app"].total > by_name["app"].seconds
    assert len(seen.costs) <= 10
    assert list(seen.costs) == sorted(seen.costs, key=lambda cost: -cost.seconds)
