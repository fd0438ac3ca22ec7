"""The attributes that the code of a class gives to its instances and to itself."""

from __future__ import annotations

import ast
import opcode
import types
from collections.abc import Iterator
from typing import NamedTuple

from ...nodes import bound_once, walk

READING = "names-stored"
"""Under which :class:`..parsed.Parsed` keeps it."""
CLOSED, BY_KEY, OPEN = 0, 1, 2
"""What else may be stored: nothing, names that are the keys of some data, or anything."""
ANY = "*"
"""At the end of a name: stands for all names that begin in this way."""
RESTORING = {
    "__copy__",
    "__deepcopy__",
    "__delattr__",
    "__dir__",
    "__eq__",
    "__getstate__",
    "__hash__",
    "__reduce__",
    "__reduce_ex__",
    "__repr__",
    "__setstate__",
    "__str__",
}
"""Methods that store only what an instance had before."""
_STORE, _EXTENDED = opcode.opmap["STORE_ATTR"], opcode.opmap["EXTENDED_ARG"]
_LOOKING = {"items", "keys", "values", "copy", "get"}
_STORING = {"setattr", "__setattr__", "_setattr", "object_setattr", "_object_setattr"}
_MAKING = {"cls", "__class__", "copy", "deepcopy", "_clone", "__new__", "__call__", "klass"}
"""Names of what gives an instance of the class that it is called on."""
_TELLING = (
    ast.AnnAssign,
    ast.Assign,
    ast.Attribute,
    ast.AugAssign,
    ast.Call,
    ast.If,
    ast.IfExp,
    ast.NamedExpr,
    ast.Subscript,
)
"""The nodes that are looked at."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Statement = tuple[str, int, int, tuple[str, ...], int]
"""Of one class statement: qualified name, first and last line, the names, and what else may be stored."""
Read = tuple[list[Statement], dict[int, tuple[tuple[str, ...], int]]]
"""Of one file: its class statements, and by their first lines the functions that store something."""


class Stored(NamedTuple):
    """The names that are stored, and what else may be."""

    names: frozenset[str]
    opened: int = CLOSED


def read(tree: ast.Module) -> Read:
    """Every class statement of a module, in functions without the names of these, and its functions."""
    found: list[Statement] = []
    functions: dict[int, tuple[tuple[str, ...], int]] = {}

    def collect(node: ast.AST, prefix: str, cls: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                name = prefix + child.name
                collect(child, f"{name}.", child.name)
                names, opened = _of_class(child, functions)
                last = child.end_lineno or child.lineno
                found.append((name, _first(child), last, tuple(sorted(names)), opened))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                method = _Method(child, cls)
                if method.names or method.opened:
                    functions[_first(child)] = tuple(sorted(method.names)), method.opened
                collect(child, "", "")
            elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                collect(child, prefix, cls)

    collect(tree, "", "")
    return found, functions


def _first(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The first line, as compiled code has it: that of the first decorator."""
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _of_class(node: ast.ClassDef, functions: dict[int, tuple[tuple[str, ...], int]]) -> Stored:
    names: set[str] = set()
    opened = CLOSED
    for statement in _flat(node.body):
        names.update(_bound(statement))
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            more, how = functions.get(_first(statement), ((), CLOSED))
            names.update(more)
            opened = max(opened, how)
    return Stored(frozenset(names), opened)


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a class body, with those that stand in others; not those of methods."""
    for statement in body:
        yield statement
        if not isinstance(statement, (*_DEFINITIONS, ast.ClassDef)):
            for part in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(statement, part, []))
            for handler in getattr(statement, "handlers", []):
                yield from _flat(handler.body)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    else:
        for node in walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


class _Method:
    """What one method stores on the object that it is given."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef, cls: str) -> None:
        self.names: set[str] = set()
        self.opened = CLOSED
        self._function = function
        self._restores = function.name in RESTORING
        self._key = ""
        """The name that ``__setattr__`` is given."""
        every = [*function.args.posonlyargs, *function.args.args]
        if function.name == "__setattr__" and len(every) > 1:
            self._key = every[1].arg
        nodes = [node for node in walk(function) if isinstance(node, _TELLING)]
        self._owners = {one.arg for one in every[:1]}
        self._harmless: set[int] = set()
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
                self._owners.update(_made_here(node, cls))
            elif isinstance(node, (ast.If, ast.IfExp)):
                self._harmless.update(_behind_hasattr(node))
        for node in nodes:
            self._read(node)

    def _read(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            becomes_another = node.attr == "__class__" and self._is_owner(node.value)
            if isinstance(node.ctx, ast.Store) and (becomes_another or self._is_dict(node)):
                self._open(OPEN)
            elif isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
                self.names.add(node.attr)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if self._is_dict(node.value):
                self._key_of(node.slice)
        elif isinstance(node, ast.AugAssign) and self._is_dict(node.target):
            self._open(OPEN)

    def _call(self, node: ast.Call) -> None:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name in _STORING and node.args:
            through_super = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call)
            owner = None if through_super else node.args[0]
            key = node.args[0] if through_super else (node.args[1] if len(node.args) > 1 else None)
            if owner is None or self._is_owner(owner):
                if id(node) not in self._harmless:
                    self._key_of(key)
            elif isinstance(key, ast.Constant):
                self._key_of(key)
        elif name in ("exec", "eval") and isinstance(function, ast.Name):
            self._open(OPEN)
        elif name == "update_wrapper":
            self.names.update(("__wrapped__", "__name__", "__qualname__", "__doc__"))
            self._open(OPEN)  # it takes over all that the function has been given
        elif isinstance(function, ast.Attribute) and self._is_dict(function.value) and name not in _LOOKING:
            self.names.update(one.arg for one in node.keywords if one.arg)
            if name in ("setdefault", "pop", "__setitem__") and node.args:
                self._key_of(node.args[0])
            elif node.args or any(one.arg is None for one in node.keywords):
                self._open(BY_KEY)

    def _key_of(self, key: ast.expr | None) -> None:
        if isinstance(key, ast.Name):
            key = bound_once(self._function, key.id) or key
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.names.add(key.value)
        elif key is not None and (begins := _begins(key)):
            self.names.add(begins + ANY)
        elif not (isinstance(key, ast.Name) and key.id == self._key):
            self._open(BY_KEY)

    def _open(self, how: int) -> None:
        if not self._restores:
            self.opened = max(self.opened, how)

    def _is_owner(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._owners

    def _is_dict(self, node: ast.expr) -> bool:
        """``self.__dict__`` or ``vars(self)``."""
        if isinstance(node, ast.Attribute):
            return node.attr == "__dict__" and self._is_owner(node.value)
        asked = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars"
        return asked and any(map(self._is_owner, node.args))  # type: ignore[attr-defined]  # a call, see above


def _made_here(node: ast.Assign | ast.AnnAssign | ast.NamedExpr, cls: str) -> Iterator[str]:
    """The variables that get an instance of the class that the function is of, as far as that shows."""
    if isinstance(node.value, ast.Call):
        made = node.value.func
        name = getattr(made, "id", "") or getattr(made, "attr", "")
        of_type = isinstance(made, ast.Call) and getattr(made.func, "id", "") == "type"
        if of_type or name in {*_MAKING, cls}:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _begins(text: ast.expr) -> str:
    """How every text that an expression makes begins; empty where that does not show."""
    if isinstance(text, ast.Constant):
        return text.value if isinstance(text.value, str) else ""
    if isinstance(text, ast.JoinedStr):
        return _begins(text.values[0]) if text.values else ""
    if isinstance(text, ast.BinOp):
        before = _begins(text.left)
        if isinstance(text.op, ast.Mod):
            return before.partition("%")[0]
        return before if isinstance(text.op, ast.Add) else ""
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute) and text.func.attr == "format":
        return _begins(text.func.value).partition("{")[0]
    return ""


def _behind_hasattr(node: ast.If | ast.IfExp) -> Iterator[int]:
    """The calls that store under a name only where the object has that name."""
    asked = [
        tuple(ast.dump(argument) for argument in one.args[:2])
        for one in walk(node.test)
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "hasattr"
    ]
    negated = any(isinstance(one, (ast.Not, ast.Or)) for one in walk(node.test))
    if not asked or negated:
        return
    for part in node.body if isinstance(node, ast.If) else [node.body]:
        for one in walk(part):
            if isinstance(one, ast.Call) and tuple(map(ast.dump, one.args[:2])) in asked:
                yield id(one)


def of_code(code: types.CodeType) -> Stored:
    """What a function stores on any object, by its compiled code.

    It does not tell on which one something is stored whose name is not written there.
    """
    names: set[str] = set()
    opened = CLOSED
    waiting = [code]
    while waiting:
        one = waiting.pop()
        names.update(_stored_names(one))
        by_key = {"__dict__", "vars"} & set(one.co_names) or "__class__" in names
        if by_key or not _STORING.isdisjoint(one.co_names):
            opened = max(opened, BY_KEY)
        if {"exec", "eval", "update_wrapper"} & set(one.co_names):
            opened = OPEN
        waiting += [inner for inner in one.co_consts if isinstance(inner, types.CodeType)]
    return Stored(frozenset(names), opened)


def _stored_names(code: types.CodeType) -> Iterator[str]:
    instructions, arguments = code.co_code[::2], code.co_code[1::2]
    at = instructions.find(_STORE)
    while at >= 0:
        argument, shift, before = arguments[at], 8, at - 1
        while before >= 0 and instructions[before] == _EXTENDED:
            argument |= arguments[before] << shift
            shift, before = shift + 8, before - 1
        if argument < len(code.co_names):
            yield code.co_names[argument]
        at = instructions.find(_STORE, at + 1)
