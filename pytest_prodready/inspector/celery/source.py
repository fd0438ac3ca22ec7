"""Source text of the application's modules: definitions, calls and the lines where names stand."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator

from ..nodes import bound_name
from ..project import Project
from ..sources import tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def read(file: str) -> bytes:
    """The bytes of ``file``; empty when it cannot be read."""
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError:
        return b""


@functools.cache
def tree(file: str) -> ast.Module:
    """The syntax tree of ``file``; an empty one when it is no Python of this version."""
    return tree_of(file) or ast.Module(body=[], type_ignores=[])


def first_line(node: Function) -> int:
    """The line that the compiler notes for a function: that of its first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


@functools.cache
def functions(file: str) -> dict[tuple[int, str], Function]:
    """(first line, name) → definition, nested ones included."""
    return {
        (first_line(node), node.name): node
        for node in ast.walk(tree(file))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


@functools.cache
def classes(file: str) -> dict[str, int]:
    """Name → line of every class that ``file`` defines."""
    return {node.name: node.lineno for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef)}


def reached(file: str, start: Function, owner: str = "") -> list[str]:
    """Qualified names of functions of ``file`` that ``start`` reaches by direct calls.

    Args:
        file: the module's source.
        start: the function to start from, which is not part of the answer.
        owner: the class whose method it is; ``self.x()`` is looked up there.
    """
    known = _definitions(file)
    found: set[str] = set()
    waiting = [(start, owner)]
    while waiting:
        node, cls = waiting.pop()
        for name in _called(node, cls):
            if name in known and known[name] is not start and name not in found:
                found.add(name)
                waiting.append((known[name], name.rpartition(".")[0]))
    return sorted(found)


@functools.cache
def _definitions(file: str) -> dict[str, Function]:
    """Functions and methods at the top of a module; a name that is bound more than once says nothing."""
    found: dict[str, Function] = {}
    bound: Counter[str] = Counter()
    for node in tree(file).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = node
            bound[node.name] += 1
        elif isinstance(node, ast.ClassDef):
            bound[node.name] += 1
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found[f"{node.name}.{inner.name}"] = inner
                    bound[f"{node.name}.{inner.name}"] += 1
        else:
            bound.update(_bound_names(node))
    return {name: node for name, node in found.items() if bound[name] == 1}


def _bound_names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        name = inner.arg if isinstance(inner, ast.arg) else bound_name(inner)
        if name:
            yield name


@functools.cache
def _called(function: Function, owner: str) -> tuple[str, ...]:
    """Names that a function calls and does not bind itself; ``self.x`` as ``owner.x``."""
    own = {name for part in (function.args, *function.body) for name in _bound_names(part)}
    found: dict[str, None] = {}
    for node in (node for statement in function.body for node in ast.walk(statement)):
        if not isinstance(node, ast.Call):
            continue
        target = node.func
        if isinstance(target, ast.Name) and target.id not in own:
            found[target.id] = None
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            if owner and target.value.id in ("self", "cls"):
                found[f"{owner}.{target.attr}"] = None
            elif target.value.id not in own:
                found[f"{target.value.id}.{target.attr}"] = None
    return tuple(found)


def place_of_call(stack: Iterable[tuple[str, int]], text: str, project: Project) -> dict[str, object] | None:
    """Where the application itself made a call: the line of ``text`` in it, else the call's own line.

    Args:
        stack: (file, line) of the callers, innermost first.
        text: a string that may stand in the call, or elsewhere in that file.
        project: tells the application's own files.
    """
    for file, line in stack:
        if project.owns_file(file):
            return project.location(file, _line_of(file, text, line) or line)
    return None


def _line_of(file: str, text: str, line: int) -> int | None:
    lines = texts(file).get(text, [])
    start, end = _statements(file).get(line, (line, line))
    inside = [found for found in lines if start <= found <= end]
    return inside[0] if inside else lines[0] if len(lines) == 1 else None


@functools.cache
def texts(file: str) -> dict[str, list[int]]:
    """String constant → the lines where it stands."""
    found: dict[str, list[int]] = {}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.setdefault(node.value, []).append(node.lineno)
    return found


@functools.cache
def _statements(file: str) -> dict[int, tuple[int, int]]:
    """Line → first and last line of the simple statement that it belongs to."""
    return {
        line: (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree(file))
        if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
