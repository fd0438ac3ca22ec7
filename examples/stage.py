"""The healthy example, its faults, and what it needs to run: the stage for the demo and the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
HEALTHY = HERE / "curation"


@dataclass(frozen=True)
class Expectation:
    """One finding that the gate must report: its code, level and subject, and the line it must name."""

    code: str
    level: str
    subject: str
    file: str
    line_text: str

    def line(self, project: Path) -> int:
        """The number of the one line that holds the text; ValueError when there is none or more than one."""
        lines = (project / self.file).read_text(encoding="utf-8").splitlines()
        found = [number for number, line in enumerate(lines, 1) if self.line_text in line]
        if len(found) != 1:
            raise ValueError(f"{self.file} has {len(found)} lines with {self.line_text!r}, not one.")
        return found[0]


@dataclass(frozen=True)
class Fault:
    """One way to break the healthy example, as it happened in production.

    `only_with` is the requirement that the installed version must satisfy for the fault to show; None: any.
    """

    id: str
    incident: str
    title: str
    patch: Path
    only_with: str | None
    expect: tuple[Expectation, ...]


def faults() -> list[Fault]:
    """All faults, in the order of faults.toml."""
    tables: list[dict[str, Any]] = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]
    return [
        Fault(
            id=table["id"],
            incident=table["incident"],
            title=table["title"],
            patch=HERE / "faults" / table["patch"],
            only_with=table.get("only_with"),
            expect=tuple(Expectation(**expected) for expected in table["expect"]),
        )
        for table in tables
    ]


def copy_example(destination: Path, fault: str | None = None) -> Path:
    """Copy the healthy example to a folder that does not exist yet, break it, and give the folder.

    `fault` is the id of one fault, or several joined with `+`: `A1+D1`. Raises KeyError for an unknown id and
    RuntimeError, with git's words, when a patch does not apply.
    """
    patches = {one.id: one.patch for one in faults()}
    wanted = [patches[name] for name in fault.split("+")] if fault else []
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    project = shutil.copytree(HEALTHY, destination, ignore=ignored).resolve()
    # git must not see a repository around the copy: it would take the patch's paths from that one's root,
    # pass over all of them without a word, and call that a success. GIT_DIR, set in hooks, does the same.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables["GIT_CEILING_DIRECTORIES"] = str(project.parent)
    for patch in wanted:
        done = subprocess.run(
            ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", str(patch)],
            cwd=project,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{patch.name} does not apply to examples/curation: {done.stdout.strip()}")
    return project


def environment(url: str) -> dict[str, str]:
    """The variables that the example needs, for a database of its own."""
    return {
        "DATABASE_URL": urlsplit(url)._replace(scheme="postgresql+asyncpg").geturl(),
        "ADMIN_TOKEN": "an-example-token",
    }
