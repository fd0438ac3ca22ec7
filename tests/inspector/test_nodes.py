from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from pytest_prodready.inspector.nodes import walk

FILES = sorted(Path(ast.__file__).parent.glob("*.py"))[::4]
ODD = """
match x:
    case None | True | -1 | 1j: pass
    case {"a": [1, *rest], **more} if more: global y
    case C(1, b=_) as z: pass
def f(a, /, *b: int, c=None, **d) -> None: nonlocal_ = lambda *, e: f"{a!r:>{b}}"
async def g(): return [await i async for i in j if not i], {**k, 1: 2}, l[1:2, ...]
"""


def assert_same(tree: ast.Module) -> None:
    """All that ``ast.walk`` has, each once for each place, but for what tells loads from stores."""
    expected = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    assert Counter(map(id, walk(tree))) == Counter(map(id, expected))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_node_is_visited(file: Path) -> None:
    """As ``ast.walk`` does it."""
    assert_same(ast.parse(file.read_bytes()))


def test_odd_nodes_are_visited() -> None:
    """Those with fields that hold no nodes, or nodes and something else."""
    assert_same(ast.parse(ODD))


def test_what_holds_another_comes_first() -> None:
    """A node comes before those that are in it."""
    seen: set[int] = set()
    for node in walk(ast.parse(ODD)):
        assert not any(id(inner) in seen for inner in ast.iter_child_nodes(node) if inner._attributes)
        seen.add(id(node))
