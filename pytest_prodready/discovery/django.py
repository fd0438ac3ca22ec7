"""Finds a Django project: its settings module and its WSGI or ASGI application, by reading alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.syntax import text
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location

VARIABLE = "DJANGO_SETTINGS_MODULE"
_DEEPEST = 10
_READS_ENV_FILE = re.compile(rb"load_dotenv|read_dotenv|read_env|autoconfig|decouple")
"""In manage.py: a library takes variables from a file, before the default is set."""
_IN_ENV_FILE = re.compile(
    rb"""^[ \t]*(?:export[ \t]+)?DJANGO_SETTINGS_MODULE[ \t]*=[ \t]*(["']?)([\w.]+)\1[ \t]*(?:#.*)?$""",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Django:
    """A project with a manage.py."""

    manage: str
    """The path of manage.py; its directory is what Django puts on ``sys.path``."""
    settings_module: str

    @property
    def directory(self) -> str:
        """The directory of manage.py, relative to the root; empty for the root itself."""
        parent = str(PurePosixPath(self.manage).parent)
        return "" if parent == "." else parent


def find(tree: Tree, environ: Mapping[str, str]) -> Django | None:
    """The project of the manage.py nearest to the root, if there is one."""
    for path in tree.files:
        if PurePosixPath(path).name == "manage.py" and b"django" in tree.data(path):
            return Django(path, environ.get(VARIABLE) or _settings_of(tree, path))
    return None


def _settings_of(tree: Tree, manage: str) -> str:
    """The settings module that manage.py gets where the environment says nothing.

    From a file ``.env`` beside it, or at the root, where it reads one; such a file is also what a platform
    gives the process, where manage.py has no default.
    """
    named = settings_named_in(tree, manage)
    if named and not _READS_ENV_FILE.search(tree.data(manage)):
        return named
    for place in dict.fromkeys((str(PurePosixPath(manage).parent / ".env"), ".env")):
        if found := _IN_ENV_FILE.search(tree.data(place)):
            return found[2].decode()
    return named


def settings_named_in(tree: Tree, path: str) -> str:
    """The settings module that a file sets as a default (manage.py, wsgi.py, celery.py); else empty."""
    if VARIABLE.encode() not in tree.data(path):
        return ""
    module = tree.syntax(path)
    names = [name for node in (ast.walk(module) if module else ()) for name in _settings_set_by(node)]
    return next((name for name in names if "test" not in name), "")


def _settings_set_by(node: ast.AST) -> Iterator[str]:
    key: ast.expr | None = None
    value: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 2:
        if node.func.attr == "setdefault":
            key, value = node.args
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        key, value = node.targets[0].slice, node.value
    if not isinstance(key, ast.Constant) or key.value != VARIABLE or not isinstance(value, ast.Constant):
        return
    if isinstance(value.value, str):
        yield value.value


def application(tree: Tree, django: Django) -> Start | None:
    """The application that ``ASGI_APPLICATION``, else ``WSGI_APPLICATION`` of the settings names."""
    for name in ("ASGI_APPLICATION", "WSGI_APPLICATION"):
        found = _constant(tree, django.directory, django.settings_module, name)
        if found:
            value, path, line = found
            module, _, attribute = value.rpartition(".")
            if module:
                words = f"{name} in {path}"
                return Start("web", words, Location(path, line), target=f"{module}:{attribute}")
    return None


def _constant(tree: Tree, root: str, module: str, name: str, depth: int = 0) -> tuple[str, str, int] | None:
    """A string constant of the settings, followed through ``from .base import *``: value, file, line."""
    path = tree.file_of(module, root) if module and depth < _DEEPEST else ""
    syntax = tree.syntax(path) if path else None
    for node in reversed(syntax.body if syntax else []):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            named = any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
            if named:
                value = node.value.value
                return (value, path, node.lineno) if isinstance(value, str) else None
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            base = _absolute(node, module, package=path.endswith("/__init__.py"))
            if found := _constant(tree, root, base, name, depth + 1):
                return found
    return None


def _absolute(node: ast.ImportFrom, module: str, *, package: bool) -> str:
    """The module that an import names, seen from ``module``."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    drop = node.level - package
    kept = parts[: len(parts) - drop] if drop else parts
    return ".".join([*kept, *([node.module] if node.module else [])])


def path_additions(tree: Tree, path: str) -> Iterator[tuple[str, bool]]:
    """The directories that a file puts on ``sys.path``, relative to its own, each with whether it goes first.

    Read are the string constants of the call: ``sys.path.append(str(here / "apps"))``.
    """
    module = tree.syntax(path) if b"sys.path" in tree.data(path) else None
    for node in ast.walk(module) if module else ():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("append", "insert") and ast.unparse(node.func.value) == "sys.path":
            inner = [one for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.expr)]
            parts = [text(one) for one in sorted(inner, key=_position) if text(one)]
            if parts and not any(part.startswith("/") for part in parts):
                yield "/".join(parts), node.func.attr == "insert"


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset
