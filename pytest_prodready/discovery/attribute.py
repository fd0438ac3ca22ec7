"""Decides which name of a file a server takes, where its command line leaves that open."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pytest_prodready.discovery.source import Candidate
from pytest_prodready.discovery.syntax import assignments, module_level
from pytest_prodready.discovery.tree import Tree

COLON_REQUIRED = frozenset({"uvicorn", "daphne", "waitress-serve"})
"""Servers that refuse to start when they are given a module only."""
_FLASK_OBJECTS = ("app", "application")
_FLASK_FACTORIES = ("create_app", "make_app")


def attribute(
    tree: Tree, path: str, name: str, program: str, candidates: Callable[[], list[Candidate]]
) -> str:
    """The part behind the colon of the import string of a web app.

    Args:
        tree: the project's files.
        path: the file that holds the app; empty when the project has none of that name.
        name: what is written behind the colon; empty when nothing is.
        program: the server. ``flask`` calls functions and looks for names of its own, as ``find_best_app``
            and ``find_app_by_string`` in ``flask/cli.py`` do; the others take a name as it is.
        candidates: gives the applications of the source, the likeliest first; asked only when it is needed.
    """
    if name and program != "flask":
        return name
    functions, others = _bound(tree.syntax(path) if path else None)
    if name:
        called = name in functions or (name in others and name in _FLASK_FACTORIES)
        return f"{name}()" if called else name
    here = [one for one in candidates() if one.kind == "web" and one.path == path]
    if program == "flask":
        objects = [one for one in _FLASK_OBJECTS if one in others]
        objects += [one.attribute for one in here if not one.factory]
        factories = [f"{one}()" for one in _FLASK_FACTORIES if one in functions | others]
        return [*objects, *factories, "app"][0]
    return next((one.attribute for one in here), "app")


def _bound(module: ast.Module | None) -> tuple[set[str], set[str]]:
    """The functions that a file defines at its top level, and the other names that it binds there."""
    functions: set[str] = set()
    others: set[str] = set()
    for statement in module_level(module.body if module else []):
        if isinstance(statement, ast.FunctionDef):
            functions.add(statement.name)
        elif isinstance(statement, ast.ImportFrom):
            others.update(alias.asname or alias.name for alias in statement.names)
        else:
            others.update(name for name, _ in assignments(statement))
    return functions, others
