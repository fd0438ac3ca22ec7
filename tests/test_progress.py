"""While entry points load, a terminal shows what is imported; nothing else ever does."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_prodready.reports.progress import Progress
from tests.support import QUIET, gate

APP = """\
import time
import decimal
time.sleep(0.3)  # the next import is more than a drawing's distance away, on a fast machine as well
import fractions
async def app(scope, receive, send): ...
"""
MARK = "modules imported, now"


def clock(*times: float) -> list[str]:
    """What is drawn of one import at each of these times."""
    drawn: list[str] = []
    moments = iter(times)
    progress = Progress(drawn.append, 80, lambda: next(moments))
    for number, _ in enumerate(times):
        progress.importing("shop:app", f"module{number}", number)
    return drawn


def test_no_more_than_ten_drawings_a_second() -> None:
    """The first at once, each other one when a tenth of a second has passed."""
    drawn = clock(0.0, 0.05, 0.09, 0.11, 0.15, 0.3)
    assert [text.split()[4].rstrip(",") for text in drawn] == ["now"] * 3
    assert [text.split()[5] for text in drawn] == ["module0", "module3", "module5"]


def test_the_entry_points_are_counted_together() -> None:
    """They load side by side, and there is one line."""
    drawn: list[str] = []
    progress = Progress(drawn.append, 80, iter(range(9)).__next__)
    progress.importing("a:app", "json", 10)
    progress.importing("b", "os.path", 5)
    assert drawn[-1] == "prodready: 15 modules imported, now os.path for b"


@pytest.mark.parametrize("width", [0, 1, 2, 20, 80])
def test_the_line_is_never_broken(width: int) -> None:
    """A narrow terminal gets the beginning."""
    drawn: list[str] = []
    Progress(drawn.append, width, lambda: 0.0).importing("a:app", "x" * 200, 1)
    assert len(drawn[0]) < max(width, 2)


def test_what_was_never_drawn_is_not_cleared() -> None:
    """Not a character where nothing was imported."""
    drawn: list[str] = []
    progress = Progress(drawn.append, 80)
    progress.clear()
    assert drawn == []
    progress.importing("a", "b", 0)
    progress.clear()
    assert drawn[-1] == ""


def in_a_terminal(root: Path, *arguments: str) -> str:
    """Everything that a run of the gate writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", "--prodready", "--prodready-ignore=PRD5", *QUIET, *arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environ["COLUMNS"] = "100"
    with subprocess.Popen(command, cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env=environ):
        os.close(theirs)
        written = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody writes any more
                break
            if not data:
                break
            written += data
    os.close(ours)
    return written.decode()


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A project whose start takes long enough to be seen."""
    pytester.makepyfile(main=APP)
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\n')
    return pytester.path


@pytest.mark.parametrize("arguments", [(), ("-q",), ("-v",), ("-n1",)])
def test_a_terminal_shows_the_module_that_is_imported(project: Path, arguments: tuple[str, ...]) -> None:
    """The line is there, and it is wiped before the next thing is written."""
    written = in_a_terminal(project, *arguments)
    assert f"{MARK} fractions for main:app" in written
    last = written[written.rindex(MARK) :]
    assert last.split("\r")[1].strip() == ""
    assert last.split("\r")[2].strip()[:1] != " "


@pytest.mark.parametrize("arguments", [("-q", "-q"), ("--collect-only", "-q")])
def test_a_quiet_run_shows_nothing_of_it(project: Path, arguments: tuple[str, ...]) -> None:
    """Although it writes to a terminal."""
    assert MARK not in in_a_terminal(project, *arguments)


def test_what_is_no_terminal_shows_nothing_of_it(project: Path, pytester: pytest.Pytester) -> None:
    """A log is not drawn upon."""
    run = gate(pytester, "--prodready-ignore=PRD5")
    assert MARK not in run.text
    assert "\r" not in run.text


def test_what_the_start_costs_is_told(project: Path, pytester: pytest.Pytester) -> None:
    """One line in the header; with -v the most expensive imports."""
    pattern = "prodready: loaded: main:app, * modules in *.?? s"
    run = gate(pytester, "--prodready-ignore=PRD5")
    run.result.stdout.fnmatch_lines([pattern])
    assert "by itself" not in run.text
    run = gate(pytester, "--prodready-ignore=PRD5", "-v")
    run.result.stdout.fnmatch_lines(
        [pattern, "start of main:app: * modules in * s", "* by itself *", "* s * s  main"]
    )
