"""What statements bind, before they are read."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from ...nodes import bound_name, walk


def bound_in(nodes: Sequence[ast.AST]) -> Counter[str]:
    """Name → at how many places of the nodes it is bound; those of functions in them count, too."""
    found: Counter[str] = Counter()
    for start in nodes:
        for node in walk(start):
            name = bound_name(node)
            if name:
                found[name] += 1
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                found[node.id] += 2
    return found


def attributes_set(nodes: Sequence[ast.AST]) -> set[str]:
    """The attributes that are given to anything."""
    return {
        node.attr
        for start in nodes
        for node in walk(start)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
