"""What ``with`` gives."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ...nodes import last_name, name_parts
from ..presence.objects_held import member
from ..value import Instance, Value
from .joins import present

if TYPE_CHECKING:
    from .analysis import Analysis

CONTEXT = "context manager"
SUPPRESSED = {"AttributeError", "BaseException", "Exception"}
SUPPRESSING = {"suppress", "raises", "assertRaises"}


def suppresses(node: ast.expr) -> bool:
    """Whether a missing attribute is provided for: ``suppress(AttributeError)``."""
    if not isinstance(node, ast.Call) or not SUPPRESSING & {*name_parts(node.func)[-1:]}:
        return False
    return any(last_name(one) in SUPPRESSED or not last_name(one) for one in node.args)


def entered(analysis: Analysis, value: Value | None, line: int) -> Value | None:
    """What stands behind ``as``."""
    if not isinstance(value, Instance):
        return None
    state: Any = value.state
    if isinstance(state, tuple) and state[:1] == (CONTEXT,):
        return state[1] if len(state) == 2 else None
    for name in ("__aenter__", "__enter__"):
        found = member(value.cls, name)
        if found is None:
            continue
        given = analysis.functions.result(found.raw, present(value), name, line)
        if name == "__aenter__":
            given = given.awaited if isinstance(given, Instance) else None
        if given is not None:
            return given
    return None
