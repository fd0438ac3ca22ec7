"""The process that reads sources while the application loads elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_prodready.inspector import closure, outside, readings
from pytest_prodready.inspector.parsed import Parsed
from pytest_prodready.inspector.reading_ahead import source_of
from pytest_prodready.reading_ahead import SCRIPT
from tests.files import write_files

FILES = {
    "first/app/__init__.py": "def f():\n    import json\n",
    "first/app/deep/__init__.py": "",
    "first/app/deep/end.py": "def f():\n    import app\n",
    "first/app/data.txt": "",
    "second/app/other.py": "",
    "second/single.py": "import this_must_not_run\n",
}


@pytest.mark.parametrize(
    "name, file",
    [
        ("app", "first/app/__init__.py"),
        ("app.deep", "first/app/deep/__init__.py"),
        ("app.deep.end", "first/app/deep/end.py"),
        ("app.other", "second/app/other.py"),
        ("single", "second/single.py"),
        ("app.data", ""),
        ("app.deep.end.attribute", ""),
        ("gone", ""),
        ("", ""),
        ("..", ""),
    ],
)
def test_the_file_of_a_module(tmp_path: Path, name: str, file: str) -> None:
    """The first place of the path that has it; a guess that is wrong costs a reading, and no more."""
    write_files(tmp_path, FILES)
    path = [str(tmp_path / "nowhere"), str(tmp_path / "first"), str(tmp_path / "second")]
    assert source_of(name, path) == (str(tmp_path / file) if file else "")


def read(tmp_path: Path, *names: str, calls: bool = False) -> set[str]:
    """Have the sources of modules read; which of them another process need not parse any more."""
    write_files(tmp_path, FILES)
    shared = tmp_path / "shared"
    shared.mkdir(exist_ok=True)
    path = [str(tmp_path / "first"), str(tmp_path / "second")]
    question = {"cache": str(tmp_path / "cache"), "shared": str(shared), "path": path, "calls": calls}
    lines = "\n".join([json.dumps(question), *names, ""])
    done = subprocess.run(
        [sys.executable, "-ISB", str(SCRIPT)], input=lines, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    told = set()
    for name in names:
        parsed = Parsed("", "another", str(shared))
        found = parsed.of(source_of(name, path), *closure.READING)
        if found is not None and not parsed.parsed:
            told.add(name)
    return told


def test_what_is_read_is_told(tmp_path: Path) -> None:
    """Of each module that is named; a name that leads nowhere stops nothing."""
    assert read(tmp_path, "app", "gone", "app.deep", "app.deep.end") == {"app", "app.deep.end"}


def test_nothing_is_executed(tmp_path: Path) -> None:
    """A module that would raise at import is only read."""
    assert read(tmp_path, "single", "app") == {"app"}


def test_what_an_earlier_run_has_kept_is_not_read_again(tmp_path: Path) -> None:
    """Those that load the application know where to find it."""
    write_files(tmp_path, FILES)
    kept = Parsed(str(tmp_path / "cache"), "web app")
    kept.of(str(tmp_path / "first/app/__init__.py"), *closure.READING)
    kept.save()
    assert read(tmp_path, "app", "app.deep.end") == set()


@pytest.mark.parametrize("calls", [True, False])
def test_it_reads_what_the_steps_ask_for(calls: bool) -> None:
    """The calls that send tasks only where they are looked at: reading them takes time, too."""
    names = [name for name, _, _ in readings.of_most(calls=calls)]
    expected = [closure.READING[0], outside.READING[0]]
    assert names == [*expected, "call_sites"] if calls else names == expected
