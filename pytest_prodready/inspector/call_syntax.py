"""What each function of a module calls, read from its syntax tree, with the line."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .conditions import names_import_error
from .nodes import bound_name, is_try, last_name, name_parts, walk

Path = tuple[str, ...]
"""What is called, part by part: ``("service", "run")``, with the parts below between the names."""
MADE = "()"
"""Stands in a path for the instance that the class before it makes: ``("Service", "()", "run")``."""
ABOVE = "^"
"""Stands in a path for ``super()`` of the class before it."""
CALLS_WHAT_IT_GETS = {
    "partial",
    "map",
    "filter",
    "submit",
    "run_in_executor",
    "to_thread",
    "on_commit",
    "Thread",
}
"""Last names of what calls a function that it is given."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def read(tree: ast.Module) -> dict[str, Any]:
    """The calls and imports of each unit, and what the classes keep on their instances.

    A unit is a function at the top of the module, or a method as ``Class.method``, with all that is defined
    inside. Left out are calls in a ``try`` that provides for an ImportError.

    Args:
        tree: the syntax tree of the module.

    Returns:
        ``units``: unit → its calls as (path, line), what it imports as (bound, level, module, name), its
        first and its last line.
        ``fields``: class → attribute → the path of what ``self.attribute = …`` makes.
    """
    units: dict[str, Any] = {}
    fields: dict[str, dict[str, Path]] = {}
    for name, owner, node in _units(tree.body, ""):
        nodes = [*walk(node)]
        made = _made(node, nodes)
        first = min(one.lineno for one in (node, *node.decorator_list))
        lines = (first, node.end_lineno or first)
        units[name] = [sorted(_called(nodes, owner, made)), sorted(_imported(nodes)), lines]
        if owner:
            fields.setdefault(owner, {}).update(_kept(nodes, made))
    return {"units": units, "fields": {owner: kept for owner, kept in fields.items() if kept}}


def _units(body: Iterable[ast.stmt], owner: str) -> Iterator[tuple[str, str, Function]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{owner}.{node.name}".lstrip("."), owner, node
        elif isinstance(node, ast.ClassDef):
            yield from _units(node.body, f"{owner}.{node.name}".lstrip("."))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _units([*node.body, *getattr(node, "orelse", ())], owner)


def _called(nodes: list[ast.AST], owner: str, made: dict[str, Path]) -> set[tuple[Path, int]]:
    provided = _provided(nodes)
    first: dict[Path, int] = {}
    for node in nodes:
        if not isinstance(node, ast.Call) or id(node) in provided:
            continue
        passed = []
        if last_name(node.func) in CALLS_WHAT_IT_GETS:
            passed = [*node.args, *(keyword.value for keyword in node.keywords)]
        for target in (node.func, *passed):
            if path := _path(target, owner, made):
                first[path] = min(node.lineno, first.get(path, node.lineno))
    return set(first.items())


def _provided(nodes: list[ast.AST]) -> set[int]:
    """Those for whose ImportError their unit has a handler."""
    return {
        id(node)
        for attempt in nodes
        if is_try(attempt) and any(names_import_error(one.type) for one in attempt.handlers)  # type: ignore[attr-defined]
        for statement in attempt.body  # type: ignore[attr-defined]  # just seen
        for node in walk(statement)
    }


def _path(node: ast.expr, owner: str, made: dict[str, Path]) -> Path:
    """What an expression names; empty for one that cannot be followed."""
    if isinstance(node, ast.Attribute):
        held = _path(node.value, owner, made)
        return (*held, node.attr) if held else ()
    if isinstance(node, ast.Name):
        if owner and node.id in ("self", "cls"):
            return (*owner.split("."), MADE) if node.id == "self" else tuple(owner.split("."))
        return made.get(node.id, (node.id,))
    if isinstance(node, ast.Await):
        return _path(node.value, owner, made)
    if isinstance(node, ast.Call):
        if owner and name_parts(node.func) == ("super",):
            return (*owner.split("."), ABOVE)
        called = _path(node.func, owner, made)
        return (*called, MADE) if called else ()
    return ()


def _made(unit: Function, nodes: list[ast.AST]) -> dict[str, Path]:
    """Local name → what it is an instance of, of names that are bound just once: ``h = Helper()``."""
    arguments = unit.args
    bound = Counter(bound_name(node) for node in nodes)
    bound.update(one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
    found: dict[str, Path] = {}
    for node in nodes:
        values: list[tuple[ast.expr | None, ast.expr | None]] = []
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            values = [(node.targets[0], node.value)]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            values = [(node.target, node.value)]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            values = [(item.optional_vars, item.context_expr) for item in node.items]
        for target, value in values:
            if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
                continue
            made = name_parts(value.func)
            if made and bound[target.id] == 1:
                found[target.id] = (*made, MADE)
    return found


def _kept(nodes: list[ast.AST], made: dict[str, Path]) -> Iterator[tuple[str, Path]]:
    for node in nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.Call, ast.Name)):
            continue
        path = _path(node.value, "", made)
        for target in node.targets:
            if isinstance(target, ast.Attribute) and last_name(target.value) == "self" and MADE in path:
                yield target.attr, path


def _imported(nodes: list[ast.AST]) -> Iterator[tuple[str, int, str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, 0, alias.name if alias.asname else top, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, node.level, node.module or "", alias.name
