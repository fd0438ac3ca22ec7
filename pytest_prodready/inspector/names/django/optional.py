"""Names of a model that another installation may have, by an application that is not installed here."""

from __future__ import annotations

import ast
import functools
import os
import re
import sys

from ...nodes import is_try, last_name, walk
from ...project import FOREIGN, Project, source_file
from ...sources import tree_of
from ..value import Asked

ASKS = re.compile(r"(?i)installed|hasattr|plugin|find_spec|get_field|vendor|postgres|mysql|engine")
"""In a condition that asks whether something is there, or for a vendor that has lookups of its own."""
CATCHING = {"FieldError", "FieldDoesNotExist"}
MOST = 20_000
"""Source files that are searched at most."""


def provided_for(asked: Asked, file: str, project: Project) -> bool:
    """Whether the code that asks for a missing name may be meant for an installation that has it.

    So it is behind a condition that asks for that, in a ``try`` that catches Django's refusal, and for a name
    that a source file of the application's gives, which nothing has loaded here.

    Args:
        asked: what is missing.
        file: where it is asked for.
        project: the application.
    """
    if asked.at is None or not hasattr(asked.at, "_meta"):
        return False
    return _guarded(file, asked.line) or _given_elsewhere(asked.missing, project)


def _guarded(file: str, line: int) -> bool:
    tree = tree_of(file)
    around = [node for node in walk(tree) if _within(node, line)] if tree is not None else []
    return any(map(_provides, around))


def _provides(node: ast.AST) -> bool:
    """Whether a statement or an expression lets its body be refused, or run only where the name is there."""
    if isinstance(node, (ast.If, ast.IfExp)):
        return ASKS.search(ast.unparse(node.test)) is not None
    if isinstance(node, ast.With):
        return any(CATCHING & _names(item.context_expr) for item in node.items)
    handlers = getattr(node, "handlers", ())
    return is_try(node) and any(CATCHING & _names(handler.type) for handler in handlers)


def _within(node: ast.AST, line: int) -> bool:
    """Whether a line is in the body of a node."""
    body = getattr(node, "body", None) or []
    nodes = body if isinstance(body, list) else [body]
    return bool(nodes) and nodes[0].lineno <= line <= (nodes[-1].end_lineno or nodes[-1].lineno)


def _names(node: ast.expr | None) -> set[str]:
    return {last_name(one) for one in walk(node)} if node is not None else set()


def _given_elsewhere(name: str, project: Project) -> bool:
    """Whether a file that is not loaded has a relation of that name, or a model that would give one."""
    word = re.escape(name.encode())
    given = re.compile(
        rb"related(?:_query)?_name\s*=\s*[\"']" + word + rb"[\"']|(?i:class\s+" + word + rb"\s*\()"
    )
    return any(name.encode().lower() in text.lower() and given.search(text) for text in _unloaded(project))


@functools.lru_cache(maxsize=1)
def _unloaded(project: Project) -> tuple[bytes, ...]:
    """The texts of those source files of the application's that declare models, and are not loaded."""
    loaded = {project.real(file) for file in map(source_file, list(sys.modules.values())) if file}
    places = {
        os.path.dirname(source_file(module))
        for name, module in project.modules()
        if "." not in name and os.path.basename(source_file(module)) == "__init__.py"
    }
    texts: list[bytes] = []
    seen = 0
    for place in sorted(places or {project.root}):
        for directory, inner, names in os.walk(place):
            # what a migration names may have been renamed since
            inner[:] = [one for one in inner if one not in (*FOREIGN, "migrations")]
            for name in names:
                seen += name.endswith(".py")
                file = os.path.join(directory, name)
                if name.endswith(".py") and seen <= MOST and project.real(file) not in loaded:
                    texts.extend(_models_in(file))
    return tuple(texts)


def _models_in(file: str) -> list[bytes]:
    try:
        with open(file, "rb") as source:
            text = source.read()
    except OSError:
        return []
    return [text] if b"models." in text and b"class " in text else []
