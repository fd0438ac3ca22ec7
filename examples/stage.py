"""The healthy examples, their faults, and what they need to run: the stage for the demo and the tests."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from postgres import create_database

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
CURATION, MARKETPLACE = "curation", "marketplace"
FAULTS = {CURATION: "faults.toml", MARKETPLACE: "marketplace_faults.toml"}
"""Example → the file with its faults; both stand beside this one."""


@dataclass(frozen=True)
class Expectation:
    """One finding that the gate must report: its code, level and subject, and the line it must name."""

    code: str
    level: str
    subject: str
    file: str
    line_text: str
    """Stands on the line; empty for a file that has no lines."""

    def line(self, project: Path) -> int:
        """The number of the one line that holds the text; ValueError when there is none or more than one."""
        if not self.line_text:
            return 1
        lines = (project / self.file).read_text(encoding="utf-8").splitlines()
        found = [number for number, line in enumerate(lines, 1) if self.line_text in line]
        if len(found) != 1:
            raise ValueError(f"{self.file} has {len(found)} lines with {self.line_text!r}, not one.")
        return found[0]


@dataclass(frozen=True)
class Fault:
    """One way to break a healthy example, as it happened in production."""

    id: str
    incident: str
    title: str
    patch: Path | None
    """None where the fault is not in the files."""
    only_with: str | None
    """The requirement that what is installed must satisfy for the fault to show; None: nothing."""
    compiled: tuple[str, ...]
    """Modules of which only the compiled file is left behind."""
    sqlite: bool
    """The gate is given an SQLite database that the migrations have made."""
    arguments: tuple[str, ...]
    """Options of the gate without which it does not look."""
    expect: tuple[Expectation, ...]

    def shows_here(self) -> bool:
        """Whether what is installed shows the fault at all."""
        if self.only_with is None:
            return True
        wanted = Requirement(self.only_with)
        try:
            return metadata.version(wanted.name) in wanted.specifier
        except metadata.PackageNotFoundError:
            return False


def faults(example: str = CURATION) -> list[Fault]:
    """All faults of an example, in the order of its file."""
    text = (HERE / FAULTS[example]).read_text(encoding="utf-8")
    tables: list[dict[str, Any]] = tomllib.loads(text)["fault"]
    return [
        Fault(
            id=table["id"],
            incident=table["incident"],
            title=table["title"],
            patch=HERE / "faults" / table["patch"] if "patch" in table else None,
            only_with=table.get("only_with"),
            compiled=tuple(table.get("compiled", ())),
            sqlite=table.get("sqlite", False),
            arguments=tuple(table.get("arguments", ())),
            expect=tuple(Expectation(**expected) for expected in table["expect"]),
        )
        for table in tables
    ]


def chosen(ids: str, example: str = CURATION) -> list[Fault]:
    """The faults with these ids, joined with `+`: `A1+D1`; KeyError for an unknown one."""
    known = {one.id: one for one in faults(example)}
    return [known[name] for name in ids.split("+")]


def copy_example(destination: Path, fault: str | None = None, example: str = CURATION) -> Path:
    """Copy a healthy example to a folder that does not exist yet, break it, and give the folder.

    `fault` is the id of one fault, or several joined with `+`. Raises KeyError for an unknown id and
    RuntimeError, with git's words, when a patch does not apply.
    """
    wanted = chosen(fault, example) if fault else []
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    project = shutil.copytree(HERE / example, destination, ignore=ignored).resolve()
    for one in wanted:
        if one.patch is not None:
            _apply(one.patch, project, example)
        for name in one.compiled:
            source = project / name
            # The file's name is what a traceback shows: where it was compiled, as in an image's build.
            py_compile.compile(str(source), cfile=str(source.with_suffix(".pyc")), dfile=name, doraise=True)
            source.unlink()
    return project


def _apply(patch: Path, project: Path, example: str) -> None:
    # git must not see a repository around the copy: it would take the patch's paths from that one's root,
    # pass over all of them without a word, and call that a success. GIT_DIR, set in hooks, does the same.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables["GIT_CEILING_DIRECTORIES"] = str(project.parent)
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
        raise RuntimeError(f"{patch.name} does not apply to examples/{example}: {done.stdout.strip()}")


def environment(url: str, example: str = CURATION) -> dict[str, str]:
    """The variables that an example needs, for a database of its own."""
    if example == MARKETPLACE:
        return {
            "DATABASE_URL": url,
            "SECRET_KEY": "an example's key: long, and of 26 different characters, J-V-W-X-Z-q",
            "ALLOWED_HOSTS": "marketplace.example",
            "EMAIL_HOST": "mail.marketplace.example",
            "CELERY_BROKER_URL": "memory://",
            "OPENAI_API_KEY": "an-example-key",
        }
    return {
        "DATABASE_URL": urlsplit(url)._replace(scheme="postgresql+asyncpg").geturl(),
        "ADMIN_TOKEN": "an-example-token",
    }


def database(server: str, name: str, project: Path) -> str:
    """Create the database `prodready_<name>` on a server, as the last deployment has left it; its URL.

    A fault may be in the curation portal's own schema; the marketplace's database is that of the healthy one.
    """
    schema = project / "schema.sql"
    if schema.exists():
        return create_database(server, name, schema.read_text(encoding="utf-8"))
    return migrate(create_database(server, name))


def migrate(url: str) -> str:
    """Run the marketplace's migrations on a database and give its URL; CalledProcessError when they fail."""
    variables = os.environ | environment(url, MARKETPLACE) | {"PYTHONDONTWRITEBYTECODE": "1"}
    variables.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=HERE / MARKETPLACE,
        env=variables,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )
    return url
