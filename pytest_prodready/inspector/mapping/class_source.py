"""Where in the source a class, one of its attributes, or a column of a table is written."""

from __future__ import annotations

import ast
import functools
import sys

from ..nodes import last_name
from ..project import Project, source_file
from ..sources import tree_of


def attribute_place(
    cls: type, attribute: str, project: Project, files: dict[str, str] | None = None
) -> dict[str, object] | None:
    """The ``Location`` of ``attribute`` in ``cls`` or in the mixin that brings it; else of the class itself.

    Args:
        cls: the class.
        attribute: its attribute; empty for the class alone.
        project: tells which files are the application's.
        files: module → file, for modules that are not in ``sys.modules`` because their import failed.
    """
    fallback: dict[str, object] | None = None
    for base in cls.__mro__:
        file = (files or {}).get(base.__module__) or source_file(sys.modules.get(base.__module__))
        if not file or not project.owns_file(file):
            continue
        node = _class(file, base.__qualname__)
        if node is None:
            continue
        statement = _binding(node, attribute) if attribute else None
        if statement is not None:
            return project.location(file, statement.lineno)
        if base is cls:
            fallback = project.location(file, node.lineno)
    return fallback


def declares(cls: type, attribute: str) -> bool:
    """Whether the source of ``cls``, or of one of its bases, has a statement that binds ``attribute``."""
    for base in cls.__mro__:
        file = source_file(sys.modules.get(base.__module__))
        node = _class(file, base.__qualname__) if file else None
        if node is not None and _binding(node, attribute) is not None:
            return True
    return False


def column_place(file: str, variable: str, column: str, project: Project) -> dict[str, object] | None:
    """The ``Location`` of ``Column("column", …)`` in the statement of a module that binds ``variable``."""
    tree = tree_of(file)
    statement = _binding(tree, variable) if tree is not None else None
    if statement is None:
        return None
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and last_name(node.func) == "Column" and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and name.value == column:
                return project.location(file, node.lineno)
    return project.location(file, statement.lineno)


def imported(file: str, variable: str) -> bool:
    """Whether a module has ``variable`` out of another one, by its source."""
    names = _imported(file)
    if variable not in names and "*" not in names:
        return False
    tree = tree_of(file)
    return tree is None or _binding(tree, variable) is None


@functools.lru_cache(maxsize=256)
def _imported(file: str) -> frozenset[str]:
    """The names that a file imports out of modules; a star for all that one has."""
    tree = tree_of(file)
    return frozenset(
        alias.asname or alias.name
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def _class(file: str, qualname: str) -> ast.ClassDef | None:
    """The class statement of ``qualname``; inside functions by its last name alone, where that is unique."""
    found = _classes(file).get(
        qualname.rpartition("<locals>.")[2] if "<locals>" in qualname else qualname, []
    )
    return found[0] if len(found) == 1 or (found and "<locals>" not in qualname) else None


@functools.lru_cache(maxsize=256)
def _classes(file: str) -> dict[str, list[ast.ClassDef]]:
    """Every class statement of a file by its qualified name, inside of functions without theirs."""
    found: dict[str, list[ast.ClassDef]] = {}

    def collect(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                found.setdefault(prefix + child.name, []).append(child)
                collect(child, f"{prefix}{child.name}.")
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                collect(child, "")
            elif isinstance(child, ast.stmt):
                collect(child, prefix)

    tree = tree_of(file)
    if tree is not None:
        collect(tree, "")
    return found


def _binding(node: ast.ClassDef | ast.Module, name: str) -> ast.stmt | None:
    for statement in _flat(node.body):
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = list(statement.targets)  # type: ignore[arg-type]  # list is invariant
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
            return statement
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return statement
    return None


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body with those under ``if``, ``try`` and ``with`` beside them."""
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        for part in ("body", "orelse", "finalbody"):
            if isinstance(statement, (ast.If, ast.Try, ast.With)):
                found.extend(_flat(getattr(statement, part, [])))
    return found
