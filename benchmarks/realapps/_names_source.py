"""What an application's source says of its classes, read without the gate and without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from _sites import Module, Statement

COLUMNS = {"Column", "mapped_column", "relationship"}
SINGLE = {"ForeignKey", "OneToOneField"}
OPEN = {"__getattr__", "__getattribute__"}
NEVER = {"Protocol", "TypedDict", "Enum", "StrEnum", "IntEnum", "TextChoices", "IntegerChoices", "NamedTuple"}
"""Bases whose instances are asked in other ways than those of a class of the application."""
AROUND = 6
"""Modules that a name may be imported through."""


@dataclass(eq=False)
class Written:
    """A class as it is written, at the top level of a module of the application."""

    name: str
    module: Module
    node: ast.ClassDef
    bases: list[Written] = field(default_factory=list)
    """Those of the application."""

    @cached_property
    def line(self) -> list[Written]:
        """The class and its bases."""
        found = [self]
        for base in self.bases:
            found += [one for one in base.line if one not in found]
        return found

    @cached_property
    def values(self) -> dict[str, ast.expr]:
        """What its body gives to names."""
        found: dict[str, ast.expr] = {}
        for node in self.node.body:
            if isinstance(node, ast.Assign):
                found |= {one.id: node.value for one in node.targets if isinstance(one, ast.Name)}
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = node.value
        return found

    @cached_property
    def declared(self) -> set[str]:
        """The names that its body and those of its bases define."""
        found: set[str] = set()
        for one in self.line:
            found |= set(one.values)
            for node in one.node.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found.add(node.name)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
        return found

    @cached_property
    def plain(self) -> bool:
        """It answers for its attributes as most classes do."""
        named = {last(base) for one in self.line for base in one.node.bases}
        return not named & NEVER and not self.declared & OPEN

    @cached_property
    def django(self) -> bool:
        """It declares a field as `models.…(…)`, or one of its bases does."""
        return any(
            isinstance(value, ast.Call) and dotted(value.func).startswith("models.")
            for one in self.line
            for value in one.values.values()
        )

    @cached_property
    def sqlalchemy(self) -> bool:
        """It declares a column or a relationship, or one of its bases does."""
        return any(
            isinstance(value, ast.Call) and last(value.func) in COLUMNS
            for one in self.line
            for value in one.values.values()
        )

    @property
    def mapped(self) -> bool:
        """Its rows lie in a database."""
        return self.django or self.sqlalchemy


class Source:
    """The application's modules and what their names stand for.

    Args:
        modules: those of the closure, by name.
    """

    def __init__(self, modules: dict[str, Module]) -> None:
        self.modules = modules
        self.classes: dict[tuple[str, str], Written] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}
        self._functions: dict[tuple[str, str], ast.FunctionDef | ast.AsyncFunctionDef] = {}
        for module in modules.values():
            self._imports[module.name] = dict(_imported(module))
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef):
                    self.classes[module.name, node.name] = Written(node.name, module, node)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list:
                    self._functions[module.name, node.name] = node
        for one in self.classes.values():
            found = [self.class_of(base, one.module) for base in one.node.bases]
            one.bases = [base for base in found if base is not None and base is not one]
        self.related = self._related()

    def class_of(self, node: ast.AST, module: Module) -> Written | None:
        """The application's class that an expression names."""
        place = self.place_of(dotted(node), module)
        return self.classes.get(place) if place else None

    def returned(self, node: ast.expr, module: Module) -> Written | None:
        """The application's class that a called function is annotated to return."""
        place = self.place_of(dotted(node), module)
        function = self._functions.get(place) if place else None
        if place is None or function is None or isinstance(function, ast.AsyncFunctionDef):
            return None
        return self.annotated(function.returns, self.modules[place[0]])

    def annotated(self, node: ast.expr | None, module: Module) -> Written | None:
        """The application's one class that an annotation names, `None` beside it or not."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.annotated(ast.parse(node.value, mode="eval").body, module)
            except SyntaxError:
                return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            sides = [side for side in (node.left, node.right) if not _is_none(side)]
            return self.annotated(sides[0], module) if len(sides) == 1 else None
        if isinstance(node, ast.Subscript) and last(node.value) == "Optional":
            return self.annotated(node.slice, module)
        return self.class_of(node, module) if node is not None else None

    def target(self, owner: Written, name: str) -> Written | None:
        """The model that a foreign key of a Django model leads to."""
        for one in owner.line:
            value = one.values.get(name)
            if isinstance(value, ast.Call) and last(value.func) in SINGLE:
                return self._led_to(one, value)
        return None

    def _led_to(self, one: Written, value: ast.Call) -> Written | None:
        to = next((word.value for word in value.keywords if word.arg == "to"), None)
        to = value.args[0] if value.args else to
        if isinstance(to, ast.Constant) and isinstance(to.value, str):
            if to.value == "self":
                return one
            name = to.value.rpartition(".")[2]
            found = [other for other in self.classes.values() if other.name == name and other.django]
            return found[0] if len(found) == 1 else None
        return self.class_of(to, one.module) if to is not None else None

    def _related(self) -> dict[tuple[Written, str], Written]:
        """(Model, name of a reverse relation) → the model whose foreign key gives it that name."""
        found: dict[tuple[Written, str], Written] = {}
        for one in self.classes.values():
            for value in one.values.values():
                if isinstance(value, ast.Call) and last(value.func) == "ForeignKey":
                    name = next((word.value for word in value.keywords if word.arg == "related_name"), None)
                    to = self._led_to(one, value)
                    if to and isinstance(name, ast.Constant) and isinstance(name.value, str):
                        found[to, name.value] = one
        return found

    def place_of(self, name: str, module: Module) -> tuple[str, str] | None:
        """The module and the name in it where a name of a module is defined."""
        first, _, rest = name.partition(".")
        where = module.name
        for _ in range(AROUND):
            if not first:
                return None
            if (where, first) in self.classes or (where, first) in self._functions:
                return (where, first) if not rest else None
            base, imported = self._imports.get(where, {}).get(first, ("", ""))
            if not base:
                return None
            if f"{base}.{imported}" in self.modules:  # a module, and then one of its names
                where = f"{base}.{imported}"
                first, _, rest = rest.partition(".")
            else:
                where, first = base, imported
        return None


def dotted(node: ast.AST) -> str:
    """`a.b.c` as it is written; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def last(node: ast.AST) -> str:
    """The last name of an expression such as `a.b.c` or `a.b[c]`."""
    if isinstance(node, ast.Subscript):
        return last(node.value)
    return getattr(node, "attr", getattr(node, "id", ""))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _imported(module: Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name in the module → where it is imported from; a function's imports count for the whole module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            for base, alias in module.names(Statement(node, "")):
                yield alias.asname or alias.name, (base, alias.name)
