"""Places in an application's source where a fault can be put, found without the gate's own reading of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError"}
PROVIDED_FOR = {"TYPE_CHECKING", "version_info", "platform", "find_spec", "suppress"}
"""Names in a condition or a `with` that say: what stands below may be absent."""


@dataclass(frozen=True)
class Statement:
    """An import statement that nothing around it provides for."""

    node: ast.Import | ast.ImportFrom
    function: str
    """The function that holds it; empty at the top level of its module."""


@dataclass(frozen=True)
class Module:
    """One module of the closure as its file has it."""

    name: str
    file: str
    """Relative to the project."""
    at_start: bool
    """It is loaded when an entry point is, not only by a function."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """What its relative imports are relative to."""
        return self.name if self.file.endswith("__init__.py") else self.name.rpartition(".")[0]

    @cached_property
    def statements(self) -> list[Statement]:
        """Its import statements outside of every `try` and of every condition on what is there."""
        return list(_statements(self.tree.body, ""))

    @cached_property
    def used_at_import(self) -> set[str]:
        """Names, attributes and strings that stand outside of function bodies, where importing meets them."""
        return set(_outside_functions(self.tree.body))

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """Its plain functions at the top level: not decorated, and the only definition of their name."""
        defined: dict[str, int] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                defined[node.name] = defined.get(node.name, 0) + 1
        found = (node for node in self.tree.body if isinstance(node, ast.FunctionDef))
        return [node for node in found if not node.decorator_list and defined[node.name] == 1]

    @property
    def first_line(self) -> int:
        """The line before which a statement can be put: behind the docstring and the future imports."""
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return min([node.lineno, *(one.lineno for one in node.decorator_list)])
            return node.lineno
        return len(self.text.splitlines()) + 1

    def names(self, statement: Statement) -> Iterator[tuple[str, ast.alias]]:
        """What a statement imports: absolute module and, for `from module import name`, the name's place."""
        node = statement.node
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias
            return
        base = node.module or ""
        if node.level:
            parts = self.package.split(".")
            above = parts[: len(parts) - node.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        for alias in node.names:
            yield base, alias


def modules(found: Iterable[tuple[str, str, bool]], project: Path) -> dict[str, Module]:
    """The modules (name, file, at start) whose files can be read, by name."""
    read: dict[str, Module] = {}
    for name, file, at_start in found:
        try:
            module = Module(name, file, at_start, (project / file).read_text(encoding="utf-8"))
            module.tree  # noqa: B018 - what is no Python holds no place for a fault
        except (OSError, ValueError, SyntaxError):
            continue
        read[name] = module
    return read


def called_with_care(every: Iterable[Module]) -> set[str]:
    """Names of functions that are called somewhere inside a `try` for an ImportError."""
    names = set()
    for module in every:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Try) and any(IMPORT_ERRORS & set(_names(one)) for one in node.handlers):
                calls = (call for part in node.body for call in ast.walk(part) if isinstance(call, ast.Call))
                names |= {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls}
    return names


def _statements(body: Iterable[ast.stmt], function: str) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield Statement(node, function)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _statements(node.body, node.name)
        elif isinstance(node, (ast.ClassDef, ast.For, ast.AsyncFor, ast.While)):
            yield from _statements(node.body, function)
        elif isinstance(node, ast.If) and not PROVIDED_FOR & set(_names(node.test)):
            yield from _statements([*node.body, *node.orelse], function)
        elif isinstance(node, (ast.With, ast.AsyncWith)) and not any(
            PROVIDED_FOR & set(_names(item)) for item in node.items
        ):
            yield from _statements(node.body, function)
        if isinstance(node, (ast.Return, ast.Raise)):
            return


def _outside_functions(body: Iterable[ast.AST]) -> Iterator[str]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            around = (*node.decorator_list, node.args, *([node.returns] if node.returns else []))
            yield from _outside_functions(around)
            continue
        if isinstance(node, ast.Lambda):
            continue
        yield from _said(node)
        yield from _outside_functions(ast.iter_child_nodes(node))


def _said(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.alias):
        yield node.name
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.rpartition(".")[2]


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
