"""A module of the application that is executed once more, and the code of its statements."""

from __future__ import annotations
import __future__

import ast
from importlib import machinery
from types import CodeType, ModuleType
from typing import Any


class Running:
    """One module.

    Args:
        module: as the import system has made it.
        file: its source.
    """

    def __init__(self, module: ModuleType, file: str) -> None:
        self.name = module.__name__
        self.file = file
        self.names: dict[str, Any] = vars(module)
        self._flags = 0

    def read(self, loader: machinery.SourceFileLoader) -> list[ast.stmt]:
        """Its statements; its docstring is set.

        Raises:
            SyntaxError, ValueError, RecursionError: it is no readable Python.
        """
        tree = ast.parse(loader.get_data(self.file), self.file)
        text = ast.get_docstring(tree, clean=False)
        if text is not None:
            self.names["__doc__"] = text
        self._flags = _future_flags(tree)
        return tree.body

    def code(self, statement: ast.stmt) -> CodeType:
        """The code of one statement."""
        compiled: CodeType = compile(
            ast.Module([statement], []), self.file, "exec", self._flags, dont_inherit=True
        )
        return compiled

    def test(self, statement: ast.If) -> CodeType:
        """The code of a condition."""
        compiled: CodeType = compile(
            ast.Expression(statement.test), self.file, "eval", self._flags, dont_inherit=True
        )
        return compiled


def _future_flags(tree: ast.Module) -> int:
    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags
