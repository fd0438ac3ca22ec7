"""What the text of one function, class or module says of its names."""

from __future__ import annotations

import ast
from collections import Counter

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Scope:
    """The names of one function, or of the body of a class or a module.

    Args:
        node: its definition.
    """

    def __init__(self, node: ast.AST) -> None:
        self.node = node
        self.bound: Counter[str] = Counter()
        """Name → how often it is bound here."""
        self.outside: set[str] = set()
        """Names declared ``global`` or ``nonlocal``."""
        self.shared: set[str] = set()
        """Names that functions in it rebind."""
        self.asked: set[str] = set()
        """Attributes that it asks for with ``hasattr``, or with ``getattr`` and a default."""
        self.constants: dict[str, ast.expr] = {}
        """Name → the expression that it is bound to by an assignment; of use where it is bound once."""
        self.parameters: list[ast.arg] = []
        """Those by name: ``*args`` and ``**kwargs`` are left out."""
        if isinstance(node, FUNCTIONS):
            arguments = node.args
            self.parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            for one in (*self.parameters, arguments.vararg, arguments.kwarg):
                if one is not None:
                    self.bound[one.arg] += 1

    def once(self, name: str) -> bool:
        """Whether the name is bound here, at one place alone."""
        return self.bound[name] == 1 and name not in self.shared and name not in self.outside
