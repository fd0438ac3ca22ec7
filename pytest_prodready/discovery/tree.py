"""The project's source files, found by one bounded walk and read without being imported."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_prodready.discovery import yaml_nodes

if TYPE_CHECKING:
    import yaml

NOT_PRODUCTION = frozenset(
    [
        "tests",
        "test",
        "testing",
        "testutils",
        "docs",
        "doc",
        "examples",
        "example",
        "samples",
        "benchmarks",
        "scripts",
        "bin",
        "migrations",
        "alembic",
        "build",
        "dist",
        "site-packages",
        "node_modules",
        "venv",
        "env",
        "__pycache__",
        "__pypackages__",
    ]
)
"""Directories that production does not start from, by name."""
AMBIGUOUS = frozenset({"build", "dist", "env", "testing", "samples"})
"""Of these, the ones that are production's where they are packages."""
_MOST_FILES = 20_000
_MOST_ENTRIES = 200_000
_LARGEST = 1 << 20
_DEPLOYMENT = re.compile(
    r"Procfile|Dockerfile.*|.*\.(?i:dockerfile)|.*\.ya?ml(\.j2)?|.*\.service(\.j2)?|.*\.conf(\.j2)?|.*\.ini|.*\.tpl|celery\w*"
)
"""Names of files in which a deployment says what it starts."""
_MOST_DEPLOYMENT = 1_000
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import|import[ \t]+([A-Za-z_][\w.]*))", re.MULTILINE
)


class Tree:
    """The Python files below ``root`` that production may run.

    Args:
        root: the project's directory, absolute.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.complete = True
        """The walk saw everything; false when it met its bounds."""
        self._syntax: dict[str, ast.Module | None] = {}
        self._bytes: dict[str, bytes] = {}
        self._documents: dict[str, list[yaml.Node | None] | None] = {}
        self._deployment: list[str] = []

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Paths relative to the root, with ``/``, those nearest to the root first."""
        found: list[str] = []
        entries, level = 0, [""]
        while level:
            deeper: list[str] = []
            for directory in level:
                for entry in self._entries(directory):
                    entries += 1
                    if entries > _MOST_ENTRIES or len(found) >= _MOST_FILES:
                        self.complete = False
                        return tuple(found)
                    path = f"{directory}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        if self._may_hold_production(entry):
                            deeper.append(path + "/")
                    elif entry.name.endswith(".py"):
                        if not _is_test(entry.name):
                            found.append(path)
                    elif _DEPLOYMENT.fullmatch(entry.name) and len(self._deployment) < _MOST_DEPLOYMENT:
                        self._deployment.append(path)
            level = deeper
        return tuple(found)

    @property
    def deployment(self) -> tuple[str, ...]:
        """Paths of the files that may say what production starts, those nearest to the root first."""
        _ = self.files  # one walk finds both
        return tuple(self._deployment)

    def imports(self, path: str) -> list[str]:
        """The dotted names that a file's absolute imports name, one for each statement."""
        return [(first or second).decode() for first, second in _IMPORT.findall(self.data(path))]

    def data(self, path: str) -> bytes:
        """The bytes of a file; none when it cannot be read or is too large."""
        if path not in self._bytes:
            try:
                with (self.root / path).open("rb") as file:
                    data = file.read(_LARGEST + 1)
            except (OSError, ValueError):
                data = b""
            self._bytes[path] = data if len(data) <= _LARGEST else b""
        return self._bytes[path]

    def documents(self, path: str) -> list[yaml.Node | None] | None:
        """The documents of a YAML file, each by its first node; ``None`` when it cannot be read as YAML."""
        if path not in self._documents:  # the parser is slow, and several look for their own in one file
            try:
                self._documents[path] = yaml_nodes.documents(self.data(path).decode(errors="replace"))
            except yaml_nodes.NotReadError:  # as of a template that is YAML only once it is filled in
                self._documents[path] = None
        return self._documents[path]

    def syntax(self, path: str) -> ast.Module | None:
        """The syntax tree of a file; ``None`` when there is none, or it is no Python."""
        if path not in self._syntax:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # the application's own invalid escapes
                    self._syntax[path] = ast.parse(self.data(path)) if self.data(path) else None
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._syntax[path] = None
        return self._syntax[path]

    def file_of(self, module: str, root: str = "") -> str:
        """The file of a dotted module below the import root ``root``; empty when there is none."""
        base = str(PurePosixPath(root, *module.split(".")))
        for path in (f"{base}.py", f"{base}/__init__.py"):
            if os.path.isfile(self.root / path):  # noqa: PTH113 - Path.is_file() raises on too long a name
                return path
        return ""

    def is_package(self, directory: str) -> bool:
        """Whether a directory, relative to the root, has an ``__init__.py``."""
        return os.path.isfile(self.root / directory / "__init__.py")  # noqa: PTH113 - as in file_of()

    def inside(self, place: str) -> str:
        """A place relative to the root; empty when it lies outside, as paths of a production image do."""
        try:
            return (self.root / place).resolve().relative_to(self.root).as_posix()
        except (ValueError, OSError, RuntimeError):  # outside, no path at all, a loop of links
            return ""

    def directory(self, place: str) -> str:
        """The same for what is a directory; empty for anything else, too."""
        inside = self.inside(place)
        return inside if inside and os.path.isdir(self.root / inside) else ""  # noqa: PTH112 - as in file_of()

    def directories(self, places: Iterable[str]) -> list[str]:
        """Those of the places that are directories of the project, relative to the root."""
        return [inside for place in places if (inside := self.directory(place))]

    def _entries(self, directory: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / directory) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return []

    def _may_hold_production(self, entry: os.DirEntry[str]) -> bool:
        if entry.name.startswith(".") or os.path.isfile(f"{entry.path}/pyvenv.cfg"):  # noqa: PTH113 - a string
            return False
        if entry.name in NOT_PRODUCTION:
            return entry.name in AMBIGUOUS and os.path.isfile(f"{entry.path}/__init__.py")  # noqa: PTH113 - a string
        return True


def _is_test(name: str) -> bool:
    if name in {"conftest.py", "setup.py", "noxfile.py", "fabfile.py", "locustfile.py", "hatch_build.py"}:
        return True
    return name.startswith("test_") or name.endswith("_test.py")
