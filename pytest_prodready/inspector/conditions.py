"""What a condition says before the program runs: known on this interpreter, or a question for a module."""

from __future__ import annotations

import ast
import builtins
import os
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .nodes import is_try, last_name, name_parts, walk

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

_MISSING = object()


class _Unknown:
    """No value: only the running program can tell."""


UNKNOWN = _Unknown()

_FACTS: dict[str, object] = {
    "sys.version_info": tuple(sys.version_info),
    "sys.platform": sys.platform,
    "sys.implementation.name": sys.implementation.name,
    "sys.implementation.version": tuple(sys.implementation.version),
    "sys.implementation.cache_tag": sys.implementation.cache_tag,
    "sys.hexversion": sys.hexversion,
    "sys.maxsize": sys.maxsize,
    "sys.byteorder": sys.byteorder,
    "sys.builtin_module_names": sys.builtin_module_names,
    "os.name": os.name,
    "six.PY2": False,
    "six.PY3": True,
    "MYPY": False,
    "__debug__": True,
    **{
        f"sys.{holder}.{part}": getattr(version, part)
        for holder, version in (
            ("version_info", sys.version_info),
            ("implementation.version", sys.implementation.version),
        )
        for part in ("major", "minor", "micro")
    },
}
_SYSTEM = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(sys.platform, UNKNOWN)
_CALLS: dict[str, object] = {
    "platform.system()": _SYSTEM,
    "platform.python_implementation()": {"cpython": "CPython", "pypy": "PyPy"}.get(
        sys.implementation.name, UNKNOWN
    ),
    "platform.python_version_tuple()": platform.python_version_tuple(),
    "os.uname().sysname": _SYSTEM if sys.platform != "win32" else UNKNOWN,
}
_MODULES = {"sys": sys, "os": os, "builtins": builtins}
_TEXT_METHODS = {"startswith", "endswith", "lower", "upper", "casefold", "strip"}


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


class Conditions:
    """The conditions of one module.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.aliases: dict[str, str] = {}
        """Name → what it was imported as, dotted; relative imports keep their leading dots."""
        self.flags: dict[str, set[str]] = {}
        """Name that says whether a module is there → the top-level modules that it speaks of."""
        self.imports_by_call = False
        """``import_module`` or ``__import__`` is there to be called."""
        self.asks_in_a_try = False
        """A handler is written for a missing module."""
        self._probes = False
        """A name that modules are asked for with stands somewhere."""
        self._known: dict[str, object] = {}
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
                        self._known[target.id] = known

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

    def dotted(self, node: ast.expr) -> str:
        """The dotted name that an expression is, aliases of imports resolved; empty when it is none."""
        first, *rest = name_parts(node) or ("",)
        return ".".join([self.aliases.get(first, first), *rest])

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

    def constant(self, test: ast.expr) -> bool | None:
        """What ``test`` gives on this interpreter, or ``None`` when only the running program can tell."""
        value = self.value(test)
        return None if value is UNKNOWN else bool(value)

    def value(self, node: ast.expr) -> object:
        """The value of an expression that is the same in every run on this interpreter, else ``UNKNOWN``."""
        try:
            return self._value(node)
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            return UNKNOWN

    def _value(self, node: ast.expr) -> object:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            values = [self.value(element) for element in node.elts]
            return UNKNOWN if UNKNOWN in values else tuple(values)
        if isinstance(node, ast.Dict):
            return () if not node.keys else UNKNOWN
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._named(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.value(node.operand)
            return UNKNOWN if inner is UNKNOWN else not inner
        if isinstance(node, ast.BoolOp):
            return self._decided(node)
        if isinstance(node, ast.IfExp):
            test = self.constant(node.test)
            return UNKNOWN if test is None else self.value(node.body if test else node.orelse)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.BinOp):
            return _calculated(node.op, self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Subscript):
            return self._part(node)
        if isinstance(node, ast.Call):
            return self._called(node)
        return UNKNOWN

    def _named(self, node: ast.expr) -> object:
        name = self.dotted(node)
        if name.rpartition(".")[2] == "TYPE_CHECKING":
            return False
        if isinstance(node, ast.Name) and node.id in self._known:
            return self._known[node.id]
        if not name:
            return _CALLS.get(ast.unparse(node), UNKNOWN) if _shallow(node) else UNKNOWN
        return _FACTS.get(name, UNKNOWN)

    def _decided(self, node: ast.BoolOp) -> object:
        values = [self.constant(value) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in values:
            return decisive
        return UNKNOWN if None in values else not decisive

    def _compared(self, node: ast.Compare) -> object:
        values = [self.value(side) for side in (node.left, *node.comparators)]
        open_ = False
        for operator, left, right in zip(node.ops, values, values[1:], strict=False):
            if left is UNKNOWN or right is UNKNOWN:
                open_ = True
            elif not _holds(operator, left, right):
                return False
        return UNKNOWN if open_ else True

    def _part(self, node: ast.Subscript) -> object:
        whole = self.value(node.value)
        if not isinstance(whole, (tuple, str)):
            return UNKNOWN
        if isinstance(node.slice, ast.Slice):
            ends: list[Any] = [
                None if end is None else self.value(end)
                for end in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return whole[slice(*ends)]  # a value that cannot stand here is a TypeError
        at = self.value(node.slice)
        return whole[at] if isinstance(at, int) else UNKNOWN

    def _called(self, node: ast.Call) -> object:
        if node.keywords:
            return UNKNOWN
        name = self.dotted(node.func)
        if not node.args and f"{name}()" in _CALLS:
            return _CALLS[f"{name}()"]
        if name in ("hasattr", "getattr") and len(node.args) >= 2:
            return self._looked_up(name, node.args)
        arguments = [self.value(argument) for argument in node.args]
        if UNKNOWN in arguments:
            return UNKNOWN
        if name == "bool" and len(arguments) == 1:
            return bool(arguments[0])
        if name == "int" and len(arguments) == 1 and isinstance(arguments[0], (str, int)):
            return int(arguments[0])
        if isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
            text = self.value(node.func.value)
            if isinstance(text, str):
                return getattr(text, node.func.attr)(*arguments)
        return UNKNOWN

    def _looked_up(self, name: str, arguments: list[ast.expr]) -> object:
        module, attribute = _MODULES.get(self.dotted(arguments[0])), self.value(arguments[1])
        if module is None or not isinstance(attribute, str):
            return UNKNOWN
        found = vars(module).get(attribute, _MISSING)
        if name == "hasattr":
            return found is not _MISSING
        if found is _MISSING and len(arguments) == 3:
            return self.value(arguments[2])
        return found if type(found) in (bool, int, str, type(None)) else UNKNOWN


def _holds(operator: ast.cmpop, left: object, right: object) -> bool:
    """Whether a comparison of two known values holds; raises TypeError where they cannot be compared."""
    if isinstance(operator, ast.Eq):
        return left == right
    if isinstance(operator, ast.NotEq):
        return left != right
    if isinstance(operator, (ast.Is, ast.IsNot)):
        if not any(side is None or isinstance(side, bool) for side in (left, right)):
            raise TypeError
        return (left is right) is isinstance(operator, ast.Is)
    if isinstance(operator, (ast.In, ast.NotIn)):
        return (left in right) is isinstance(operator, ast.In)  # type: ignore[operator]
    if isinstance(operator, ast.Gt):
        return bool(left > right)  # type: ignore[operator]
    if isinstance(operator, ast.GtE):
        return bool(left >= right)  # type: ignore[operator]
    if isinstance(operator, ast.Lt):
        return bool(left < right)  # type: ignore[operator]
    return bool(left <= right)  # type: ignore[operator]


def _calculated(operator: ast.operator, left: object, right: object) -> object:
    if not (
        isinstance(left, int) and isinstance(right, int) and 0 <= right <= 1 << 64 and abs(left) <= 1 << 64
    ):
        return UNKNOWN
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Add):
        return left + right
    if right > 64:
        return UNKNOWN
    if isinstance(operator, ast.Pow):
        return left**right
    return left << right if isinstance(operator, ast.LShift) else UNKNOWN


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


def _shallow(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)
