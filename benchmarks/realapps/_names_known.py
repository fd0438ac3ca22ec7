"""What a reader of one function knows of the classes of its values; no tool is asked."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from _names_source import Source, Written, dotted, last
from _sites import Module

Function = ast.FunctionDef | ast.AsyncFunctionDef

QUERIES = {
    "all",
    "filter",
    "exclude",
    "order_by",
    "select_related",
    "prefetch_related",
    "distinct",
    "only",
}
QUERIES |= {
    "filter_by",
    "join",
    "outerjoin",
    "options",
    "limit",
    "offset",
    "reverse",
    "using",
    "defer",
}
ROWS = {"get", "first", "last", "create", "latest", "earliest", "one", "one_or_none"}
ROWS |= {"get_or_404", "first_or_404"}
SHORTCUTS = {"get_object_or_404"}
SESSIONS = {"session", "db", "db_session"}
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
DOUBTS = {"isinstance", "hasattr", "setattr"}


class Reader:
    """One function, and the names in it whose class is known.

    A local name is known when it is bound once in the function, and that binding is a parameter annotated
    with a class of the application (or with that or `None`), a constructor call, a call of a function of the
    application that is annotated to return one, a row of a query on a model that is named there, or a loop
    over such a query. `self` is known in the methods of a mapped class. A foreign key of a known model is
    known.

    Args:
        source: the application's.
        module: the function's.
        node: the function.
        owner: its class, where it is a method that takes `self`.
    """

    def __init__(self, source: Source, module: Module, node: Function, owner: Written | None) -> None:
        self.source = source
        self.module = module
        self.node = node
        self.owner = owner if owner is not None and owner.mapped else None
        self.nodes = list(_own_nodes(node.body))
        self.doubtful = set(self._doubtful())
        self.known: dict[str, tuple[str, Written, int, int]] = {}
        """Name → how, class, and the lines between which it is so."""
        self._bind()

    def _bind(self) -> None:
        last_line = self.node.end_lineno or 0
        arguments = self.node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        bound = Counter(argument.arg for argument in every)
        bound.update(one.arg for one in (arguments.vararg, arguments.kwarg) if one)
        bound.update(name for node in self.nodes for name in _bound(node))
        once = {name for name, times in bound.items() if times == 1} - self.doubtful
        for argument in every:
            found = self.source.annotated(argument.annotation, self.module)
            self._note(argument.arg, "annotated", found, 0, last_line, once)
        for node in sorted(self.nodes, key=lambda one: getattr(one, "lineno", 0)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                how, found = self._value(node.value)
                self._note(
                    node.targets[0].id,
                    how,
                    found,
                    node.end_lineno or 0,
                    last_line,
                    once,
                )
            elif isinstance(node, (ast.For, ast.AsyncFor)) and isinstance(node.target, ast.Name):
                found = self.query(node.iter)
                self._note(
                    node.target.id,
                    "queried",
                    found,
                    node.lineno,
                    node.body[-1].end_lineno or 0,
                    once,
                )

    def _note(
        self,
        name: str,
        how: str,
        found: Written | None,
        first: int,
        end: int,
        once: set[str],
    ) -> None:
        if found is not None and found.plain and name in once:
            self.known[name] = (how, found, first, end)

    def _value(self, node: ast.expr) -> tuple[str, Written | None]:
        """How the class of a value is known, and the class."""
        node = node.value if isinstance(node, ast.Await) else node
        if not isinstance(node, ast.Call):
            return "", None
        if found := self.source.class_of(node.func, self.module):
            return "made", found
        if found := self.source.returned(node.func, self.module):
            return "annotated", found
        if isinstance(node.func, ast.Attribute) and node.func.attr in ROWS:
            if found := self.query(node.func.value):
                return "queried", found
            if node.func.attr == "get" and node.args and last(node.func.value) in SESSIONS:
                return "queried", self.mapped(node.args[0])
        if last(node.func) in SHORTCUTS and node.args:
            return "queried", self.mapped(node.args[0]) or self.query(node.args[0])
        return "", None

    def query(self, node: ast.expr) -> Written | None:
        """The model whose rows `Model.objects.…`, `Model.query.…`, `session.query(Model).…` gives."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in QUERIES:
                return self.query(node.func.value)
            if node.func.attr == "query" and len(node.args) == 1 and last(node.func.value) in SESSIONS:
                return self.mapped(node.args[0])
        if isinstance(node, ast.Attribute):
            if node.attr in ("objects", "query"):
                found = self.mapped(node.value)
                return found if found and found.django is (node.attr == "objects") else None
            if owner := self.instance(node.value):
                return self.source.related.get((owner[1], node.attr))
        return None

    def mapped(self, node: ast.expr) -> Written | None:
        """The mapped class that an expression names."""
        if isinstance(node, ast.Name) and node.id in self.doubtful:
            return None
        found = self.source.class_of(node, self.module)
        return found if found is not None and found.mapped and found.plain else None

    def instance(self, node: ast.expr) -> tuple[str, Written] | None:
        """How an expression is known to be an instance of which class."""
        if isinstance(node, ast.Name):
            if node.id == "self" and self.owner is not None and "self" not in self.doubtful:
                return "self", self.owner
            how, found, first, end = self.known.get(node.id, ("", None, 0, 0))
            return (how, found) if found and first < node.lineno <= end else None
        if isinstance(node, ast.Attribute) and (owner := self.instance(node.value)):
            found = self.source.target(owner[1], node.attr)
            return ("related", found) if found is not None and found.plain else None
        return None

    def _doubtful(self) -> Iterator[str]:
        """Names whose class the function doubts, and those to which it gives attributes."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and dotted(node.func) in DOUBTS and node.args:
                yield dotted(node.args[0]).partition(".")[0]
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                yield from node.names
            elif isinstance(node, ast.Try) and any(
                "AttributeError" in ast.dump(one) for one in node.handlers
            ):
                for part in node.body:
                    yield from (one.id for one in ast.walk(part) if isinstance(one, ast.Name))


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside it."""
    for node in body:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _own_nodes(ast.iter_child_nodes(node))


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that one node binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, NAMED) and node.name:
        yield node.name
