"""Tasks as a module's source writes them, as plain values: who decorates what, under which names.

Nothing is decided here: a reference such as ``app.task`` may be anything until :mod:`.makers` has looked at
the objects behind it. Only what stands at the top level counts; what is under a condition may be switched
off on purpose.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..nodes import name_parts, walk

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SENDS = {"delay", "apply_async", "s", "si", "signature", "subtask"}
REGISTER = {"register_task", "register"}
PARTIAL = {"partial", "functools.partial"}


class Made(NamedTuple):
    """Something that a call or a decorator makes of a function or a class."""

    target: str
    """The name that it is bound to; empty for none."""
    line: int
    maker: str
    """Dotted name of the decorator, or of what is called."""
    name: str
    """The constant that is given as ``name``; empty for none."""
    of: str
    """The function or class that it is made of."""
    first: int
    """The line that the compiler notes for the function; 0 where it stands elsewhere."""
    direct: bool
    """Nothing else has decorated it before."""


class Class(NamedTuple):
    """A class, with what tells a task from a base of tasks."""

    line: int
    bases: tuple[str, ...]
    runs: bool
    """It has a ``run`` method of its own."""
    name: str
    """The constant that its body binds to ``name``."""
    abstract: bool


def read(tree: ast.Module) -> dict[str, Any]:
    """What may be tasks in a module.

    Returns:
        ``imports``: (bound name, level, module, name or empty) of each import at the top, also in a ``try``.
        ``functions``: the first ``Made`` of them is that of the outermost decorator.
        ``assigned``: a ``Made`` for each ``x = maker(function)``, ``x = maker(…)(function)``, and without x.
        ``makers``: name → dotted names, all of which must make tasks for the name to be a maker of tasks.
        ``classes``: name → ``Class``.
        ``defined``: name of a function → the line that the compiler notes for it.
    """
    found: dict[str, Any] = {"functions": [], "assigned": [], "makers": {}, "classes": {}, "defined": {}}
    for node in tree.body:
        if isinstance(node, FUNCTIONS):
            found["defined"][node.name] = _first_line(node)
            found["functions"].append([tuple(made) for made in _decorated(node)])
            # what is decorated itself is no decorator, but most often a task
            if not node.decorator_list and (references := _returned(node)):
                found["makers"][node.name] = references
        elif isinstance(node, ast.ClassDef):
            found["classes"][node.name] = tuple(_class(node))
            found["assigned"] += [tuple(made) for made in _decorated(node)]
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            target = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""
            if made := _made(node.value, target):
                found["assigned"].append(tuple(made))
            if target and (references := _maker(node.value, {})):
                found["makers"][target] = references
    found["functions"] = [decorators for decorators in found["functions"] if decorators]
    found["imports"] = list(_imports(tree.body))
    return found


def instances(tree: ast.Module) -> list[str]:
    """Classes of which an instance is made; one that is sent at once is not kept: ``X().delay()``."""
    found: set[str] = set()
    sent: set[int] = set()
    for node in walk(tree):  # a node comes before what it holds
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute):
            if called.attr in SENDS:
                sent.add(id(called.value))
            elif called.attr in REGISTER:
                found.update(inner.id for inner in walk(node) if isinstance(inner, ast.Name))
        elif isinstance(called, ast.Name) and called.id[:1].isupper() and id(node) not in sent:
            found.add(called.id)
    return sorted(found)


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Made]:
    first = _first_line(node)
    for at, decorator in enumerate(node.decorator_list, 1):
        call = decorator if isinstance(decorator, ast.Call) else None
        if maker := _dotted(call.func if call else decorator):
            direct = at == len(node.decorator_list)
            yield Made(node.name, node.lineno, maker, _given(call), node.name, first, direct)


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _made(value: ast.expr, target: str) -> Made | None:
    """``maker(function)``, ``maker(…)(function)``, ``app.register_task(Class())``."""
    if not isinstance(value, ast.Call) or not value.args:
        return None
    outer = value.func if isinstance(value.func, ast.Call) else None
    maker = _dotted(outer.func if outer else value.func)
    argument = value.args[0]
    of = _dotted(argument.func if isinstance(argument, ast.Call) and not argument.args else argument)
    if not maker or not of or "." in of:
        return None
    return Made(target, value.lineno, maker, _given(outer) or _given(value), of, 0, direct=True)


def _given(call: ast.Call | None) -> str:
    for keyword in call.keywords if call is not None else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value or "")
    return ""


def _class(node: ast.ClassDef) -> Class:
    name, abstract = "", any(keyword.arg == "metaclass" for keyword in node.keywords)
    runs = False
    for inner in node.body:
        if isinstance(inner, FUNCTIONS):
            runs |= inner.name == "run"
            abstract |= any(_dotted(one).endswith("abstractmethod") for one in inner.decorator_list)
        elif isinstance(inner, (ast.Assign, ast.AnnAssign)) and isinstance(inner.value, ast.Constant):
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if "name" in names and isinstance(inner.value.value, str):
                name = inner.value.value
            abstract |= "abstract" in names and bool(inner.value.value)
    return Class(node.lineno, tuple(filter(None, map(_dotted, node.bases))), runs, name, abstract)


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The makers that every way out of a function leads to; none when there is another way."""
    inner: dict[str, Any] = {}
    found: list[str] = []
    local = _parameters(function)
    for node in _statements(function.body):
        if isinstance(node, FUNCTIONS):
            inner[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.For, ast.With)):
            names = (one for one in walk(node) if isinstance(one, ast.Name))
            local |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
        elif isinstance(node, ast.Return):
            references = _maker(node.value, inner) if node.value is not None else []
            if not references:
                return []
            found += references
    shadowed = any(reference.partition(".")[0] in local for reference in found)
    return [] if shadowed else list(dict.fromkeys(found))


def _maker(value: ast.expr, inner: dict[str, Any]) -> list[str]:
    """The makers that an expression is, or what they have made of something."""
    if isinstance(value, ast.Name) and value.id in inner:
        return _returned(inner[value.id])
    if isinstance(value, ast.Lambda):
        return _maker(value.body, inner)
    if not isinstance(value, ast.Call):
        return list(filter(None, [_dotted(value)]))
    called = value.func.func if isinstance(value.func, ast.Call) else value.func
    reference = _dotted(called)
    if reference in PARTIAL and value.args:
        return _maker(value.args[0], inner)
    return list(filter(None, [reference]))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run with a function itself, in order: not those of functions inside it."""
    for node in body:
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            for part in ("body", "handlers", "orelse", "finalbody", "cases"):
                for inner in getattr(node, part, ()):
                    yield from _statements([inner] if isinstance(inner, ast.stmt) else inner.body)


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {node.arg for node in walk(function.args) if isinstance(node, ast.arg)}


def _imports(body: Iterable[ast.stmt]) -> Iterator[tuple[str, int, str, str]]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or target, 0, target, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, node.level, node.module or "", alias.name
        elif isinstance(node, ast.Try):
            yield from _imports([*node.handlers[0].body, *node.body] if node.handlers else node.body)


def _dotted(node: ast.AST) -> str:
    return ".".join(name_parts(node))
