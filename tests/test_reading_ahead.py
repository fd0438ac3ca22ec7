"""Sources are read on a free core while entry points load; no fact depends on that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_prodready.reading_ahead import MANY, SCRIPT, ReadingAhead
from pytest_prodready.request import Request
from tests.files import write_files
from tests.inspector.projects import Project

MODULES = [f"app.m{number}" for number in range(MANY)]
FILES = {
    "app/__init__.py": "".join(f"import {name}\n" for name in MODULES),
    **{f"{name.replace('.', '/')}.py": f"def f():\n    from {name} import gone\n" for name in MODULES},
}


def events(names: Iterable[str], kind: str = "begin") -> list[bytes]:
    """What a child says of its imports."""
    return [f'["{kind}","{name}",140]'.encode() for name in names]


def request(root: Path, python: str = sys.executable) -> Request:
    """A run that asks for the closure."""
    return Request(root=root, python=python, jobs=frozenset({"closure"}), packages=("app", "single"))


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The directory in which the children tell each other what they have read."""
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


def finish(ahead: ReadingAhead) -> None:
    """Let it read to its end."""
    assert ahead._process is not None
    assert ahead._process.stdin is not None
    ahead._process.stdin.close()
    assert ahead._process.wait(60) == 0


def test_what_begins_to_be_imported_is_read(tmp_path: Path, shared: Path) -> None:
    """All of it: what came before the process was started, and what comes after."""
    write_files(tmp_path, {**FILES, "single.py": "def f():\n    import app\n"})
    with closing(ReadingAhead(request(tmp_path), str(shared))) as ahead:
        for event in events([*MODULES, "single"]):
            ahead.hear(event)
        finish(ahead)
    assert len([file for file in shared.iterdir() if file.name.endswith("-imports")]) == MANY + 1


def test_a_small_application_is_not_worth_a_process(tmp_path: Path, shared: Path) -> None:
    """Nor are libraries, however many, names that begin alike, ends of imports, and what comes again."""
    libraries = [f"apple.m{number}" for number in range(MANY)]
    with closing(ReadingAhead(request(tmp_path), str(shared))) as ahead:
        for event in [
            *events(MODULES[1:]),
            *events(MODULES[1:]),
            *events(libraries),
            *events(MODULES, "end"),
            b'["facts","seconds",1.0]',
            b"",
        ]:
            ahead.hear(event)
        assert ahead._process is None
        ahead.hear(events(["single"])[0])
        assert ahead._process is not None


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", "no program"])
def test_a_process_that_does_not_work_stops_nothing(tmp_path: Path, shared: Path, program: str) -> None:
    """It ends at once, or cannot be started."""
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    with closing(ReadingAhead(request(tmp_path, str(python)), str(shared))) as ahead:
        for event in events([*MODULES, *(f"app.more{number}" for number in range(10_000))]):
            ahead.hear(event)
    assert list(shared.iterdir()) == []


def test_a_process_that_is_far_behind_is_not_waited_for(tmp_path: Path, shared: Path) -> None:
    """The children's events are read on; what does not go through the pipe the children read themselves."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec cat /dev/zero > /dev/null\n")
    python.chmod(0o755)
    with closing(ReadingAhead(request(tmp_path, str(python)), str(shared))) as ahead:
        for event in events(f"app.a_rather_long_name_of_a_module_{number}" for number in range(10_000)):
            ahead.hear(event)
        process = ahead._process
        assert process is not None
    assert process.returncode == -9


@pytest.mark.parametrize("cores, jobs, started", [(2, True, 1), (1, True, 0), (None, True, 0), (2, False, 0)])
def test_the_facts_are_the_same_with_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int | None, jobs: bool, started: int
) -> None:
    """It is started once where a core is free, and the closure asked for."""
    commands = []

    class Popen(subprocess.Popen[Any]):
        def __init__(self, command: list[str], **how: Any) -> None:
            commands.append(command)
            super().__init__(command, **how)

    monkeypatch.setattr("subprocess.Popen", Popen)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    seen = Project(tmp_path).inspect(FILES, closure=jobs)
    assert sum(str(SCRIPT) in command for command in commands) == started
    assert [statement for _, statement, _, _ in seen.broken] == (
        sorted(f"from {name} import gone" for name in MODULES) if jobs else []
    )
