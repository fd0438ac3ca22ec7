"""Where in the application's source an option of a class names something."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ...nodes import last_name, walk
from ...project import Project, source_file
from ...sources import tree_of
from ..value import Asked
from .lookup_paths import Missing


class Declared(NamedTuple):
    """One name in an option of a class, and the file that it stands in."""

    asked: Asked
    file: str


class Place(NamedTuple):
    """A line of the application's."""

    file: str
    line: int


def place(cls: type, option: str, written: str, project: Project) -> Place | None:
    """Where ``written`` stands in an option of a class.

    Args:
        cls: the class; the option may be that of a base.
        option: its name, ``fields``, or ``Meta.fields``.
        written: the name in it.
        project: tells what is the application's.

    Returns:
        The line of the text, or of an option of that name; ``None`` where it does not stand in the
        application's own class: a constant of another module, a list that is made, an option of a library's.
    """
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        file = source_file(module) if module is not None else ""
        tree = tree_of(file) if file and project.owns_file(file) else None
        node = _class(tree, base.__qualname__.split(".")) if tree is not None else None
        for statement in _bindings(node, option.split(".")) if node is not None else ():
            for one in walk(statement):
                if isinstance(one, ast.Constant) and one.value == written:
                    return Place(file, one.lineno)
            return Place(file, statement.lineno) if written == option else None
    return None


def owned(cls: type, project: Project) -> bool:
    """Whether a class is of the application's own source."""
    module = sys.modules.get(cls.__module__)
    return module is not None and project.owns_loaded(module)


def attempt(read: Callable[[], Iterable[Declared]]) -> list[Declared]:
    """What ``read`` gives of one class; nothing where that raises: a class may hold anything."""
    try:
        return list(read())
    except Exception:
        return []


def declaration(
    cls: type,
    option: str,
    written: str,
    model: type,
    missing: Missing | None,
    project: Project,
    *,
    certain: bool = True,
) -> Iterator[Declared]:
    """One name in an option; nothing where it does not stand in the application's own source."""
    found = place(cls, option, written, project)
    if found is None:
        return
    asked = Asked(model, written, f"{cls.__name__}.{option}", found.line, certain=certain)
    if missing is not None:
        asked = asked._replace(missing=missing.part, at=missing.at, near=missing.near)
    yield Declared(asked, found.file)


def library(module: str, name: str) -> type:
    """A class of a library that is loaded."""
    found: type = vars(sys.modules[module])[name]
    return found


def below(cls: type) -> Iterator[type]:
    """Every loaded class that descends from ``cls``."""
    seen: set[int] = set()
    waiting: list[type] = type.__subclasses__(cls)
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting.extend(type.__subclasses__(one))


def words(value: object) -> list[str]:
    """The texts in a list or tuple, however deep; the keys of a dictionary; a text by itself."""
    if type(value) is str:
        return [value]
    if type(value) in (list, tuple, set, dict):
        return [one for each in list(value) for one in words(each)]  # type: ignore[call-overload]
    return []


def _class(node: ast.AST, names: list[str]) -> ast.ClassDef | None:
    """The one class of a qualified name; ``None`` where there are several."""
    if "<locals>" in names:
        return None
    found = [one for one in _flat(node) if isinstance(one, ast.ClassDef) and one.name == names[0]]
    if len(found) != 1:
        return None
    return found[0] if len(names) == 1 else _class(found[0], names[1:])


def _bindings(node: ast.ClassDef, names: list[str]) -> Iterator[ast.expr]:
    """The values that a name is bound to in a class; of ``Meta.fields`` in the class within."""
    for one in _flat(node):
        if len(names) > 1:
            if isinstance(one, ast.ClassDef) and one.name == names[0]:
                yield from _bindings(one, names[1:])
        elif isinstance(one, ast.Assign):
            if any(isinstance(target, ast.Name) and target.id == names[0] for target in one.targets):
                yield one.value
        elif isinstance(one, ast.AnnAssign) and one.value is not None and last_name(one.target) == names[0]:
            yield one.value


def _flat(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a body, those under ``if`` and ``try`` too."""
    for field in ("body", "orelse", "finalbody"):
        for one in getattr(node, field, ()):
            yield one
            if isinstance(one, (ast.If, ast.Try, ast.With)):
                yield from _flat(one)
