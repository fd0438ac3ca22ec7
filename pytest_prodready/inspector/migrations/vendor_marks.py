"""What in a migration only one vendor's databases understand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..nodes import last_name, name_parts

KEPT = 3
"""Marks of one vendor that are kept: they only serve as evidence."""
DIALECTS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
SQL = (
    (
        "postgresql",
        re.compile(r"(?i)\b(CREATE\s+EXTENSION|ALTER\s+TYPE\s+\S+\s+ADD\s+VALUE|EXCLUDE\s+USING)\b"),
    ),
    ("postgresql", re.compile(r"(?i)\bCREATE\s+TYPE\s+\S+\s+AS\s+ENUM\b|\bUSING\s+(?:gin|gist|brin)\b")),
    (
        "postgresql",
        re.compile(r"(?i)\bLANGUAGE\s+'?plpgsql\b|\bDO\s+\$\$|\bINDEX\s+CONCURRENTLY\b|::jsonb\b"),
    ),
    ("mysql", re.compile(r"(?i)\bENGINE\s*=\s*\w+|\bAUTO_INCREMENT\b|\bMODIFY\s+COLUMN\b")),
)
DJANGO = ("django", "contrib", "postgres")
CALLS = {"ExcludeConstraint": "postgresql", "create_exclude_constraint": "postgresql"}


def of(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Vendor, words and line of each mark, the way back (``downgrade``) left out."""
    imported = dict(_imported(tree))
    for node in _nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for vendor, pattern in SQL:
                if found := pattern.search(node.value):
                    line = node.lineno + node.value.count("\n", 0, found.start())
                    yield vendor, " ".join(found[0].split()), line
        elif isinstance(node, ast.Call) and last_name(node.func) in CALLS:
            yield CALLS[last_name(node.func)], last_name(node.func), node.lineno
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
            parts = name_parts(node)
            if parts and parts[0] in imported and (len(parts) > 1) == (not imported[parts[0]][1]):
                vendor, name = imported[parts[0]]
                yield vendor, name if name[:1].isupper() else f"{vendor}.{name or parts[1]}", node.lineno
            elif parts[:3] == DJANGO and parts[-1][:1].isupper():
                yield "postgresql", parts[-1], node.lineno


def few(marks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first marks of each vendor."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for mark in marks:
        of_vendor = kept.setdefault(mark["vendor"], [])
        if len(of_vendor) < KEPT:
            of_vendor.append(mark)
    return [mark for marks in kept.values() for mark in marks]


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree in their order, without functions that undo, variants and documentation."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef) and child.name.startswith("downgrade"):
            continue
        if isinstance(child, ast.Call) and last_name(child.func) == "with_variant":
            continue  # another type on this vendor alone: written for several
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        yield child
        yield from _nodes(child)


def _imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name in the module → the vendor of the dialect, and what of it; empty for the dialect itself."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module == "sqlalchemy.dialects":
            for alias in node.names:
                if alias.name in DIALECTS:
                    yield alias.asname or alias.name, (DIALECTS[alias.name], "")
        elif node.module.startswith(".".join(DJANGO)):
            for alias in node.names:
                if alias.name[:1].isupper():
                    yield alias.asname or alias.name, ("postgresql", alias.name)
        elif node.module.startswith("sqlalchemy.dialects."):
            dialect = node.module.split(".")[2]
            for alias in node.names if dialect in DIALECTS else ():
                if alias.name != "insert":  # of rows: it says what statement is sent, not how tables are
                    yield alias.asname or alias.name, (DIALECTS[dialect], alias.name)
