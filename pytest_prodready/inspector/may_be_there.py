"""What an import does not find here, and may well find in another installation, or with other settings."""

from __future__ import annotations

import ast
import os

from .conditions import Conditions
from .nodes import is_try
from .project import FOREIGN, directories
from .sources import members, tree_of
from .statement_names import bound

_BRANCHES = (ast.If, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Match)


def bound_at(file: str, name: str) -> int | None:
    """The line of the ``try``, the condition or the like that alone binds ``name`` at the top of ``file``.

    ``None`` where something else binds it as well, or nothing does: then no installation makes it exist.
    """
    tree = tree_of(file)
    if tree is None:
        return None
    conditions = Conditions(tree)
    first = None
    for statement in tree.body:
        if name not in bound(statement):
            continue
        if isinstance(statement, ast.If):
            if conditions.constant(statement.test) is not None:
                continue  # it is so wherever this interpreter runs
        elif is_try(statement):
            if not getattr(statement, "handlers", ()):
                return None
        elif not isinstance(statement, _BRANCHES):
            return None
        first = first or statement.lineno
    return first


def is_shared(package: object) -> bool:
    """Whether several distributions may bring modules of ``package``: it has no file of its own."""
    return type(members(package).get("__path__")).__name__ == "_NamespacePath"


def is_installed(package: object) -> bool:
    """Whether an installation has brought modules of a namespace package."""
    parts = {part for place in directories(package) for part in place.split(os.sep)}
    return is_shared(package) and not parts.isdisjoint(FOREIGN)
