"""A real application made ready to be judged: its environment, its project's directory, its variables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _side_by_side import MeasuringFailedError, output_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACE = Path(tempfile.gettempdir(), "prodready-realapps")
"""Where environments and projects are made, outside of this project; environments are kept between runs."""
GATE = HERE / "_gate.py"
LIMIT = 600
"""Seconds that one run of the gate may take."""


class NotReadyError(RuntimeError):
    """An application could not be made ready, or its gate came to no verdict; the message says why."""


@dataclass(frozen=True)
class Application:
    """What the folder of one application says.

    Its pyproject.toml is that of its project. It holds the settings of the gate, and in `[tool.realapps]` all
    that the application needs to start: requirements, a version of Python, variables, files, a command that
    sets it up. pins.txt is what the requirements were resolved to.
    """

    name: str
    settings: dict[str, Any]
    directory: str = "project"
    """Where in its home its project is laid out."""

    @property
    def folder(self) -> Path:
        """The folder beside this file."""
        return HERE / self.name

    @property
    def home(self) -> Path:
        """Holds its environment and its project."""
        return PLACE / self.name

    @property
    def project(self) -> Path:
        """The directory that the gate is run in."""
        return self.home / self.directory

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.home / "environment" / "bin" / "python"

    @property
    def apart(self) -> bool:
        """The gate cannot be installed beside it, and runs from an environment of its own."""
        return bool(self.settings.get("apart"))

    @property
    def packages(self) -> list[str]:
        """Its top-level packages."""
        content = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))
        packages: list[str] = content["tool"]["prodready"]["packages"]
        return packages

    @property
    def library(self) -> Path:
        """The directory that its packages are installed in."""
        (found,) = (self.home / "environment" / "lib").glob("python*/site-packages")
        return found

    def environ(self) -> dict[str, str]:
        """The variables of this process, and those of the application."""
        own = {
            name: value.replace("{project}", str(self.project))
            for name, value in self.settings.get("environment", {}).items()
        }
        path = f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {**os.environ, **own, "PATH": path}

    def command(self, file: str, *options: str) -> list[str]:
        """The gate's command; ``file`` takes what it tells, as `_gate.py` says."""
        own = self.settings.get("options", [])
        python = [sys.executable] if self.apart else [str(self.python)]
        target = [f"--prodready-python={self.python}"] if self.apart else []
        return [*python, str(GATE), file, "-q", *own, *target, *options]

    def judge(self, *options: str) -> dict[str, Any]:
        """Run the gate in the project's directory, and return what it told.

        Raises:
            NotReadyError: the gate came to no verdict.
        """
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            output = self.run(self.command(file.name, *options))
            told = file.read()
        if not told:
            raise NotReadyError(f"{self.name}: the gate told nothing:\n{output[-4000:]}")
        answer: dict[str, Any] = json.loads(told)
        return answer

    def judge_healthy(self, *options: str) -> dict[str, Any]:
        """As :meth:`judge`, where the web and the Celery app must load.

        Raises:
            NotReadyError: the gate came to no verdict, or had problems, or one of the two did not load.
        """
        told = self.judge(*options)
        problems = [f"{one['job']}: {one['message']}" for one in told["facts"]["problems"]]
        problems += [
            f"{seen['entry']['target']}: {seen['failure']['message']}"
            for seen in told["facts"]["entries"]
            # a console script may be broken in a healthy release: that is for the report
            if seen["failure"] is not None and seen["entry"]["kind"] in ("web", "celery")
        ]
        if problems:
            raise NotReadyError(f"{self.name} is not healthy:\n" + "\n".join(problems))
        return told

    def make_ready(self) -> None:
        """Make its environment if it is not there, install the gate as it is now, and lay out its project."""
        pins = (self.folder / "pins.txt").read_text(encoding="utf-8")
        done = self.home / "installed.txt"
        if not done.is_file() or done.read_text(encoding="utf-8") != pins:
            done.unlink(missing_ok=True)
            environment = str(self.home / "environment")
            version = self.settings["python"]
            self._uv("venv", "--clear", "--no-python-downloads", "--python", version, environment)
            # the gate's children write no bytecode: what is not compiled now would be compiled in each run
            install = ["pip", "install", "--compile-bytecode", "--python", str(self.python)]
            self._uv(*install, "-r", str(self.folder / "pins.txt"))
            done.write_text(pins, encoding="utf-8")
        if not self.apart:
            gate = ["--no-deps", "--reinstall", str(ROOT)]
            self._uv("pip", "install", "--python", str(self.python), *gate)
        self.lay_out()

    def lay_out(self) -> None:
        """Make its project's directory anew."""
        shutil.rmtree(self.project, ignore_errors=True)
        self.project.mkdir(parents=True)
        shutil.copy(self.folder / "pyproject.toml", self.project)
        for file, content in self.settings.get("files", {}).items():
            (self.project / file).write_text(content, encoding="utf-8")
        if setup := self.settings.get("setup"):
            self.run(setup)

    @property
    def results(self) -> dict[str, Any]:
        """What earlier runs have kept of it."""
        file = self.home / "results.json"
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return kept

    def keep(self, **results: object) -> None:
        """Keep results for the report, which is about all applications."""
        text = json.dumps({**self.results, **results}, indent=1)
        (self.home / "results.json").write_text(text, encoding="utf-8")

    def resolve(self) -> None:
        """Write pins.txt anew: what its requirements, pytest and the gate's needs are resolved to today."""
        content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        needs = ["pytest"] if self.apart else content["project"]["dependencies"]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join([*self.settings["requirements"], *needs]))
            file.flush()
            how = ["--quiet", "--no-annotate", "--no-header", "--python-version", self.settings["python"]]
            pins = str(self.folder / "pins.txt")
            self._uv("pip", "compile", *how, "--upgrade", "--output-file", pins, file.name)

    def _uv(self, *arguments: str) -> None:
        uv = shutil.which("uv") or "uv"
        done = subprocess.run([uv, *arguments], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise NotReadyError(f"{self.name}: uv {' '.join(arguments)}:\n{done.stderr[-4000:]}")

    def run(self, command: list[str]) -> str:
        """Run a command in its project, with its variables, and return what it prints.

        Raises:
            NotReadyError: it fails or takes too long.
        """
        try:
            return output_of(command, self.project, self.environ(), LIMIT)
        except MeasuringFailedError as error:
            raise NotReadyError(f"{self.name}: {error}") from None


def applications(names: list[str]) -> list[Application]:
    """The applications that are named, all of them when none is.

    Raises:
        NotReadyError: there is no such application.
    """
    folders = {path.parent.name: path for path in sorted(HERE.glob("*/pyproject.toml"))}
    if unknown := sorted(set(names) - set(folders)):
        raise NotReadyError(f"no such application: {', '.join(unknown)}; there are {', '.join(folders)}")
    found = []
    for name in names or folders:
        content = tomllib.loads(folders[name].read_text(encoding="utf-8"))
        found.append(Application(name, content["tool"]["realapps"]))
    return found
