from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_prodready.discovery import likeliest_file, project_root

PROJECT = "[project]\nname = 'x'\n"
TOOLS = "[tool.pytest.ini_options]\naddopts = '-ra'\n"
GATE = "[tool.prodready]\napp = 'main:app'\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "files, start, project",
    [
        ({"pyproject.toml": TOOLS, "api/requirements.txt": ""}, "api", "api"),
        ({"pyproject.toml": TOOLS, "api/requirements.txt": ""}, "api/core", "api"),
        ({"pyproject.toml": TOOLS, "api/requirements.txt": ""}, "", ""),
        ({"pyproject.toml": TOOLS, "api/requirements.txt": ""}, "web", ""),
        ({"pyproject.toml": PROJECT, "api/pyproject.toml": PROJECT}, "api", "api"),
        ({"pyproject.toml": PROJECT, "api/pyproject.toml": TOOLS}, "api", ""),
        ({"api/pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, "api/core", "api"),
        ({"api/Procfile": "web: x\n"}, "api", "api"),
        ({"pyproject.toml": GATE, "api/requirements.txt": ""}, "api", ""),
        ({"pyproject.toml": GATE, "api/pyproject.toml": GATE}, "api/core", "api"),
        ({"api/pyproject.toml": "not toml", "setup.py": ""}, "api", ""),
    ],
)
def test_project_root(tmp_path: Path, files: dict[str, str], start: str, project: str) -> None:
    """The project is the nearest directory that holds one, and settings for the gate come before all."""
    write(tmp_path, files)
    assert project_root(tmp_path / start, tmp_path) == tmp_path / project


def test_a_start_outside_of_pytests_root(tmp_path: Path) -> None:
    """Where pytest was told another root, that is the project."""
    write(tmp_path, {"here/requirements.txt": ""})
    assert project_root(tmp_path / "here", tmp_path / "there") == tmp_path / "there"


@pytest.mark.parametrize(
    "files, file",
    [
        ({"app/util.py": "", "app/main.py": FASTAPI}, "app/main.py"),
        ({"api/app/main.py": FASTAPI}, "api/app/main.py"),
        ({"a/b/c/main.py": FASTAPI}, ""),
        ({"app/util.py": ""}, "app/util.py"),
        ({"tests/test_a.py": ""}, ""),
    ],
)
def test_likeliest_file(tmp_path: Path, files: dict[str, str], file: str) -> None:
    """The file of the application stands for a project that has nothing else, if it lies near."""
    write(tmp_path, files)
    assert likeliest_file(tmp_path) == file
