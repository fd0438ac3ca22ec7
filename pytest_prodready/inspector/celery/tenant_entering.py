"""What enters a tenant's schema, by its name: in the source of a module, and in a compiled function."""

from __future__ import annotations

import ast
import re
from types import FunctionType
from typing import Any

from ..nodes import last_name, walk

ENTERS = re.compile(r"(?i)(?<!get_)(?:schema|tenant)|^activate$")
"""The last name of a call that may well enter a tenant's schema: ``schema_context``, ``set_tenant``."""
ASKS = re.compile(r"(?i)^(get|is|has|list|create|delete|count)_|_exists$")
"""The last name of one that does not, although it speaks of tenants: ``get_tenant_model``."""


def may_enter(name: str) -> bool:
    """Whether a call of this name may well enter a tenant's schema."""
    return bool(ENTERS.search(name)) and not ASKS.search(name)


def read(tree: ast.Module) -> dict[str, list[Any]]:
    """What of a module tells which schema it enters.

    Returns:
        ``doubts``: lines of ``with tenant:``, and of SQL that sets the schema.
        ``names``: (line, name, ``entered`` or ``bound``) of what calls that enter a schema are given, and of
        what is assigned; the name is empty for what is no plain name.
    """
    doubts: list[int] = []
    names: list[tuple[int, str, str]] = []
    for node in walk(tree):
        if isinstance(node, (ast.With, ast.AsyncWith)):
            plain = [item for item in node.items if not isinstance(item.context_expr, ast.Call)]
            doubts += [node.lineno for _ in plain]
        elif isinstance(node, ast.Constant):
            if type(node.value) is str and "search_path" in node.value.lower():
                doubts.append(node.lineno)
        elif isinstance(node, ast.Call) and may_enter(last_name(node.func)):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            names += [(node.lineno, getattr(one, "id", ""), "entered") for one in given] or [
                (node.lineno, "", "entered")
            ]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append((node.lineno, node.id, "bound"))
    return {"doubts": doubts, "names": names}


def mentions(function: FunctionType) -> bool:
    """Whether the compiled function, or one inside, names something that enters a schema."""
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        if any(map(may_enter, code.co_names)):
            return True
        waiting += [one for one in code.co_consts if type(one) is type(code)]
    return False
