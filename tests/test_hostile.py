# ruff: noqa: E501  # a table of small programs reads best with one in a line
"""Hostile targets: each ends in its time with a finding that names the place, and none is green by accident."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_prodready import rules
from pytest_prodready.facts import Facts
from pytest_prodready.findings import Finding, Level
from tests.inspector.projects import Project, Seen
from tests.test_target import has_left, processes_in

HERE = "# here"
"""Stands on the line that must be named."""
LIMIT = 2.0
"""Seconds for those that hang; all others have time enough."""


@dataclass(frozen=True)
class Case:
    """A module that is imported by another one, and what must be said of it."""

    name: str
    source: str
    code: str
    words: str
    level: Level = Level.ERROR
    hangs: bool = False


def hangs(name: str, source: str) -> Case:
    return Case(name, source, "PRD109", f"nothing came back within {LIMIT:g} s, while app.inner", hangs=True)


def stops(name: str, source: str, words: str) -> Case:
    return Case(name, source, "PRD109", words)


def raises(name: str, source: str, words: str) -> Case:
    return Case(name, source, "PRD101", words)


def warns(name: str, source: str, words: str) -> Case:
    return Case(name, source, "PRD108", f"importing app.inner {words}", Level.WARNING)


CASES = [
    hangs("a lock", "import threading\nthreading.Lock().acquire() and threading.Event().wait()  # here"),
    hangs("a server", "import socket\ns = socket.create_server(('127.0.0.1', 0))\ns.accept()  # here"),
    hangs("a regular expression", "import re\nre.match('(a+)+$', 'a' * 64 + '!')  # here"),
    hangs("C code", "sum(range(10 ** 15))  # here"),
    hangs(
        "a loop that catches everything",
        "while True:\n    try:\n        import time; time.sleep(1000)  # here\n    except BaseException: pass",
    ),
    hangs(
        "ignored signals",
        "import signal, time\nfor number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGUSR2}:\n    signal.signal(number, signal.SIG_IGN)\ntime.sleep(1000)  # here",
    ),
    hangs("a trace function", "import sys, time\nsys.settrace(lambda *_: None)\ntime.sleep(1000)  # here"),
    hangs("a flood without a newline", "import sys\nwhile True:\n    sys.stdout.write('x' * 65536)  # here"),
    hangs(
        "a binary flood of both streams",
        "import os\nwhile True: os.write(1, b'\\xff\\0' * 4096); os.write(2, b'\\n' * 4096)  # here",
    ),
    hangs(
        "a flood from a thread",
        "import os, threading, time\ndef flood():\n    while True: os.write(1, b'x' * 4096)\nthreading.Thread(target=flood, daemon=True).start()\ntime.sleep(1000)  # here",
    ),
    hangs("gc", "import gc, time\ngc.freeze(); gc.disable()\ntime.sleep(1000)  # here"),
    hangs("a fork that hangs on both sides", "import os, time\nos.fork()\ntime.sleep(1000)  # here"),
    stops(
        "a named pipe is read",
        "import os\nos.mkfifo('fifo')\nopen('fifo').read()  # here",
        "nothing came back within",
    ),
    stops(
        "a signal of its own",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)  # here",
        "SIGTERM killed the interpreter while app.inner",
    ),
    stops(
        "the signal that nobody can catch",
        "import os, signal\nos.kill(0, signal.SIGKILL)  # here",
        "SIGKILL killed the interpreter while app.inner",
    ),
    stops("abort", "import os\nos.abort()  # here", "SIGABRT killed the interpreter while app.inner"),
    stops(
        "a fault handler that was disabled",
        "import faulthandler, ctypes\nfaulthandler.disable()\nctypes.string_at(0)",
        "SIGSEGV killed the interpreter while app.inner",
    ),
    stops(
        "C recursion",
        "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)  # here\nrepr(A())",
        "SIGSEGV killed the interpreter while app.inner",
    )
    if sys.version_info < (3, 12)
    else raises(
        "C recursion",
        "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)  # here\nrepr(A())",
        "RecursionError",
    ),
    stops(
        "sys.exit with a number",
        "import sys\nsys.exit(3)  # here",
        "sys.exit was called while app.inner was being imported, with status 3",
    ),
    stops("sys.exit without", "import sys\nsys.exit()  # here", "with status 0"),
    stops("sys.exit with a text", "import sys\nsys.exit('no key')  # here", "with status 1 (no key)"),
    stops(
        "SystemExit in a thread that ends the interpreter",
        "import os, threading\nthread = threading.Thread(target=lambda: os._exit(0))  # here\nthread.start(); thread.join()",
        "os._exit(0) ended the interpreter while app.inner",
    ),
    stops(
        "KeyboardInterrupt", "raise KeyboardInterrupt  # here", "KeyboardInterrupt was raised while app.inner"
    ),
    stops("os._exit", "import os\nos._exit(0)  # here", "os._exit(0) ended the interpreter while app.inner"),
    stops(
        "os.execv",
        "import os\nos.execv('/bin/true', ['true', 'secret'])  # here",
        "os.exec put true in the interpreter's place while app.inner",
    ),
    stops(
        "os.execv of a program that stays",
        "import os\nos.execvp('sleep', ['sleep', '1000'])  # here",
        "os.exec put sleep in the interpreter's place while app.inner",
    ),
    stops(
        "os.execv of Python itself",
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(1)'])  # here",
        "os.exec put python",
    ),
    raises("recursion", "def f(): f()  # here\nf()", "RecursionError"),
    raises(
        "a group",
        "raise ExceptionGroup('many', [ValueError(1)])  # here"
        if sys.version_info >= (3, 11)
        else "raise ValueError('many')  # here",
        "many",
    ),
    raises(
        "an exception without words",
        "class Mute(Exception):\n    def __str__(self): raise SystemExit\nraise Mute  # here",
        "Mute",
    ),
    raises("an exception of no kind", "class Odd(BaseException): pass\nraise Odd('x')  # here", "Odd: x"),
    raises("the wrong encoding", "# coding: nonsense  # here\nx = 1", "the file is no valid Python"),
    raises("a huge line", f"x = [{'1,' * 300_000}\n", "the file is no valid Python"),
    raises(
        "the path is emptied",
        "import sys\nsys.path[:] = []\nsys.path_importer_cache.clear()\nimport wave  # here",
        "'wave'",
    ),
    raises("the path is no list", "import sys\nsys.path = None\nimport wave  # here", ""),
    raises(
        "__import__ is replaced",
        "import builtins\ndef broken(*a, **k): raise ValueError('mine')  # here\nbuiltins.__import__ = broken\nimport wave",
        "ValueError: mine",
    ),
    raises(
        "open and print are replaced",
        "import builtins\nbuiltins.open = builtins.print = None\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    raises(
        "the module table is tampered with",
        "import sys\nsys.modules['json'] = sys.modules['wave'] = None\ndel sys.modules['__main__']\nimport wave  # here",
        "'wave'",
    ),
    raises(
        "the module replaces itself",
        "import sys\nsys.modules[__name__] = 3\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    raises(
        "the exception hook exits",
        "import os, sys\nsys.excepthook = lambda *_: os._exit(0)\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    raises(
        "the directory has changed",
        "import os\nos.chdir('/')\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    raises(
        "the directory is gone",
        "import os, tempfile\nwith tempfile.TemporaryDirectory() as name:\n    os.chdir(name)\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    raises(
        "the output raises",
        "import sys\nclass Broken:\n    def __getattr__(self, name): raise ValueError('write')\nsys.stdout = sys.stderr = Broken()\nraise ValueError('mine')  # here",
        "ValueError: mine",
    ),
    Case(
        "every descriptor is closed",
        "import os\nos.closerange(0, 4096)  # here\nimport wave",
        "PRD901",
        "app/inner.py:{line} closes descriptors",
    ),
    Case(
        "the way out is closed",
        "import os\nos.closerange(3, 4096)  # here\nimport wave",
        "PRD901",
        "while app.inner was being imported: app/inner.py:{line} closes descriptors",
    ),
    warns("a changed directory", "import os\nos.chdir('/')  # here", "changes the working directory to /"),
    warns(
        "a directory that is gone",
        "import os, tempfile\nwith tempfile.TemporaryDirectory() as name:\n    os.chdir(name)  # here",
        "changes the working directory",
    ),
    warns(
        "an output that raises",
        "import sys\nclass Broken:\n    def __getattr__(self, name): raise ValueError('write')\nsys.stdout = Broken()  # here",
        "replaces sys.stdout",
    ),
    warns(
        "closed streams",
        "import os\nos.close(1); os.close(2)  # here",
        "replaces descriptor 1 and descriptor 2",
    ),
    warns("an emptied path", "import sys\nsys.path.clear()  # here", "removes"),
    warns(
        "a path of odd entries",
        "import sys, pathlib\nsys.path = (None, 3, pathlib.Path('/'), *sys.path[1:])  # here",
        "removes . from sys.path",
    ),
    warns("a fork", "import os\nif os.fork() == 0: pass  # here", "forks the interpreter"),
    warns(
        "a fork without an exit",
        "import os, time\nif os.fork() == 0: time.sleep(1000)  # here",
        "forks the interpreter",
    ),
    warns(
        "a daemon",
        "import os, time\nif os.fork() == 0:  # here\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n    os._exit(0)\nos.wait()",
        "forks the interpreter",
    ),
    warns(
        "a program in a session of its own",
        "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)  # here",
        "starts the program sleep",
    ),
    warns(
        "a thread that never ends",
        "import threading\nthreading.Thread(target=threading.Event().wait, name='poll').start()  # here",
        "leaves the thread poll running",
    ),
    warns("an allocation that is used", "big = b'x' * (1 << 31)  # here", "takes 2.0 GiB of memory"),
    Case(
        "an allocation that is not used",
        "import mmap\nbig = mmap.mmap(-1, 1 << 31)",
        "PRD108",
        "importing app.inner reserves 2.0 GiB of address space",
        Level.INFO,
    ),
    warns(
        "a server that stays",
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))  # here",
        "listens on 127.0.0.1:",
    ),
    warns(
        "hooks of the interpreter's end",
        "import atexit, os, time\natexit.register(time.sleep, 1000)\nos.chdir('/')  # here",
        "changes the working directory",
    ),
]


def inspect(tmp_path: Path, case: Case) -> Seen:
    project = Project(tmp_path)
    project.write({"app/__init__.py": "import app.inner\n"})
    (tmp_path / "app" / "inner.py").write_text(case.source + "\n")
    limited = case.hangs or "nothing came back" in case.words or "sleep in" in case.words
    return project.inspect({}, load=LIMIT if limited else 60)


def findings(seen: Seen) -> list[Finding]:
    """What all rules find."""
    facts = Facts("/", ("app",), entries=(seen.entry,), problems=seen.problems)
    registry = rules.registry()
    return [
        found
        for kind in registry.kinds
        if kind.name in ("entry point", "inspection")
        for subject in kind.subjects(facts)
        for found in registry.judge(kind, subject, facts).findings
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_target_is_named_with_its_place(tmp_path: Path, case: Case) -> None:
    """The code, the level, the words and the line; what it has started is gone."""
    seen = inspect(tmp_path, case)
    assert all(has_left(process) for process in processes_in(tmp_path))
    (found,) = [one for one in findings(seen) if one.code == case.code and one.level is case.level]
    line = next((at for at, text in enumerate(case.source.splitlines(), 1) if HERE in text), None)
    assert case.words.format(line=line) in found.message
    if line is not None and "{line}" not in case.words:
        assert str(found.location) == f"app/inner.py:{line}"
    others = [
        one
        for one in findings(seen)
        if one.level is Level.ERROR and one is not found and one.code != found.code
    ]
    assert others == []
