"""Which templates a source file names, and behind which conditions on the configuration."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Collection, Iterator
from typing import Any

from ..conditions import Conditions
from ..nodes import bound_name, bound_once, walk
from ..sources import members, tree_of
from ..statement_names import resolved
from .settled import Settled
from .template_names import quoted
from .url_calls import OPTIONAL

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def named(module: object, tree: ast.Module, wanted: Collection[str]) -> list[tuple[str, str]]:
    """Each of the names in a module's source, and the condition that it stands behind; empty for none.

    Args:
        module: as it is loaded.
        tree: of its source.
        wanted: names of templates.
    """
    source = _Source(members(module), tree, wanted)
    source.look(tree, "", ())
    return source.found


class _Source:
    def __init__(self, held: dict[str, Any], tree: ast.Module, wanted: Collection[str]) -> None:
        self._held, self._tree, self._wanted = held, tree, wanted
        self._settled = Settled(held, lambda: tree)
        self._conditions = Conditions(tree)
        self.found: list[tuple[str, str]] = []

    def look(self, node: ast.AST, doubt: str, functions: tuple[ast.AST, ...]) -> None:
        """Collect the names below ``node``.

        Args:
            node: where to look.
            doubt: the condition that it stands behind.
            functions: those around it, the innermost last.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = (node.value, *quoted(node.value))
            self.found += [(name, doubt) for name in names if name in self._wanted]
        if isinstance(node, FUNCTIONS):
            functions = (*functions, node)
        branches = self._branches(node, functions)
        for field, value in ast.iter_fields(node):
            inner = doubt or branches.get(field, "")
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    self.look(one, inner, functions)
                    inner = inner or self._behind(one, functions)

    def _branches(self, node: ast.AST, functions: tuple[ast.AST, ...]) -> dict[str, str]:
        """Those branches of a condition that may well never be taken, and the condition."""
        if not isinstance(node, (ast.If, ast.IfExp)):
            return {}
        holds = self._holds(node.test, functions)
        text = f"if {ast.unparse(node.test)}"[:80]
        if holds is not None:
            return {"orelse" if holds else "body": text}
        return {"body": text, "orelse": text} if self._asks(node.test) else {}

    def _behind(self, node: ast.AST, functions: tuple[ast.AST, ...]) -> str:
        """The condition, where the branch of a statement that is always taken does not go on behind it."""
        holds = self._holds(node.test, functions) if isinstance(node, ast.If) else None
        if not isinstance(node, ast.If) or holds is None:
            return ""
        taken = node.body if holds else node.orelse
        return f"if {ast.unparse(node.test)}"[:80] if taken and isinstance(taken[-1], LEAVING) else ""

    def _holds(self, test: ast.expr, functions: tuple[ast.AST, ...]) -> bool | None:
        return self._settled.holds(test, lambda name: self._local(name, functions))

    def _local(self, name: str, functions: tuple[ast.AST, ...]) -> Any:
        """What a name of a function stands for, as ``Settled`` asks for it."""
        for function in reversed(functions):
            nodes = list(walk(function))
            if any(isinstance(node, ast.arg) and node.arg == name for node in nodes):
                raise LookupError
            if value := bound_once(function, name):
                return value
            for node in nodes:
                if isinstance(node, ast.ImportFrom) and name in _names(node):
                    return (members(self._module(node)).get(_names(node)[name]),)
                if bound_name(node) == name and node is not function:
                    raise LookupError
        return None

    def _asks(self, test: ast.expr) -> bool:
        """Whether a condition is about the configuration, or about what is installed."""
        if OPTIONAL.search(ast.unparse(test)) or self._conditions.asks(test):
            return True
        return any(_is_flag(module, name) for module, name in self._meant(test))

    def _meant(self, test: ast.expr) -> Iterator[tuple[object, str]]:
        """(module, name) of what a condition asks other modules for."""
        for node in walk(test):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = self._held.get(node.value.id)
                if isinstance(owner, types.ModuleType):
                    yield owner, node.attr
            elif isinstance(node, ast.Name):
                for one in self._tree.body:
                    if isinstance(one, ast.ImportFrom) and node.id in _names(one):
                        yield self._module(one), _names(one)[node.id]

    def _module(self, node: ast.ImportFrom) -> object:
        package = str(self._held.get("__package__") or "")
        return sys.modules.get(resolved(node.level, node.module or "", package))


def _is_flag(module: object, name: str) -> bool:
    """Whether a name of a loaded module says whether another one is there."""
    tree = tree_of(str(members(module).get("__file__")))
    return tree is not None and name in Conditions(tree).flags


def _names(node: ast.ImportFrom) -> dict[str, str]:
    return {one.asname or one.name: one.name for one in node.names}
