"""The type checkers that the gate is compared with, set up for an application as a good team would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from _application import Application, NotReadyError
from _names_messages import Message, Said, messages

PLACE = Path(tempfile.gettempdir(), "prodready-names-tools")
"""Where their environments are made, outside of this project; they are kept between runs."""
SQLALCHEMY = "sqlalchemy"
TOOLS = ("mypy", "pyright", "ty")
LIMIT = 3000
"""Seconds that one run of a tool may take."""
STUBS = {
    "django": ("django-stubs",),
    "djangorestframework": ("djangorestframework-stubs",),
    "django-filter": ("django-filter-stubs",),
    "celery": ("celery-types",),
    SQLALCHEMY: ("sqlalchemy2-stubs",),
    "requests": ("types-requests",),
    "pyyaml": ("types-PyYAML",),
    "python-dateutil": ("types-python-dateutil",),
    "pytz": ("types-pytz",),
}
"""What a team installs for its libraries; SQLAlchemy's is for 1.4, later ones bring their types."""
PLUGINS = {
    "django": "mypy_django_plugin.main",
    "djangorestframework": "mypy_drf_plugin.main",
    SQLALCHEMY: "sqlalchemy.ext.mypy.plugin",
    "pydantic": "pydantic.mypy",
}


class Checkers:
    """The type checkers in an environment of their own, which sees the application's libraries.

    Args:
        application: its packages lie in its project.
        files: those of its closure, relative to the project: what the tools judge.
    """

    def __init__(self, application: Application, files: Iterable[str]) -> None:
        self.application = application
        self.files = sorted(files)
        self.home = PLACE / application.name
        self.python = self.home / "bin" / "python"
        self.pins = _pins(application)
        crashed = self.home / "without.txt"
        self.without = crashed.read_text(encoding="utf-8").split() if crashed.is_file() else []
        """Libraries with whose plugin mypy ends with an internal error, so that it goes without."""

    def install(self) -> str:
        """Make their environment if it is not there.

        Returns:
            The versions of what was installed.
        """
        stubs = [one for name in self.pins for one in STUBS.get(name, ()) if self._wanted(name)]
        wanted = "\n".join([*TOOLS, *stubs])
        done = self.home / "installed.txt"
        if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
            version = self.application.settings["python"]
            _run("uv", "venv", "--clear", "--no-python-downloads", "--python", version, str(self.home))
            # the application's own versions, where stubs bring the library with them
            same = ("--constraint", str(self.home / "same.txt"))
            libraries = "".join(
                f"{name}=={self.pins[name]}\n"
                for name in ("django", "djangorestframework")
                if name in self.pins
            )
            (self.home / "same.txt").write_text(libraries, encoding="utf-8")
            _run("uv", "pip", "install", "--python", str(self.python), *same, *TOOLS, *stubs)
            (library,) = (self.home / "lib").glob("python*/site-packages")
            (library / "application.pth").write_text(f"{self.application.library}\n", encoding="utf-8")
            done.write_text(wanted, encoding="utf-8")
        frozen = _run("uv", "pip", "list", "--python", str(self.python), "--format", "json")
        names = {*TOOLS, *stubs}
        return ", ".join(
            f"{one['name']} {one['version']}"
            for one in json.loads(frozen)
            if one["name"] in {n.lower() for n in names}
        )

    def _wanted(self, name: str) -> bool:
        return name != SQLALCHEMY or self.pins[name].startswith("1.")

    def run(self, tool: str) -> Said:
        """What a tool says of the project as it is, without anything kept from an earlier run.

        Raises:
            NotReadyError: it did not come to an end, or did not judge.
        """
        started = time.perf_counter()
        done = subprocess.run(
            self.command(tool),
            cwd=self.application.project,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        seconds = time.perf_counter() - started
        if tool == "mypy" and "INTERNAL ERROR" in done.stdout + done.stderr and not self.without:
            self.without = [SQLALCHEMY]
            (self.home / "without.txt").write_text(SQLALCHEMY, encoding="utf-8")
            return self.run(tool)
        if done.returncode not in (0, 1):
            raise NotReadyError(
                f"{tool} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
            )
        found = messages(tool, done.stdout, self.application.project)
        return Said([one for one in found if one.file in set(self.files)], seconds)

    @property
    def told(self) -> Path:
        """Where the last runs are kept."""
        return self.home / "told.json"

    def keep(self, faults: list[str], before: dict[str, Said], after: dict[str, Said]) -> None:
        """Keep what the tools said of the release, and of its copy with these faults."""
        tools = {tool: [asdict(said), asdict(after[tool])] for tool, said in before.items()}
        self.told.write_text(json.dumps({"faults": faults, "tools": tools}), encoding="utf-8")

    def recall(self) -> dict[str, Any]:
        """The faults, and for each tool its two runs, as they were kept."""
        content: dict[str, Any] = json.loads(self.told.read_text(encoding="utf-8"))
        tools = {
            tool: [Said([Message(**one) for one in run["messages"]], run["seconds"]) for run in runs]
            for tool, runs in content["tools"].items()
        }
        return {**content, "tools": tools}

    def command(self, tool: str) -> list[str]:
        """The command of a tool; its settings are written beside the project's directory."""
        settings = self.home / "settings"
        settings.mkdir(exist_ok=True)
        tools = self.python.parent
        if tool == "mypy":
            file = settings / "mypy.ini"
            file.write_text(self._mypy_settings(), encoding="utf-8")
            listed = settings / "files.txt"
            listed.write_text("\n".join(self.files), encoding="utf-8")
            shown = ["--no-pretty", "--hide-error-context", "--no-error-summary", "--show-error-codes"]
            return [
                str(tools / "mypy"),
                "--config-file",
                str(file),
                "--cache-dir",
                os.devnull,
                *shown,
                f"@{listed}",
            ]
        if tool == "pyright":
            file = self.application.project / "pyrightconfig.json"  # its paths must be relative
            content = {
                "include": self.files,
                "pythonVersion": self.application.settings["python"],
                "typeCheckingMode": "standard",
                "exclude": [],
            }
            file.write_text(json.dumps(content), encoding="utf-8")
            return [
                str(tools / "pyright"),
                "--project",
                str(file),
                "--pythonpath",
                str(self.python),
                "--outputjson",
            ]
        return [
            *(str(tools / "ty"), "check", "--python", str(self.home), "--output-format", "concise"),
            *("--python-version", self.application.settings["python"], "--no-progress", *self.files),
        ]

    def environ(self) -> dict[str, str]:
        """The application's variables: a plugin starts Django."""
        mine = {"PYTHONPATH": str(self.application.project), "MYPYPATH": str(self.application.project)}
        return {**self.application.environ(), **mine}

    def _mypy_settings(self) -> str:
        names = [name for name in PLUGINS if name in self.pins and self._wanted(name)]
        plugins = [PLUGINS[name] for name in names if name not in self.without]
        text = "[mypy]\n"
        if plugins:
            text += f"plugins = {', '.join(plugins)}\n"
        text += (
            f"python_executable = {self.python}\n"
            "check_untyped_defs = true\n"
            "ignore_missing_imports = true\n"
            "follow_untyped_imports = true\n"
            "explicit_package_bases = true\n"
        )
        if "django" in self.pins:
            module = self.application.settings["environment"]["DJANGO_SETTINGS_MODULE"]
            text += f"\n[mypy.plugins.django-stubs]\ndjango_settings_module = {module}\n"
        return text


def _pins(application: Application) -> dict[str, str]:
    """Distribution → version, as the application's environment has them."""
    text = (application.folder / "pins.txt").read_text(encoding="utf-8")
    found = (line.partition("==") for line in text.splitlines() if "==" in line)
    return {name.partition("[")[0].strip().lower(): version.split()[0] for name, _, version in found}


def _run(command: str, *arguments: str) -> str:
    program = shutil.which(command) or command
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReadyError(f"{command} {' '.join(arguments)}:\n{done.stderr[-4000:]}")
    return done.stdout
