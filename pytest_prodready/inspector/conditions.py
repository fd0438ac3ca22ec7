"""What a condition says before the program runs: known on this interpreter, or a question for a module."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from .nodes import is_try, last_name, walk
from .values import UNKNOWN, Values

ANY = "*"
"""Stands for every module, where a test asks for one that it does not name."""
PROBES = {
    "find_spec",
    "find_loader",
    "importorskip",
    "is_installed",
    "is_module_available",
    "is_package_available",
    "module_available",
    "package_available",
    "modules",
}
"""Last parts of names that a test asks for a module with; the modules are those of ``sys``."""
_PROBE_ENDS = ("available", "installed", "importable")
_AVAILABLE = re.compile(r"^_*(?:is|has|have)_(\w+?)_(?:available|installed|importable)$", re.IGNORECASE)
_SWITCH = re.compile(r"^(?:[A-Z][A-Z0-9_]+|\w*(?:enabled|available|installed|configured)|_*(?:has|use)_\w+)$")


_TELLING = {
    ast.Name,
    ast.Attribute,
    ast.Import,
    ast.ImportFrom,
    ast.arg,
    ast.Assign,
    ast.AnnAssign,
    ast.NamedExpr,
    ast.Try,
    getattr(ast, "TryStar", ast.Try),
    ast.FunctionDef,
    ast.AsyncFunctionDef,
}
"""The nodes that are looked at: of all that there are, less than half."""


class Conditions(Values):
    """The conditions of one module.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.flags: dict[str, set[str]] = {}
        """Name that says whether a module is there → the top-level modules that it speaks of."""
        self.imports_by_call = False
        """``import_module`` or ``__import__`` is there to be called."""
        self.asks_in_a_try = False
        """A handler is written for a missing module."""
        self._probes = False
        """A name that modules are asked for with stands somewhere."""
        stored: Counter[str] = Counter()
        blocks: list[ast.Try] = []
        assigned: list[tuple[ast.expr, ast.expr]] = []
        functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        for node in walk(tree):
            if type(node) not in _TELLING:
                continue
            if isinstance(node, ast.Name):
                if not isinstance(node.ctx, ast.Load):
                    stored[node.id] += 1
                else:
                    self._notice(node.id)
            elif isinstance(node, ast.Attribute):
                self._notice(node.attr)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self.aliases.update(_bound(node))
                for alias in node.names:
                    self._notice(alias.name)
            elif isinstance(node, ast.arg):
                stored[node.arg] += 1
            elif isinstance(node, ast.Assign):
                assigned.extend((target, node.value) for target in node.targets)
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                assigned.append((node.target, node.value))
            elif is_try(node):
                blocks.append(node)  # type: ignore[arg-type]  # TryStar has the same fields
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions.append(node)
        self._flags_of_blocks(blocks)
        for target, value in assigned:
            if asked := self.asks(value):
                for name in _targets(target):
                    self.flags.setdefault(name, set()).update(asked)
        if self._probes or self.asks_in_a_try:
            for function in functions:
                self._flag_of_function(function)
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name) and stored[target.id] == 1 and not _literal(statement.value):
                    known = self.value(statement.value)
                    if known is not UNKNOWN:
                        self.known[target.id] = known

    def _notice(self, name: str) -> None:
        self.imports_by_call = self.imports_by_call or name in ("import_module", "__import__")
        self._probes = self._probes or name in PROBES or name.endswith(_PROBE_ENDS)

    def _flags_of_blocks(self, blocks: list[ast.Try]) -> None:
        """What a ``try`` around an import binds, in its handlers too, says whether it succeeded."""
        for block in blocks:
            tops = set().union(*map(tops_of, block.body))
            kinds = [handler.type for handler in block.handlers]
            self.asks_in_a_try = self.asks_in_a_try or any(map(names_import_error, kinds))
            broad = any(kind is None or self.dotted(kind) == "Exception" for kind in kinds)
            if not (any(map(names_import_error, kinds)) or (tops and broad)):
                continue
            handled = (inner for handler in block.handlers for inner in handler.body)
            for statement in (*block.body, *block.orelse, *handled):
                for name in _names_bound(statement):
                    self.flags.setdefault(name, set()).update(tops or {ANY})

    def _flag_of_function(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function that answers whether a module is there is a flag as well."""
        asked: set[str] = set()
        for node in walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                asked |= self.asks(node.value)
            elif isinstance(node, ast.Try) and any(map(_answers_no, node.handlers)):
                asked |= set().union(*map(tops_of, node.body)) or {ANY}
        if asked:
            self.flags.setdefault(function.name, set()).update(asked)

    def last_name(self, call: ast.expr) -> str:
        """The last part of the name of what is called; empty for what is no call of a name."""
        return self.dotted(call.func).rpartition(".")[2] if isinstance(call, ast.Call) else ""

    def asks(self, test: ast.expr) -> set[str]:
        """The top-level modules that a condition asks for; ``ANY`` for one that it does not name."""
        found: set[str] = set()
        if not self._probes and not self.flags:
            return found
        for node in walk(test):
            if isinstance(node, ast.Call):
                last = self.last_name(node)
                if last in PROBES and last != "modules":
                    found |= _constant_tops(node.args) or {ANY}
                elif about := _AVAILABLE.match(last):
                    found.add(about[1].lower())
            if isinstance(node, ast.Compare) and any(
                self.dotted(side) == "sys.modules" for side in node.comparators
            ):
                found |= _constant_tops([node.left]) or {ANY}
            if isinstance(node, (ast.Name, ast.Attribute)):
                last = node.id if isinstance(node, ast.Name) else node.attr
                found |= self.flags.get(last, set())
                if isinstance(node, ast.Attribute) and self.dotted(node) == "sys.modules" and not found:
                    found.add(ANY)
                elif about := _AVAILABLE.match(last):
                    found.add(about[1].lower())
        return found

    def imported(self, test: ast.expr) -> tuple[str, ...]:
        """The names in a condition that were imported from elsewhere, dotted."""
        found = {
            self.dotted(node): None
            for node in walk(test)
            if isinstance(node, (ast.Name, ast.Attribute)) and _root(node) in self.aliases
        }
        return tuple(found)

    def is_switch(self, test: ast.expr) -> bool:
        """Whether a condition is a setting or a flag, and no question about the data that is worked on."""
        if isinstance(test, ast.UnaryOp):
            return self.is_switch(test.operand)
        if isinstance(test, ast.BoolOp):
            return any(map(self.is_switch, test.values))
        if isinstance(test, ast.Call):
            return self.is_switch(test.func)
        name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
        return bool(_SWITCH.match(name))


def names_import_error(kind: ast.expr | None) -> bool:
    """A handler written for a missing module, not one that catches everything around a call."""
    names = {last_name(node) for node in walk(kind)} if kind else set()
    return bool(names & {"ImportError", "ModuleNotFoundError"})


def tops_of(node: ast.AST) -> set[str]:
    """The top-level modules that an import statement names; a dot for those of its own package."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {"." if node.level else (node.module or "").partition(".")[0]}
    return set()


def _answers_no(handler: ast.ExceptHandler) -> bool:
    """``except ImportError: return False``."""
    last = handler.body[-1]
    return (
        names_import_error(handler.type)
        and isinstance(last, ast.Return)
        and isinstance(last.value, ast.Constant)
        and not last.value.value
    )


def _bound(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """(name, what it stands for) of everything that an import statement binds."""
    base = "." * getattr(node, "level", 0) + (getattr(node, "module", None) or "")
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield (
                alias.asname or alias.name,
                base + alias.name if base.endswith(".") else f"{base}.{alias.name}",
            )
        elif alias.asname:
            yield alias.asname, alias.name
        else:
            yield alias.name.partition(".")[0], alias.name.partition(".")[0]


def _names_bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _targets(target)
    elif isinstance(statement, ast.AnnAssign):
        yield from _targets(statement.target)


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _targets(element)


def _constant_tops(nodes: list[ast.expr]) -> set[str]:
    return {
        node.value.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _literal(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict))


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
