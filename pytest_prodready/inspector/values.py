"""What an expression is on this interpreter, before the program runs."""

from __future__ import annotations

import ast
import builtins
import os
import platform
import sys
from typing import Any

from .nodes import name_parts

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


class Values:
    """The values of expressions of one module, as far as they are the same in every run."""

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}
        """Name → what it was imported as, dotted; relative imports keep their leading dots."""
        self.known: dict[str, object] = {}
        """Name that is bound once, at the top of the module → its value."""

    def dotted(self, node: ast.expr) -> str:
        """The dotted name that an expression is, aliases of imports resolved; empty when it is none."""
        first, *rest = name_parts(node) or ("",)
        return ".".join([self.aliases.get(first, first), *rest])

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
        if isinstance(node, ast.Name) and node.id in self.known:
            return self.known[node.id]
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


def _shallow(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call)
