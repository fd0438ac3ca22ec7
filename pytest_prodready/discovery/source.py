"""Finds applications in the source: module-level objects, and factories that return one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_prodready.discovery.syntax import (
    assignments,
    last_name,
    module_level,
    own_body,
    requires_arguments,
    text,
)
from pytest_prodready.discovery.tree import Tree

_CONSTRUCTORS = {
    "fastapi": ("FastAPI",),
    "starlette": ("Starlette",),
    "flask": ("Flask",),
    "quart": ("Quart",),
    "litestar": ("Litestar",),
    "sanic": ("Sanic",),
    "apiflask": ("APIFlask",),
    "connexion": ("FlaskApp", "AsyncApp"),
    "falcon": ("App",),
    "bottle": ("Bottle",),
    "django": ("get_asgi_application", "get_wsgi_application"),
    "channels": ("ProtocolTypeRouter",),
    "celery": ("Celery",),
}
"""Top-level package → what makes an application in it."""
_WORDS = [name for names in _CONSTRUCTORS.values() for name in names]
_MADE = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b|\bextensions\[".encode())
_FACTORIES = frozenset(
    [
        "create_app",
        "make_app",
        "get_app",
        "build_app",
        "create_application",
        "make_application",
        "get_application",
        "create_celery",
        "make_celery",
        "create_celery_app",
        "get_celery_app",
    ]
)
_FILES = {
    "web": ("main", "app", "asgi", "wsgi", "server", "api", "application", "__init__"),
    "celery": ("celery", "celery_app", "celeryapp", "worker", "main", "app", "tasks", "__init__"),
}
"""Conventional files, the likeliest first."""
_NAMES = ("app", "application", "api", "celery_app", "celery")
_TRANSPARENT = frozenset({"cache", "lru_cache"})
"""Decorators after which a function is called and returns as before."""
_ROUNDS = 4
"""A class derived from a framework's, a factory that makes one, a module that calls it: one file each."""


@dataclass(frozen=True)
class Candidate:
    """An object or a factory that production may start."""

    kind: str
    path: str
    name: str
    line: int
    made_by: str
    """The class or function that makes it."""
    factory: bool = False

    @property
    def attribute(self) -> str:
        """The part of the import string behind the colon."""
        return f"{self.name}()" if self.factory else self.name

    @property
    def rank(self) -> tuple[int, int, bool, int, str, int]:
        """Its place among the others: conventional file, nearness to the root, object before factory."""
        path, files = PurePosixPath(self.path), _FILES[self.kind]
        file = files.index(path.stem) if path.stem in files else len(files)
        name = _NAMES.index(self.name) if self.name in _NAMES else len(_NAMES)
        return (file, len(path.parts), self.factory, name, self.path, self.line)


def candidates(tree: Tree) -> list[Candidate]:
    """Every candidate of the project, the likeliest first."""
    own = frozenset({""}.union(*(path.removesuffix(".py").split("/") for path in tree.files)))
    readers: dict[str, _Reader] = {}
    made = _MADE
    classes: dict[str, str] = {}
    factories: dict[str, str] = {}
    for _ in range(_ROUNDS):
        for path in tree.files:
            if path not in readers and made.search(tree.data(path)) and (module := tree.syntax(path)):
                readers[path] = _Reader(path, module, own)
        known = {**classes, **factories}
        for reader in readers.values():
            reader.learn(classes)
            classes.update(reader.classes)
            factories.update(reader.factories)
        new = {*classes, *factories} - set(known)
        if not new:
            break
        made = re.compile(rf"\b(?:{'|'.join(map(re.escape, new))})\b".encode())
    objects = [found for reader in readers.values() for found in reader.objects(factories)]
    used = {(found.kind, found.made_by) for found in objects}
    makers = [
        found
        for reader in readers.values()
        for found in reader.makers()
        if (found.kind, found.name) not in used
    ]
    return sorted([*objects, *makers], key=lambda found: found.rank)


def conventional(found: Iterable[Candidate], kind: str) -> list[Candidate]:
    """Objects in files of conventional names, the likeliest first; one of each file."""
    files: dict[str, Candidate] = {}
    for one in found:
        if one.kind == kind and not one.factory and PurePosixPath(one.path).stem in _FILES[kind]:
            files.setdefault(one.path, one)
    return [*files.values()]


class _Reader:
    """What one file makes.

    Args:
        path: the file, relative to the root.
        module: its syntax tree.
        own: names that the project's own modules and packages have; the empty one is a relative import's.
    """

    def __init__(self, path: str, module: ast.Module, own: frozenset[str]) -> None:
        self.path = path
        self.own = own
        self.module = module
        self.names: dict[str, tuple[str, str]] = {}  # local name → (top-level package, name in it)
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom):
                top = "" if node.level else (node.module or "").partition(".")[0]
                for alias in node.names:
                    self.names[alias.asname or alias.name] = (top, alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self.names[alias.asname or top] = (top, "")
        self.derived: list[ast.ClassDef] = []
        self.functions: dict[str, ast.FunctionDef] = {}
        for statement in module_level(module.body):
            if isinstance(statement, ast.ClassDef):
                self.derived.append(statement)
            elif isinstance(statement, ast.FunctionDef):
                self.functions[statement.name] = statement
        self.classes: dict[str, str] = {}
        self.factories: dict[str, str] = {}
        self.elsewhere: dict[str, str] = {}

    def learn(self, classes: dict[str, str]) -> None:
        """Look at the file again, knowing the application classes of the other files."""
        self.elsewhere = dict(classes)
        for node in self.derived:
            if kind := next(filter(None, map(self._class_kind, node.bases)), ""):
                self.classes[node.name] = kind
        for name, function in self.functions.items():
            if kind := self._returns(function):
                self.factories[name] = kind

    def objects(self, factories: dict[str, str]) -> Iterator[Candidate]:
        """Module-level names that hold an application, each once."""
        seen: set[str] = set()
        for statement in module_level(self.module.body):
            for name, value in assignments(statement):
                made = self._made(value, factories)
                if made and name not in seen:
                    seen.add(name)
                    yield Candidate(made[0], self.path, name, statement.lineno, made[1])

    def makers(self) -> Iterator[Candidate]:
        """Functions with a factory's name that return an application and can be called without arguments."""
        for name, kind in self.factories.items():
            node = self.functions[name]
            if name in _FACTORIES and not requires_arguments(node.args):
                yield Candidate(kind, self.path, name, node.lineno, name, factory=True)

    def _made(self, value: ast.expr, factories: dict[str, str]) -> tuple[str, str] | None:
        """The kind of application that an expression makes, and what makes it."""
        if isinstance(value, ast.Subscript):  # celery_app = flask_app.extensions["celery"]
            key = value.slice
            stored = isinstance(value.value, ast.Attribute) and value.value.attr == "extensions"
            return ("celery", 'extensions["celery"]') if stored and text(key) == "celery" else None
        if not isinstance(value, ast.Call):
            return None
        if kind := self._class_kind(value.func):
            return kind, last_name(value.func)
        if isinstance(value.func, ast.Name):
            name = value.func.id
            if name in self.factories:
                return self.factories[name], name
            top, original = self.names.get(name, ("", ""))
            if original in factories and top in self.own:
                return factories[original], original
        return None

    def _class_kind(self, node: ast.expr) -> str:
        """``web`` or ``celery`` for an expression that names a constructor; else empty."""
        if isinstance(node, ast.Name):
            if node.id in self.classes:
                return self.classes[node.id]
            top, name = self.names.get(node.id, ("", ""))
        elif isinstance(node, ast.Attribute):
            base = node.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if not isinstance(base, ast.Name) or base.id not in self.names:
                return ""
            top, name = self.names[base.id][0], node.attr
        else:
            return ""
        if name not in _CONSTRUCTORS.get(top, ()):
            return self.elsewhere.get(name, "") if top in self.own else ""
        return "celery" if top == "celery" else "web"

    def _returns(self, function: ast.FunctionDef) -> str:
        """The kind of application that a function returns; empty when it returns none, or is decorated."""
        if any(last_name(decorator) not in _TRANSPARENT for decorator in function.decorator_list):
            return ""
        local: dict[str, str] = {}
        annotated = self._class_kind(function.returns) if function.returns else ""
        for node in own_body(function):
            for name, value in assignments(node):
                made = self._made_here(value)
                if made:
                    local[name] = made
            if isinstance(node, (ast.Yield, ast.YieldFrom)):
                return ""
        for node in own_body(function):
            if isinstance(node, ast.Return) and node.value is not None:
                kind = self._made_here(node.value)
                if isinstance(node.value, ast.Name):
                    kind = local.get(node.value.id, "")
                if kind:
                    return kind
        return annotated

    def _made_here(self, value: ast.expr) -> str:
        return self._class_kind(value.func) if isinstance(value, ast.Call) else ""
