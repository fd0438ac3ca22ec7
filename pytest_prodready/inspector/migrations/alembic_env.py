"""What env.py says, by its source: it connects when it is run, so it is not run."""

from __future__ import annotations

import ast
import os
from typing import Any

from ..nodes import last_name
from ..project import Project, source_file
from ..sources import tree_of

FILTERS = ("include_object", "include_name", "include_symbol")
"""Options of ``context.configure`` that leave tables to somebody else."""


def read(directory: str, project: Project) -> dict[str, Any]:
    """The fields of an ``Alembic`` that its env.py answers.

    Args:
        directory: its scripts, absolute.
        project: the application.
    """
    file = os.path.join(directory, "env.py")
    tree = tree_of(file)
    facts: dict[str, Any] = {"filtered": "", "version_known": tree is not None}
    if tree is None:
        return facts
    constants = _constants(tree)
    tables: set[str | None] = set()
    schemas: set[str | None] = set()
    for name, value in _options(tree):
        text = _text(value, constants)
        if name == "version_table":
            tables.add(text)
        elif isinstance(value, ast.Constant) and value.value is None:
            continue
        elif name == "version_table_schema":
            schemas.add(text)
        elif name in FILTERS:
            facts["filtered"] = f"{name} in {project.relative(file)}:{value.lineno}"
    if tables - {None}:
        facts["version_table"] = next(iter(tables - {None}))
    if schemas - {None}:
        facts["version_schema"] = next(iter(schemas - {None}))
    facts["version_known"] = None not in tables | schemas and len(tables) < 2 and len(schemas) < 2
    return facts


def made_besides(project: Project) -> str:
    """Where the application itself makes the tables of its models (``create_all``); else empty."""
    for _, module in project.modules():
        file = source_file(module)
        try:
            with open(file, "rb") as source:
                mentions = b"create_all" in source.read()
        except OSError:
            continue
        tree = tree_of(file) if mentions else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Attribute) and node.attr == "create_all":
                return f"create_all in {project.relative(file)}:{node.lineno}"
    return ""


def _options(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """Keyword arguments, entries of a dict, and items that are set, with their names."""
    found: list[tuple[str, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [(one.arg, one.value) for one in node.keywords if one.arg]
        elif isinstance(node, ast.Dict):
            found += [
                (key.value, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.append((key.value, node.value))
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _text(value: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return constants.get(last_name(value)) if isinstance(value, ast.Name) else None
