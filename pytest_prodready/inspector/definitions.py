"""Definitions that a later one of the same name silently replaces, read from a syntax tree."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from .nodes import bound_name, name_parts, walk

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PURE = {
    "abstractmethod",
    "api_view",
    "async_to_sync",
    "asynccontextmanager",
    "atomic",
    "authentication_classes",
    "cache",
    "cache_page",
    "classmethod",
    "contextmanager",
    "csrf_exempt",
    "csrf_protect",
    "dataclass",
    "deprecated",
    "ensure_csrf_cookie",
    "final",
    "login_required",
    "lru_cache",
    "never_cache",
    "no_type_check",
    "override",
    "permission_classes",
    "permission_required",
    "renderer_classes",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "retry",
    "runtime_checkable",
    "staff_member_required",
    "staticmethod",
    "sync_to_async",
    "total_ordering",
    "unique",
    "user_passes_test",
    "wraps",
    "xframe_options_exempt",
}
"""Last names of decorators that keep what they decorate nowhere else; any other may have registered it."""
LOOKS_AT_ALL = {"globals", "locals", "vars", "dir", "exec", "eval"}


def replaced(tree: ast.Module) -> list[tuple[str, int, int, bool]]:
    """The top-level functions and classes of ``tree`` that a later one replaces.

    Returns:
        Name, line of the first, line of the one that replaces it, whether both are the same code; in the
        order of the second lines.

    Left out is whatever may be meant: definitions in a branch, overloads, bodies that say nothing yet, names
    that are deleted or bound in another way in between, and names of underscores; and, unless the two are the
    same code, what is used in between, and what a decorator may have put elsewhere.
    """
    defined = Counter(node.name for node in tree.body if isinstance(node, DEFINITIONS))
    twice = {name for name, times in defined.items() if times > 1 and name.strip("_")}
    if not twice:
        return []
    twice -= {name for node in walk(tree) if isinstance(node, ast.Global) for name in node.names}
    found = []
    waiting: dict[str, Definition] = {}
    """Name → a definition that nothing has used yet."""
    last: dict[str, Definition] = {}
    """Name → the definition that it means."""
    bodies: dict[str, list[Definition]] = {}
    for node in tree.body:
        for name in _used(_names_now(node), bodies):
            waiting.pop(name, None)
        if not isinstance(node, DEFINITIONS):
            for name in _bound(node):
                waiting.pop(name, None)
                last.pop(name, None)
            if _binds_anything(node) or LOOKS_AT_ALL & {*_names_now(node)}:
                waiting.clear()
                last.clear()
            continue
        bodies.setdefault(node.name, []).append(node)
        if node.name not in twice:
            continue
        before, unused = last.get(node.name), waiting.pop(node.name, None)
        last[node.name] = node
        if before is not None and not _is_made_by_its_decorator(node):
            identical = ast.dump(before) == ast.dump(node)
            if unused is not None or (identical and _says_something(node)):
                found.append((node.name, before.lineno, node.lineno, identical))
        if _has_only_pure(node) and _says_something(node):
            waiting[node.name] = node
    return found


def _says_something(node: Definition) -> bool:
    if isinstance(node, ast.ClassDef) and (node.bases or node.keywords):
        return True
    return not all(map(_says_nothing, node.body))


def _has_only_pure(node: Definition) -> bool:
    """Whether nothing but its name leads to what is defined."""
    return all(_short_name(decorator) in PURE for decorator in node.decorator_list)


def _says_nothing(statement: ast.stmt) -> bool:
    """``pass``, ``...``, a docstring, or ``raise NotImplementedError``: a place that is kept for later."""
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        return _short_name(statement.exc) == "NotImplementedError"
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_made_by_its_decorator(node: Definition) -> bool:
    """An overload, or an empty body under a decorator that fills it."""
    if any(_short_name(decorator) == "overload" for decorator in node.decorator_list):
        return True
    return not _has_only_pure(node) and all(map(_says_nothing, node.body))


def _short_name(node: ast.expr) -> str:
    """``lru_cache`` of ``functools.lru_cache(maxsize=1)``; empty for a path of more than two names."""
    parts = name_parts(node.func if isinstance(node, ast.Call) else node)
    return parts[-1] if 1 <= len(parts) <= 2 else ""


def _names_now(statement: ast.stmt) -> set[str]:
    """Names that are read while ``statement`` itself runs, not later when its functions are called."""
    return {node.id for node in _now(statement) if isinstance(node, ast.Name) and _is_read(node)}


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _now(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are evaluated while ``statement`` runs."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        # an unknown decorator may call what it is given at once
        if isinstance(node, FUNCTIONS) and _has_only_pure(node):
            head = (*node.decorator_list, node.args, node.returns, *getattr(node, "type_params", ()))
            waiting.extend(part for part in head if part is not None)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _used(names: set[str], bodies: dict[str, list[Definition]]) -> set[str]:
    """``names``, and what the bodies of the functions and classes among them name in turn."""
    used: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        for body in bodies.get(name, ()):
            waiting |= {node.id for node in walk(body) if isinstance(node, ast.Name)} - used
    return used


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that ``statement``, which is no definition itself, binds or deletes, for sure or perhaps."""
    for node in _now(statement):
        if isinstance(node, ast.Name) and not _is_read(node):
            yield node.id
        elif name := bound_name(node):
            yield name


def _binds_anything(statement: ast.stmt) -> bool:
    """A star import, or a hand on the module itself through ``sys.modules``."""
    return any(
        (isinstance(node, ast.alias) and node.name == "*")
        or (isinstance(node, ast.Attribute) and node.attr == "modules")
        for node in _now(statement)
    )
