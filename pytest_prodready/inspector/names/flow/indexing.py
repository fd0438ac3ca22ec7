"""One walk over the text of a module, for all that is asked of it before it is read."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...nodes import _FIELDS as FIELDS
from ...nodes import bound_name
from . import receivers
from .scopes import FUNCTIONS, Function, Scope

ASKS = ("hasattr", "getattr")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BINDING = (ast.alias, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)
LONGEST = 200
"""Characters of a text that names something."""
Path = tuple[ast.AST, ...]


class Place(NamedTuple):
    """Where a function stands in its module."""

    node: Function
    path: Path
    """The classes and functions around it, outermost first."""

    @property
    def qualified(self) -> str:
        """``Order.total``, as the programmer names it."""
        return ".".join(getattr(one, "name", "<lambda>") for one in (*self.path, self.node))


class Around(NamedTuple):
    """What is around a node."""

    path: Path
    scope: Scope
    functions: tuple[Scope, ...]
    """Those of the functions around it, the innermost last."""
    comprehended: bool = False
    """In a comprehension, whose targets are its own."""
    method: tuple[ast.ClassDef, Any, str] | None = None
    """The class, its method and the name of that one's first parameter."""


class Index:
    """What one walk over a module finds.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.scopes: dict[int, Scope] = {id(tree): Scope(tree)}
        """``id`` of a definition → its names."""
        self.functions: dict[tuple[int, str], Place] = {}
        """First line and name → the function."""
        self.classes: dict[str, ast.ClassDef | None] = {}
        """Qualified name → the class, ``None`` for one that is defined twice; those in functions left out."""
        self.rebound: set[str] = set()
        """Names of the module that its functions rebind."""
        self.stored: set[str] = set()
        """Attributes given to something else than the first parameter of a method."""
        self.stored_on: set[tuple[str, str]] = set()
        """(name, attribute) for each that is given to what a name stands for."""
        self.as_values: set[str] = set()
        """Names and attributes that are read, and not only called."""
        self.texts: set[str] = set()
        """The last words of texts that may name something."""
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.conditions: list[ast.If] = []
        self.choices: list[ast.IfExp | ast.BoolOp] = []
        self.own_stores: defaultdict[int, defaultdict[str, dict[int, tuple[Any, int]]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        """``id`` of a class → attribute → its methods that give it to their first parameter, how often."""
        self._called: set[int] = set()
        top = Around((), self.scopes[id(tree)], ())
        waiting: list[tuple[ast.AST, Around]] = [(one, top) for one in tree.body]
        while waiting:
            node, around = waiting.pop()
            reader = _READERS.get(type(node))
            inner = reader(self, node, around) if reader is not None else None
            if inner is not None:
                waiting += inner
                continue
            for field in FIELDS[type(node)]:
                value = getattr(node, field, None)
                if type(value) is list:
                    waiting += [(one, around) for one in value if isinstance(one, ast.AST)]
                elif isinstance(value, ast.AST):
                    waiting.append((value, around))

    def _function(self, node: Any, around: Around) -> Iterator[tuple[ast.AST, Around]]:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        name = getattr(node, "name", "<lambda>")
        if name != "<lambda>":
            around.scope.bound[name] += 1
        self.functions[first, name] = Place(node, around.path)
        scope = self.scopes[id(node)] = Scope(node)
        method = around.method
        if method is None and around.path and isinstance(around.path[-1], ast.ClassDef):
            cls = around.path[-1]
            # else it is no method, and what it stores is given to something else
            method = cls, node, receivers.first_name(node) if receivers.is_evident(cls, node) else ""
        inside = Around((*around.path, node), scope, (*around.functions, scope), method=method)
        arguments = node.args
        for one in (*decorators, *arguments.defaults, *arguments.kw_defaults):
            if one is not None:
                yield one, around
        body = node.body
        for one in body if isinstance(body, list) else [body]:
            yield one, inside

    def _class(self, node: ast.ClassDef, around: Around) -> Iterator[tuple[ast.AST, Around]]:
        around.scope.bound[node.name] += 1
        scope = self.scopes[id(node)] = Scope(node)
        path = (*around.path, node)
        if all(isinstance(one, ast.ClassDef) for one in path):
            qualified = ".".join(one.name for one in path)  # type: ignore[attr-defined]
            self.classes[qualified] = None if qualified in self.classes else node
        for one in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            yield one, around
        # a class in a method is not the one whose method that is
        inside = Around(path, scope, around.functions)
        for statement in node.body:
            yield statement, inside

    def _comprehension(self, node: ast.AST, around: Around) -> Iterator[tuple[ast.AST, Around]]:
        inside = around._replace(comprehended=True)
        return ((one, inside) for one in ast.iter_child_nodes(node))

    def _name(self, node: ast.Name, around: Around) -> None:
        if type(node.ctx) is ast.Load:
            if id(node) not in self._called:
                self.as_values.add(node.id)
        elif type(node.ctx) is ast.Del:
            around.scope.bound[node.id] += 2  # it is not always there
        elif not around.comprehended:
            around.scope.bound[node.id] += 1

    def _walrus(self, node: ast.NamedExpr, around: Around) -> Iterator[tuple[ast.AST, Around]]:
        around.scope.bound[node.target.id] += 1
        yield node.value, around

    def _binding(self, node: ast.AST, around: Around) -> None:
        if name := bound_name(node):
            around.scope.bound[name] += 1

    def _attribute(self, node: ast.Attribute, around: Around) -> None:
        if type(node.ctx) is ast.Load:
            if id(node) not in self._called:
                self.as_values.add(node.attr)
            return
        holder = node.value.id if type(node.value) is ast.Name else ""
        if around.method is None or not holder or holder != around.method[2]:
            self.stored.add(node.attr)
            self.stored_on.add((holder, node.attr))
            return
        cls, method, _ = around.method
        methods = self.own_stores[id(cls)][node.attr]
        methods[id(method)] = method, methods.get(id(method), (None, 0))[1] + 1

    def _call(self, node: ast.Call, around: Around) -> None:
        self._called.add(id(node.func))
        if type(node.func) is ast.Name and node.func.id in ASKS and len(node.args) > 1:
            named = node.args[1]
            guards = node.func.id == "hasattr" or len(node.args) > 2
            if guards and isinstance(named, ast.Constant) and isinstance(named.value, str):
                for one in (around.scope, *around.functions):
                    one.asked.add(named.value)

    def _constant(self, node: ast.Constant, around: Around) -> None:
        if type(node.value) is str and len(node.value) < LONGEST:
            last = node.value[node.value.rfind(".") + 1 :]
            self.texts.add(last[last.rfind(":") + 1 :])

    def _assign(self, node: ast.Assign, around: Around) -> Iterator[tuple[ast.AST, Around]] | None:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            around.scope.constants[node.targets[0].id] = node.value
            if node.targets[0].id == "__all__":  # for import statements, whose names are followed
                return iter([(node.targets[0], around)])
        return None

    def _augment(self, node: ast.AugAssign, around: Around) -> None:
        if isinstance(node.target, ast.Name):
            around.scope.bound[node.target.id] += 1

    def _global(self, node: ast.Global, around: Around) -> None:
        self.rebound.update(node.names)
        around.scope.outside.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal, around: Around) -> None:
        around.scope.outside.update(node.names)
        for one in around.functions[:-1]:
            one.shared.update(node.names)

    def _import(self, node: Any, around: Around) -> None:
        self.imports.append(node)

    def _if(self, node: ast.If, around: Around) -> None:
        self.conditions.append(node)

    def _choice(self, node: ast.IfExp | ast.BoolOp, around: Around) -> None:
        self.choices.append(node)


_READERS: dict[type, Callable[[Any, Any, Around], Iterator[tuple[ast.AST, Around]] | None]] = {
    **dict.fromkeys(FUNCTIONS, Index._function),
    **dict.fromkeys(COMPREHENSIONS, Index._comprehension),
    **dict.fromkeys(BINDING, Index._binding),
    ast.Assign: Index._assign,
    ast.Attribute: Index._attribute,
    ast.AugAssign: Index._augment,
    ast.BoolOp: Index._choice,
    ast.Call: Index._call,
    ast.ClassDef: Index._class,
    ast.Constant: Index._constant,
    ast.Global: Index._global,
    ast.If: Index._if,
    ast.IfExp: Index._choice,
    ast.Import: Index._import,
    ast.ImportFrom: Index._import,
    ast.Name: Index._name,
    ast.NamedExpr: Index._walrus,
    ast.Nonlocal: Index._nonlocal,
}
