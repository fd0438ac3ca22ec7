"""The texts that an expression of a migration can be, by its source."""

from __future__ import annotations

import ast

from ..nodes import last_name

DEEPEST = 10


class Texts:
    """Looks names up in one module: what is assigned to them anywhere in it."""

    def __init__(self, tree: ast.Module) -> None:
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._assigned.setdefault(target.id, []).append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self._assigned.setdefault(node.target.id, []).append(node.value)

    def one(self, node: ast.expr) -> str:
        """The one text that ``node`` is; empty where it may be another."""
        texts, whole = self.all(node)
        return texts[0] if whole and len(texts) == 1 else ""

    def all(self, node: ast.expr, depth: int = 0) -> tuple[list[str], bool]:
        """The texts in ``node``, and whether nothing else is in it."""
        if depth > DEEPEST:
            return [], False
        if isinstance(node, ast.Constant):
            return ([node.value], True) if isinstance(node.value, str) else ([], False)
        if isinstance(node, ast.Name):
            found = [self.all(value, depth + 1) for value in self._assigned.get(node.id, ())]
            return [text for texts, _ in found for text in texts], bool(found) and all(ok for _, ok in found)
        if isinstance(node, ast.Call) and last_name(node.func) in ("text", "DDL", "quoted_name", "dedent"):
            return self.all(node.args[0], depth + 1) if node.args else ([], False)
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            return ["".join(map(str, parts))], False
        if isinstance(node, ast.BinOp):
            left, right = self.all(node.left, depth + 1), self.all(node.right, depth + 1)
            whole = left[1] and right[1] and isinstance(node.op, ast.Add)
            return ["".join([*left[0], *right[0]])], whole
        if isinstance(node, ast.Call) and _builds(node):
            return [], True
        if isinstance(node, ast.Call) and last_name(node.func) in (
            "format",
            "strip",
            "replace",
            "format_map",
        ):
            return self.all(node.func.value, depth + 1)[0] if isinstance(
                node.func, ast.Attribute
            ) else [], False
        return [], False


def _builds(node: ast.Call) -> bool:
    """Whether a call makes a statement that changes rows, as ``table.update().where(…)`` does."""
    while isinstance(node.func, ast.Attribute):
        if node.func.attr in ("update", "insert", "delete", "select", "values", "where"):
            return True
        if not isinstance(node.func.value, ast.Call):
            break
        node = node.func.value
    return last_name(node.func) in ("select", "insert", "update", "delete")
